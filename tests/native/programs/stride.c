/* stride: an array of 64 MiB of which little is used: every 16th page is written, and
   every 64th page of the other half is read.  What is between costs nothing.  */

#include "pages.h"

enum { N_PAGES = 16384, WRITE_STRIDE = 16, READ_STRIDE = 64 };

static char array[N_PAGES * PAGE];              /* bss: zeros that take no place */

int
main(void)
{
   volatile char *bytes = array;
   unsigned long sum = 0;

   for (size_t i = 0; i < N_PAGES / 2; i += WRITE_STRIDE)
      bytes[i * PAGE + i % PAGE]++;
   for (size_t i = N_PAGES / 2; i < N_PAGES; i += READ_STRIDE)
      sum += bytes[i * PAGE];
   for (size_t i = 0; i < N_PAGES / 2; i += WRITE_STRIDE)
      sum += bytes[i * PAGE + i % PAGE];
   printf("%lu\n", sum);
   return 0;
}
