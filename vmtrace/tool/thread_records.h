/* The profile's records of threads, and of pages that one touched first and others use
   (docs/PROFILE.md).  */

#ifndef VMT_TOOL_THREAD_RECORDS_H
#define VMT_TOOL_THREAD_RECORDS_H

#include "vmtrace/tool/json_out.h"

/* Those of threads of which there is something new.  */
void thread_records_write(struct json_out *to);

/* The profile that is written now is another one.  */
void thread_records_start_anew(void);

#endif
