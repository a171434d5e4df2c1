/* What touches of pages add up to, as records of the profile (docs/PROFILE.md):
   the memory-size curve and whose distances it is made of, the working set, idle
   pages, the timeline.  */

#ifndef VMT_TOOL_TOUCH_RECORDS_H
#define VMT_TOOL_TOUCH_RECORDS_H

#include "vmtrace/tool/json_out.h"

/* Distances are additions: they are counted from 0 again.  */
void touch_records_write_distances(struct json_out *out);

/* All else, as things are now.  */
void touch_records_write(struct json_out *out);

/* In a forked child, or when all counts begin anew.  */
void touch_records_start_anew(void);

#endif
