/* The ends of other processes, which a wait tells of: what they had is others' alone.  */

#ifndef VMT_TOOL_CHILDREN_H
#define VMT_TOOL_CHILDREN_H

#include "vmtrace/tool/valgrind.h"

/* A system call of the program has succeeded.  */
void children_after_call(UInt number);

/* The kernel writes what a system call found out, which for a wait it does when the
   child is gone.  */
void children_before_write(UInt number);

#endif
