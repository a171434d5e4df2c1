/* The first line of a profile: whose it is and how it was made.  */

#ifndef VMT_TOOL_HEADER_H
#define VMT_TOOL_HEADER_H

#include "vmtrace/tool/json_out.h"

void header_write(struct json_out *out, UInt image);

/* Whether the file at path is a profile that this very process wrote, as an
   image that an execve has replaced since.  The date in a header is the time at
   which its process started, so process id and date tell.  */
Bool header_is_ours(const HChar *path);

#endif
