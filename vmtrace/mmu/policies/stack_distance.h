/* LRU stack distances: what the faults at every size of RAM are made of
   (distances.h counts them).

   The stack has the page touched last on top.  The distance of a touch is the
   depth at which its page lies, the top being 1; LRU with S frames holds the S
   uppermost places of the stack, so the touch faults at every size below its
   distance and at none from there on (Mattson, Gecsei, Slutz, Traiger,
   "Evaluation techniques for storage hierarchies", IBM Systems Journal 1970).
   Depths are counted in a tree ordered by the time of the last touch (Bennett,
   Kruskal, "LRU stack processing", IBM Journal of R&D 1975; Olken, "Efficient
   methods for calculating the success function of fixed space replacement
   policies", LBL-12370, 1981).  All touches are counted, there is no sampling.

   A page that is unmapped leaves a hole in the stack: the frame that it had, in
   those sizes that held it, is free now, and the pages below stay where they
   are, for no size that had evicted them has them back.  A touch of a deeper
   page pushes down only what lies above the uppermost hole; the hole then is
   where that page was, and it is gone if the page was not in the stack at all.
   A hole below all pages is none.  So the curve is that of a real LRU memory,
   which loads and frees, at each size.

   Order.  The stack is ordered by (tick, page): what is touched at one tick
   counts as touched in the order of page numbers.  A touch whose tick is not
   after the page's last one moves nothing and has distance 1.

   Late news.  An embedder may let touches pass that it knows to hit at all sizes
   of interest, and tell later when a page's last one was:
   vmt_stack_distance_refresh() moves the page up without a distance.  If it
   tells of all such pages, in any order, before the next touch or removal, each
   distance that it gets is exact, and so is the curve from the largest distance
   of a touch let pass on.  To let pass only what is among the K uppermost: after
   each touch, look at the page that K others are above (vmt_stack_distance_at).
   While that is one whose touches are let pass, tell of its last touch if that
   is news, and look again; if not, let its touches pass no more.  Who does that,
   and tells nothing else but before a removal, gets distances that are too small
   by K at most.

   Units: pages (a key of the embedder's below 2^63), ticks of any clock, RAM in
   pages.  Owns its tables.  VMT_NO_MEMORY leaves it as it was.

   Cost: O(log n) a touch.  Memory: 17 to 26 bytes a page and as much a hole in
   the trees (ranktree.h); 12 to 15 a page in a map (pagemap.h).  Pages and
   holes together are never more than the most pages there ever were at once.
   About 40 bytes a page as measured with 1,000,000 pages touched at random
   (tests/mmu/bench_stack_distance).  */

#ifndef VMT_MMU_POLICIES_STACK_DISTANCE_H
#define VMT_MMU_POLICIES_STACK_DISTANCE_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/distances.h"
#include "vmtrace/mmu/containers/pagemap.h"
#include "vmtrace/mmu/containers/ranktree.h"

struct vmt_stack_distance {
   struct vmt_pagemap ticks;            /* of each page's last touch */
   struct vmt_ranktree pages, holes;    /* (tick, page) */
   uint64_t n_peak_pages;               /* and holes: the deepest it was */
};

void vmt_stack_distance_init(struct vmt_stack_distance *stack);
void vmt_stack_distance_free(struct vmt_stack_distance *stack);

/* A touch of page at tick.  *distance: VMT_FIRST_TOUCH, or from 1 how deep the
   page lay.  */
enum vmt_status vmt_stack_distance_touch(struct vmt_stack_distance *stack,
                                         vmt_vpn page, uint64_t tick,
                                         uint32_t *distance);

/* Page was last touched at tick, if no later touch is known.  Nothing is
   counted; a page that is not in the stack stays out.  */
enum vmt_status vmt_stack_distance_refresh(struct vmt_stack_distance *stack,
                                           vmt_vpn page, uint64_t tick);

/* Page is unmapped: its next touch is a first one.  */
enum vmt_status vmt_stack_distance_remove(struct vmt_stack_distance *stack,
                                          vmt_vpn page);

/* Page from is called `to` from now on, which must not be in the stack.  */
enum vmt_status vmt_stack_distance_rename(struct vmt_stack_distance *stack,
                                          vmt_vpn from, vmt_vpn to);

/* The page that n_above others were touched after, and when it was touched
   itself; false if there are not that many.  */
bool vmt_stack_distance_at(const struct vmt_stack_distance *stack,
                           uint64_t n_above, vmt_vpn *page, uint64_t *tick);

#endif
