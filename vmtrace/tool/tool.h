/* What the files of the Valgrind tool share.

   The tool turns what a program does into events of the simulated machine and
   charges what comes of them:

      instrument.c   translated code tests the filter inline and calls on a miss
      charge.c       takes the miss to the machine, finds the stack, charges
      syscalls.c     mappings; kernel_access.c  buffers of system calls
      profile.c      writes the records that docs/PROFILE.md describes
      fault_log.c    those of docs/FAULT-LOG.md, if asked for
      summary.c      prints what matters at exit

   One program at a time, one thread runs at a time (Valgrind's big lock), so
   none of this needs locks.  */

#ifndef VMT_TOOL_TOOL_H
#define VMT_TOOL_TOOL_H

#include "vmtrace/tool/valgrind.h"

#include "vmtrace/mmu/machine/machine.h"

#define TOOL_PAGE_BYTES VMT_PAGE_BYTES

extern struct vmt_machine tool_machine;

/* False until the program's image is known, and nothing may be counted.  */
extern Bool tool_running;

void tool_no_memory(void) __attribute__((noreturn));

#endif
