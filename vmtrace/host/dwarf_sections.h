/* The DWARF sections of one file, and the units in its .debug_info.

   Bytes belong to the ELF file they come from.  */

#ifndef VMT_HOST_DWARF_SECTIONS_H
#define VMT_HOST_DWARF_SECTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmtrace/host/bytes.h"
#include "vmtrace/host/elf_file.h"

enum vmt_dwarf_section {
   VMT_DWARF_INFO,
   VMT_DWARF_ABBREV,
   VMT_DWARF_LINE,
   VMT_DWARF_STR,
   VMT_DWARF_STR_OFFSETS,
   VMT_DWARF_RNGLISTS,
   VMT_DWARF_LINE_STR,
   VMT_DWARF_ADDR,
   VMT_DWARF_RANGES,
   VMT_DWARF_N_SECTIONS
};

struct vmt_dwarf_sections {
   struct vmt_bytes of[VMT_DWARF_N_SECTIONS];
   struct vmt_bytes alt_str;    /* .debug_str of the dwz supplement */
   size_t address_size;
   bool dwo;                    /* of a .dwo or .dwp file */
};

enum vmt_unit_type {            /* DWARF 5, 7.5.1 */
   VMT_UNIT_COMPILE = 1,
   VMT_UNIT_TYPE = 2,
   VMT_UNIT_PARTIAL = 3,
   VMT_UNIT_SKELETON = 4,
   VMT_UNIT_SPLIT_COMPILE = 5,
   VMT_UNIT_SPLIT_TYPE = 6
};

struct vmt_unit_header {
   uint64_t offset;             /* in .debug_info */
   uint64_t size;               /* of the whole unit */
   uint64_t dwo_id;             /* DWARF 5 skeletons and split units, else 0 */
   uint8_t version;
   uint8_t type;
   uint8_t address_size;
   uint8_t offset_size;
};

/* ".debug_info", ".debug_info.dwo".  */
const char *vmt_dwarf_section_name(enum vmt_dwarf_section section, bool dwo);

/* False if a section that is there cannot be had; *trouble as for
   vmt_elf_section.  */
bool vmt_dwarf_sections_read(struct vmt_dwarf_sections *sections,
                             struct vmt_elf *elf, bool dwo, char **trouble);

/* The header of the unit at offset of info; false if there is none that can be
   read.  */
bool vmt_unit_header_read(struct vmt_bytes info, uint64_t offset,
                          struct vmt_unit_header *header);

/* All headers of info, ascending, to be freed; *n how many.  Stops at the
   first that is damaged.  */
struct vmt_unit_header *vmt_unit_headers_read(struct vmt_bytes info, size_t *n);

#endif
