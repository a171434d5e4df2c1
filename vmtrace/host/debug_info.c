/* What the file makes us do is bounded by its size: a range list and a line
   program are charged to a budget when they are read, so that many units that
   refer to one long list cannot keep us busy for ever.  */

#include "vmtrace/host/debug_info.h"

#include <stdlib.h>

#include "vmtrace/host/dwarf_split.h"
#include "vmtrace/host/dwarf_units.h"
#include "vmtrace/host/line_table.h"
#include "vmtrace/host/memory.h"
#include "vmtrace/host/number_map.h"

enum unit_state { UNIT_UNREAD, UNIT_READ, UNIT_UNREADABLE };

/* A function with code of its own, or an inlined call.  */
struct code {
   uint32_t function;
   uint32_t parent;             /* VMT_DWARF_NO_PARENT: own code */
   uint32_t call_file;
   uint32_t call_line;
};

struct unit {
   enum unit_state state;
   uint32_t lines;              /* index of its line table */
   const char *comp_dir;
   struct code *codes;
   struct vmt_segments segments;        /* innermost code by address */
};

struct vmt_debug_info {
   struct vmt_strings *strings;
   struct vmt_elf *code_elf;
   struct vmt_dwarf_file file;
   struct vmt_dwarf_file alt;
   struct vmt_unit_finder *finder;
   struct vmt_functions *functions;
   struct vmt_split *split;
   struct unit *units;          /* one for each header of the file */
   struct vmt_line_table *tables;
   size_t n_tables;
   size_t tables_room;
   struct vmt_number_map table_at;      /* offset in .debug_line to index */
   uint64_t ranges_budget;
   uint64_t lines_budget_bytes;
   size_t n_read;
   char *trouble;
};

static void
open_alt(struct vmt_debug_info *info, struct vmt_elf *elf) {
   char *trouble = NULL;
   if (elf == NULL)
      return;
   if (vmt_dwarf_sections_read(&info->alt.sections, elf, false, &trouble)) {
      info->alt.id = 1;
      info->alt.headers = vmt_unit_headers_read(
         info->alt.sections.of[VMT_DWARF_INFO], &info->alt.n_headers);
      info->file.alt = &info->alt;
      info->file.sections.alt_str = info->alt.sections.of[VMT_DWARF_STR];
   }
   free(trouble);
}

struct vmt_debug_info *
vmt_debug_info_new(struct vmt_strings *strings,
                   const struct vmt_debug_info_files *files, char **trouble) {
   struct vmt_debug_info *info = vmt_calloc(1, sizeof *info);
   char *aranges_trouble = NULL;
   const struct vmt_bytes *of = info->file.sections.of;
   *trouble = NULL;
   if (!vmt_dwarf_sections_read(&info->file.sections, files->elf, false,
                                trouble) ||
       of[VMT_DWARF_INFO].size == 0) {
      vmt_debug_info_free(info);
      return NULL;
   }
   info->strings = strings;
   info->code_elf = files->code;
   info->file.headers = vmt_unit_headers_read(of[VMT_DWARF_INFO],
                                              &info->file.n_headers);
   if (info->file.n_headers == 0) {
      *trouble = vmt_strdup("its section .debug_info is damaged");
      vmt_debug_info_free(info);
      return NULL;
   }
   open_alt(info, files->alt);
   info->units = vmt_calloc(info->file.n_headers, sizeof *info->units);
   info->finder = vmt_unit_finder_new(
      &info->file,
      vmt_elf_section(files->elf, ".debug_aranges", &aranges_trouble),
      files->code);
   free(aranges_trouble);
   info->functions = vmt_functions_new(strings);
   info->split = vmt_split_new(&info->file, files->path, files->debug_path);
   info->ranges_budget =
      of[VMT_DWARF_RANGES].size + of[VMT_DWARF_RNGLISTS].size;
   info->lines_budget_bytes = 2 * of[VMT_DWARF_LINE].size;
   return info;
}

void
vmt_debug_info_free(struct vmt_debug_info *info) {
   if (info == NULL)
      return;
   for (size_t i = 0; info->units != NULL && i < info->file.n_headers; i++) {
      free(info->units[i].codes);
      vmt_segments_free(&info->units[i].segments);
   }
   for (size_t i = 0; i < info->n_tables; i++)
      vmt_line_table_free(&info->tables[i]);
   free(info->units);
   free(info->tables);
   vmt_number_map_free(&info->table_at);
   vmt_functions_free(info->functions);
   vmt_unit_finder_free(info->finder);
   vmt_split_free(info->split);
   free(info->file.headers);
   free(info->alt.headers);
   free(info->trouble);
   free(info);
}

/* Keeps the first trouble; takes text over.  */
static void
note_trouble(struct vmt_debug_info *info, char *text) {
   if (info->trouble == NULL)
      info->trouble = text;
   else
      free(text);
}

static uint32_t
read_line_table(struct vmt_debug_info *info, uint64_t offset,
                size_t address_size) {
   struct vmt_bytes section = info->file.sections.of[VMT_DWARF_LINE];
   struct vmt_cursor cursor = vmt_cursor_at(section, offset);
   struct vmt_line_program program;
   size_t offset_size;
   uint64_t length = vmt_cursor_dwarf_length(&cursor, &offset_size);
   if (cursor.bad || length > vmt_cursor_left(&cursor) ||
       length > info->lines_budget_bytes)
      return VMT_NUMBER_NONE;
   info->lines_budget_bytes -= length;
   const char *trouble = vmt_line_program_run(&info->file.sections, offset,
                                              address_size, &program);
   if (trouble != NULL)
      note_trouble(info, vmt_strdup(trouble));
   info->tables = vmt_grow(info->tables, info->n_tables, &info->tables_room,
                           sizeof *info->tables);
   vmt_line_table_build(&info->tables[info->n_tables], &program,
                        info->code_elf);
   free(program.rows);
   vmt_number_map_put(&info->table_at, offset, (uint32_t)info->n_tables);
   return (uint32_t)info->n_tables++;
}

/* Index of the line table that the unit refers to.  */
static uint32_t
find_line_table(struct vmt_debug_info *info,
                const struct vmt_unit_header *header,
                const struct vmt_unit_root *root) {
   if (!root->has_lines)
      return VMT_NUMBER_NONE;
   uint32_t known = vmt_number_map_get(&info->table_at, root->line_offset);
   return known != VMT_NUMBER_NONE
             ? known
             : read_line_table(info, root->line_offset, header->address_size);
}

struct span_list {
   struct vmt_span *all;
   size_t n;
   size_t room;
};

/* The depth of a code is one more than its parent's; a function within another
   (GNU C) has no parent, but lies deeper by its order.  */
static void
add_spans(struct vmt_debug_info *info, struct span_list *spans,
          const struct vmt_address_ranges *ranges, uint32_t index) {
   for (size_t i = 0; i < ranges->n; i++) {
      if (vmt_elf_code_end(info->code_elf, ranges->all[i].low) == 0)
         continue;
      spans->all = vmt_grow(spans->all, spans->n, &spans->room,
                            sizeof *spans->all);
      spans->all[spans->n++] = (struct vmt_span){
         ranges->all[i].low, ranges->all[i].high, index, index
      };
   }
}

/* Where the DIEs of a unit are: in the file itself, or split off.  */
struct dies {
   const struct vmt_dwarf_file *file;
   const struct vmt_unit_header *header;
   struct vmt_dwarf_unit *unit;
   struct vmt_ranges_context ranges;
};

static void
read_codes(struct vmt_debug_info *info, struct unit *unit,
           const struct dies *dies) {
   size_t n;
   struct vmt_die_code *read = vmt_dwarf_unit_code(dies->unit, &n);
   struct vmt_address_ranges ranges = { .all = NULL };
   struct span_list spans = { .all = NULL };
   unit->codes = vmt_calloc(n, sizeof *unit->codes);
   for (size_t i = 0; i < n; i++) {
      struct vmt_die_ref self = { VMT_REF_UNIT, read[i].offset };
      bool elsewhere = read[i].inlined && read[i].origin.kind != VMT_REF_NONE;
      vmt_die_ranges(&dies->ranges, &read[i].pcs, &info->ranges_budget,
                     &ranges);
      add_spans(info, &spans, &ranges, (uint32_t)i);
      unit->codes[i] = (struct code){
         .function = vmt_functions_add(info->functions, dies->file,
                                       dies->header, dies->unit,
                                       elsewhere ? read[i].origin : self),
         .parent = read[i].parent,
         .call_file = read[i].call_file,
         .call_line = read[i].call_line,
      };
   }
   if (spans.n > 0)
      vmt_segments_build(&unit->segments, spans.all, spans.n);
   free(spans.all);
   free(ranges.all);
   free(read);
}

/* Reads the split unit; false if there is none, so that what the skeleton says
   (clang can leave inlined calls in it) has to do.  */
static bool
read_split_codes(struct vmt_debug_info *info, struct unit *unit,
                 const struct vmt_unit_root *skeleton,
                 const struct vmt_ranges_context *skeleton_ranges) {
   char *trouble = NULL;
   const struct vmt_dwarf_file *file = vmt_split_open(info->split, skeleton,
                                                      &trouble);
   struct vmt_dwarf_unit *opened =
      file == NULL ? NULL
                   : vmt_dwarf_unit_open(&file->sections, &file->headers[0],
                                         &trouble);
   if (trouble != NULL)
      note_trouble(info, trouble);
   if (opened != NULL) {
      struct vmt_unit_root root;
      vmt_dwarf_unit_root(opened, &root);
      struct dies dies = { file, &file->headers[0], opened, { .version = 0 } };
      dies.ranges = vmt_unit_ranges_context(&file->sections, dies.header,
                                            &root);
      dies.ranges.addr_base = skeleton->addr_base;
      dies.ranges.ranges_base = skeleton->ranges_base;
      dies.ranges.low_pc = skeleton_ranges->low_pc;
      info->ranges_budget += dies.ranges.rnglists.size;
      read_codes(info, unit, &dies);
      vmt_dwarf_unit_close(opened);
   }
   vmt_functions_leave_file(info->functions, file);
   vmt_split_close(info->split, file);
   return opened != NULL;
}

static void
read_unit(struct vmt_debug_info *info, uint32_t index) {
   struct unit *unit = &info->units[index];
   char *trouble = NULL;
   struct dies dies = { &info->file, &info->file.headers[index], NULL,
                        { .version = 0 } };
   dies.unit = vmt_dwarf_unit_open(&info->file.sections, dies.header,
                                   &trouble);
   if (dies.unit == NULL) {
      unit->state = UNIT_UNREADABLE;
      note_trouble(info, trouble);
      return;
   }
   struct vmt_unit_root root;
   vmt_dwarf_unit_root(dies.unit, &root);
   dies.ranges = vmt_unit_ranges_context(&info->file.sections, dies.header,
                                         &root);
   unit->comp_dir = root.comp_dir;
   if (root.dwo_name == NULL ||
       !read_split_codes(info, unit, &root, &dies.ranges))
      read_codes(info, unit, &dies);
   unit->lines = find_line_table(info, dies.header, &root);
   unit->state = UNIT_READ;
   info->n_read++;
   vmt_dwarf_unit_close(dies.unit);
}

static struct vmt_line_table *
unit_table(struct vmt_debug_info *info, const struct unit *unit) {
   return unit->lines == VMT_NUMBER_NONE ? NULL : &info->tables[unit->lines];
}

/* The functions around address, innermost first, each with the line that the
   one before was inlined at; the line of the first is filled in already.  */
static size_t
fill_functions(struct vmt_debug_info *info, const struct unit *unit,
               uint32_t index, struct vmt_source_frame *frames, size_t max) {
   struct vmt_line_table *table = unit_table(info, unit);
   size_t n = 0;
   for (;;) {
      const struct code *code = &unit->codes[index];
      vmt_functions_name(info->functions, code->function, &frames[n].function,
                         &frames[n].linkage_name);
      n++;
      if (code->parent == VMT_DWARF_NO_PARENT || n == max)
         return n;
      frames[n] = (struct vmt_source_frame){ .line = code->call_line };
      if (table != NULL)
         frames[n].file = vmt_line_table_path(table, code->call_file,
                                              unit->comp_dir, info->strings);
      index = code->parent;
   }
}

size_t
vmt_debug_info_find(struct vmt_debug_info *info, uint64_t address,
                    struct vmt_source_frame *frames, size_t max) {
   uint32_t index = vmt_unit_finder_find(info->finder, address);
   if (index == VMT_SEGMENT_GAP || max == 0)
      return 0;
   struct unit *unit = &info->units[index];
   if (unit->state == UNIT_UNREAD)
      read_unit(info, index);
   if (unit->state != UNIT_READ)
      return 0;
   struct vmt_line_table *table = unit_table(info, unit);
   const struct vmt_line_entry *entry =
      table == NULL ? NULL : vmt_line_table_find(table, address);
   uint32_t code = vmt_segments_find(&unit->segments, address);
   if (entry == NULL && code == VMT_SEGMENT_GAP)
      return 0;
   frames[0] = (struct vmt_source_frame){ .function = NULL };
   if (entry != NULL) {
      frames[0].line = entry->line;
      frames[0].file = vmt_line_table_path(table, entry->file, unit->comp_dir,
                                           info->strings);
   }
   return code == VMT_SEGMENT_GAP
             ? 1
             : fill_functions(info, unit, code, frames, max);
}

const char *
vmt_debug_info_trouble(const struct vmt_debug_info *info) {
   return info->trouble;
}

bool
vmt_debug_info_is_useless(const struct vmt_debug_info *info) {
   return info->trouble != NULL && info->n_read == 0;
}
