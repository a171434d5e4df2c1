/* LRU stack distances: from one run, the faults there would be at every size of
   RAM.

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

   To whom.  A touch is charged to a number of the embedder's, which has a
   histogram of its own with eight buckets an octave.  Buckets tile the
   distances: bucket 0 holds first touches, bucket b the distances above
   vmt_distance_bucket_start(b) up to vmt_distance_bucket_start(b + 1), and at
   these sizes the faults of all charges add up to the curve.

   Units: pages (a key of the embedder's below 2^63), ticks of any clock, RAM in
   pages.  Owns its tables.  VMT_NO_MEMORY leaves it as it was.

   Cost: O(log n) a touch.  Memory: 17 to 26 bytes a page and as much a hole in
   the trees (ranktree.h); 12 to 15 a page in a map (pagemap.h); 8 for each
   distance up to the most pages there ever were; 101 to 123 for each charge and
   octave of its distances.  Pages and holes together are never more than the
   most pages there ever were at once.  About 48 bytes a page as measured with
   1,000,000 pages touched at random (tests/mmu/bench_stack_distance).  */

#ifndef VMT_MMU_POLICIES_STACK_DISTANCE_H
#define VMT_MMU_POLICIES_STACK_DISTANCE_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/pagemap.h"
#include "vmtrace/mmu/containers/ranktree.h"
#include "vmtrace/mmu/containers/vector.h"

#define VMT_FIRST_TOUCH 0               /* the distance of a page that is new */

struct vmt_stack_distance {
   struct vmt_pagemap ticks;            /* of each page's last touch */
   struct vmt_ranktree pages, holes;    /* (tick, page) */
   struct vmt_vector counts;            /* uint64_t: touches at each distance */
   struct vmt_hashmap share_ids;        /* charge and octave -> index */
   struct vmt_vector shares;            /* one of them may be spare */
   uint32_t n_shares;
   uint64_t n_touches, n_peak_pages;
};

enum vmt_status vmt_stack_distance_init(struct vmt_stack_distance *stack);
void vmt_stack_distance_free(struct vmt_stack_distance *stack);

/* A touch of page at tick, charged to charge.  *distance: VMT_FIRST_TOUCH, or
   from 1 how deep the page lay.  */
enum vmt_status vmt_stack_distance_touch(struct vmt_stack_distance *stack,
                                         vmt_vpn page, uint64_t tick,
                                         uint32_t charge, uint32_t *distance);

/* Page was last touched at tick, if no later touch is known.  Nothing is
   counted; a page that is not in the stack stays out.  */
enum vmt_status vmt_stack_distance_refresh(struct vmt_stack_distance *stack,
                                           vmt_vpn page, uint64_t tick);

/* Page is unmapped: its next touch is a first one.  */
enum vmt_status vmt_stack_distance_remove(struct vmt_stack_distance *stack,
                                          vmt_vpn page);

/* The page that n_above others were touched after, and when it was touched
   itself; false if there are not that many.  */
bool vmt_stack_distance_at(const struct vmt_stack_distance *stack,
                           uint64_t n_above, vmt_vpn *page, uint64_t *tick);

/* ---- the curve ---- */

/* The depth that the stack has had: from this size on, first touches alone
   fault.  */
static inline uint64_t
vmt_stack_distance_peak_pages(const struct vmt_stack_distance *stack)
{
   return stack->n_peak_pages;
}

/* Faults under LRU with ram_pages frames.  Cost: O(ram_pages).  */
uint64_t vmt_stack_distance_faults(const struct vmt_stack_distance *stack,
                                   uint64_t ram_pages);

struct vmt_curve_point {
   uint64_t ram_pages, n_faults;
};

/* Points of the curve, rising: all sizes to 256, then 128 an octave, the peak
   last; every size where buckets meet is among them.

   struct vmt_curve_point point = {0};
   while (vmt_stack_distance_next_point(stack, &point))  */
bool vmt_stack_distance_next_point(const struct vmt_stack_distance *stack,
                                   struct vmt_curve_point *point);

/* ---- who is charged ---- */

#define VMT_DISTANCE_BUCKETS 241        /* for distances up to 2^32 - 1 */

uint32_t vmt_distance_bucket(uint32_t distance);

/* For bucket from 1: the largest RAM size at which all of it faults.  */
uint64_t vmt_distance_bucket_start(uint32_t bucket);

/* Eight buckets of one charge.  */
struct vmt_distance_share {
   uint32_t charge, first_bucket;
   uint64_t counts[8];
};

/* All shares, in the order in which they came to be; NULL: no more.
   uint32_t cursor = 0;  */
const struct vmt_distance_share *
vmt_stack_distance_next_share(const struct vmt_stack_distance *stack,
                              uint32_t *cursor);

#endif
