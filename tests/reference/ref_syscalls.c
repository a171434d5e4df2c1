/* Which system calls drop which pages from the TLBs, and which unmap them.  A call
   that fails does nothing.  The kernel's own reads and writes on behalf of the program
   do not go through the TLBs and are not looked at here, but in ref_kernel.c.  */

#include "ref.h"

#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_libcbase.h"

/* Numbers newer than the oldest Valgrind this builds with
   (include/uapi/asm-generic/mman-common.h).  */
enum {
   ADVICE_DONTNEED = 4,
   ADVICE_FREE = 8,
   ADVICE_REMOVE = 9,
   ADVICE_COLD = 20,
   ADVICE_PAGEOUT = 21,
   ADVICE_DONTNEED_LOCKED = 24,
   ADVICE_COLLAPSE = 25,
   ADVICE_GUARD_INSTALL = 102
};

enum { NR_PKEY_MPROTECT = 329 };

static Addr break_end;                  /* the last one a call told of, or 0 */
static Addr detached_start, detached_end;

static Addr
page_up(Addr address)
{
   return (address + REF_PAGE_BYTES - 1) & ~(Addr)(REF_PAGE_BYTES - 1);
}

static void
drop(Addr start, SizeT n_bytes)
{
   ref_tlb_drop(start, page_up(start + n_bytes));
}

static void
unmap(Addr start, Addr end)
{
   ref_pages_forget(start, end);
   ref_touches_remove(start, end);
}

static void
drop_and_forget(Addr start, SizeT n_bytes)
{
   drop(start, n_bytes);
   unmap(start, page_up(start + n_bytes));
}

static Bool
has_prefix(const HChar *text, const HChar *prefix)
{
   return text != NULL && VG_(strncmp)(text, prefix, VG_(strlen)(prefix)) == 0;
}

/* By its name: the core does not tell a tool the type of a file system.  */
static Bool
is_memory_file(Addr address)
{
   const NSegment *segment = VG_(am_find_nsegment)(address);
   const HChar *name = segment != NULL ? VG_(am_get_filename)(segment) : NULL;

   return segment != NULL
          && (segment->kind != SkFileC || has_prefix(name, "/dev/shm/")
              || has_prefix(name, "/memfd:") || has_prefix(name, "/dev/zero"));
}

/* The library that Valgrind preloads.  */
static Bool
is_valgrinds(Addr address)
{
   const NSegment *segment = VG_(am_find_nsegment)(address);
   const HChar *name = segment != NULL ? VG_(am_get_filename)(segment) : NULL;

   return name != NULL && VG_(strstr)(name, "/vgpreload_") != NULL;
}

static void
after_mmap(const UWord *args, Addr start)
{
   Bool shared = (args[3] & VKI_MAP_SHARED) != 0, in_memory = is_memory_file(start);
   Addr end = page_up(start + args[1]);

   drop_and_forget(start, args[1]);
   if (shared && in_memory)
      ref_pages_share(start, end);
   ref_memory_share(start, end,
                    !shared     ? REF_PRIVATE
                    : in_memory ? REF_SHARED_MEMORY
                                : REF_SHARED_FILE);
   ref_touches_exclude(start, end, is_valgrinds(start));
}

static void
after_mremap(const UWord *args, Addr start)
{
   Addr old_start = args[0];
   SizeT old_bytes = args[1], new_bytes = args[2];
   SizeT kept_bytes = old_bytes < new_bytes ? old_bytes : new_bytes;

   drop(old_start, old_bytes);
   drop(start, new_bytes);
   if (start != old_start) {
      unmap(start, page_up(start + new_bytes));
      ref_pages_move(old_start, start, kept_bytes);
      ref_touches_move(old_start, start, kept_bytes);
      unmap(old_start, page_up(old_start + old_bytes));
   } else if (new_bytes < old_bytes) {
      unmap(page_up(start + new_bytes), page_up(start + old_bytes));
   }
}

static void
after_madvise(const UWord *args)
{
   switch (args[2]) {
   case ADVICE_DONTNEED:
   case ADVICE_DONTNEED_LOCKED:
   case ADVICE_REMOVE:
   case ADVICE_GUARD_INSTALL:
      drop_and_forget(args[0], args[1]);
      break;
   case ADVICE_FREE:
   case ADVICE_COLD:
   case ADVICE_PAGEOUT:
   case ADVICE_COLLAPSE:
      drop(args[0], args[1]);           /* the frames stay */
      break;
   default:
      break;
   }
}

static void
after_brk(Addr end)
{
   if (end < break_end)
      drop_and_forget(page_up(end), page_up(break_end) - page_up(end));
   break_end = end;
}

static void
after_shmat(Addr start)
{
   const NSegment *segment = VG_(am_find_nsegment)(start);

   if (segment == NULL)
      return;
   drop_and_forget(start, segment->end + 1 - start);
   ref_pages_share(start, segment->end + 1);
   ref_memory_share(start, segment->end + 1, REF_SHARED_MEMORY);
}

/* Only before the call is there a segment to tell the size.  */
void
ref_syscall_before(ThreadId tid, UInt number, UWord *args, UInt n_args)
{
   const NSegment *segment;

   ref_kernel_before(tid, number, args);
   if (number != __NR_shmdt)
      return;
   segment = VG_(am_find_nsegment)(args[0]);
   detached_start = segment != NULL ? segment->start : 0;
   detached_end = segment != NULL ? segment->end + 1 : 0;
}

void
ref_syscall_after(ThreadId tid, UInt number, UWord *args, UInt n_args,
                  SysRes result)
{
   if (sr_isError(result))
      return;
   ref_kernel_after(tid, number, args, sr_Res(result));
   switch (number) {
   case __NR_mmap:
      after_mmap(args, sr_Res(result));
      break;
   case __NR_munmap:
      drop_and_forget(args[0], args[1]);
      break;
   case __NR_mprotect:
   case NR_PKEY_MPROTECT:
      drop(args[0], args[1]);
      break;
   case __NR_mremap:
      after_mremap(args, sr_Res(result));
      break;
   case __NR_madvise:
      after_madvise(args);
      break;
   case __NR_brk:
      after_brk(sr_Res(result));
      break;
   case __NR_shmat:
      after_shmat(sr_Res(result));
      break;
   case __NR_shmdt:
      drop_and_forget(detached_start, detached_end - detached_start);
      break;
   default:
      break;
   }
}
