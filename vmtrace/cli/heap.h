/* What the verbs say of the program's heap: how much of its resident pages is live,
   how full they are and which lines keep them, and what the allocator gave back.

   All of it is of one run, as of when most of its heap was resident where nothing
   else is said.  docs/HEAP.md defines the numbers.  */

#ifndef VMT_CLI_HEAP_H
#define VMT_CLI_HEAP_H

#include "vmtrace/cli/report.h"

/* The section of a report, of each run that has one: as text, and as a member of
   JSON with a comma before it, or nothing.  */
void vmt_heap_text(const struct vmt_report *report, const struct vmt_output *out);
void vmt_heap_json(const struct vmt_report *report, FILE *file);

#endif
