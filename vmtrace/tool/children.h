/* The children of this process's forks, until the program has waited for them.

   A frame that was shared by forks is the parent's alone again when those children are
   gone.  When that is, is left to chance until the program waits: so a child counts as
   there up to the wait4 or waitid that takes it away, and the results are the same
   each time.  That the child's memory goes with its execve, and that its own children
   may have the frames still, is not followed.  Where the kernel takes children away by
   itself (SIGCHLD ignored), they are found to be gone at the next wait.  */

#ifndef VMT_TOOL_CHILDREN_H
#define VMT_TOOL_CHILDREN_H

#include "vmtrace/tool/valgrind.h"

void children_init(void);

/* A system call of the program has succeeded.  */
void children_after_call(ThreadId tid, UInt number, UWord result);

/* The kernel writes what a system call found out, which for a wait it does when the
   child is gone.  */
void children_before_write(UInt number);

/* This is a forked child.  */
void children_forget(void);

#endif
