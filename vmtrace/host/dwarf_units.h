/* Which unit an address belongs to: by .debug_aranges; where these do not tell,
   by what the units themselves say, all of which are asked then.  */

#ifndef VMT_HOST_DWARF_UNITS_H
#define VMT_HOST_DWARF_UNITS_H

#include "vmtrace/host/dwarf_functions.h"
#include "vmtrace/host/segments.h"

struct vmt_unit_finder;

/* elf says what is code.  All belong to the caller and stay.  */
struct vmt_unit_finder *vmt_unit_finder_new(const struct vmt_dwarf_file *file,
                                            struct vmt_bytes aranges,
                                            const struct vmt_elf *elf);
void vmt_unit_finder_free(struct vmt_unit_finder *finder);

/* Index of the unit among the headers of the file, or VMT_SEGMENT_GAP.  */
uint32_t vmt_unit_finder_find(struct vmt_unit_finder *finder,
                              uint64_t address);

/* What addresses and ranges of a unit with this root are relative to.  */
struct vmt_ranges_context
vmt_unit_ranges_context(const struct vmt_dwarf_sections *sections,
                        const struct vmt_unit_header *header,
                        const struct vmt_unit_root *root);

#endif
