/* Reads a machine file: one `name = value` a line, `#` starts a comment.

      name = skylake
      title = Intel Skylake client (2015)
      source = Intel Optimization Reference Manual, table 2-18 ...
      va_bits = 48            pa_bits = 39          page_bytes = 4096
      itlb = 128,8            # entries,ways of 4 KiB pages; optional ,policy
      itlb.2m = 8,8           # lru (default), plru, fifo, random
      dtlb = 64,4
      dtlb.2m = 32,4
      stlb = 1536,12
      stlb.2m = shared        # or entries,ways
      levels = 9,9,9,9        # index bits, top level first
      walk_cache = 0,4,32     # cached entries of PML4E, PDPTE, PDE: top first,
                              # one less than levels
      fault_around = 64K      # bytes that a read fault of a file maps

   (one setting a line; shown side by side here for room).  Where there is no
   such TLB or no walk cache the value is `none`; itlb and dtlb must have one.  A
   setting given twice, an unknown one, or a bad value is an error, and so is a
   machine that vmt_machine_config_fault() finds fault with.  `source` may be
   repeated and is not kept.  What is not given is as in `generic`, without 2 MiB
   and 1 GiB entries; a machine without a name is `custom`, one without a title
   has its name for it; with another number of levels, the walk caches of the
   levels that are left.  */

#ifndef VMT_MMU_MACHINE_MACHINE_FILE_H
#define VMT_MMU_MACHINE_MACHINE_FILE_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/machine/config.h"

struct vmt_machine_file_error {
   uint32_t line;               /* from 1 */
   char message[120];           /* "dtlb: 3 ways do not divide 64 entries" */
};

/* Parses text[0, bytes).  VMT_BAD_INPUT with *error filled in; *config is then
   unchanged.  */
enum vmt_status vmt_machine_file_parse(const char *text, size_t bytes,
                                       struct vmt_machine_config *config,
                                       struct vmt_machine_file_error *error);

/* Parses "entries,ways[,policy]" or "none" as options give it.  Whether it
   could, and such a TLB can be built; *shape is unchanged when not.  */
bool vmt_tlb_shape_parse(const char *text, size_t bytes,
                         struct vmt_tlb_shape *shape);

/* Parses "4096", "64K", "2M" or "1G".  *size_bytes is unchanged when it
   cannot.  */
bool vmt_size_parse(const char *text, size_t bytes, uint64_t *size_bytes);

#endif
