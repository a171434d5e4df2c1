/* System calls that change the address space, taken to the machine.  */

#ifndef VMT_TOOL_SYSCALLS_H
#define VMT_TOOL_SYSCALLS_H

#include "vmtrace/tool/valgrind.h"

void syscalls_init(void);

/* What an mmap or mremap in progress asks for, for layout.c and extend.c.  */
struct syscalls_mapping {
   Bool active;
   Addr hint;
   SizeT bytes;
   UInt flags;
   ULong offset;
   Bool is_shmem;               /* a file of tmpfs */
   Addr old_start;              /* mremap */
   SizeT old_bytes;             /* mremap; 0: mmap */
};
extern struct syscalls_mapping syscalls_mapping;

#endif
