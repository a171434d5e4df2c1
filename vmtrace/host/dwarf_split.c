#include "vmtrace/host/dwarf_split.h"

#include <stdlib.h>

#include "vmtrace/host/debug_files.h"
#include "vmtrace/host/memory.h"

/* The columns of .debug_cu_index that are used (DWARF 5, 7.3.5; the same
   numbers in GNU's version 2).  */
static const enum vmt_dwarf_section section_of_column[9] = {
   [1] = VMT_DWARF_INFO,
   [3] = VMT_DWARF_ABBREV,
   [4] = VMT_DWARF_LINE,
   [6] = VMT_DWARF_STR_OFFSETS,
   [8] = VMT_DWARF_RNGLISTS,
};

struct vmt_split {
   const struct vmt_dwarf_file *main_file;
   char *path;
   struct vmt_elf *package;     /* .dwp, or NULL */
   struct vmt_dwarf_sections package_sections;
   struct vmt_bytes package_index;
   uint32_t next_id;
};

struct split_file {
   struct vmt_dwarf_file file;
   struct vmt_elf *elf;         /* of a .dwo; NULL in a package */
};

struct vmt_split *
vmt_split_new(const struct vmt_dwarf_file *main_file, const char *path,
              const char *debug_path) {
   struct vmt_split *split = vmt_calloc(1, sizeof *split);
   char *trouble = NULL;
   split->main_file = main_file;
   split->path = vmt_strdup(path);
   split->next_id = 2;          /* after the main file and its supplement */
   split->package = vmt_debug_find_dwp(path);
   if (split->package == NULL && debug_path != NULL)
      split->package = vmt_debug_find_dwp(debug_path);
   if (split->package != NULL &&
       vmt_dwarf_sections_read(&split->package_sections, split->package, true,
                               &trouble))
      split->package_index =
         vmt_elf_section(split->package, ".debug_cu_index", &trouble);
   free(trouble);
   return split;
}

void
vmt_split_free(struct vmt_split *split) {
   if (split == NULL)
      return;
   vmt_elf_close(split->package);
   free(split->path);
   free(split);
}

/* The row of the package's index that has this id; 0: none.  */
static uint32_t
index_row(struct vmt_bytes index, uint64_t id, uint64_t n_slots) {
   uint64_t mask = n_slots - 1, slot = id & mask;
   uint64_t step = ((id >> 32) & mask) | 1;
   for (uint64_t tries = 0; tries < n_slots; tries++) {
      struct vmt_cursor ids = vmt_cursor_at(index, 16 + 8 * slot);
      struct vmt_cursor rows =
         vmt_cursor_at(index, 16 + 8 * n_slots + 4 * slot);
      uint64_t found = vmt_cursor_uint(&ids, 8);
      uint32_t row = (uint32_t)vmt_cursor_uint(&rows, 4);
      if (row == 0 || ids.bad)
         return 0;
      if (found == id)
         return row;
      slot = (slot + step) & mask;
   }
   return 0;
}

/* Cuts the sections of the package down to what belongs to the unit id.  */
static bool
slice_package(const struct vmt_split *split, uint64_t id,
              struct vmt_dwarf_sections *sections) {
   struct vmt_bytes index = split->package_index;
   struct vmt_cursor head = vmt_cursor_at(index, 4);
   uint64_t n_columns = vmt_cursor_uint(&head, 4);
   uint64_t n_units = vmt_cursor_uint(&head, 4);
   uint64_t n_slots = vmt_cursor_uint(&head, 4);
   if (head.bad || n_slots == 0 || (n_slots & (n_slots - 1)) != 0 ||
       n_slots > index.size || n_columns > 16)
      return false;
   uint32_t row = index_row(index, id, n_slots);
   if (row == 0 || row > n_units)
      return false;
   uint64_t columns_at = 16 + 12 * n_slots;
   uint64_t offsets_at = columns_at + 4 * n_columns * row;
   uint64_t sizes_at = offsets_at + 4 * n_columns * n_units;
   struct vmt_cursor columns = vmt_cursor_at(index, columns_at);
   struct vmt_cursor offsets = vmt_cursor_at(index, offsets_at);
   struct vmt_cursor sizes = vmt_cursor_at(index, sizes_at);
   *sections = split->package_sections;
   for (uint64_t i = 0; i < n_columns; i++) {
      uint64_t column = vmt_cursor_uint(&columns, 4);
      uint64_t offset = vmt_cursor_uint(&offsets, 4);
      uint64_t size = vmt_cursor_uint(&sizes, 4);
      if (column != 1 && (column > 8 || section_of_column[column] == 0))
         continue;
      struct vmt_bytes *bytes = &sections->of[section_of_column[column]];
      *bytes = vmt_bytes_slice(*bytes, offset, size);
   }
   return !columns.bad && !offsets.bad && !sizes.bad;
}

/* The header of the unit with this id among those of a .dwo file comes first.
   DWARF 4 keeps the id in the unit's DIE, and has one unit in a file.  */
static bool
put_unit_first(struct vmt_dwarf_file *file, uint64_t id) {
   for (size_t i = 0; i < file->n_headers; i++) {
      struct vmt_unit_header found = file->headers[i];
      if (found.type != VMT_UNIT_COMPILE && found.type != VMT_UNIT_SPLIT_COMPILE)
         continue;
      if (found.version >= 5 && found.dwo_id != id)
         continue;
      file->headers[0] = found;
      file->n_headers = 1;
      return true;
   }
   return false;
}

static bool
open_file(struct vmt_split *split, struct split_file *opened,
          const struct vmt_unit_root *skeleton, char **trouble) {
   struct vmt_dwarf_sections *sections = &opened->file.sections;
   if (!slice_package(split, skeleton->dwo_id, sections)) {
      opened->elf = vmt_debug_find_dwo(split->path, skeleton->comp_dir,
                                       skeleton->dwo_name);
      char *why = NULL;
      if (opened->elf == NULL)
         return false;
      if (!vmt_dwarf_sections_read(sections, opened->elf, true, &why)) {
         if (*trouble == NULL)
            *trouble = vmt_format("%s: %s", skeleton->dwo_name, why);
         free(why);
         return false;
      }
   }
   /* Addresses, and ranges until DWARF 4, stay in the program.  */
   const struct vmt_dwarf_sections *main = &split->main_file->sections;
   sections->of[VMT_DWARF_ADDR] = main->of[VMT_DWARF_ADDR];
   sections->of[VMT_DWARF_RANGES] = main->of[VMT_DWARF_RANGES];
   sections->address_size = main->address_size;
   opened->file.id = split->next_id++;
   opened->file.headers = vmt_unit_headers_read(sections->of[VMT_DWARF_INFO],
                                                &opened->file.n_headers);
   return put_unit_first(&opened->file, skeleton->dwo_id);
}

const struct vmt_dwarf_file *
vmt_split_open(struct vmt_split *split, const struct vmt_unit_root *skeleton,
               char **trouble) {
   struct split_file *opened = vmt_calloc(1, sizeof *opened);
   if (open_file(split, opened, skeleton, trouble))
      return &opened->file;
   vmt_split_close(split, &opened->file);
   return NULL;
}

void
vmt_split_close(struct vmt_split *split, const struct vmt_dwarf_file *file) {
   struct split_file *opened = (struct split_file *)file;
   (void)split;
   if (opened == NULL)
      return;
   free(opened->file.headers);
   vmt_elf_close(opened->elf);
   free(opened);
}
