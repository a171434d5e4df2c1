#include "vmtrace/tool/json_out.h"

void
json_flush(struct json_out *out)
{
   UInt done = 0;

   while (out->fd >= 0 && out->error == 0 && done < out->n_buffered) {
      Int n = VG_(write)(out->fd, out->buffer + done,
                         (Int)(out->n_buffered - done));

      if (n > 0)
         done += (UInt)n;
      else if (n != -VKI_EINTR)
         out->error = n < 0 ? (UWord)-n : VKI_EIO;
   }
   out->n_buffered = 0;
}

static void
put(struct json_out *out, HChar c)
{
   if (out->n_buffered == sizeof out->buffer)
      json_flush(out);
   out->buffer[out->n_buffered++] = c;
   out->n_bytes++;
}

void
json_text(struct json_out *out, const HChar *text)
{
   while (*text != 0)
      put(out, *text++);
}

void
json_number(struct json_out *out, Long number)
{
   HChar digits[24];
   UInt n = 0;
   ULong rest = number < 0 ? -(ULong)number : (ULong)number;

   do {
      digits[n++] = (HChar)('0' + rest % 10);
      rest /= 10;
   } while (rest != 0);
   if (number < 0)
      put(out, '-');
   while (n > 0)
      put(out, digits[--n]);
}

/* How many bytes the UTF-8 character at text has; 0 if it is none.  */
static UInt
utf8_bytes(const UChar *text)
{
   UInt n = text[0] < 0x80 ? 1 : text[0] >> 5 == 6 ? 2 : text[0] >> 4 == 14 ? 3
            : text[0] >> 3 == 30 ? 4 : 0;
   UInt i;

   for (i = 1; i < n; i++)
      if (text[i] >> 6 != 2)
         return 0;
   if ((n == 2 && text[0] < 0xc2) ||                      /* overlong */
       (n == 3 && text[0] == 0xe0 && text[1] < 0xa0) ||
       (n == 3 && text[0] == 0xed && text[1] >= 0xa0) ||  /* surrogates */
       (n == 4 && text[0] == 0xf0 && text[1] < 0x90) ||
       (n == 4 && (text[0] > 0xf4 || (text[0] == 0xf4 && text[1] >= 0x90))))
      return 0;
   return n;
}

static void
put_escape(struct json_out *out, UInt code)
{
   HChar text[8];

   VG_(snprintf)(text, sizeof text, "\\u%04x", code);
   json_text(out, text);
}

void
json_string(struct json_out *out, const HChar *text)
{
   const UChar *at = (const UChar *)text;

   put(out, '"');
   while (*at != 0) {
      UInt n = utf8_bytes(at);

      if (n == 0)
         put_escape(out, 0xdc00u + *at++);
      else if (*at < 0x20 || *at == 0x7f)
         put_escape(out, *at++);
      else {
         if (*at == '"' || *at == '\\')
            put(out, '\\');
         for (; n > 0; n--)
            put(out, (HChar)*at++);
      }
   }
   put(out, '"');
}
