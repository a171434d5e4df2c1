/* What is printed at exit: totals, and the lines that the faults and the page
   walks come from.  */

#ifndef VMT_TOOL_SUMMARY_H
#define VMT_TOOL_SUMMARY_H

#include "vmtrace/tool/valgrind.h"

void summary_print(UInt n_top);

#endif
