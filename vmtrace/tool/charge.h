/* From a missed check to a charge: takes accesses to the machine, and what came
   of them to the call stack and thread that made them.  */

#ifndef VMT_TOOL_CHARGE_H
#define VMT_TOOL_CHARGE_H

#include "vmtrace/tool/valgrind.h"

#include "libvex_guest_amd64.h"
#include "vmtrace/mmu/machine/machine.h"

struct segment_group;

/* Called by translated code (the first by way of call_stub.h), which begins each
   block with a check of its page: a miss there tells whose registers the guest
   state is, and the next thread's first block is made to miss.  `place`: the page's distance from pc in the upper
   half, the tick within the segment in the lower.  */
void charge_group_miss(const struct segment_group *group, Addr base);
VG_REGPARM(3) void charge_fetch_miss(VexGuestAMD64State *guest, Addr pc,
                                     ULong place);

/* Another thread runs from now on.  */
void charge_switch_thread(void);

/* The kernel reads or writes [start, start + bytes) for thread tid, in a system
   call or for a signal.  */
void charge_kernel_range(ThreadId tid, Addr start, SizeT bytes, Bool write);

/* Shootdowns by a system call of tid.  */
void charge_shootdowns(ThreadId tid, UInt n);

/* Work of the kernel for no instruction in particular, at program start.  */
void charge_at_start(Bool yes);

/* Deferred accesses that are due: all, before anything but an access.  */
void charge_settle(void);

#endif
