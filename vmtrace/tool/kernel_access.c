#include "vmtrace/tool/kernel_access.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/kernel_words.h"
#include "vmtrace/tool/tool.h"

static UInt current_call[1024];         /* by thread */

void
kernel_access_enter(ThreadId tid, UInt number)
{
   current_call[tid % 1024] = number;
}

UInt
kernel_access_current(ThreadId tid)
{
   return current_call[tid % 1024];
}

/* Calls whose "memory to be read" is an address range they act on, not a buffer
   that the kernel looks into.  */
static Bool
reads_no_memory(ThreadId tid)
{
   switch (current_call[tid % 1024]) {
   case __NR_mmap:
   case __NR_mprotect:
   case __NR_munmap:
   case __NR_mremap:
   case __NR_madvise:
   case __NR_msync:
   case __NR_mincore:
   case __NR_mlock:
   case __NR_munlock:
   case __NR_shmat:
   case __NR_shmdt:
   case __NR_brk:
   case __NR_set_robust_list:           /* looks into the list at exit */
      return True;
   default:
      return False;
   }
}

static void
reads(CorePart part, ThreadId tid, const HChar *what, Addr start, SizeT bytes)
{
   if (part == Vg_CoreSysCall && !reads_no_memory(tid))
      charge_kernel_range(tid, start, bytes, False, CHARGE_SYSCALL);
}

/* A string may run up to memory that cannot be read; what lies before counts. */
static void
reads_string(CorePart part, ThreadId tid, const HChar *what, Addr start)
{
   Addr end = start;

   if (part != Vg_CoreSysCall)
      return;
   for (;;) {
      Addr page_end = vmt_page_floor(end) + TOOL_PAGE_BYTES;

      if (!VG_(am_is_valid_for_client)(end, 1, VKI_PROT_READ))
         break;
      while (end < page_end && *(const HChar *)end != 0)
         end++;
      if (end < page_end) {
         end++;
         break;
      }
   }
   charge_kernel_range(tid, start, end - start, False, CHARGE_SYSCALL);
}

/* What clone writes is left to kernel_words.c: the core has the parent of a fork
   write what the child does.  */
static void
wrote(CorePart part, ThreadId tid, Addr start, SizeT bytes)
{
   if (part == Vg_CoreSysCall && current_call[tid % 1024] != __NR_clone)
      charge_kernel_range(tid, start, bytes, True, CHARGE_SYSCALL);
   else if (part == Vg_CoreSignal)
      charge_kernel_range(tid, start, bytes, True, CHARGE_SIGNAL);
}

Bool
kernel_access_can_read(const HChar *text)
{
   for (;; text++) {
      if (!VG_(am_is_valid_for_client)((Addr)text, 1, VKI_PROT_READ))
         return False;
      if (*text == 0)
         return True;
   }
}

static void
reads_strings(ThreadId tid, Addr pointers)
{
   const Addr *string = (const Addr *)pointers;

   for (;; string++) {
      if (!VG_(am_is_valid_for_client)((Addr)string, sizeof *string,
                                       VKI_PROT_READ))
         return;
      charge_kernel_range(tid, (Addr)string, sizeof *string, False,
                          CHARGE_SYSCALL);
      if (*string == 0)
         return;
      reads_string(Vg_CoreSysCall, tid, "", *string);
   }
}

/* The core reads them too, but then it is too late: the profile has its end.  */
void
kernel_access_execve(ThreadId tid, const UWord *args)
{
   reads_string(Vg_CoreSysCall, tid, "", args[0]);
   reads_strings(tid, args[1]);
   reads_strings(tid, args[2]);
}

static void
signal_frame(Addr start, SizeT bytes, ThreadId tid)
{
   kernel_words_signal(tid);
   charge_kernel_range(tid, start, bytes, True, CHARGE_SIGNAL);
}

void
kernel_access_init(void)
{
   VG_(track_pre_mem_read)(reads);
   VG_(track_pre_mem_read_asciiz)(reads_string);
   VG_(track_post_mem_write)(wrote);
   VG_(track_new_mem_stack_signal)(signal_frame);
}
