/* Monitor commands, which vgdb and gdb send to a running program by Valgrind's
   gdbserver.  They look, mark and write; the program, and what is counted of it, are
   the same as without.  */

#ifndef VMT_TOOL_MONITOR_H
#define VMT_TOOL_MONITOR_H

#include "vmtrace/tool/valgrind.h"

/* False: it is none of ours.  */
Bool monitor_command(const HChar *text);

#endif
