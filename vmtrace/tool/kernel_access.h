/* The kernel's own accesses on behalf of the program: buffers of system calls,
   signal frames.  Registers for Valgrind's callbacks.  */

#ifndef VMT_TOOL_KERNEL_ACCESS_H
#define VMT_TOOL_KERNEL_ACCESS_H

#include "vmtrace/tool/valgrind.h"

void kernel_access_init(void);

/* The system call that tid is in; syscalls.c says when one begins.  */
void kernel_access_enter(ThreadId tid, UInt number);
UInt kernel_access_current(ThreadId tid);

/* Whether a string that the program names is there, up to its end.  */
Bool kernel_access_can_read(const HChar *text);

/* execve(path, argv, envp) is about to be made with these.  */
void kernel_access_execve(ThreadId tid, const UWord *args);

#endif
