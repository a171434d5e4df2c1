/* LRU stack distances to within 64 pages, for little work a touch.

   stack_distance.h keeps the stack page by page.  Here it is kept in slices:
   time is cut into epochs, each of which ends when VMT_EPOCH_PAGES different
   pages were touched in it, and of a page only the epoch of its last touch is
   known.  A touch within the epoch of the page's last one is not looked at (its
   distance is below VMT_EPOCH_PAGES).  Of another, the pages whose last touch is
   in a later epoch lie above, those of an earlier one below; of those that share
   its epoch half are taken to lie above.  Neighbouring epochs are joined while
   they have no more than VMT_EPOCH_PAGES pages between them.  So a distance that
   is returned is off by VMT_EPOCH_PAGES / 2 at most, and one that is not returned
   by less than VMT_EPOCH_PAGES.

   Holes, which unmapped pages leave, are as in stack_distance.h, to within an
   epoch: the uppermost one above a page is filled when the page goes up.

   The epoch of a page is a cell of the embedder's, VMT_NO_EPOCH at first.  When
   vmt_stack_epochs_is_full(), the embedder makes sure that it is told of the next
   touch of every page, and calls vmt_stack_epochs_close(), which may say that the
   cells have to be renumbered.

   Populations are sums in a binary indexed tree (Fenwick, "A new data structure
   for cumulative frequency tables", Software: Practice and Experience 1994).
   Owns its tables.  Cost: O(log(pages / 64)) a touch, a renumbering, which is
   O(pages), every thousand epochs or more.  Memory: about one byte a page and 16 KiB.
   Up to 2^31 pages.  */

#ifndef VMT_MMU_POLICIES_STACK_EPOCHS_H
#define VMT_MMU_POLICIES_STACK_EPOCHS_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"

#define VMT_EPOCH_PAGES 64u
#define VMT_NO_EPOCH 0u

struct vmt_stack_epochs {
   uint32_t now;                        /* the open epoch */
   uint32_t n_open;                     /* pages touched in it */
   uint32_t n_slots;                    /* epochs are below this */
   uint64_t n_places;                   /* pages and holes of all epochs */
   uint64_t n_peak_places;
   uint32_t *sums;                      /* Fenwick tree of pages and holes of
                                           the epochs before now */
   uint32_t *n_pages, *n_holes;         /* of each epoch; n_pages with holes */
   uint64_t *holed;                     /* bit set: the epoch has holes */
   uint32_t top_hole;                   /* none is above this epoch; 0: none */
   uint32_t *renumbered;                /* old epoch -> new one, after the last
                                           renumbering */
};

enum vmt_status vmt_stack_epochs_init(struct vmt_stack_epochs *stack);
void vmt_stack_epochs_free(struct vmt_stack_epochs *stack);

static inline bool
vmt_stack_epochs_knows(const struct vmt_stack_epochs *stack, uint32_t epoch)
{
   return epoch == stack->now;
}

/* A touch of a page that was last touched in *epoch, which is not the open one.
   Its distance, or 0 if it is the page's first.  */
uint64_t vmt_stack_epochs_touch(struct vmt_stack_epochs *stack,
                                uint32_t *epoch);

/* A page last touched in *epoch is unmapped.  */
void vmt_stack_epochs_remove(struct vmt_stack_epochs *stack, uint32_t *epoch);

static inline bool
vmt_stack_epochs_is_full(const struct vmt_stack_epochs *stack)
{
   return stack->n_open >= VMT_EPOCH_PAGES;
}

/* Ends the open epoch.  *renumber: every cell has to be replaced by
   vmt_stack_epochs_renumbered() of it before the next touch.  VMT_NO_MEMORY
   leaves the epoch open.  */
enum vmt_status vmt_stack_epochs_close(struct vmt_stack_epochs *stack,
                                       bool *renumber);

static inline uint32_t
vmt_stack_epochs_renumbered(const struct vmt_stack_epochs *stack,
                            uint32_t epoch)
{
   return stack->renumbered[epoch];
}

#endif
