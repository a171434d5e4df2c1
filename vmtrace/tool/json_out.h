/* JSON text into a buffer that goes to a file descriptor when it is full.

   The caller writes the punctuation; what is here are numbers, strings and the
   file.  Strings that are not UTF-8 have each offending byte as \udc80 to
   \udcff.  After an error nothing more is written; the first is kept.  */

#ifndef VMT_TOOL_JSON_OUT_H
#define VMT_TOOL_JSON_OUT_H

#include "vmtrace/tool/valgrind.h"

struct json_out {
   Int fd;                      /* -1: nowhere */
   UWord error;                 /* 0, or the errno of a failed write */
   ULong n_bytes;               /* written or in the buffer */
   UInt n_buffered;
   HChar buffer[1 << 16];
};

void json_text(struct json_out *out, const HChar *text);
void json_number(struct json_out *out, Long number);
void json_string(struct json_out *out, const HChar *text);
void json_flush(struct json_out *out);

#endif
