/* The processes of a run, as far as this one has to do with them: who it is, whom it
   forks, and the memory that they share.

   Nothing is shared until the first fork, or the first execve of a program that will be
   traced; but limited memory is there from the start, and nobody else in it.  A forked child finds the memory mapped; an executed image is told of it by an
   option that is appended to Valgrind's own: no user sees it, and the image drops it.

   A process that has an address space to itself has a place in that memory, and the lock
   (life.h) that says so: a forked child from the moment of the fork, an executed image
   from its start.  The child of a vfork has none; it lives in its parent's.  An id is a
   process's for good.

   Where no memory can be shared, or no place be had, the processes are simulated apart,
   which is said once.  */

#ifndef VMT_TOOL_TREE_H
#define VMT_TOOL_TREE_H

#include "vmtrace/tool/valgrind.h"

#include "vmtrace/mmu/base/types.h"

/* The hidden option.  */
void tree_read_option(const HChar *arg, const HChar *text);

/* The machine is there, and nothing is mapped yet.  */
void tree_init(void);

/* The port's.  */
bool tree_is_alive(uint32_t place);
void tree_pause(void);

/* A fork of any kind; then, unless it fails, one of these on either side, and after the
   call in the parent, however it went, the last.  */
void tree_before_fork(ThreadId tid, Bool is_vfork);
void tree_in_parent(void);
void tree_in_child(Bool is_vfork);
void tree_after_fork(SysRes result);

/* A call that waits for children has come back.  */
void tree_after_wait(UInt number, SysRes result);

/* execve is about to be tried, with names that may be anything; it has failed.  */
void tree_before_exec(const HChar *path, const HChar *const *argv);
void tree_after_failed_exec(void);

/* A limit was set.  */
void tree_after_limit(void);

/* The process is over.  */
void tree_leave(void);

/* What the profile says of the process.  */
struct tree_identity {
   ULong run;
   UInt id, parent;             /* id 0: nothing was ever shared; parent 0: none */
   ULong since;                 /* instructions before it knew */
   Bool shares;                 /* now */
   const HChar *apart;          /* why it or a child is simulated apart; NULL: none is */
};
struct tree_identity tree_identity(void);

#endif
