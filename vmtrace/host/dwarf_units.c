#include "vmtrace/host/dwarf_units.h"

#include <stdlib.h>

#include "vmtrace/host/memory.h"

struct vmt_unit_finder {
   const struct vmt_dwarf_file *file;
   const struct vmt_elf *elf;
   bool *in_aranges;            /* by unit */
   bool asked_all;
   struct vmt_span *spans;      /* kept until all units were asked */
   size_t n_spans;
   size_t spans_room;
   struct vmt_segments segments;
};

/* Ranges outside the code are those of functions that the linker dropped.  */
static void
add_span(struct vmt_unit_finder *finder, uint64_t low, uint64_t high,
         uint32_t unit) {
   if (low >= high || vmt_elf_code_end(finder->elf, low) == 0)
      return;
   finder->spans = vmt_grow(finder->spans, finder->n_spans,
                            &finder->spans_room, sizeof *finder->spans);
   finder->spans[finder->n_spans++] = (struct vmt_span){ low, high, 0, unit };
}

/* One set: the ranges of one unit.  */
static void
read_arange_set(struct vmt_unit_finder *finder, struct vmt_cursor cursor,
                size_t offset_size, size_t set_start_bytes) {
   const uint8_t *start = cursor.at - set_start_bytes;
   uint64_t version = vmt_cursor_uint(&cursor, 2);
   uint64_t offset = vmt_cursor_uint(&cursor, offset_size);
   size_t size = (size_t)vmt_cursor_uint(&cursor, 1);
   uint64_t segment_size = vmt_cursor_uint(&cursor, 1);
   const struct vmt_unit_header *header =
      vmt_dwarf_file_unit_at(finder->file, offset);
   if (cursor.bad || version < 2 || version > 3 || segment_size != 0 ||
       (size != 4 && size != 8) || header == NULL ||
       header->offset != offset)
      return;
   uint32_t unit = (uint32_t)(header - finder->file->headers);
   size_t odd = (size_t)(cursor.at - start) % (2 * size);
   vmt_cursor_skip(&cursor, odd == 0 ? 0 : 2 * size - odd);
   while (vmt_cursor_left(&cursor) >= 2 * size) {
      uint64_t low = vmt_cursor_uint(&cursor, size);
      uint64_t length = vmt_cursor_uint(&cursor, size);
      if (low == 0 && length == 0)
         break;
      add_span(finder, low, low + length, unit);
      finder->in_aranges[unit] = true;
   }
}

static void
read_aranges(struct vmt_unit_finder *finder, struct vmt_bytes aranges) {
   struct vmt_cursor cursor = vmt_cursor_at(aranges, 0);
   while (!cursor.bad && vmt_cursor_left(&cursor) > 0) {
      const uint8_t *start = cursor.at;
      size_t offset_size;
      uint64_t length = vmt_cursor_dwarf_length(&cursor, &offset_size);
      struct vmt_cursor set = cursor;
      vmt_cursor_skip(&cursor, length);
      if (cursor.bad)
         break;
      set.end = cursor.at;
      read_arange_set(finder, set, offset_size, (size_t)(set.at - start));
   }
}

static void
build(struct vmt_unit_finder *finder) {
   struct vmt_span *spans = vmt_calloc(finder->n_spans, sizeof *spans);
   for (size_t i = 0; i < finder->n_spans; i++)
      spans[i] = finder->spans[i];
   vmt_segments_free(&finder->segments);
   vmt_segments_build(&finder->segments, spans, finder->n_spans);
   free(spans);
}

struct vmt_unit_finder *
vmt_unit_finder_new(const struct vmt_dwarf_file *file, struct vmt_bytes aranges,
                    const struct vmt_elf *elf) {
   struct vmt_unit_finder *finder = vmt_calloc(1, sizeof *finder);
   finder->file = file;
   finder->elf = elf;
   finder->in_aranges = vmt_calloc(file->n_headers,
                                   sizeof *finder->in_aranges);
   read_aranges(finder, aranges);
   build(finder);
   return finder;
}

void
vmt_unit_finder_free(struct vmt_unit_finder *finder) {
   if (finder == NULL)
      return;
   free(finder->in_aranges);
   free(finder->spans);
   vmt_segments_free(&finder->segments);
   free(finder);
}

struct vmt_ranges_context
vmt_unit_ranges_context(const struct vmt_dwarf_sections *sections,
                        const struct vmt_unit_header *header,
                        const struct vmt_unit_root *root) {
   struct vmt_ranges_context context = {
      .addr = sections->of[VMT_DWARF_ADDR],
      .ranges = sections->of[VMT_DWARF_RANGES],
      .rnglists = sections->of[VMT_DWARF_RNGLISTS],
      .addr_base = root->addr_base,
      .version = header->version,
      .address_size = header->address_size,
      .offset_size = header->offset_size,
   };
   context.rnglists_base = root->has_rnglists_base
                              ? root->rnglists_base
                              : vmt_rnglists_default_base(context.rnglists);
   if (root->pcs.low_kind == VMT_PC_ADDRESS)
      context.low_pc = root->pcs.low;
   else if (root->pcs.low_kind == VMT_PC_INDEX)
      vmt_address_at_index(&context, root->pcs.low, &context.low_pc);
   return context;
}

static void
ask_unit(struct vmt_unit_finder *finder, uint32_t index, uint64_t *budget,
         struct vmt_address_ranges *ranges) {
   const struct vmt_dwarf_sections *sections = &finder->file->sections;
   const struct vmt_unit_header *header = &finder->file->headers[index];
   char *trouble = NULL;
   struct vmt_dwarf_unit *unit =
      vmt_dwarf_unit_open(sections, header, &trouble);
   free(trouble);
   if (unit == NULL)
      return;
   struct vmt_unit_root root;
   vmt_dwarf_unit_root(unit, &root);
   vmt_dwarf_unit_close(unit);
   struct vmt_ranges_context context =
      vmt_unit_ranges_context(sections, header, &root);
   vmt_die_ranges(&context, &root.pcs, budget, ranges);
   for (size_t i = 0; i < ranges->n; i++)
      add_span(finder, ranges->all[i].low, ranges->all[i].high, index);
}

static void
ask_all(struct vmt_unit_finder *finder) {
   struct vmt_address_ranges ranges = { .all = NULL };
   const struct vmt_dwarf_sections *sections = &finder->file->sections;
   /* An entry of a range list takes a byte at least, and lists are not shared
      between units.  */
   uint64_t budget = sections->of[VMT_DWARF_RANGES].size +
                     sections->of[VMT_DWARF_RNGLISTS].size;
   finder->asked_all = true;
   for (size_t i = 0; i < finder->file->n_headers; i++) {
      uint8_t type = finder->file->headers[i].type;
      if (!finder->in_aranges[i] &&
          (type == VMT_UNIT_COMPILE || type == VMT_UNIT_SKELETON))
         ask_unit(finder, (uint32_t)i, &budget, &ranges);
   }
   free(ranges.all);
   build(finder);
   free(finder->spans);
   finder->spans = NULL;
}

uint32_t
vmt_unit_finder_find(struct vmt_unit_finder *finder, uint64_t address) {
   uint32_t unit = vmt_segments_find(&finder->segments, address);
   if (unit == VMT_SEGMENT_GAP && !finder->asked_all &&
       vmt_elf_code_end(finder->elf, address) != 0) {
      ask_all(finder);
      unit = vmt_segments_find(&finder->segments, address);
   }
   return unit;
}
