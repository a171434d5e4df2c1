/* The records of limited memory: docs/PROFILE.md, `evicted_of` and `oom`.  */

#ifndef VMT_TOOL_PRESSURE_RECORDS_H
#define VMT_TOOL_PRESSURE_RECORDS_H

#include "vmtrace/tool/json_out.h"

/* What is new since the last time.  */
void pressure_records_write(struct json_out *out);

/* Before the end.  */
void pressure_records_write_last(struct json_out *out);

/* A forked child's profile begins.  */
void pressure_records_start_anew(void);

#endif
