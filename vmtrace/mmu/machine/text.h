/* Pieces of text that end where their length says: the little that the reader
   of machine files needs, without a C library.  Owns nothing.  */

#ifndef VMT_MMU_MACHINE_TEXT_H
#define VMT_MMU_MACHINE_TEXT_H

#include "vmtrace/mmu/base/types.h"

#define VMT_MAX_DIGITS 9                /* such a number fits 32 bits */
#define VMT_MAX_LONG_DIGITS 19          /* and this one 64 */

struct vmt_text {
   const char *at;
   size_t bytes;
};

static inline size_t
vmt_string_bytes(const char *string)
{
   size_t bytes = 0;

   while (string[bytes] != '\0')
      bytes++;
   return bytes;
}

static inline bool
vmt_text_is(struct vmt_text text, const char *string)
{
   size_t i;

   for (i = 0; i < text.bytes && string[i] != '\0'; i++) {
      if (text.at[i] != string[i])
         return false;
   }
   return i == text.bytes && string[i] == '\0';
}

static inline bool
vmt_text_is_blank(char c)
{
   return c == ' ' || c == '\t' || c == '\r';
}

static inline struct vmt_text
vmt_text_trim(struct vmt_text text)
{
   while (text.bytes > 0 && vmt_text_is_blank(text.at[0])) {
      text.at++;
      text.bytes--;
   }
   while (text.bytes > 0 && vmt_text_is_blank(text.at[text.bytes - 1]))
      text.bytes--;
   return text;
}

/* Cuts *rest at the first `separator`: what was before it, trimmed.  *rest is
   what follows it; its `at` is NULL when there was none.  */
static inline struct vmt_text
vmt_text_cut(struct vmt_text *rest, char separator)
{
   struct vmt_text head = *rest;

   for (size_t i = 0; i < rest->bytes; i++) {
      if (rest->at[i] == separator) {
         head.bytes = i;
         rest->at += i + 1;
         rest->bytes -= i + 1;
         return vmt_text_trim(head);
      }
   }
   *rest = (struct vmt_text){ NULL, 0 };
   return vmt_text_trim(head);
}

static inline bool
vmt_text_long_number(struct vmt_text text, uint64_t *value)
{
   uint64_t sum = 0;

   if (text.bytes == 0 || text.bytes > VMT_MAX_LONG_DIGITS)
      return false;
   for (size_t i = 0; i < text.bytes; i++) {
      if (text.at[i] < '0' || text.at[i] > '9')
         return false;
      sum = sum * 10 + (uint64_t)(text.at[i] - '0');
   }
   *value = sum;
   return true;
}

static inline bool
vmt_text_number(struct vmt_text text, uint32_t *value)
{
   uint64_t sum;

   if (text.bytes > VMT_MAX_DIGITS || !vmt_text_long_number(text, &sum))
      return false;
   *value = (uint32_t)sum;
   return true;
}

/* "4096", "64K", "2M", "1G".  */
static inline bool
vmt_text_size(struct vmt_text text, uint64_t *bytes)
{
   char last = text.bytes > 0 ? text.at[text.bytes - 1] : '0';
   uint32_t shift = last == 'K' || last == 'k'   ? 10
                    : last == 'M' || last == 'm' ? 20
                    : last == 'G' || last == 'g' ? 30
                                                 : 0;
   uint64_t number;

   text.bytes -= shift != 0;
   if (!vmt_text_long_number(text, &number) || number << shift >> shift != number)
      return false;
   *bytes = number << shift;
   return true;
}

#endif
