#include "vmtrace/tool/charge_private.h"

#include "vmtrace/tool/fault_log.h"
#include "vmtrace/tool/kernel_access.h"
#include "vmtrace/tool/running.h"
#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace/tool/vfork.h"

/* A system call's instruction has two bytes, and the program counter is past
   it.  */
#define SYSCALL_DELTA (-2)

/* The instruction that the kernel works for; 0: for none, at program start.  */
static Addr
kernel_pc(ThreadId tid, enum charge_cause cause)
{
   switch (cause) {
   case CHARGE_EXECVE:
   case CHARGE_START: return 0;
   case CHARGE_SIGNAL: return VG_(get_IP)(tid);
   default: return VG_(get_IP)(tid) + (Addr)SYSCALL_DELTA;
   }
}

static UInt
kernel_stack(ThreadId tid, enum charge_cause cause)
{
   if (cause == CHARGE_EXECVE || cause == CHARGE_START)
      return STACK_NONE;
   return stacks_of_syscall(tid, SYSCALL_DELTA);
}

UInt
charge_syscall_stack(ThreadId tid)
{
   return kernel_stack(tid, CHARGE_SYSCALL);
}

static void
charge_kernel_access(ThreadId tid, Addr addr, Bool write,
                     enum charge_cause cause, UInt *stack)
{
   struct vmt_outcome outcome;

   if (!vmt_machine_kernel_access(&tool_machine, addr, write, &outcome))
      return;
   if (*stack == STACK_UNKNOWN)
      *stack = kernel_stack(tid, cause);
   charge_access(&outcome, *stack, running_number, addr);
   if (fault_log_is_open && outcome.event != VMT_NO_EVENT)
      fault_log_write(&outcome, addr, write ? VMT_WRITE : VMT_READ, cause,
                      kernel_pc(tid, cause), kernel_access_current(tid));
   if (vfork_is_child && outcome.event != VMT_NO_EVENT)
      vfork_tell_parent(&outcome, addr, write);
}

void
charge_nothing_for(ThreadId tid, Addr addr, Bool write)
{
   struct vmt_outcome outcome;

   running_switch(tid);
   if (!vmt_machine_kernel_access(&tool_machine, addr, write, &outcome))
      return;
   outcome.event = VMT_NO_EVENT;
   charge_access(&outcome, charge_syscall_stack(tid), running_number, addr);
}

void
charge_kernel_range(ThreadId tid, Addr start, SizeT bytes, Bool write,
                    enum charge_cause cause)
{
   Addr addr = start, last = start + bytes - 1;
   UInt stack = STACK_UNKNOWN;

   if (!tool_running || bytes == 0 || last < start)
      return;
   running_switch(tid);
   charge_settle();
   for (;;) {
      Addr next = vmt_page_floor(addr) + TOOL_PAGE_BYTES;

      charge_kernel_access(tid, addr, write, cause, &stack);
      if (next > last || next == 0)
         return;
      addr = next;
   }
}

void
charge_shootdowns(ThreadId tid, UInt n)
{
   struct vmt_outcome outcome = {.event = VMT_NO_EVENT, .n_shootdowns = n};

   if (vmt_machine_collect(&tool_machine, &outcome) || n != 0)
      charge_to(&outcome, kernel_stack(tid, CHARGE_SYSCALL), running_number,
                VMT_NO_SITE);
}
