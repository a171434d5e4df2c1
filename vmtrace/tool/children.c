#include "vmtrace/tool/children.h"

#include "vmtrace/tool/tool.h"

static Bool
is_wait(UInt number)
{
   return number == __NR_wait4 || number == __NR_waitid;
}

static void
take_from_the_dead(void)
{
   struct vmt_sharing *sharing = &tool_machine.sharing;

   if (sharing->common == NULL || sharing->borrowed)
      return;
   vmt_common_lock(sharing->common, sharing->place);
   vmt_common_bury(sharing->common);
   vmt_common_unlock(sharing->common);
}

void
children_after_call(UInt number)
{
   if (is_wait(number))
      take_from_the_dead();
}

void
children_before_write(UInt number)
{
   if (is_wait(number))
      take_from_the_dead();
}
