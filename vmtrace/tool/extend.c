/* mremap in place.

   Valgrind's core asks the kernel to extend all that it keeps as one segment.  To the
   kernel that can be several mappings (one that mremap has moved is not merged with its
   neighbours), and then it refuses, and the core moves what could have stayed.  The last
   page is in one mapping, whatever lies below it.  */

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
   SizeT all_but_last = old_bytes - TOOL_PAGE_BYTES;
   SysRes result = __real_vgModuleLocal_am_do_extend_mapping_NO_NOTIFY(
      start + all_but_last, TOOL_PAGE_BYTES, new_bytes - all_but_last);

   return sr_isError(result) ? result : VG_(mk_SysRes_Success)(start);
}

#endif
