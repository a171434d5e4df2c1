/* What the summary at exit says of limited memory.  */

#ifndef VMT_TOOL_PRESSURE_SUMMARY_H
#define VMT_TOOL_PRESSURE_SUMMARY_H

#include "vmtrace/tool/blame.h"

/* Nothing where memory is unlimited.  lines: NULL if they are not wanted.  */
void pressure_summary_print(const struct blame_line *lines, UInt n_lines);

#endif
