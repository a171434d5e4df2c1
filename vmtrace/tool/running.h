/* Which thread runs, and what is known of each.

   Threads have numbers, from 1 in the order in which they begin; thread k runs on
   core (k - 1) mod N.  Valgrind's own numbers are those of places in a table, which
   the next thread takes when one has ended.  After RUNNING_MAX_NUMBERS threads a new
   one shares the number of one that has ended, the lowest: for each number there are
   charges, and programs that start a thread for each thing they do have no end of
   them.

   The simulated core is that of the thread that runs, which is whoever executes code or
   has returned from a system call.  Another may have run since it made the call.

   A thread's name is what the kernel knows it by (prctl, /proc/PID/task/TID/comm), if
   the program has set any.  Its instructions are those that were counted while it
   ran.  */

#ifndef VMT_TOOL_RUNNING_H
#define VMT_TOOL_RUNNING_H

#include "vmtrace/tool/valgrind.h"

#define RUNNING_MAX_NUMBERS 1024
#define RUNNING_NAME_BYTES 16           /* TASK_COMM_LEN, include/linux/sched.h */

struct running_thread {
   ULong n_instrs;
   ULong n_shot;                /* shootdowns that reached its core while it was there
                                   last */
   UInt n_threads;              /* that had the number, one after another */
   HChar name[RUNNING_NAME_BYTES];
};

/* The number of the thread that runs.  */
extern UInt running_number;

UInt running_number_of(ThreadId tid);

/* The highest number that there was; what is known of a thread, and that it is up to
   now.  */
UInt running_n_numbers(void);
const struct running_thread *running_get(UInt number);
void running_tell(void);
UInt running_core_of(UInt number);

/* Thread tid runs from here on.  */
void running_switch(ThreadId tid);

/* A thread begins; ends.  */
void running_begins(ThreadId tid);
void running_ends(ThreadId tid);

/* The kernel knows it by this number, from now on.  */
void running_set_lwp(UInt number, UInt lwp);

/* This is a forked child: thread tid is alone, and nothing has happened yet.  */
void running_become_child(ThreadId tid);

/* All that was counted is forgotten.  */
void running_restart(void);

/* Asks for the names of those that there are.  */
void running_find_names(void);

#endif
