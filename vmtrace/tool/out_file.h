/* A file of records that the tool writes as the program runs: what it is called,
   and what is said when it cannot be had.

   The name comes from an option, with %p and %q{} in it.  Each image of each
   process has a file of its own: what an image wrote that an execve has replaced
   since stays, the next one gets .1, .2 and so on after the name; a name without
   %p is that of other processes too, so a forked one puts its number after it.
   The first line must have the identity that header.h writes, by which a file
   of this process is known.

   A file that cannot be opened or written is complained of once, and json->fd is
   -1 from then on.  */

#ifndef VMT_TOOL_OUT_FILE_H
#define VMT_TOOL_OUT_FILE_H

#include "vmtrace/tool/json_out.h"

struct out_file {
   struct json_out *json;
   const HChar *option;         /* "--vmtrace-out-file" */
   const HChar *what;           /* "profile" */
   HChar *path;
   Bool complained;
   ULong bytes_marked;
};

/* Chooses a name by `pattern` and opens it; what was open before is closed.
   Returns how many images of this process came before.  */
UInt out_file_open(struct out_file *file, const HChar *pattern, Bool is_forked);

/* What is buffered goes to the file; False if there is none (any more).  */
Bool out_file_flush(struct out_file *file);

/* Cuts the file back to where it was at the mark.  Where that cannot be (a pipe),
   what follows overrides it.  */
void out_file_mark(struct out_file *file);
void out_file_take_back(struct out_file *file);

/* Copies what is in the file to another, which is made, or replaced; False: why not. */
Bool out_file_copy(const struct out_file *file, const HChar *path, HChar *why,
                   UInt why_bytes);

#endif
