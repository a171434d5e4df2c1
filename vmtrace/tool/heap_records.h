/* What the allocator was seen to do, as records of the profile (docs/PROFILE.md).  */

#ifndef VMT_TOOL_HEAP_RECORDS_H
#define VMT_TOOL_HEAP_RECORDS_H

#include "vmtrace/tool/json_out.h"

/* What is new since the last time.  */
void heap_records_write(struct json_out *out);

/* In a forked child: nothing was written.  */
void heap_records_start_anew(void);

#endif
