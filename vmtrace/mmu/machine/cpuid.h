/* The machine of the processor at hand, decoded from CPUID.

   Pure: the caller executes the instruction (or a test plays it back) through
   `read`.  Intel: leaf 0x18, else leaf 2's descriptors (SDM vol. 2A, CPUID);
   AMD: leaves 0x80000005, 0x80000006 and 0x80000019 (APM vol. 3, appendix E);
   with 0x80000021 EAX bit 14 the L2 TLB sizes are in units of 32 (Zen 5).  */

#ifndef VMT_MMU_MACHINE_CPUID_H
#define VMT_MMU_MACHINE_CPUID_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/machine/config.h"

struct vmt_cpuid_regs {
   uint32_t eax, ebx, ecx, edx;
};

typedef void vmt_cpuid_read(void *context, uint32_t leaf, uint32_t subleaf,
                            struct vmt_cpuid_regs *regs);

/* VMT_BAD_INPUT when the processor does not say; *config is then unchanged.
   What it does not say (walk caches) is as in `generic`.  */
enum vmt_status vmt_machine_from_cpuid(vmt_cpuid_read *read, void *context,
                                       struct vmt_machine_config *config);

/* The preset (docs/MACHINES.md) of the processor's family and model; NULL: there
   is none.  */
const char *vmt_preset_from_cpuid(vmt_cpuid_read *read, void *context);

/* The best that can be known where the processor, or a hypervisor above it, may
   hide its TLBs or the second level of them.  */
enum vmt_tlbs_known {
   VMT_TLBS_BY_CPUID,           /* *config is vmt_machine_from_cpuid()'s */
   VMT_TLBS_BY_PRESET,          /* take *preset; *config is unchanged */
   VMT_TLBS_UNKNOWN             /* *config is `generic` */
};

enum vmt_tlbs_known vmt_tlbs_from_cpuid(vmt_cpuid_read *read, void *context,
                                        struct vmt_machine_config *config,
                                        const char **preset);

#endif
