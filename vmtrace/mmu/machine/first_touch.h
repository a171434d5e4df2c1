/* Who first touched pages that other threads use: where memory is placed on the node of
   the processor that touches it first, these are far from those who need them.

   Model.  Looked at are pages of private memory with a frame of their own and of shared
   memory (not of files, whose frames the page cache placed, nor the zero page), from
   when a second thread runs, and by windows of the working set: a thread uses a page in
   a window in which it accesses its data, or the kernel does for it, at least once.
   Exact: an access that hits the filter comes after one that did not, by the same thread
   in the same window, since entries of data die when another thread runs or a window
   ends.  A page's owner is the charge that made it resident, as of when it leaves or the
   numbers are read.

   Cost: nothing before there is a second thread; then a compare in the slow path of an
   access, a note for each page, thread and window, and the filter filled again after
   each change of thread.  Without windows nothing is looked at.  */

#ifndef VMT_MMU_MACHINE_FIRST_TOUCH_H
#define VMT_MMU_MACHINE_FIRST_TOUCH_H

#include "vmtrace/mmu/mechanisms/page_users.h"
#include "vmtrace/mmu/mechanisms/pagetable.h"

struct vmt_machine;

struct vmt_first_touch {
   uint32_t thread;             /* that runs; 0: not told yet */
   uint32_t epoch;              /* moves on with each change of thread and each window;
                                   0: there was one thread so far */
   bool no_memory;
   struct vmt_page_users users; /* when epoch is not 0 */
};

/* Thread runs from now on, which is not 0.  */
void vmt_machine_switch_thread(struct vmt_machine *machine, uint32_t thread);

/* Sums of what has left and what is there: to be freed.  False: there is nothing to
   tell, and nothing to free.  */
bool vmt_first_touch_sums(struct vmt_machine *machine, struct vmt_misplaced_sums *sums);

/* ---- inside the machine ---- */

void vmt_first_touch_free(struct vmt_first_touch *first);

/* The thread that runs accesses data of a page that is there.  */
void vmt_first_touch_note(struct vmt_machine *machine, vmt_vpn page,
                          const struct vmt_pte *pte);

/* A page leaves; moves.  */
void vmt_first_touch_left(struct vmt_machine *machine, vmt_vpn page,
                          const struct vmt_pte *pte);
void vmt_first_touch_moved(struct vmt_machine *machine, vmt_vpn from, vmt_vpn to);

/* A window began at the tick.  */
void vmt_first_touch_window(struct vmt_machine *machine, uint64_t start);

#endif
