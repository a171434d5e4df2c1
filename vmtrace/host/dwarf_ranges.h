/* The addresses that a DIE says its code is at: DW_AT_low_pc, DW_AT_high_pc and
   DW_AT_ranges in the forms of DWARF 2 to 5 and of the split DWARF that GCC had
   before version 5.  */

#ifndef VMT_HOST_DWARF_RANGES_H
#define VMT_HOST_DWARF_RANGES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmtrace/host/bytes.h"

enum vmt_pc_kind {
   VMT_PC_NONE,
   VMT_PC_ADDRESS,
   VMT_PC_INDEX,                /* into .debug_addr */
   VMT_PC_LENGTH                /* high_pc: bytes from low_pc */
};

enum vmt_ranges_kind {
   VMT_RANGES_NONE,
   VMT_RANGES_OFFSET,           /* into .debug_ranges or .debug_rnglists */
   VMT_RANGES_INDEX             /* into the offsets before the range lists */
};

struct vmt_die_pcs {
   enum vmt_pc_kind low_kind;
   enum vmt_pc_kind high_kind;
   enum vmt_ranges_kind ranges_kind;
   uint64_t low;
   uint64_t high;
   uint64_t ranges;
};

/* What a unit's ranges are relative to.  */
struct vmt_ranges_context {
   struct vmt_bytes addr;       /* .debug_addr */
   struct vmt_bytes ranges;     /* .debug_ranges */
   struct vmt_bytes rnglists;   /* .debug_rnglists, or that of the .dwo */
   uint64_t addr_base;
   uint64_t ranges_base;        /* DW_AT_GNU_ranges_base */
   uint64_t rnglists_base;
   uint64_t low_pc;             /* of the unit */
   uint8_t version;
   uint8_t address_size;
   uint8_t offset_size;
};

struct vmt_address_range {
   uint64_t low;
   uint64_t high;
};

struct vmt_address_ranges {
   struct vmt_address_range *all;
   size_t n;
   size_t room;
};

/* The address that .debug_addr has at index; false if it has none.  */
bool vmt_address_at_index(const struct vmt_ranges_context *context,
                          uint64_t index, uint64_t *address);

/* Where rnglists_base is when the unit does not say (a .dwo file).  */
uint64_t vmt_rnglists_default_base(struct vmt_bytes rnglists);

/* Replaces what is in ranges by the ranges of pcs, none of them empty.  Reads at
   most *budget entries of range lists and takes those read off it.  */
void vmt_die_ranges(const struct vmt_ranges_context *context,
                    const struct vmt_die_pcs *pcs, uint64_t *budget,
                    struct vmt_address_ranges *ranges);

#endif
