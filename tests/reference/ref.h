/* vmtref: a slow, plain Valgrind tool that counts what vmtrace's translation
   counters must equal.

   It shares no code and no header with vmtrace.  A helper is called for every
   instruction fetch and every data access, before the access is made; a TLB is
   an array whose entries carry the time of their last use and are searched one
   after the other.  There is no filter, no grouping, no cache of any kind.

   ref_tlb.c       the translation look-aside buffers of the cores
   ref_pages.c     what an access may do to a page, and who has written it
   ref_syscalls.c  which system calls drop which pages
   vmtref.c        instrumentation, options, output

   A page is an address divided by REF_PAGE_BYTES.  */

#ifndef VMTRACE_TESTS_REFERENCE_REF_H
#define VMTRACE_TESTS_REFERENCE_REF_H

#include "pub_tool_basics.h"

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

void ref_syscall_before(ThreadId tid, UInt number, UWord *args, UInt n_args);
void ref_syscall_after(ThreadId tid, UInt number, UWord *args, UInt n_args,
                       SysRes result);

#endif
