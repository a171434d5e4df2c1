/* Names as they are safe to print.

   File and function names are bytes: they may hold line ends, quotes, and bytes
   that are not UTF-8.  Everywhere but in JSON, a control character (C0, DEL, C1)
   or a byte that is not part of valid UTF-8 comes out as \n, \t, ... or \xHH; in
   JSON control characters are \uHHHH, and a byte that is not valid UTF-8 is
   U+DC80 + (byte - 0x80), as in profiles.  */

#ifndef VMT_HOST_ESCAPE_H
#define VMT_HOST_ESCAPE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

/* Bytes of the UTF-8 character at text, which is not at its end; 0 when the
   first byte does not begin a valid one.  *character is then the byte.  */
size_t vmt_escape_utf8(const char *text, uint32_t *character);

/* In one line; the caller frees the result.  */
char *vmt_escape_line(const char *text);

/* As vmt_escape_line, but cut to about max_columns characters, with "..." for
   what was cut off.  */
char *vmt_escape_short(const char *text, size_t max_columns);

/* A JSON string with its quotes; NULL is "".  */
void vmt_escape_json(FILE *file, const char *text);

/* Any JSON value of a profile, on one line.  */
void vmt_escape_json_value(FILE *file, const json_t *value);

/* A field of a comma-separated file, quoted where RFC 4180 asks for it.  */
void vmt_escape_csv(FILE *file, const char *text);

#endif
