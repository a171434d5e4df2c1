#include "vmtrace/tool/syscalls.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/contents.h"
#include "vmtrace/tool/fault_log.h"
#include "vmtrace/tool/heap_memory.h"
#include "vmtrace/tool/heap_names.h"
#include "vmtrace/tool/kernel_access.h"
#include "vmtrace/tool/kernel_words.h"
#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/own_name.h"
#include "vmtrace/tool/profile.h"
#include "vmtrace/tool/running.h"
#include "vmtrace/tool/segments.h"
#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/threads.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace/tool/tree.h"

/* Advice and flags newer than Valgrind's headers (include/uapi/asm-generic). */
#define ADVICE_NORMAL 0
#define ADVICE_RANDOM 1
#define ADVICE_SEQUENTIAL 2
#define ADVICE_DONTNEED 4
#define ADVICE_FREE 8
#define ADVICE_REMOVE 9
#define ADVICE_DONTFORK 10
#define ADVICE_DOFORK 11
#define ADVICE_MERGEABLE 12
#define ADVICE_UNMERGEABLE 13
#define ADVICE_HUGEPAGE 14
#define ADVICE_NOHUGEPAGE 15
#define ADVICE_DONTDUMP 16
#define ADVICE_DODUMP 17
#define ADVICE_WIPEONFORK 18
#define ADVICE_KEEPONFORK 19
#define ADVICE_COLD 20
#define ADVICE_PAGEOUT 21
#define ADVICE_POPULATE_READ 22
#define ADVICE_POPULATE_WRITE 23
#define ADVICE_DONTNEED_LOCKED 24

#define MAP_GROWSDOWN_FLAG 0x0100
#define MAP_LOCKED_FLAG 0x2000
#define MAP_POPULATE_FLAG 0x8000
#define MAP_TYPE_BITS 0x0f
#define MAP_SHARED_VALIDATE 3
#define MREMAP_KEEP_OLD 4               /* MREMAP_DONTUNMAP */
#define MLOCK_ONFAULT_FLAG 1
#define MCL_CURRENT_FLAG 1
#define MCL_FUTURE_FLAG 2
#define MCL_ONFAULT_FLAG 4

struct syscalls_mapping syscalls_mapping;

static Addr brk_end;
static Bool lock_future, lock_on_fault;

static void
must(enum vmt_status status)
{
   if (status != VMT_OK)
      tool_no_memory();
}

/* ---- populating ---- */

/* __mm_populate: private writable memory is written to, all else read.  */
static void
populate(ThreadId tid, Addr start, Addr end)
{
   while (start < end) {
      const struct vmt_area *area =
         vmt_areas_from(&tool_machine.areas, start);
      Addr low, high;
      Bool write;

      if (area == NULL || area->start >= end)
         return;
      low = area->start > start ? area->start : start;
      high = area->end < end ? area->end : end;
      write = (area->flags & (VMT_AREA_WRITE | VMT_AREA_SHARED)) ==
              VMT_AREA_WRITE;
      if ((area->flags & (VMT_AREA_READ | VMT_AREA_WRITE | VMT_AREA_EXEC)) != 0)
         charge_kernel_range(tid, low, high - low, write, CHARGE_POPULATE);
      start = high;
   }
}

/* ---- mmap and friends ---- */

static void
set_anonymous(struct vmt_area *area)
{
   area->backing = VMT_BACKING_ANON;
   area->object = 0;
   area->label = objects_label("[anon]", "anon");
}

static void
set_shared_anonymous(struct vmt_area *area)
{
   area->backing = VMT_BACKING_SHMEM;
   area->object = objects_anonymous("[shared anonymous]");
   area->label = objects_get((UInt)area->object)->label;
}

static void
choose_backing(struct vmt_area *area, UInt flags, Int fd, ULong offset)
{
   Bool shared = (area->flags & VMT_AREA_SHARED) != 0;

   if ((flags & VKI_MAP_ANONYMOUS) != 0 || objects_is_zero_device(fd)) {
      if (shared)
         set_shared_anonymous(area);
      else
         set_anonymous(area);
      return;
   }
   area->object = objects_of_fd(fd);
   if (area->object == 0)       /* cannot be looked at */
      area->object = objects_anonymous("[device]");
   if (objects_get((UInt)area->object)->is_special ||
       objects_get((UInt)area->object)->ino == 0)
      area->flags |= VMT_AREA_SPECIAL;
   area->backing = objects_get((UInt)area->object)->is_shmem
                      ? VMT_BACKING_SHMEM
                      : VMT_BACKING_FILE;
   area->page_offset = offset >> VMT_PAGE_SHIFT;
   area->label = objects_get((UInt)area->object)->label;
   if (objects_get((UInt)area->object)->is_preload)
      area->flags |= VMT_AREA_EXCLUDED;
   if ((area->flags & VMT_AREA_EXEC) != 0)
      objects_read_headers((UInt)area->object);
}

static UInt
flags_of(UInt prot, UInt map_flags)
{
   UInt type = map_flags & MAP_TYPE_BITS;
   UInt flags = prot & (VMT_AREA_READ | VMT_AREA_WRITE | VMT_AREA_EXEC);

   if (type == VKI_MAP_SHARED || type == MAP_SHARED_VALIDATE)
      flags |= VMT_AREA_SHARED;
   if ((map_flags & VKI_MAP_NORESERVE) != 0)
      flags |= VMT_AREA_NORESERVE;
   if ((map_flags & MAP_GROWSDOWN_FLAG) != 0)
      flags |= VMT_AREA_GROWSDOWN;
   if ((map_flags & MAP_LOCKED_FLAG) != 0 || lock_future)
      flags |= VMT_AREA_LOCKED;
   return flags;
}

static Bool
is_heap_memory(const struct vmt_area *area)
{
   return area->backing == VMT_BACKING_ANON && (area->flags & VMT_AREA_SHARED) == 0;
}

static void
add_area(ThreadId tid, const struct vmt_area *area)
{
   uint32_t n_shootdowns;

   stacks_forget_memory(area->start, area->end);
   must(vmt_machine_map(&tool_machine, area, &n_shootdowns));
   charge_shootdowns(tid, n_shootdowns);
   if (is_heap_memory(area))
      heap_memory_mapped(tid, area->start, area->end,
                         (area->flags & VMT_AREA_HEAP) != 0);
   else
      heap_memory_unmapped(area->start, area->end);
}

/* What was executed there is looked up and written before the file is gone. */
static void
forget_code_in(Addr start, Addr end)
{
   const struct vmt_area *area = vmt_areas_from(&tool_machine.areas, start);
   Bool any = False;

   for (; area != NULL && area->start < end;
        area = vmt_areas_after(&tool_machine.areas, area))
      any |= area->backing == VMT_BACKING_FILE &&
             (area->flags & VMT_AREA_EXEC) != 0;
   if (!any)
      return;
   profile_checkpoint();
   stacks_forget_code();
   heap_names_forget_code();
   segments_forget_code();
}

static void
after_mmap(ThreadId tid, const UWord *args, Addr start)
{
   struct vmt_area area = {.start = start,
                           .end = vmt_page_ceil(start + args[1]),
                           .flags = flags_of((UInt)args[2], (UInt)args[3])};
   Bool wants_pages = (args[3] & MAP_POPULATE_FLAG) != 0 ||
                      ((area.flags & VMT_AREA_LOCKED) != 0 && !lock_on_fault);

   choose_backing(&area, (UInt)args[3], (Int)args[4], args[5]);
   forget_code_in(area.start, area.end);
   add_area(tid, &area);
   if (wants_pages)
      populate(tid, area.start, area.end);
}

static void
remove_areas(ThreadId tid, Addr start, Addr end)
{
   uint32_t n_shootdowns;

   forget_code_in(start, end);
   stacks_forget_memory(start, end);
   must(vmt_machine_unmap(&tool_machine, start, end, &n_shootdowns));
   charge_shootdowns(tid, n_shootdowns);
   heap_memory_unmapped(start, end);
}

static void
after_mprotect(ThreadId tid, Addr start, SizeT bytes, UInt prot)
{
   uint32_t n_shootdowns;
   Addr end = vmt_page_ceil(start + bytes);

   if ((prot & VKI_PROT_READ) == 0)
      stacks_forget_memory(start, end);
   must(vmt_machine_protect(&tool_machine, start, end,
                            prot & (VMT_AREA_READ | VMT_AREA_WRITE |
                                    VMT_AREA_EXEC),
                            &n_shootdowns));
   charge_shootdowns(tid, n_shootdowns);
}

/* An old size of 0 maps the same shared pages a second time.  */
static void
note_moved(ThreadId tid, Addr from, SizeT old_bytes, Addr to, SizeT new_bytes)
{
   if (to != from) {
      heap_memory_unmapped(from, from + old_bytes);
      heap_memory_mapped(tid, to, to + new_bytes, False);
   } else if (new_bytes > old_bytes) {
      heap_memory_mapped(tid, to + old_bytes, to + new_bytes, False);
   } else if (new_bytes < old_bytes) {
      heap_memory_unmapped(to + new_bytes, to + old_bytes);
   }
}

static void
after_mremap(ThreadId tid, const UWord *args, Addr to)
{
   Addr from = args[0];
   SizeT old_bytes = vmt_page_ceil(args[1]), new_bytes = vmt_page_ceil(args[2]);
   const struct vmt_area *area = vmt_areas_find(&tool_machine.areas, from);
   uint32_t n_shootdowns;

   if (area == NULL)
      return;
   if (old_bytes == 0) {
      struct vmt_area twin = *area;

      twin.page_offset += (from - area->start) >> VMT_PAGE_SHIFT;
      twin.start = to;
      twin.end = to + new_bytes;
      add_area(tid, &twin);
      return;
   }
   stacks_forget_memory(from, from + old_bytes);
   must(vmt_machine_move(&tool_machine, from, old_bytes, to, new_bytes,
                         (args[3] & MREMAP_KEEP_OLD) != 0, &n_shootdowns));
   charge_shootdowns(tid, n_shootdowns);
   area = vmt_areas_find(&tool_machine.areas, to);
   if (area != NULL && is_heap_memory(area))
      note_moved(tid, from, old_bytes, to, new_bytes);
   if (new_bytes > old_bytes && area != NULL &&
       (area->flags & VMT_AREA_LOCKED) != 0)
      populate(tid, to + old_bytes, to + new_bytes);
}

static void
after_brk(ThreadId tid, Addr end)
{
   Addr old_page = vmt_page_ceil(brk_end), new_page = vmt_page_ceil(end);

   if (brk_end == 0)
      old_page = new_page;
   brk_end = end;
   if (new_page > old_page) {
      const struct vmt_area area = {
         .start = old_page,
         .end = new_page,
         .flags = VMT_AREA_READ | VMT_AREA_WRITE | VMT_AREA_HEAP |
                  (lock_future ? VMT_AREA_LOCKED : 0),
         .backing = VMT_BACKING_ANON,
         .label = objects_label("[heap]", "heap")};

      add_area(tid, &area);
      if (lock_future && !lock_on_fault)
         populate(tid, old_page, new_page);
   } else if (new_page < old_page) {
      remove_areas(tid, new_page, old_page);
   }
}

static void
after_shmat(ThreadId tid, UWord id, Addr start, UInt flags)
{
   const NSegment *segment = VG_(am_find_nsegment)(start);
   struct vmt_area area = {.start = start,
                           .flags = VMT_AREA_READ | VMT_AREA_SHARED |
                                    VMT_AREA_SYSV,
                           .backing = VMT_BACKING_SHMEM};

   if (segment == NULL)
      return;
   if ((flags & VKI_SHM_RDONLY) == 0)
      area.flags |= VMT_AREA_WRITE;
   area.end = vmt_page_ceil(segment->end);
   area.object = objects_system_v(id);
   area.label = objects_get((UInt)area.object)->label;
   add_area(tid, &area);
}

static void
after_shmdt(ThreadId tid, Addr start)
{
   const struct vmt_area *area = vmt_areas_find(&tool_machine.areas, start);

   if (area != NULL && area->start == start)
      remove_areas(tid, start, area->end);
}

/* ---- locking ---- */

static void
lock_range(ThreadId tid, Addr start, Addr end, Bool now)
{
   must(vmt_machine_change_areas(&tool_machine, start, end, 0,
                         VMT_AREA_LOCKED));
   if (now)
      populate(tid, start, end);
}

static void
after_mlockall(ThreadId tid, UInt flags)
{
   lock_future = (flags & MCL_FUTURE_FLAG) != 0;
   lock_on_fault = (flags & MCL_ONFAULT_FLAG) != 0;
   if ((flags & MCL_CURRENT_FLAG) != 0)
      lock_range(tid, 0, vmt_page_floor(~(Addr)0), !lock_on_fault);
}

static void
unlock_range(Addr start, Addr end)
{
   must(vmt_machine_change_areas(&tool_machine, start, end, VMT_AREA_LOCKED, 0));
}

/* ---- advice ---- */

static Bool
advice_flags(UInt advice, UInt *clear, UInt *set)
{
   const UInt reading = VMT_AREA_SEQ_READ | VMT_AREA_RAND_READ;
   const UInt huge = VMT_AREA_HUGEPAGE | VMT_AREA_NOHUGEPAGE;

   *clear = *set = 0;
   switch (advice) {
   case ADVICE_NORMAL: *clear = reading; break;
   case ADVICE_RANDOM: *clear = reading; *set = VMT_AREA_RAND_READ; break;
   case ADVICE_SEQUENTIAL: *clear = reading; *set = VMT_AREA_SEQ_READ; break;
   case ADVICE_DONTFORK: *set = VMT_AREA_DONTFORK; break;
   case ADVICE_DOFORK: *clear = VMT_AREA_DONTFORK; break;
   case ADVICE_MERGEABLE: *set = VMT_AREA_MERGEABLE; break;
   case ADVICE_UNMERGEABLE: *clear = VMT_AREA_MERGEABLE; break;
   case ADVICE_HUGEPAGE: *clear = huge; *set = VMT_AREA_HUGEPAGE; break;
   case ADVICE_NOHUGEPAGE: *clear = huge; *set = VMT_AREA_NOHUGEPAGE; break;
   case ADVICE_DONTDUMP: *set = VMT_AREA_DONTDUMP; break;
   case ADVICE_DODUMP: *clear = VMT_AREA_DONTDUMP; break;
   case ADVICE_WIPEONFORK: *set = VMT_AREA_WIPEONFORK; break;
   case ADVICE_KEEPONFORK: *clear = VMT_AREA_WIPEONFORK; break;
   default: return False;
   }
   return True;
}

static void
advise(ThreadId tid, Addr start, Addr end, enum vmt_advice advice)
{
   uint32_t n_shootdowns;

   must(vmt_machine_advise(&tool_machine, start, end, advice, &n_shootdowns));
   charge_shootdowns(tid, n_shootdowns);
}

static void
after_madvise(ThreadId tid, Addr start, SizeT bytes, UInt advice)
{
   Addr end = vmt_page_ceil(start + bytes);
   UInt clear, set;

   if (advice_flags(advice, &clear, &set)) {
      must(vmt_machine_change_areas(&tool_machine, start, end, clear, set));
      return;
   }
   switch (advice) {
   case ADVICE_DONTNEED:
   case ADVICE_DONTNEED_LOCKED:
      advise(tid, start, end, VMT_ADVICE_ZAP);
      break;
   case ADVICE_REMOVE:
      advise(tid, start, end, VMT_ADVICE_REMOVE);
      break;
   case ADVICE_FREE:
      heap_memory_advised(start, end);
      advise(tid, start, end, VMT_ADVICE_FREE);
      break;
   case ADVICE_COLD:
      advise(tid, start, end, VMT_ADVICE_AGE);
      break;
   case ADVICE_PAGEOUT:
      advise(tid, start, end, VMT_ADVICE_PAGE_OUT);
      break;
   case ADVICE_POPULATE_READ:
      charge_kernel_range(tid, start, end - start, False, CHARGE_POPULATE);
      break;
   case ADVICE_POPULATE_WRITE:
      charge_kernel_range(tid, start, end - start, True, CHARGE_POPULATE);
      break;
   default:
      break;
   }
}

/* ---- before and after ---- */

static void
note_mmap(const UWord *args)
{
   Bool anonymous = (args[3] & VKI_MAP_ANONYMOUS) != 0;

   syscalls_mapping = (struct syscalls_mapping){
      .active = True,
      .hint = args[0],
      .bytes = args[1],
      .flags = (UInt)args[3],
      .offset = args[5],
      .is_shmem = !anonymous && objects_fd_is_shmem((Int)args[4])};
}

/* A mapping that mremap moves is placed by the rules of a new one.  */
static void
note_remap(const UWord *args)
{
   const struct vmt_area *area = vmt_areas_find(&tool_machine.areas, args[0]);
   Bool anonymous = area != NULL && area->backing == VMT_BACKING_ANON;

   if (area == NULL)
      return;
   syscalls_mapping = (struct syscalls_mapping){
      .active = True,
      .bytes = args[2],
      .old_start = args[0],
      .old_bytes = vmt_page_ceil(args[1]),
      .flags = (anonymous ? VKI_MAP_ANONYMOUS : 0) |
               ((area->flags & VMT_AREA_SHARED) != 0 ? VKI_MAP_SHARED
                                                     : VKI_MAP_PRIVATE),
      .is_shmem = area->backing == VMT_BACKING_SHMEM,
      .offset = anonymous ? 0 : (area->page_offset << VMT_PAGE_SHIFT) +
                                   (args[0] - area->start)};
}

static void
before(ThreadId tid, UInt number, UWord *args, UInt n_args)
{
   running_switch(tid);
   charge_settle();
   kernel_access_enter(tid, number);
   threads_before_call(tid, number, args);
   kernel_words_before_call(tid, number, args);
   heap_memory_syscall(number);
   if (number == __NR_mmap)
      note_mmap(args);
   else if (number == __NR_mremap)
      note_remap(args);
   else if (number == __NR_execve || number == __NR_execveat) {
      const UWord *names = number == __NR_execve ? args : args + 1;

      own_name_before_exec((const HChar *const *)names[1]);
      kernel_access_execve(tid, names);
      tree_before_exec((const HChar *)names[0], (const HChar *const *)names[1]);
      profile_before_exec((const HChar *)(number == __NR_execve ? args[0]
                                                               : args[1]));
      fault_log_before_exec();
   }
   if (number == __NR_exit_group || number == __NR_exit)
      profile_note_exit((Int)args[0], number == __NR_exit_group);
   else
      profile_note_life();
}

/* A switch over the calls that change the address space.  */
static void
after_success(ThreadId tid, UInt number, const UWord *args, Addr result)
{
   switch (number) {
   case __NR_mmap: after_mmap(tid, args, result); break;
   case __NR_munmap:
      remove_areas(tid, args[0], vmt_page_ceil(args[0] + args[1]));
      break;
   case __NR_mprotect:
#ifdef __NR_pkey_mprotect
   case __NR_pkey_mprotect:
#endif
      after_mprotect(tid, args[0], args[1], (UInt)args[2]);
      break;
   case __NR_mremap: after_mremap(tid, args, result); break;
   case __NR_brk: after_brk(tid, result); break;
   case __NR_madvise:
      after_madvise(tid, args[0], args[1], (UInt)args[2]);
      break;
   case __NR_shmat: after_shmat(tid, args[0], result, (UInt)args[2]); break;
   case __NR_shmdt: after_shmdt(tid, args[0]); break;
   case __NR_mlock:
      lock_range(tid, vmt_page_floor(args[0]), vmt_page_ceil(args[0] + args[1]),
                 True);
      break;
#ifdef __NR_mlock2
   case __NR_mlock2:
      lock_range(tid, vmt_page_floor(args[0]), vmt_page_ceil(args[0] + args[1]),
                 (args[2] & MLOCK_ONFAULT_FLAG) == 0);
      break;
#endif
   case __NR_munlock:
      unlock_range(vmt_page_floor(args[0]), vmt_page_ceil(args[0] + args[1]));
      break;
   case __NR_mlockall: after_mlockall(tid, (UInt)args[0]); break;
   case __NR_munlockall:
      lock_future = False;
      unlock_range(0, vmt_page_floor(~(Addr)0));
      break;
   default: contents_after_call(tid, number, args, result); break;
   }
}

static void
after(ThreadId tid, UInt number, UWord *args, UInt n_args, SysRes result)
{
   running_switch(tid);
   threads_return(tid);
   syscalls_mapping.active = False;
   if (number == __NR_execve || number == __NR_execveat) {
      profile_after_failed_exec();
      tree_after_failed_exec();
      own_name_after_failed_exec();
      fault_log_after_failed_exec();
   }
   if (number == __NR_fork || number == __NR_vfork || number == __NR_clone)
      tree_after_fork(result);
   else if (number == __NR_wait4 || number == __NR_waitid)
      tree_after_wait(number, result);
   else if (number == __NR_setrlimit || number == __NR_prlimit64)
      tree_after_limit();
   kernel_words_return(tid, number, args);
   if (!sr_isError(result)) {
      kernel_words_after_call(tid, number, args, sr_Res(result));
      threads_after_call(number, args, sr_Res(result));
   }
   if (tool_running && !sr_isError(result))
      after_success(tid, number, args, sr_Res(result));
   checkpoint_if_due();
}

void
syscalls_init(void)
{
   VG_(needs_syscall_wrapper)(before, after);
}
