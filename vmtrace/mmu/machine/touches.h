/* What touches of pages add up to: the histogram of stack distances, which the
   memory-size curve is made from, the working set, and the timeline.

   Model.  A page is 4 KiB of the address space; what it shows does not matter.
   Touches are accesses of the program and of the kernel for it that do not end in
   a signal, to pages that are not excluded.

   Which are seen.  An access that hits the filter is not.  A page's first touch
   in an epoch is: an epoch ends with its 64th page and with each window (without
   a curve: with each window alone), the filter's entries are killed then, and
   translated code comes here.  A struct vmt_pte says in which epoch its page was
   touched last.  With VMT_CURVE_EXACT only the page touched last has live
   entries, and each change of page is seen.

   Windows, exact.  Window k begins with instruction (k - 1) * window_instrs.  It
   is found out late that one is over: at the next event, or where translated code
   looks at filter.deadline, which is at each fetch that it checks.  So what
   happened in the new window until then were data accesses that hit the filter,
   which left their stamps, and fetches from the page that was being run from: it
   has the latest stamp.  A data entry (or its TLB entry, where it was killed
   since) with a stamp in the new window tells a page of it.

   Distances, in the fast mode, are those of stack_epochs.h.  An entry that lives
   on when an epoch ends, since it has been stamped for a group whose accesses are
   still to come, or since its page is being executed, is touched anew.

   Units: pages, instructions of this process.  Owned by the machine.  */

#ifndef VMT_MMU_MACHINE_TOUCHES_H
#define VMT_MMU_MACHINE_TOUCHES_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/distances.h"
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

#define VMT_MAX_WINDOW_SAMPLES 510      /* one more comes with the end */

/* Distances below this are not charged: the quick path has them.  */
#define VMT_CHARGED_DISTANCE 128

struct vmt_touches {
   enum vmt_curve curve;
   bool windows;                        /* there is a working set */
   bool no_memory;                      /* there was none for a removal */
   uint32_t now;                        /* the open epoch; a page that was
                                           touched in it need not be seen */
   uint32_t window_epoch;               /* the open window's first one */
   uint64_t start_instrs;               /* on the clock, when the process began */
   struct vmt_stack_epochs epochs;      /* FAST */
   vmt_vpn open_pages[VMT_EPOCH_PAGES]; /* FAST: touched in the open epoch */
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

/* A touch of page at tick, of which nothing comes if it was touched in the open
   epoch.  owner_known: *pte has the charge that made the page
   resident; else vmt_touches_own() is to follow.  */
uint32_t vmt_touches_see(struct vmt_machine *machine, vmt_vpn page,
                         struct vmt_pte *pte, uint64_t tick, bool owner_known);

/* Page belongs to owner, and was touched in the open window.  */
enum vmt_status vmt_touches_own(struct vmt_touches *touches, vmt_vpn page,
                                uint32_t owner);

/* Page is unmapped; is at another address.  */
void vmt_touches_remove(struct vmt_touches *touches, vmt_vpn page,
                        struct vmt_pte *pte);
void vmt_touches_move(struct vmt_touches *touches, vmt_vpn from, vmt_vpn to,
                      struct vmt_pte *moved);

/* Pages have moved: what was touched in the open window is to be seen anew.  */
void vmt_touches_forget_epoch(struct vmt_machine *machine, uint64_t tick);

/* filter.deadline is where the open window ends.  */
void vmt_touches_set_deadline(struct vmt_machine *machine);

/* tick is at filter.deadline or beyond.  */
void vmt_touches_end_window(struct vmt_machine *machine, uint64_t tick);

#endif
