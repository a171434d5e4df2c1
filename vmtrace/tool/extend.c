/* mremap in place.

   Valgrind's core asks the kernel to extend all that it keeps as one segment.  To the
   kernel that can be several mappings (one that mremap has moved is not merged with its
   neighbours), and then it refuses, and the core moves what could have stayed.  So the
   kernel is asked for what the program asked for.  */

#include "vmtrace/tool/layout.h"
#include "vmtrace/tool/syscalls.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace_config.h"

#ifdef HAVE_WRAP_EXTEND

/* m_aspacemgr: priv_aspacemgr.h */
SysRes __real_vgModuleLocal_am_do_extend_mapping_NO_NOTIFY(Addr start, SizeT old_bytes,
                                                           SizeT new_bytes);
SysRes __wrap_vgModuleLocal_am_do_extend_mapping_NO_NOTIFY(Addr start, SizeT old_bytes,
                                                           SizeT new_bytes);
/* pub_core_syscall.h */
extern SysRes VG_(mk_SysRes_Success)(UWord val);

SysRes
__wrap_vgModuleLocal_am_do_extend_mapping_NO_NOTIFY(Addr start, SizeT old_bytes,
                                                    SizeT new_bytes)
{
   const struct syscalls_mapping *asked = &syscalls_mapping;
   SizeT below = asked->old_start - start;
   SysRes result;

   if (!layout_is_native() || !asked->active || asked->old_bytes == 0 ||
       below >= old_bytes)
      return __real_vgModuleLocal_am_do_extend_mapping_NO_NOTIFY(
         start, old_bytes, new_bytes);
   result = __real_vgModuleLocal_am_do_extend_mapping_NO_NOTIFY(
      asked->old_start, asked->old_bytes, new_bytes - below);
   return sr_isError(result) ? result : VG_(mk_SysRes_Success)(start);
}

#endif
