#include "vmtrace/host/dwarf_sections.h"

#include "vmtrace/host/memory.h"

const char *
vmt_dwarf_section_name(enum vmt_dwarf_section section, bool dwo) {
   static const char *const names[VMT_DWARF_N_SECTIONS][2] = {
      [VMT_DWARF_INFO] = { ".debug_info", ".debug_info.dwo" },
      [VMT_DWARF_ABBREV] = { ".debug_abbrev", ".debug_abbrev.dwo" },
      [VMT_DWARF_LINE] = { ".debug_line", ".debug_line.dwo" },
      [VMT_DWARF_STR] = { ".debug_str", ".debug_str.dwo" },
      [VMT_DWARF_STR_OFFSETS] = { ".debug_str_offsets",
                                  ".debug_str_offsets.dwo" },
      [VMT_DWARF_RNGLISTS] = { ".debug_rnglists", ".debug_rnglists.dwo" },
      [VMT_DWARF_LINE_STR] = { ".debug_line_str", ".debug_line_str" },
      [VMT_DWARF_ADDR] = { ".debug_addr", ".debug_addr" },
      [VMT_DWARF_RANGES] = { ".debug_ranges", ".debug_ranges" },
   };
   return names[section][dwo];
}

bool
vmt_dwarf_sections_read(struct vmt_dwarf_sections *sections,
                        struct vmt_elf *elf, bool dwo, char **trouble) {
   char *why = NULL;
   *sections = (struct vmt_dwarf_sections){ .dwo = dwo };
   sections->address_size = vmt_elf_address_size(elf);
   for (int i = 0; i < VMT_DWARF_N_SECTIONS; i++)
      sections->of[i] =
         vmt_elf_section(elf, vmt_dwarf_section_name(i, dwo), &why);
   if (why == NULL)
      return true;
   *trouble = why;
   return false;
}

bool
vmt_unit_header_read(struct vmt_bytes info, uint64_t offset,
                     struct vmt_unit_header *header) {
   struct vmt_cursor cursor = vmt_cursor_at(info, offset);
   size_t offset_size = 4;
   const uint8_t *start = cursor.at;
   uint64_t length = vmt_cursor_dwarf_length(&cursor, &offset_size);
   if (cursor.bad || length > vmt_cursor_left(&cursor))
      return false;
   *header = (struct vmt_unit_header){
      .offset = offset,
      .size = (uint64_t)(cursor.at - start) + length,
      .offset_size = (uint8_t)offset_size,
      .type = VMT_UNIT_COMPILE,
   };
   cursor.end = cursor.at + length;
   header->version = (uint8_t)vmt_cursor_uint(&cursor, 2);
   if (header->version >= 5) {
      header->type = (uint8_t)vmt_cursor_uint(&cursor, 1);
      header->address_size = (uint8_t)vmt_cursor_uint(&cursor, 1);
      vmt_cursor_skip(&cursor, offset_size);
      if (header->type == VMT_UNIT_SKELETON ||
          header->type == VMT_UNIT_SPLIT_COMPILE)
         header->dwo_id = vmt_cursor_uint(&cursor, 8);
   } else {
      vmt_cursor_skip(&cursor, offset_size);
      header->address_size = (uint8_t)vmt_cursor_uint(&cursor, 1);
   }
   return !cursor.bad && header->version >= 2 && header->version <= 5 &&
          (header->address_size == 4 || header->address_size == 8);
}

struct vmt_unit_header *
vmt_unit_headers_read(struct vmt_bytes info, size_t *n) {
   struct vmt_unit_header *headers = NULL;
   size_t room = 0;
   *n = 0;
   for (uint64_t offset = 0; offset < info.size;) {
      headers = vmt_grow(headers, *n, &room, sizeof *headers);
      if (!vmt_unit_header_read(info, offset, &headers[*n]))
         break;
      offset += headers[*n].size;
      ++*n;
   }
   return headers;
}
