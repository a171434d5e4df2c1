/* mapped-change FILE: changes a file in place through a shared mapping.  Pages of the first
   half are read before they are written, those of the second half are written at once.  */

#include "map_file.h"

int
main(int argc, char **argv)
{
   unsigned long sum;
   struct mapped_file file;
   size_t half;

   if (argc != 2) {
      fprintf(stderr, "usage: mapped-change FILE\n");
      return 2;
   }
   file = map_file(argv[1], PROT_READ | PROT_WRITE, MAP_SHARED);
   half = file.n_pages / 2;
   sum = read_pages(file.start, half);
   write_pages(file.start, file.n_pages, '*');
   write_pages(file.start, file.n_pages, '#');  /* dirty already: no fault */
   sum += read_pages(file.start + half * PAGE, file.n_pages - half);
   printf("%lu\n", sum);
   return 0;
}
