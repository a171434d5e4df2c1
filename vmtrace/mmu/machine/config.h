/* The machine to be simulated: its TLBs, its page-walk caches, its page table.

   Filled from a machine file (machine_file.h) and changed by options.  Holds no
   pointers, so it can be copied.  */

#ifndef VMT_MMU_MACHINE_CONFIG_H
#define VMT_MMU_MACHINE_CONFIG_H

#include "vmtrace/mmu/mechanisms/tlb.h"
#include "vmtrace/mmu/mechanisms/walkcache.h"

#define VMT_NAME_BYTES 64

enum vmt_page_size {            /* TLB entries per page size; base pages first */
   VMT_PAGE_4K,
   VMT_PAGE_2M,
   VMT_PAGE_1G,
   VMT_N_PAGE_SIZES
};

struct vmt_machine_config {
   char name[VMT_NAME_BYTES];           /* "skylake" */
   char title[VMT_NAME_BYTES];          /* "Intel Skylake client (2015)" */
   uint32_t va_bits, pa_bits;
   uint32_t page_shift;                 /* of translation: 12, or less on a
                                           teaching machine */
   struct vmt_tlb_shape itlb[VMT_N_PAGE_SIZES];
   struct vmt_tlb_shape dtlb[VMT_N_PAGE_SIZES];
   struct vmt_tlb_shape stlb[VMT_N_PAGE_SIZES];
   bool stlb_shared_2m;                 /* the STLB's 4 KiB entries hold 2 MiB
                                           pages too */
   struct vmt_walk_shape walk;
   uint64_t fault_around_bytes;         /* what a read fault of a file maps: a
                                           power of two, 4 KiB to 1 GiB */
};

/* `generic`: what a run has without --machine (docs/MACHINES.md).  */
void vmt_machine_config_generic(struct vmt_machine_config *config);

/* NULL, or what is wrong with it, in words for the user; as a rule they begin
   with the setting of machine_file.h that is at fault ("levels: ...").  */
const char *vmt_machine_config_fault(const struct vmt_machine_config *config);

#endif
