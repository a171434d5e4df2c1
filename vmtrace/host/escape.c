#include "vmtrace/host/escape.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile_text.h"

/* Well-formed sequences: The Unicode Standard 15, table 3-7.  */
size_t
vmt_escape_utf8(const char *text, uint32_t *character)
{
   const unsigned char *s = (const unsigned char *) text;
   static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
   size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2
              : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
   uint32_t c;

   *character = s[0];
   if (n < 2)
      return n;
   c = s[0] & (0x7f >> n);
   for (size_t i = 1; i < n; i++) {
      if ((s[i] & 0xc0) != 0x80)
         return 0;
      c = c << 6 | (s[i] & 0x3f);
   }
   if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
      return 0;
   *character = c;
   return n;
}

/* Puts at out (4 bytes or more) how the character at text is printed; how many
   bytes of each were used.  */
static size_t
print_one(const char *text, char *out, size_t *n_out)
{
   uint32_t c;
   size_t n = vmt_escape_utf8(text, &c);
   static const char letters[] = "abtnvfr";

   if (n && c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0)) {
      memcpy(out, text, n);
      *n_out = n;
      return n;
   }
   if (n == 1 && c >= 7 && c <= 13) {
      out[0] = '\\';
      out[1] = letters[c - 7];
      *n_out = 2;
      return 1;
   }
   /* A C1 control is two bytes of UTF-8: they come out one by one, the second
      as a byte that does not begin a character.  */
   out[0] = '\\';
   out[1] = 'x';
   out[2] = "0123456789abcdef"[(unsigned char) text[0] >> 4];
   out[3] = "0123456789abcdef"[text[0] & 15];
   *n_out = 4;
   return 1;
}

char *
vmt_escape_short(const char *text, size_t max_columns)
{
   size_t length = strlen(text), columns = 0;
   char *line = vmt_calloc(length * 4 + 8, 1), *out = line;

   while (*text) {
      size_t n_out;

      if (columns + 3 >= max_columns && strlen(text) > 3) {
         strcpy(out, "...");
         break;
      }
      text += print_one(text, out, &n_out);
      columns += *out == '\\' ? n_out : 1;
      out += n_out;
   }
   return line;
}

char *
vmt_escape_line(const char *text)
{
   return vmt_escape_short(text, SIZE_MAX);
}

void
vmt_escape_json(FILE *file, const char *text)
{
   putc('"', file);
   while (text && *text) {
      uint32_t c;
      size_t n = vmt_escape_utf8(text, &c);

      if (n == 0)
         fprintf(file, "\\udc%02x", (unsigned) c);
      else if (c == '"' || c == '\\')
         fprintf(file, "\\%c", (int) c);
      else if (c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029)
         fprintf(file, "\\u%04x", (unsigned) c);
      else
         fwrite(text, 1, n, file);
      text += n ? n : 1;
   }
   putc('"', file);
}

static void
json_members(FILE *file, const json_t *object)
{
   const char *name, *separator = "";
   json_t *member;

   putc('{', file);
   json_object_foreach((json_t *) object, name, member) {
      fputs(separator, file);
      vmt_escape_json(file, name);
      putc(':', file);
      vmt_escape_json_value(file, member);
      separator = ",";
   }
   putc('}', file);
}

void
vmt_escape_json_value(FILE *file, const json_t *value)
{
   const json_t *element;
   size_t i;
   char *text;

   switch (json_typeof(value)) {
   case JSON_OBJECT:
      json_members(file, value);
      break;
   case JSON_ARRAY:
      putc('[', file);
      json_array_foreach(value, i, element) {
         if (i)
            putc(',', file);
         vmt_escape_json_value(file, element);
      }
      putc(']', file);
      break;
   case JSON_STRING:
      text = vmt_profile_text(value);
      vmt_escape_json(file, text);
      free(text);
      break;
   case JSON_INTEGER:
      fprintf(file, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
      break;
   case JSON_REAL:
      fprintf(file, "%.17g", json_real_value(value));
      break;
   case JSON_TRUE:
      fputs("true", file);
      break;
   case JSON_FALSE:
      fputs("false", file);
      break;
   case JSON_NULL:
      fputs("null", file);
      break;
   }
}

void
vmt_escape_csv(FILE *file, const char *text)
{
   bool quoted = strpbrk(text, "\",\r\n") != NULL
                 || (*text && strchr(" \t", *text) != NULL);

   if (quoted)
      putc('"', file);
   while (*text) {
      char out[4];
      size_t n_out, n;

      if (*text == '"' || *text == '\n' || *text == '\r') {
         if (*text == '"')
            putc('"', file);
         putc(*text++, file);
         continue;
      }
      n = print_one(text, out, &n_out);
      fwrite(out, 1, n_out, file);
      text += n;
   }
   if (quoted)
      putc('"', file);
}
