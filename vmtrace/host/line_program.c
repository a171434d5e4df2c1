/* DWARF 5, 6.2; DWARF 2 to 4 differ in the header only.  */

#include "vmtrace/host/line_program.h"

#include <dwarf.h>
#include <stdlib.h>

#include "vmtrace/host/memory.h"

enum { MAX_FORMATS = 16 };

struct header {
   uint64_t version;
   size_t offset_size;
   size_t address_size;
   uint64_t min_instruction_bytes;
   uint64_t max_operations;
   int64_t line_base;
   uint64_t line_range;
   uint64_t opcode_base;
   uint8_t operand_counts[256]; /* of standard opcodes */
};

struct reader {
   const struct vmt_dwarf_sections *sections;
   struct header header;
   struct vmt_cursor cursor;
   const char **dirs;
   size_t n_dirs;
   struct vmt_line_program *program;
   size_t files_room;
   size_t rows_room;
};

/* What the program works on (DWARF 5, 6.2.2).  */
struct registers {
   uint64_t address;
   uint64_t operation;
   uint64_t file;
   uint64_t line;
};

static const char *
read_string(struct vmt_cursor *cursor) {
   struct vmt_bytes rest = { cursor->at, vmt_cursor_left(cursor) };
   const char *string = vmt_bytes_string(rest, 0);
   vmt_cursor_skip(cursor, string == NULL ? UINT64_MAX : strlen(string) + 1);
   return cursor->bad ? NULL : string;
}

static void
add_file(struct reader *reader, const char *dir, const char *name) {
   struct vmt_line_program *program = reader->program;
   program->files = vmt_grow(program->files, program->n_files,
                             &reader->files_room, sizeof *program->files);
   program->files[program->n_files++] = (struct vmt_line_file){ dir, name };
}

/* Until DWARF 4, directory 0 is the unit's own and not in the table.  */
static const char *
dir_at(const struct reader *reader, uint64_t index) {
   if (reader->header.version < 5)
      index--;
   return index < reader->n_dirs ? reader->dirs[index] : NULL;
}

static void
read_old_file(struct reader *reader, const char *name) {
   uint64_t dir = vmt_cursor_uleb(&reader->cursor);
   vmt_cursor_uleb(&reader->cursor);    /* time */
   vmt_cursor_uleb(&reader->cursor);    /* length */
   add_file(reader, dir_at(reader, dir), name);
}

static void
read_old_names(struct reader *reader) {
   size_t room = 0;
   const char *name;
   while ((name = read_string(&reader->cursor)) != NULL && *name != '\0') {
      reader->dirs = vmt_grow(reader->dirs, reader->n_dirs, &room,
                              sizeof *reader->dirs);
      reader->dirs[reader->n_dirs++] = name;
   }
   add_file(reader, NULL, NULL);        /* files are counted from 1 */
   while ((name = read_string(&reader->cursor)) != NULL && *name != '\0')
      read_old_file(reader, name);
}

struct format {
   uint64_t content;
   uint64_t form;
};

static size_t
read_formats(struct vmt_cursor *cursor, struct format *formats) {
   uint64_t n = vmt_cursor_uint(cursor, 1);
   if (n > MAX_FORMATS)
      cursor->bad = true;
   for (uint64_t i = 0; i < n && !cursor->bad; i++) {
      formats[i].content = vmt_cursor_uleb(cursor);
      formats[i].form = vmt_cursor_uleb(cursor);
   }
   return cursor->bad ? 0 : (size_t)n;
}

/* A value of an entry: a string, or a number, or of no interest.  Each form
   takes a byte at least, which bounds the number of entries.  */
static const char *
read_form(struct reader *reader, uint64_t form, uint64_t *number) {
   struct vmt_cursor *cursor = &reader->cursor;
   const struct vmt_dwarf_sections *sections = reader->sections;
   size_t offset_size = reader->header.offset_size;
   switch (form) {
   case DW_FORM_string:
      return read_string(cursor);
   case DW_FORM_line_strp:
      return vmt_bytes_string(sections->of[VMT_DWARF_LINE_STR],
                              vmt_cursor_uint(cursor, offset_size));
   case DW_FORM_strp:
      return vmt_bytes_string(sections->of[VMT_DWARF_STR],
                              vmt_cursor_uint(cursor, offset_size));
   case DW_FORM_strp_sup:
   case DW_FORM_GNU_strp_alt:
      return vmt_bytes_string(sections->alt_str,
                              vmt_cursor_uint(cursor, offset_size));
   case DW_FORM_data1:
      *number = vmt_cursor_uint(cursor, 1);
      break;
   case DW_FORM_data2:
      *number = vmt_cursor_uint(cursor, 2);
      break;
   case DW_FORM_data4:
      *number = vmt_cursor_uint(cursor, 4);
      break;
   case DW_FORM_data8:
      *number = vmt_cursor_uint(cursor, 8);
      break;
   case DW_FORM_udata:
      *number = vmt_cursor_uleb(cursor);
      break;
   case DW_FORM_data16:
      vmt_cursor_skip(cursor, 16);
      break;
   case DW_FORM_block:
      vmt_cursor_skip(cursor, vmt_cursor_uleb(cursor));
      break;
   default:
      cursor->bad = true;
   }
   return NULL;
}

/* One entry of the table of directories or of files.  */
static const char *
read_entry(struct reader *reader, const struct format *formats,
           size_t n_formats, uint64_t *dir) {
   const char *path = NULL;
   for (size_t i = 0; i < n_formats; i++) {
      uint64_t number = 0;
      const char *string = read_form(reader, formats[i].form, &number);
      if (formats[i].content == DW_LNCT_path)
         path = string;
      else if (formats[i].content == DW_LNCT_directory_index)
         *dir = number;
   }
   return path;
}

/* How many entries follow; none if they are more than there are bytes.  */
static uint64_t
read_entry_count(struct vmt_cursor *cursor, size_t n_formats) {
   uint64_t n = vmt_cursor_uleb(cursor);
   if (n > 0 && (n_formats == 0 || n > vmt_cursor_left(cursor)))
      cursor->bad = true;
   return cursor->bad ? 0 : n;
}

static void
read_new_names(struct reader *reader) {
   struct format formats[MAX_FORMATS];
   uint64_t dir = 0;
   size_t n_formats = read_formats(&reader->cursor, formats);
   uint64_t n = read_entry_count(&reader->cursor, n_formats);
   reader->dirs = vmt_calloc((size_t)n, sizeof *reader->dirs);
   while (reader->n_dirs < n && !reader->cursor.bad)
      reader->dirs[reader->n_dirs++] =
         read_entry(reader, formats, n_formats, &dir);
   n_formats = read_formats(&reader->cursor, formats);
   n = read_entry_count(&reader->cursor, n_formats);
   while (reader->program->n_files < n && !reader->cursor.bad) {
      dir = 0;
      const char *name = read_entry(reader, formats, n_formats, &dir);
      add_file(reader, dir_at(reader, dir), name);
   }
}

static const char *
read_header(struct reader *reader) {
   struct header *header = &reader->header;
   struct vmt_cursor *cursor = &reader->cursor;
   uint64_t length = vmt_cursor_dwarf_length(cursor, &header->offset_size);
   if (cursor->bad || length > vmt_cursor_left(cursor))
      return "a line table is cut short";
   cursor->end = cursor->at + length;
   header->version = vmt_cursor_uint(cursor, 2);
   if (header->version < 2 || header->version > 5)
      return "a line table is of an unknown version";
   if (header->version >= 5) {
      header->address_size = (size_t)vmt_cursor_uint(cursor, 1);
      vmt_cursor_skip(cursor, 1);       /* segment selector */
   }
   uint64_t header_length = vmt_cursor_uint(cursor, header->offset_size);
   const uint8_t *program = cursor->at + header_length;
   bool inside = header_length <= vmt_cursor_left(cursor);
   header->min_instruction_bytes = vmt_cursor_uint(cursor, 1);
   header->max_operations = header->version >= 4 ? vmt_cursor_uint(cursor, 1)
                                                 : 1;
   vmt_cursor_skip(cursor, 1);          /* default of is_stmt */
   header->line_base = (int8_t)vmt_cursor_uint(cursor, 1);
   header->line_range = vmt_cursor_uint(cursor, 1);
   header->opcode_base = vmt_cursor_uint(cursor, 1);
   for (uint64_t i = 1; i < header->opcode_base; i++)
      header->operand_counts[i] = (uint8_t)vmt_cursor_uint(cursor, 1);
   if (cursor->bad || !inside || header->line_range == 0 ||
       header->max_operations == 0 || header->opcode_base == 0 ||
       (header->address_size != 4 && header->address_size != 8))
      return "the head of a line table is damaged";
   if (header->version >= 5)
      read_new_names(reader);
   else
      read_old_names(reader);
   if (cursor->bad || cursor->at > program)
      return "the file names of a line table are damaged";
   cursor->at = program;
   return NULL;
}

static void
advance(const struct header *header, struct registers *registers,
        uint64_t operations) {
   uint64_t operation = registers->operation + operations;
   registers->address += header->min_instruction_bytes *
                         (operation / header->max_operations);
   registers->operation = operation % header->max_operations;
}

static void
add_row(struct reader *reader, const struct registers *registers, bool end) {
   struct vmt_line_program *program = reader->program;
   program->rows = vmt_grow(program->rows, program->n_rows,
                            &reader->rows_room, sizeof *program->rows);
   program->rows[program->n_rows++] = (struct vmt_line_row){
      .address = registers->address,
      .file = registers->file < UINT32_MAX ? (uint32_t)registers->file
                                           : UINT32_MAX - 1,
      .line = registers->line <= UINT32_MAX ? (uint32_t)registers->line : 0,
      .end = end,
   };
}

static void
reset(struct registers *registers) {
   *registers = (struct registers){ .file = 1, .line = 1 };
}

static void
run_extended(struct reader *reader, struct registers *registers) {
   struct vmt_cursor *cursor = &reader->cursor;
   uint64_t length = vmt_cursor_uleb(cursor);
   if (cursor->bad || length == 0 || length > vmt_cursor_left(cursor)) {
      cursor->bad = true;
      return;
   }
   const uint8_t *next = cursor->at + length;
   switch (vmt_cursor_uint(cursor, 1)) {
   case DW_LNE_end_sequence:
      add_row(reader, registers, true);
      reset(registers);
      break;
   case DW_LNE_set_address:
      registers->address =
         length - 1 <= 8 ? vmt_cursor_uint(cursor, (size_t)length - 1) : 0;
      registers->operation = 0;
      break;
   case DW_LNE_define_file: {
      const char *name = read_string(cursor);
      if (name != NULL)
         read_old_file(reader, name);
      break;
   }
   default:
      break;
   }
   cursor->at = next;
}

static int64_t
read_sleb(struct vmt_cursor *cursor) {
   const uint8_t *start = cursor->at;
   uint64_t value = vmt_cursor_uleb(cursor);
   size_t bits = 7 * (size_t)(cursor->at - start);
   if (!cursor->bad && bits < 64 && (cursor->at[-1] & 0x40))
      value |= UINT64_MAX << bits;
   return (int64_t)value;
}

static void
run_standard(struct reader *reader, struct registers *registers,
             uint64_t opcode) {
   const struct header *header = &reader->header;
   struct vmt_cursor *cursor = &reader->cursor;
   switch (opcode) {
   case DW_LNS_copy:
      add_row(reader, registers, false);
      break;
   case DW_LNS_advance_pc:
      advance(header, registers, vmt_cursor_uleb(cursor));
      break;
   case DW_LNS_advance_line:
      registers->line += (uint64_t)read_sleb(cursor);
      break;
   case DW_LNS_set_file:
      registers->file = vmt_cursor_uleb(cursor);
      break;
   case DW_LNS_const_add_pc:
      advance(header, registers,
              (255 - header->opcode_base) / header->line_range);
      break;
   case DW_LNS_fixed_advance_pc:
      registers->address += vmt_cursor_uint(cursor, 2);
      registers->operation = 0;
      break;
   default:
      for (int i = 0; i < header->operand_counts[opcode]; i++)
         vmt_cursor_uleb(cursor);
   }
}

static void
run(struct reader *reader) {
   const struct header *header = &reader->header;
   struct vmt_cursor *cursor = &reader->cursor;
   struct registers registers;
   reset(&registers);
   while (!cursor->bad && vmt_cursor_left(cursor) > 0) {
      uint64_t opcode = vmt_cursor_uint(cursor, 1);
      if (opcode >= header->opcode_base) {
         uint64_t special = opcode - header->opcode_base;
         advance(header, &registers, special / header->line_range);
         registers.line += (uint64_t)(header->line_base +
                                      (int64_t)(special % header->line_range));
         add_row(reader, &registers, false);
      } else if (opcode == 0) {
         run_extended(reader, &registers);
      } else {
         run_standard(reader, &registers, opcode);
      }
   }
}

const char *
vmt_line_program_run(const struct vmt_dwarf_sections *sections,
                     uint64_t offset, size_t address_size,
                     struct vmt_line_program *program) {
   struct reader reader = {
      .sections = sections,
      .header = { .address_size = address_size },
      .cursor = vmt_cursor_at(sections->of[VMT_DWARF_LINE], offset),
      .program = program,
   };
   *program = (struct vmt_line_program){ .rows = NULL };
   const char *trouble = read_header(&reader);
   if (trouble == NULL) {
      run(&reader);
      if (reader.cursor.bad)
         trouble = "a line table is damaged";
   }
   free(reader.dirs);
   return trouble;
}
