/* The vDSO: code and data pages that the kernel maps into every program, just
   below its loader.

   Valgrind unmaps them and hides them from the program, which moves whatever is
   mapped next and loses the faults on them.  So an image of the host's vDSO is
   copied before that happens and mapped again at the place where the kernel
   would have it.  Its functions are overwritten with the system calls that they
   stand for: they read the kernel's data page, which holds zeros here, as the
   real ones do, so that it faults, and then ask the kernel.

   Model: special mappings (install_special_mapping), each page of which faults
   by itself; pages of [vvar] are raw frame numbers and not resident.  A second
   data page that a paravirtual clock reads is not touched.  */

#ifndef VMT_TOOL_VDSO_H
#define VMT_TOOL_VDSO_H

#include "vmtrace/tool/valgrind.h"

/* Copies the image and notes its mappings; sp: Valgrind's own initial stack. */
void vdso_copy(Addr sp);

/* How much room its mappings take; 0: the host has none, or a strange one.  */
SizeT vdso_bytes(void);

/* Maps it in [start, start + vdso_bytes()), which is free, and tells the machine
   of its areas.  The address of the image, for AT_SYSINFO_EHDR; 0: it could not
   be done.  */
Addr vdso_map(Addr start);

#endif
