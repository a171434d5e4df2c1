#include "vmtrace/cli/quantity.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
vmt_bytes_text(char *buffer, double bytes)
{
   static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB" };
   size_t unit = 0;

   /* What would be rounded to 1024.0 is one of the next unit.  */
   while (bytes >= (unit ? 1023.95 : 1024) && unit < 5) {
      bytes /= 1024;
      unit++;
   }
   snprintf(buffer, VMT_QUANTITY_BYTES, "%.*f %s", unit ? 1 : 0, bytes, units[unit]);
   return buffer;
}

/* At most three digits, and a letter from units for each power.  */
static char *
shorten(char *buffer, double number, double power, const char *units)
{
   char digits[16];

   while (number >= power * 0.9995 && *units && units[1]) {
      number /= power;
      units++;
   }
   snprintf(digits, sizeof digits, "%.*f", number < 9.95 ? 1 : 0, number);
   if (strlen(digits) > 2 && strcmp(digits + strlen(digits) - 2, ".0") == 0)
      digits[strlen(digits) - 2] = '\0';
   snprintf(buffer, VMT_QUANTITY_BYTES, "%s%.1s", digits, *units == ' ' ? "" : units);
   return buffer;
}

char *
vmt_bytes_short(char *buffer, double bytes)
{
   return shorten(buffer, bytes, 1024, " KMGTPE");
}

char *
vmt_count_short(char *buffer, double count)
{
   return shorten(buffer, count, 1000, " kMGTPE");
}

bool
vmt_bytes_parse(const char *text, int64_t whole_bytes, int64_t *bytes)
{
   static const char letters[] = "KMGT";
   unsigned long long number;
   char *end;
   const char *letter;

   errno = 0;
   number = strtoull(text, &end, 10);
   if (text[0] < '0' || text[0] > '9' || errno || number > INT64_MAX)
      return false;
   *bytes = (int64_t) number;
   if (*end == '\0')
      return true;
   if (end[1] != '\0')
      return false;
   if (*end == '%') {
      *bytes = (int64_t) ((double) whole_bytes * (double) number / 100.0);
      return number <= 1000;
   }
   letter = strchr(letters, *end >= 'a' ? *end - 'a' + 'A' : *end);
   return letter && !__builtin_mul_overflow(*bytes,
                                            (int64_t) 1024 << 10 * (letter - letters),
                                            bytes);
}
