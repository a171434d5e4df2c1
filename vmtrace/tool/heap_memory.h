/* Whose memory an access is to: the site of the live block there, or of the mapping.

   Mappings are the allocator's if they are made while a call of it is open, else of
   the call that made them: mmap and brk themselves are left out of the stack.

   A call of the allocator works on its own memory, on the block that it gives back, and
   on the one that it returns, which is known only then: outcomes of accesses to its own
   memory are held, and go over to that block's site; not over a checkpoint, though,
   which has told of them.  */

#ifndef VMT_TOOL_HEAP_MEMORY_H
#define VMT_TOOL_HEAP_MEMORY_H

#include "vmtrace/tool/valgrind.h"

#include "vmtrace/mmu/machine/machine.h"
#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/tool.h"

#define HEAP_CALLS(X)                                                          \
   X(brk) X(mmap) X(munmap) X(mremap) X(mprotect) X(madvise) X(futex)          \
   X(getrandom) X(sched_getaffinity) X(openat) X(read) X(close)

enum heap_call {
#define HEAP_CALL_ID(name) HEAP_CALL_##name,
   HEAP_CALLS(HEAP_CALL_ID)
#undef HEAP_CALL_ID
   HEAP_CALL_other,
   HEAP_N_CALLS
};

/* System calls while a call of the allocator was open; pages that MADV_FREE was said
   of.  */
extern ULong heap_memory_calls[HEAP_N_CALLS];
extern ULong heap_memory_advised_free;

/* For an access of the running thread; it will be asked for soon.  */
UInt heap_memory_site(Addr addr);
static inline void
heap_memory_expect(Addr addr)
{
   vmt_blocks_expect(&tool_machine.blocks, addr);
}

/* Whether what happens to memory of the site now has to be held: the outcome of an
   access at addr, which went to the charge.  */
static inline Bool
heap_memory_may_change(UInt site)
{
   return heap_is_at_work && site == VMT_OWN_SITE;
}
void heap_memory_hold(Addr addr, UInt charge, const struct vmt_outcome *outcome);
void heap_memory_hold_miss(Addr addr, UInt charge, Bool is_fetch);

/* The call of the allocator that thread tid was in returned a block of the site; is
   over.  */
void heap_memory_settle(ThreadId tid, Addr block, SizeT bytes, UInt site);
void heap_memory_drop(ThreadId tid);
void heap_memory_drop_all(void);

/* Whether anything is held.  */
extern Bool heap_memory_holds;

/* Thread tid mapped, or unmapped, memory of no file that is its own.  */
void heap_memory_mapped(ThreadId tid, Addr start, Addr end, Bool by_brk);
void heap_memory_unmapped(Addr start, Addr end);

void heap_memory_syscall(UInt number);
void heap_memory_advised(Addr start, Addr end);

/* In a forked child.  */
void heap_memory_start_anew(void);

#endif
