/* The profile's records about the allocator: docs/PROFILE.md has them.  */

#ifndef VMT_TOOL_HEAP_RECORDS_H
#define VMT_TOOL_HEAP_RECORDS_H

#include "vmtrace/tool/json_out.h"

/* Before anything is written.  */
void heap_records_start(struct json_out *to);

/* Defines the site, if need be.  */
void heap_records_define_site(UInt id);

/* Sites, totals, and what the allocator does to pages.  */
void heap_records_write(void);

/* In a forked child.  */
void heap_records_start_anew(void);

#endif
