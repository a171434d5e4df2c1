/* What monitor commands show of the machine: tables for whoever sent the command.  */

#ifndef VMT_TOOL_MONITOR_VIEWS_H
#define VMT_TOOL_MONITOR_VIEWS_H

#include "vmtrace/tool/valgrind.h"

/* Pages of the newest windows, and of the one that had most.  */
void monitor_show_working_set(void);

/* What is mapped, by what reports call it, most resident first.  */
void monitor_show_areas(void);

/* Faults at some sizes of RAM.  */
void monitor_show_curve(void);

#endif
