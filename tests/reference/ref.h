/* vmtref: a slow, plain Valgrind tool that counts what vmtrace's translation
   counters, its exact memory-size curve, its working set and its textbook policies
   must equal.

   It shares no code and no header with vmtrace.  A helper is called for every
   instruction fetch and every data access, before the access is made; a TLB is
   an array whose entries carry the time of their last use and are searched one
   after the other.  There is no filter, no grouping, no cache of any kind.

   ref_tlb.c       the translation look-aside buffers of the cores
   ref_pages.c     what an access may do to a page, and who has written it
   ref_syscalls.c  which system calls drop which pages
   ref_kernel.c    what the kernel reads and writes for the program
   ref_touches.c   the LRU stack and the windows
   ref_memory.c    a memory of a few frames
   vmtref.c        instrumentation, options, output

   A touch is an access to a page, by the program or by the kernel for it, that does
   not end in a signal.  Pages of what Valgrind adds to the program (its own image,
   the library it preloads) are not touched.

   A page is an address divided by REF_PAGE_BYTES.  */

#ifndef VMTRACE_TESTS_REFERENCE_REF_H
#define VMTRACE_TESTS_REFERENCE_REF_H

#include "pub_tool_basics.h"
#include "pub_tool_libcprint.h"
#include "pub_tool_tooliface.h"

#define REF_PAGE_BYTES 4096
#define REF_MAX_CORES 16

enum ref_kind { REF_FETCH, REF_READ, REF_WRITE };

struct ref_shape {
   UInt n_entries, n_ways;
};

struct ref_counts {
   ULong ir, dr, dw, itlb_misses, dtlb_misses, stlb_misses;
};

extern struct ref_counts ref_counts;
extern UInt ref_n_cores;                /* 1 .. REF_MAX_CORES */

/* One set of TLBs for each of ref_n_cores.  */
void ref_tlb_init(const struct ref_shape *itlb, const struct ref_shape *dtlb,
                  const struct ref_shape *stlb);
/* One access of kind to n_bytes at address, by the core: counts its misses.  */
void ref_tlb_access(UInt core, enum ref_kind kind, Addr address, UInt n_bytes);
/* What the last access filled in is taken out again, and what it had pushed
   out is put back.  */
void ref_tlb_undo_fills(void);
/* Drops the pages of [start, end) (addresses) from every TLB of every core.  */
void ref_tlb_drop(Addr start, Addr end);
void ref_tlb_drop_from_others(UInt core, Addr page);

/* Whether the page has a translation that allows the access.  */
Bool ref_page_allows(Addr page, enum ref_kind kind);
/* A write to the page, by the program or by the kernel for it.  */
void ref_page_written(UInt core, Addr page);
/* The pages of [start, end) (addresses) have lost their frames.  */
void ref_pages_forget(Addr start, Addr end);
void ref_pages_move(Addr from, Addr to, SizeT n_bytes);
/* [start, end) is shared memory, writable without a fault once present.  */
void ref_pages_share(Addr start, Addr end);
void ref_pages_fork(void);
void ref_pages_init(void);

/* ---- touches ---- */

/* window_instrs 0: no windows.  */
void ref_touches_init(ULong window_instrs);
/* The instruction that runs touches a page: counted when the next thing happens, as a
   signal may come of it yet.  */
void ref_touches_add(Addr page, Bool write);
void ref_touches_settle(void);
void ref_touches_cancel(void);
/* The pages of [start, end) (addresses) are unmapped.  */
void ref_touches_remove(Addr start, Addr end);
void ref_touches_move(Addr from, Addr to, SizeT n_bytes);
/* [start, end) is Valgrind's own, or is not any more.  */
void ref_touches_exclude(Addr start, Addr end, Bool excluded);
/* A child has touched nothing.  */
void ref_touches_fork_in_child(void);
/* As members of a JSON object, each with a comma in front.  */
void ref_touches_print(VgFile *out);

/* ---- limited memory ---- */

enum ref_sharing { REF_PRIVATE, REF_SHARED_FILE, REF_SHARED_MEMORY };

/* n_frames 0: unlimited.  Whether there is such a policy.  */
Bool ref_memory_init(ULong n_frames, const HChar *policy);
void ref_memory_touch(Addr page, Bool write);
void ref_memory_remove(Addr page);
void ref_memory_move(Addr from, Addr to);
/* [start, end) is mapped.  */
void ref_memory_share(Addr start, Addr end, enum ref_sharing sharing);
void ref_memory_fork_in_child(void);
void ref_memory_print(VgFile *out);

/* ---- system calls ---- */

void ref_kernel_init(void);
void ref_kernel_wrote(CorePart part, ThreadId tid, Addr start, SizeT n_bytes);
void ref_kernel_before(ThreadId tid, UInt number, const UWord *args);
void ref_kernel_after(ThreadId tid, UInt number, const UWord *args, UWord result);
void ref_kernel_fork_in_child(ThreadId tid);

void ref_syscall_before(ThreadId tid, UInt number, UWord *args, UInt n_args);
void ref_syscall_after(ThreadId tid, UInt number, UWord *args, UInt n_args,
                       SysRes result);

#endif
