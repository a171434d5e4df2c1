/* The program's allocator, watched: what it gives out and takes back, and which of
   the program's blocks faults happen on.

   Nothing is replaced.  Translated code calls heap_enter() where a function of the
   allocator starts, and heap_return() at each return while a call of it is open in the
   running thread: what it returns is known then.  The outermost call counts, what it
   calls in turn is its own business; a jump from one such function to another is one
   call.  A call that is left by longjmp is given up then, one that is left by an
   exception when that is made, or when the unwinder goes on further up the stack.
   While a signal handler runs, the call that it interrupted is set aside.  Stacks are
   told apart by the areas that they lie in: of what is called on one, nothing is known
   to be over on another.

   A block is live from the return of the call that made it to the call that frees
   it; faults while these calls run are the block's too.  realloc frees and makes a
   block, unless it fails.  Bytes are those that were asked for.  */

#ifndef VMT_TOOL_HEAP_H
#define VMT_TOOL_HEAP_H

#include "vmtrace/tool/valgrind.h"

#include "libvex_guest_amd64.h"
#include "vmtrace/mmu/machine/machine.h"
#include "vmtrace/mmu/mechanisms/blocks.h"
#include "vmtrace/tool/heap_names.h"

extern Bool heap_is_tracked;

/* A return that leaves the stack pointer above this may end an open call of the running
   thread's.  */
#define HEAP_NONE_OPEN (~(Addr)0)
extern Addr heap_open_sp;

/* Where the return address of an open call that frees is, if it is the only call: what
   frees and finds its own there was jumped to, delete by delete[] and free by that, and
   is no call.  */
extern Addr heap_free_sp;

void heap_init(void);

/* Called by translated code.  */
void heap_enter(VexGuestAMD64State *guest, const struct heap_function *function);
void heap_return(UWord unused1, UWord unused2, VexGuestAMD64State *guest);

/* The same where it is simple, without vector registers; False: it is not.  */
Bool heap_return_quick(UWord unused1, UWord unused2, const VexGuestAMD64State *guest);

/* Thread tid runs from now on; it is a new one.  */
void heap_switch(ThreadId tid);
void heap_forget_thread(ThreadId tid);

void heap_before_signal(ThreadId tid);
void heap_after_signal(ThreadId tid);

/* Of the running thread: the block that its open call is giving back, or NULL.  */
const struct vmt_block *heap_block_being_freed(void);

/* Whether thread tid is in a call of the allocator; the running one.  */
Bool heap_is_at_work_in(ThreadId tid);
extern Bool heap_is_at_work;

#endif
