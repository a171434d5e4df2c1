/* What must hold of the reclaim model between any two calls: each frame is free or on
   exactly one list, the lists' counts are right, a page, its frame and its slot agree on
   each other, slots and clusters add up.  O(everything).  */

#ifndef TESTS_RECLAIM_INVARIANTS_H
#define TESTS_RECLAIM_INVARIANTS_H

#include "vmtrace/mmu/policies/linux_reclaim.h"

void check_invariants(const struct vmt_reclaim *reclaim);

#endif
