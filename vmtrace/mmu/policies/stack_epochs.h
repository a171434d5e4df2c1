/* LRU stack distances to within 64 pages, for little work a touch.

   stack_distance.h keeps the stack page by page.  Here its top is a set of at most
   VMT_OPEN_PAGES pages, the open ones, that the embedder keeps; what lies below is
   kept in slices, and of a page there only the slice, its epoch, is known.  A touch
   of an open page is not looked at: its distance is at most VMT_OPEN_PAGES.  A
   touch of another makes it an open one.  When there are VMT_OPEN_PAGES, the embedder
   pushes those down that were touched longest ago: all of them lie above all that
   was pushed before.  Of the pages of later epochs all lie above a page, of earlier
   ones none, of its own half are taken to.  An epoch has what was pushed at once, or
   VMT_EPOCH_PAGES if that was less.  So a distance that is returned is off by
   VMT_OPEN_PAGES / 2 at most, by VMT_EPOCH_PAGES / 2 where no more than that is pushed
   at once; and one that is not returned is at most VMT_OPEN_PAGES: who takes it for
   half of that (VMT_UNSEEN_DISTANCE) is off by as much at most.

   Holes, which unmapped pages leave, are as in stack_distance.h: the uppermost one
   above a page is filled when the page goes up.  An open page that is unmapped leaves
   one among the open ones; it counts as one of them.

   The place of a page is a cell of the embedder's: VMT_NO_EPOCH at first, an
   epoch, or while it is open anything from VMT_OPEN on.

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
#define VMT_OPEN_PAGES 128u
#define VMT_UNSEEN_DISTANCE (VMT_OPEN_PAGES / 2)
#define VMT_NO_EPOCH 0u
#define VMT_OPEN ((uint32_t)1 << 31)

struct vmt_stack_epochs {
   uint32_t n_open, n_open_holes;       /* pages; holes */
   uint32_t last;                       /* the uppermost epoch; 0: none */
   bool last_is_full;                   /* what is pushed goes above it */
   uint32_t n_slots;                    /* epochs are below this */
   uint64_t n_closed;                   /* pages and holes of all epochs */
   uint64_t n_peak_places;              /* pages and holes, with the open ones */
   uint32_t *sums;                      /* Fenwick tree of pages and holes */
   uint32_t *n_pages, *n_holes;         /* of each epoch; n_pages with holes */
   uint64_t *holed;                     /* bit set: the epoch has holes */
   uint32_t top_hole;                   /* none is above this epoch; 0: none */
   uint32_t *renumbered;                /* old epoch -> new one, after the last
                                           renumbering */
};

enum vmt_status vmt_stack_epochs_init(struct vmt_stack_epochs *stack);
void vmt_stack_epochs_free(struct vmt_stack_epochs *stack);

/* Pages and holes.  */
static inline uint64_t
vmt_stack_epochs_n_places(const struct vmt_stack_epochs *stack)
{
   return stack->n_closed + stack->n_open + stack->n_open_holes;
}

/* A touch of a page that is not open: it is now, and the embedder writes its cell.
   Its distance, or 0 if it is the page's first.  If there are holes among the open
   ones, the uppermost of them is no more; else vmt_stack_epochs_is_full() must not
   hold.  */
uint64_t vmt_stack_epochs_touch(struct vmt_stack_epochs *stack, uint32_t cell);

/* A page with this cell is unmapped; it has none then.  */
void vmt_stack_epochs_remove(struct vmt_stack_epochs *stack, uint32_t cell);

static inline bool
vmt_stack_epochs_is_full(const struct vmt_stack_epochs *stack)
{
   return stack->n_open + stack->n_open_holes >= VMT_OPEN_PAGES;
}

/* Pushes open pages and holes down, those touched longest ago, into the epoch that is
   returned through *epoch.  *renumber: before, every cell below VMT_OPEN has to be
   replaced by vmt_stack_epochs_renumbered() of it.  VMT_NO_MEMORY changes
   nothing.  */
enum vmt_status vmt_stack_epochs_push(struct vmt_stack_epochs *stack,
                                      uint32_t n_pages, uint32_t n_holes,
                                      uint32_t *epoch, bool *renumber);

/* What is pushed from now on has a later epoch than all there is: until the next
   renumbering, later ones than this.  */
static inline uint32_t
vmt_stack_epochs_seal(struct vmt_stack_epochs *stack)
{
   stack->last_is_full = true;
   return stack->last;
}

static inline uint32_t
vmt_stack_epochs_renumbered(const struct vmt_stack_epochs *stack,
                            uint32_t epoch)
{
   return stack->renumbered[epoch];
}

#endif
