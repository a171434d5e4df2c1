#include "vmtrace/host/profile_text.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

/* The number of \uHHHH at text, or -1.  */
static long
unicode_escape(const char *text, const char *end)
{
   char digits[5] = { 0 };

   if (end - text < 6 || text[0] != '\\' || text[1] != 'u')
      return -1;
   for (int i = 0; i < 4; i++) {
      if (!isxdigit((unsigned char) text[2 + i]))
         return -1;
      digits[i] = text[2 + i];
   }
   return strtol(digits, NULL, 16);
}

/* The line with \udcHH made \u0000HH; *n_bytes is its new length.  NULL when it
   holds \u0000 already.  */
static char *
mark_bytes(const char *line, size_t *n_bytes)
{
   const char *end = line + *n_bytes;
   char *marked = vmt_calloc(*n_bytes / 6 * 8 + 8, 1), *out = marked;

   while (line < end) {
      long unit = unicode_escape(line, end);
      size_t n = *line == '\\' && end - line >= 2 ? 2 : 1;

      if (unit == 0) {
         free(marked);
         return NULL;
      }
      if (unit >= 0xdc80 && unit <= 0xdcff) {
         memcpy(out, "\\u0000", 6);
         memcpy(out + 6, line + 4, 2);
         out += 8;
         line += 6;
         continue;
      }
      /* A pair of surrogates is a character: its second half stays.  */
      if (unit >= 0)
         n = unit >= 0xd800 && unit < 0xdc00
             && unicode_escape(line + 6, end) >= 0xdc00 ? 12 : 6;
      memcpy(out, line, n);
      out += n;
      line += n;
   }
   *n_bytes = (size_t) (out - marked);
   return marked;
}

json_t *
vmt_profile_parse(const char *line, size_t n_bytes, json_error_t *error)
{
   char *marked;
   json_t *value;

   if (!memmem(line, n_bytes, "\\u", 2))
      return json_loadb(line, n_bytes, 0, error);
   marked = mark_bytes(line, &n_bytes);
   if (!marked) {
      strcpy(error->text, "a string holds a NUL");
      return NULL;
   }
   value = json_loadb(marked, n_bytes, JSON_ALLOW_NUL, error);
   free(marked);
   return value;
}

static int
hex_digit(char c)
{
   return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
}

char *
vmt_profile_text(const json_t *value)
{
   const char *from = json_string_value(value);
   size_t n = json_string_length(value);
   char *text, *out;

   if (!from)
      return NULL;
   out = text = vmt_calloc(n + 1, 1);
   for (size_t i = 0; i < n; i++)
      if (from[i] == '\0' && n - i > 2) {
         *out++ = (char) (hex_digit(from[i + 1]) << 4 | hex_digit(from[i + 2]));
         i += 2;
      } else
         *out++ = from[i];
   return text;
}
