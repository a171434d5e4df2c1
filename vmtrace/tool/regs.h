/* The guest's registers that a tool may not name directly.  */

#ifndef VMT_TOOL_REGS_H
#define VMT_TOOL_REGS_H

#include "vmtrace/tool/valgrind.h"

#include "libvex_guest_amd64.h"

static inline Addr
regs_fp(ThreadId tid)
{
   ULong fp;

   VG_(get_shadow_regs_area)(tid, (UChar *)&fp, 0,
                             offsetof(VexGuestAMD64State, guest_RBP),
                             sizeof fp);
   return (Addr)fp;
}

#endif
