/* From a missed check to a charge: takes accesses to the machine, and what came
   of them to the call stack and thread that made them.  */

#ifndef VMT_TOOL_CHARGE_H
#define VMT_TOOL_CHARGE_H

#include "vmtrace/tool/valgrind.h"

#include "libvex_guest_amd64.h"
#include "vmtrace/mmu/machine/machine.h"

struct segment_group;
struct segment_fetch;

/* Called by translated code, by way of call_stub.h.  The first one does what is
   common and returns whether that was all; else the second is to be called.  */
Bool charge_group_quick(const struct segment_group *group, Addr base,
                        const VexGuestAMD64State *guest);
void charge_group_miss(const struct segment_group *group, Addr base,
                       VexGuestAMD64State *guest);
/* The deadline of the filter has come before the fetch at this tick of the segment. */
void charge_deadline(Long tick);
Bool charge_fetch_quick(const struct segment_fetch *fetch);
void charge_fetch_miss(const struct segment_fetch *fetch, Addr unused,
                       VexGuestAMD64State *guest);

/* What an access is made for.  */
enum charge_cause {
   CHARGE_PROGRAM,              /* by the program itself; all others: by the
                                   kernel */
   CHARGE_SYSCALL,              /* a system call's arguments and buffers */
   CHARGE_SIGNAL,               /* the frame of a signal */
   CHARGE_EXECVE,               /* arguments and environment, for the new image */
   CHARGE_START,                /* what else it finds: vectors, bss tails */
   CHARGE_POPULATE              /* pages for their own sake: MAP_POPULATE, mlock */
};

/* The kernel reads or writes [start, start + bytes) for thread tid.  */
void charge_kernel_range(ThreadId tid, Addr start, SizeT bytes, Bool write,
                         enum charge_cause cause);

/* The page is resident as after such an access, by the system call of tid, and no
   fault is counted.  */
void charge_nothing_for(ThreadId tid, Addr addr, Bool write);

/* Who makes the system call that tid is in.  */
UInt charge_syscall_stack(ThreadId tid);

/* Shootdowns by a system call of tid.  */
void charge_shootdowns(ThreadId tid, UInt n);

/* Deferred accesses that are due: all, before anything but an access.  */
void charge_settle(void);

#endif
