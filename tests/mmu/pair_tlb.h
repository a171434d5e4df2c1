/* A TLB and its model, driven alike and compared at every step.  */

#ifndef TESTS_MMU_PAIR_TLB_H
#define TESTS_MMU_PAIR_TLB_H

#include "tests/mmu/check.h"
#include "tests/mmu/model_tlb.h"
#include "vmtrace/mmu/mechanisms/tlb.h"

struct pair_tlb {
   struct vmt_tlb tlb;
   struct model_tlb model;
   uint64_t time;
};

void pair_tlb_init(struct pair_tlb *pair, uint32_t n_entries, uint32_t n_ways,
                   enum vmt_tlb_policy policy, uint64_t seed);
void pair_tlb_free(struct pair_tlb *pair);

/* One access, which fills the page in if it misses; the page that went, or
   VMT_NO_VPN.  */
uint64_t pair_tlb_access(struct pair_tlb *pair, uint64_t page);
void pair_tlb_drop(struct pair_tlb *pair, uint64_t start, uint64_t end);

/* That both hold the same.  */
void pair_tlb_check(struct pair_tlb *pair);

#endif
