/* The first line of a profile: whose it is and how it was made.  */

#ifndef VMT_TOOL_HEADER_H
#define VMT_TOOL_HEADER_H

#include "vmtrace/tool/json_out.h"

void header_write(struct json_out *out, UInt image);

/* Its members pid, ppid and date, and its member command, each with a comma
   before it.  */
void header_write_identity(struct json_out *out);
void header_write_command(struct json_out *out);

/* Whether the file at path is one of the tool's that this very process wrote, as
   an image that an execve has replaced since.  The date in a header is the time
   at which its process started, so process id and date tell: both must be in the
   first 511 bytes.  */
Bool header_is_ours(const HChar *path);

#endif
