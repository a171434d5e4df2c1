/* One line of a profile as JSON, and its strings as bytes.

   Profiles write a byte that is not valid UTF-8 as U+DC80 + (byte - 0x80), a
   lone surrogate, which jansson does not take.  vmt_profile_parse turns these
   into a NUL and two hex digits, which no string of a profile can hold
   otherwise; vmt_profile_text turns them into the byte.  */

#ifndef VMT_HOST_PROFILE_TEXT_H
#define VMT_HOST_PROFILE_TEXT_H

#include <stddef.h>

#include <jansson.h>

/* The JSON value of a line of n_bytes, or NULL with why in error->text.  */
json_t *vmt_profile_parse(const char *line, size_t n_bytes, json_error_t *error);

/* The bytes of a string, which the caller frees.  NULL when value is not a
   string.  */
char *vmt_profile_text(const json_t *value);

#endif
