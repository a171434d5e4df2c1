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

static inline void
regs_set_pc(ThreadId tid, Addr pc)
{
   ULong value = pc;

   VG_(set_shadow_regs_area)(tid, 0,
                             offsetof(VexGuestAMD64State, guest_RIP),
                             sizeof value, (const UChar *)&value);
}

#endif
