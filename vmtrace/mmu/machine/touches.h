/* What touches of pages add up to: the histogram of stack distances, which the
   memory-size curve is made from, the working set, and the timeline.

   Model.  A page is 4 KiB of the address space; what it shows does not matter.
   Touches are accesses of the program and of the kernel for it that do not end in
   a signal, to pages that are not excluded.

   Which are seen.  An access that hits the filter is not.  With the fast curve, the
   pages with live entries are among the open ones of stack_epochs.h, each of which has
   one of the filter's records: so it is known when they were accessed last.  When
   there are too many, those accessed longest ago are pushed down and their entries
   killed.  With windows alone the entries are killed with each window, and a page is
   seen once a window.  With VMT_CURVE_EXACT only the page touched last has live
   entries, and each change of page is seen.

   struct vmt_pte has a cell for a page.  Fast curve: that of stack_epochs.h, VMT_OPEN
   and the number of its record while it is open.  Else the number of the window that
   it was seen in last.  Excluded pages have VMT_NO_EPOCH.

   Windows, exact.  Window k begins with instruction (k - 1) * window_instrs.  It
   is found out late that one is over: at the next event, or where translated code
   looks at filter.deadline.  It must do so at each fetch that it checks in a block that
   may be one of a loop; between two looks lie at most a few hundred instructions then.
   The deadline comes VMT_NEAR_INSTRS before the end, and from there to the end no
   fetch hits the filter: the page that is being run from when the window ends is
   known, and the first fetch after that tells that it has ended.  Data accesses until
   then have left their stamps.  (A run that is longer than VMT_NEAR_INSTRS from look to
   look, without a loop and without a miss, might cost the exactness of one page.)

   Distances, in the fast mode, are those of stack_epochs.h.

   Units: pages, instructions of this process.  Owned by the machine.  */

#ifndef VMT_MMU_MACHINE_TOUCHES_H
#define VMT_MMU_MACHINE_TOUCHES_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/distances.h"
#include "vmtrace/mmu/machine/filter.h"
#include "vmtrace/mmu/machine/timeline.h"
#include "vmtrace/mmu/mechanisms/pagetable.h"
#include "vmtrace/mmu/policies/stack_distance.h"
#include "vmtrace/mmu/policies/stack_epochs.h"
#include "vmtrace/mmu/policies/working_set.h"

struct vmt_machine;

enum vmt_curve {
   VMT_CURVE_NO,
   VMT_CURVE_FAST,
   VMT_CURVE_EXACT
};

#define VMT_NEAR_INSTRS 2048
#define VMT_MAX_WINDOW_SAMPLES 510      /* one more comes with the end */

/* Distances below this are not charged: the quick path has them.  */
#define VMT_CHARGED_DISTANCE 128

/* An open page.  */
struct vmt_open_page {
   vmt_vpn page;
   struct vmt_pte *pte;                 /* NULL: a hole */
};

struct vmt_touches {
   enum vmt_curve curve;
   bool windows;                        /* there is a working set */
   bool no_memory;                      /* there was none for a removal */
   uint32_t known;                      /* a page with this cell or more need not be
                                           seen */
   bool near_end;                       /* of the window */
   vmt_vpn running;                     /* ... the page that was fetched from last */
   uint32_t before_window;              /* ... with this or less was not yet in the
                                           open window */
   uint64_t start_instrs;               /* on the clock, when the process began */
   struct vmt_stack_epochs epochs;      /* FAST */
   struct vmt_open_page open[VMT_OPEN_PAGES];   /* by record */
   uint64_t free_records[VMT_FILTER_RECORD_WORDS];      /* bit set: not in use */
   struct vmt_stack_distance stack;     /* EXACT */
   uint64_t n_seen;                     /* EXACT: ticks of the stack */
   vmt_vpn top;                         /* EXACT: touched last */
   struct vmt_distances distances;
   struct vmt_working_set set;
   struct vmt_timeline timeline;
};

/* window_instrs 0: no working set and no timeline; else at least 1000.  */
enum vmt_status vmt_touches_init(struct vmt_touches *touches,
                                 enum vmt_curve curve, uint64_t window_instrs,
                                 uint64_t start_instrs);
void vmt_touches_free(struct vmt_touches *touches);

/* The most pages that the stack was deep.  */
uint64_t vmt_touches_peak_pages(const struct vmt_touches *touches);

/* Instructions of this process, at a tick.  */
uint64_t vmt_touches_instrs(const struct vmt_touches *touches, uint64_t tick);

/* ---- inside the machine ---- */

/* What is to be charged for a touch: 0, or one more than its distance.  */
#define VMT_NOT_CHARGED 0u

static inline bool
vmt_touches_knows(const struct vmt_touches *touches, const struct vmt_pte *pte)
{
   return pte->touched >= touches->known;
}

/* The record of the page's entries in the filter.  */
static inline uint32_t
vmt_touches_record(const struct vmt_pte *pte)
{
   return pte->touched >= VMT_OPEN ? pte->touched - VMT_OPEN : VMT_NO_RECORD;
}

/* A touch at tick of a page that is not known.  owner_known: *pte has the charge that
   made the page resident; else vmt_touches_own() is to follow.  */
uint32_t vmt_touches_see(struct vmt_machine *machine, vmt_vpn page,
                         struct vmt_pte *pte, uint64_t tick, bool owner_known);

/* Page belongs to owner, and was touched in the open window.  */
enum vmt_status vmt_touches_own(struct vmt_touches *touches, vmt_vpn page,
                                uint32_t owner);

/* Page is unmapped; has gone to another address and entry.  */
void vmt_touches_remove(struct vmt_touches *touches, vmt_vpn page,
                        struct vmt_pte *pte);
void vmt_touches_move(struct vmt_touches *touches, vmt_vpn from, vmt_vpn to,
                      struct vmt_pte *moved);

/* Pages have moved: what was touched in the open window is to be seen anew.  */
void vmt_touches_forget_window(struct vmt_machine *machine);

/* filter.deadline is close before the end of the open window.  */
void vmt_touches_set_deadline(struct vmt_machine *machine);

/* tick is at filter.deadline or beyond.  */
void vmt_touches_come_to(struct vmt_machine *machine, uint64_t tick);

#endif
