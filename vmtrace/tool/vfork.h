/* What the child of a vfork does to its parent's page table.

   Natively the child runs in its parent's memory until it executes another program or
   ends, and the parent waits for that: a page that the child has faulted on is there for
   both.  Under Valgrind the child has memory of its own, and its faults go through a pipe
   to the parent, which makes the pages resident and counts nothing: the faults are the
   child's.  The parent waits until the child lets go of the pipe.

   Left out: what the child writes (Valgrind's own limit), maps and unmaps there.  */

#ifndef VMT_TOOL_VFORK_H
#define VMT_TOOL_VFORK_H

#include "vmtrace/tool/valgrind.h"

#include "vmtrace/mmu/machine/machine.h"

extern Bool vfork_is_child;

/* A fork of any kind is about to be made; then, unless it fails, one of these on
   either side.  */
void vfork_prepare(Bool is_vfork);
void vfork_in_parent(ThreadId tid);
void vfork_in_child(Bool is_vfork);

/* A fault of the child's, if vfork_is_child.  */
void vfork_tell_parent(const struct vmt_outcome *outcome, Addr addr, Bool write);

#endif
