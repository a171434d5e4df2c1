/* populate FILE: pages that are mapped before they are touched: MAP_POPULATE, mlock,
   mlockall(MCL_FUTURE).  The kernel counts a fault for each, which no instruction of the
   program's took.  */

#include "map_file.h"

enum { N_PAGES = 200, N_LOCKED_PAGES = 15 };    /* RLIMIT_MEMLOCK may be 64 KiB */

int
main(int argc, char **argv)
{
   char *populated, *locked;
   struct mapped_file file;
   unsigned long sum;

   if (argc != 2) {
      fprintf(stderr, "usage: populate FILE\n");
      return 2;
   }
   populated = map_pages(N_PAGES, MAP_PRIVATE | MAP_POPULATE);
   write_pages(populated, N_PAGES, 1);
   file = map_file(argv[1], PROT_READ, MAP_PRIVATE | MAP_POPULATE);
   sum = read_pages(file.start, file.n_pages);
   locked = map_pages(N_PAGES, MAP_PRIVATE);
   if (mlock(locked, N_LOCKED_PAGES * PAGE) != 0)
      give_up("mlock");
   write_pages(locked, N_PAGES, 1);
   if (munlock(locked, N_LOCKED_PAGES * PAGE) != 0)
      give_up("munlock");
   printf("%lu\n", sum + read_pages(populated, N_PAGES) + read_pages(locked, N_PAGES));
   return 0;
}
