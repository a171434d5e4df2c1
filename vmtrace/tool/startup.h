/* The program as execve left it: areas, the pages that the kernel touched, and
   where the heap starts.  */

#ifndef VMT_TOOL_STARTUP_H
#define VMT_TOOL_STARTUP_H

#include "vmtrace/tool/valgrind.h"

void startup_init(void);

/* The program's own file.  */
const HChar *startup_exe_path(void);

#endif
