/* What the parts of the fault handler share; nobody else includes it.  */

#ifndef VMT_MMU_MACHINE_FAULT_PRIVATE_H
#define VMT_MMU_MACHINE_FAULT_PRIVATE_H

#include "vmtrace/mmu/machine/machine.h"

/* Present, with the area's rights but that to write.  */
uint64_t vmt_fault_rights(const struct vmt_area *area);

/* Writes an entry, and notes a page that was not resident before.  */
void vmt_fault_set_entry(struct vmt_machine *machine, struct vmt_pte *pte,
                         vmt_vpn vpn, uint64_t bits,
                         struct vmt_outcome *outcome);

/* What an entry that reclaim told of has from the start: the kernel sets the bits
   where it makes the entry.  */
uint64_t vmt_fault_told_bits(const struct vmt_machine *machine, bool write,
                             const struct vmt_outcome *outcome);

/* Nothing is mapped by the entry, nor a private page behind it.  */
static inline bool
vmt_fault_is_absent(const struct vmt_pte *pte)
{
   return (pte->bits & (VMT_PTE_PRESENT | VMT_PTE_SWAPPED)) == 0;
}

/* The page at addr has a frame of its own from now on.  */
void vmt_fault_set_frame(struct vmt_machine *machine, struct vmt_area *area,
                         struct vmt_pte *pte, vmt_addr addr,
                         struct vmt_outcome *outcome);

/* Nothing is mapped at addr yet, and the area shows an object.  */
enum vmt_event vmt_fault_object(struct vmt_machine *machine,
                                struct vmt_area *area, struct vmt_pte *pte,
                                vmt_addr addr, bool write,
                                struct vmt_outcome *outcome);

#endif
