/* Threads begin and end in the same order each time, as far as a tool can see to
   it; with --fair-sched=yes the lock goes to the thread that queued up first.

   After a clone Valgrind lets go of the lock, and whether the new thread runs
   before its parent goes on is left to chance, that is, to who queues up first.
   Here the parent waits until the new thread has, and keeps the lock (the core's
   function that yields is wrapped at link time, where configure finds that it
   can be).

   When a thread ends, the kernel clears the word that CLONE_CHILD_CLEARTID or
   set_tid_address named and wakes who waits for it: after Valgrind's lock is
   released, so that it is left to chance whether a join that comes at once has
   to wait.  Here the dying thread does both while it still holds the lock, and
   tells the kernel that nothing is left to clear.  The next clone waits until it
   has left Valgrind's table of threads, so that thread numbers are the same.

   When threads queue up again that slept in the kernel is quiet.h's.  */

#ifndef VMT_TOOL_THREADS_H
#define VMT_TOOL_THREADS_H

#include "vmtrace/tool/valgrind.h"

void threads_init(void);

/* System calls as they are made.  */
void threads_before_call(ThreadId tid, UInt number, const UWord *args);

/* Whatever a call came to, thread tid returns from it.  */
void threads_return(ThreadId tid);

void threads_after_call(UInt number, const UWord *args, UWord result);

/* Whether the fork that thread tid makes leaves parent and child one address space,
   as vfork does.  */
Bool threads_is_vfork(ThreadId tid);

/* This is a forked child: thread tid is alone.  */
void threads_become_child(ThreadId tid);

#endif
