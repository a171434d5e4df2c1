#include "vmtrace/tool/children.h"

#include "vmtrace/tool/rawcall.h"
#include "vmtrace/tool/threads.h"
#include "vmtrace/tool/tool.h"

struct child {
   UInt pid;
   ULong fork;                          /* the machine's number */
};

static XArray *children;                /* of struct child, oldest first */

static void
add(UInt pid)
{
   const struct child child = {pid, tool_machine.n_forks};

   VG_(addToXA)(children, &child);
}

static void
drop_those_gone(void)
{
   Word i, n = VG_(sizeXA)(children);
   ULong newest = 0;

   for (i = n - 1; i >= 0; i--) {
      const struct child *child = VG_(indexXA)(children, i);

      if (!rawcall_process_exists(child->pid))
         VG_(removeIndexXA)(children, i);
      else if (newest == 0)
         newest = child->fork;
   }
   vmt_machine_set_newest_child(&tool_machine, newest);
}

static Bool
is_wait(UInt number)
{
   return number == __NR_wait4 || number == __NR_waitid;
}

void
children_after_call(ThreadId tid, UInt number, UWord result)
{
   if (is_wait(number))
      drop_those_gone();
   else if ((number == __NR_fork || number == __NR_clone) && result != 0 &&
            !threads_is_vfork(tid))
      add((UInt)result);
}

void
children_before_write(UInt number)
{
   if (is_wait(number))
      drop_those_gone();
}

void
children_forget(void)
{
   VG_(dropTailXA)(children, VG_(sizeXA)(children));
}

void
children_init(void)
{
   children = VG_(newXA)(VG_(malloc), "children", VG_(free),
                         sizeof(struct child));
}
