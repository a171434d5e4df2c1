/* What the parts of the CPUID decoder share; nobody else includes it.  */

#ifndef VMT_MMU_MACHINE_CPUID_PRIVATE_H
#define VMT_MMU_MACHINE_CPUID_PRIVATE_H

#include "vmtrace/mmu/machine/cpuid.h"

#define VMT_FULLY 0                     /* ways: as many as entries */

struct vmt_cpu {
   vmt_cpuid_read *read;
   void *context;
   struct vmt_machine_config config;    /* being filled in */
};

static inline struct vmt_cpuid_regs
vmt_cpu_read(const struct vmt_cpu *cpu, uint32_t leaf, uint32_t subleaf)
{
   struct vmt_cpuid_regs regs = { 0, 0, 0, 0 };

   cpu->read(cpu->context, leaf, subleaf, &regs);
   return regs;
}

static inline struct vmt_tlb_shape
vmt_cpu_shape(uint32_t n_entries, uint32_t n_ways)
{
   return (struct vmt_tlb_shape){
      n_entries, n_ways == VMT_FULLY ? n_entries : n_ways, VMT_TLB_LRU
   };
}

/* Fills the TLBs of cpu->config, which has none, as far as Intel's leaves up to
   last_leaf tell.  */
void vmt_cpu_read_intel(struct vmt_cpu *cpu, uint32_t last_leaf);

#endif
