/* The working set: how many pages a program touches in a window of its own
   time, and whose they are (Denning, "The working set model for program
   behavior", CACM 1968).

   Model.  Windows of window_instrs instructions tile the run, window 1 begins
   at instruction 0.  W of a window is the number of different pages touched
   in it; a page that is unmapped and comes back in the same window is one
   page.  Denning's window ends at each reference and slides; ours are those
   of his that end where one of the tiles does.  Exact: nothing is sampled.

   The embedder tells of touches in any order within a window, at least of
   each page's first.  Time goes on with the touches, or by
   vmt_working_set_advance(); what comes for a window that is closed is
   dropped.  So an embedder that lets touches pass must tell of the pages
   touched by them before the window closes, at end_instrs.

   Samples.  The run is shown by at most max_samples samples, each of the same
   number of windows but the last; where they would be more, neighbours are
   merged and the number doubles, as massif halves its snapshots.  A sample
   keeps the smallest and the largest W and where that was, and their sum:
   peaks and the average survive, what lies between goes.

   Owners.  A page belongs to a number of the embedder's (0: nobody knows),
   and W is kept apart for each owner: of the window that is open, and of the
   peak, the first window with the largest W of those closed.  There is no
   copy at each new peak: an owner whose count starts anew first notes the old
   one if that window is the peak.  So the peak's owners are always exact.

   Idle pages: a page that is mapped and was not touched in the last n
   windows.

   Units: pages (a key of the embedder's below 2^63), instructions.  Owns its
   tables.  VMT_NO_MEMORY leaves it as it was, but time may have gone on.

   Cost: O(1) expected a touch; a window that closes O(pages of it that were
   unmapped).  Memory: 12 to 15 bytes a page (pagemap.h); 20 and a place in a
   hash map for each owner; 8 for each page unmapped in the open window after
   it was touched there; 32 a sample.  At most 2^30 - 1 windows: the last one
   stays open until the end.  */

#ifndef VMT_MMU_POLICIES_WORKING_SET_H
#define VMT_MMU_POLICIES_WORKING_SET_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/pagemap.h"
#include "vmtrace/mmu/containers/vector.h"

struct vmt_working_set_sample {
   uint32_t first_window, n_windows;
   uint32_t min_pages, max_pages;
   uint32_t max_window;                 /* the first that has max_pages */
   uint64_t sum_pages;                  /* over n_windows: the average */
};

/* What an owner had in the window it was last counted in, and what in the peak
   if that was before.  */
struct vmt_working_set_owner {
   uint32_t owner;
   uint32_t window, n_pages;
   uint32_t peak_window, n_peak_pages;
};

struct vmt_working_set {
   uint64_t window_instrs;
   uint32_t window;                     /* the open one, from 1 */
   uint64_t start_instrs, end_instrs;   /* of it */
   uint32_t n_pages;                    /* W of it so far */
   uint32_t peak_window, n_peak_pages;  /* 0: none is closed */
   uint32_t n_samples, max_samples, windows_per_sample;
   struct vmt_working_set_sample *samples;
   struct vmt_pagemap pages;            /* page -> window and owner */
   struct vmt_vector gone;              /* vmt_vpn: unmapped, still counted */
   struct vmt_hashmap owner_ids;        /* owner -> index */
   struct vmt_vector owners;
};

/* window_instrs must not be 0, max_samples must be even and not 0.  */
enum vmt_status vmt_working_set_init(struct vmt_working_set *set,
                                     uint64_t window_instrs,
                                     uint32_t max_samples);
void vmt_working_set_free(struct vmt_working_set *set);

/* Closes the windows that end at now_instrs or before.  */
void vmt_working_set_advance(struct vmt_working_set *set, uint64_t now_instrs);

/* The run is over after now_instrs instructions: closes the open window too,
   which may be short.  Touches that come later are dropped.  */
void vmt_working_set_end(struct vmt_working_set *set, uint64_t now_instrs);

/* A touch of page after when_instrs instructions.  Page belongs to owner from
   now on (0: to whom it did), and counts for whom it belongs to at its first
   touch in a window.  */
enum vmt_status vmt_working_set_touch(struct vmt_working_set *set, vmt_vpn page,
                                      uint64_t when_instrs, uint32_t owner);

/* Page is mapped in the open window without a touch.  Nothing if it was mapped
   before.  */
enum vmt_status vmt_working_set_map(struct vmt_working_set *set, vmt_vpn page,
                                    uint32_t owner);

/* Page is unmapped.  */
enum vmt_status vmt_working_set_remove(struct vmt_working_set *set,
                                       vmt_vpn page);

/* ---- reading ---- */

/* How many pages each owner had in the peak: owners in the order in which they
   came; NULL: no more.
   uint32_t cursor = 0;  */
const struct vmt_working_set_owner *
vmt_working_set_next_owner(const struct vmt_working_set *set, uint32_t *cursor,
                           uint32_t *n_peak_pages);

/* The set as it would be if the run were over after now_instrs instructions,
   which must be in the open window: for reading samples, the peak and its
   owners, as long as the set does not change.  samples: room for one more than
   max_samples.  */
void vmt_working_set_view(const struct vmt_working_set *set,
                          uint64_t now_instrs,
                          struct vmt_working_set_sample *samples,
                          struct vmt_working_set *view);

/* Page was not touched in the open window nor in the n_windows - 1 before it, or
   never.  */
bool vmt_working_set_is_idle(struct vmt_working_set *set, vmt_vpn page,
                             uint32_t n_windows);

/* Adds to counts (owner -> pages) the mapped pages not touched in the open
   window nor in the n_windows - 1 before it.  A page that was mapped without a
   touch counts as touched in the window before.  Cost: O(pages).  */
enum vmt_status vmt_working_set_idle(const struct vmt_working_set *set,
                                     uint32_t n_windows,
                                     struct vmt_hashmap *counts);

#endif
