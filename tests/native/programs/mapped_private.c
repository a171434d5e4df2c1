/* mapped-private FILE: a file mapped privately.  Every second page is written, half of
   these after they were read, half at once; the file stays as it is.  */

#include "map_file.h"

int
main(int argc, char **argv)
{
   unsigned long sum;
   struct mapped_file file;

   if (argc != 2) {
      fprintf(stderr, "usage: mapped-private FILE\n");
      return 2;
   }
   file = map_file(argv[1], PROT_READ | PROT_WRITE, MAP_PRIVATE);
   sum = read_pages(file.start, file.n_pages / 2);
   for (size_t i = 0; i < file.n_pages; i += 2)
      file.start[i * PAGE] ^= 1;                /* one fault, though it reads too */
   sum += read_pages(file.start, file.n_pages);
   printf("%lu\n", sum);
   return 0;
}
