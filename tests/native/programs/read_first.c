/* read-first: anonymous memory that is read before it is written.  A read of a fresh page
   maps the one page of zeros, the write after it gets a frame: two faults a page, where a
   page that is written at once has one.  */

#include "pages.h"

enum { N_PAGES = 1000 };

int
main(void)
{
   char *read_before = map_pages(N_PAGES, MAP_PRIVATE);
   char *written = map_pages(N_PAGES, MAP_PRIVATE);
   unsigned long sum = read_pages(read_before, N_PAGES);

   write_pages(read_before, N_PAGES, 1);
   write_pages(written, N_PAGES, 1);
   sum += read_pages(read_before, N_PAGES) + read_pages(written, N_PAGES);
   printf("%lu\n", sum);
   return 0;
}
