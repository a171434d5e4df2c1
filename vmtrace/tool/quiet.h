/* When threads queue up for Valgrind's lock.

   The lock goes to the thread that queued up first (--fair-sched=yes), so the order is
   the same each time if threads queue up at the same points of the program.  A thread
   that lets go of the lock, for a system call or because its time is over, and one that
   somebody has woken, do so after a while that depends on the host.  So who has got the
   lock waits until the one that had it before sleeps, in the kernel or for the lock; and
   who wakes others holds the lock and waits until they have queued up.  A wake of several
   wakes one after the other.  For that the core's function that prepares futex is
   wrapped at link time, where configure finds that it can be.

   Nobody is waited for longer than about a second.  Other ways of waking (pipes, signals,
   time) are left to chance.  Without --fair-sched none of this is done.  */

#ifndef VMT_TOOL_QUIET_H
#define VMT_TOOL_QUIET_H

#include "vmtrace/tool/valgrind.h"

/* Thread tid is known to the kernel by this number.  */
void quiet_begins(ThreadId tid, UInt lwp);
void quiet_ends(ThreadId tid);

/* This is a forked child: thread tid is alone.  */
void quiet_become_child(ThreadId tid);

/* Thread tid makes a system call; returns from it.  */
void quiet_enter(ThreadId tid, UInt number, const UWord *args);
void quiet_leave(ThreadId tid);

/* Thread tid had the lock, and another one has it now.  */
void quiet_settle(ThreadId tid);

/* Those who wait for the word, or for anything if it is 0, may have been woken by thread
   tid; until they sleep again.  */
void quiet_woken(ThreadId tid, Addr word);
void quiet_wait(void);

/* Until the thread sleeps or is gone; at most about a second.  Whether it does.  */
Bool quiet_wait_for_lwp(UInt lwp);

#endif
