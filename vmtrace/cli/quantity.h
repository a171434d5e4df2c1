/* Sizes and counts as people read and write them.

   All texts go into a buffer of at least VMT_QUANTITY_BYTES, which is returned.  */

#ifndef VMT_CLI_QUANTITY_H
#define VMT_CLI_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

#define VMT_QUANTITY_BYTES 32

/* "412 bytes", "31.0 MiB".  */
char *vmt_bytes_text(char *buffer, double bytes);

/* For the axes of drawings, in at most 6 characters: "512K", "1.5G" of 1024;
   "200k", "1.5M" of 1000.  */
char *vmt_bytes_short(char *buffer, double bytes);
char *vmt_count_short(char *buffer, double count);

/* "64M", "512k", "1G", a plain number of bytes, or "25%" of whole.  Whether the
   text was one and is within 63 bits.  */
bool vmt_bytes_parse(const char *text, int64_t whole_bytes, int64_t *bytes);

#endif
