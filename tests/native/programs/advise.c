/* advise FILE: what madvise does to memory that is touched afterwards: pages that are
   dropped are zeros or the file's again, pages that are populated are there without a
   fault of the program's, advice about the future changes nothing.  */

#include "map_file.h"

enum { N_PAGES = 256 };

static void
advise(char *start, size_t n_pages, int advice)
{
   if (madvise(start, n_pages * PAGE, advice) != 0)
      give_up("madvise");
}

static unsigned long
advise_anonymous(void)
{
   char *start = map_pages(N_PAGES, MAP_PRIVATE);
   unsigned long sum;

   write_pages(start, N_PAGES, 1);
   advise(start, N_PAGES / 2, MADV_DONTNEED);
   sum = read_pages(start, N_PAGES);
   write_pages(start, N_PAGES, 2);
   advise(start, N_PAGES, MADV_FREE);           /* kept: there is memory enough */
   write_pages(start, N_PAGES / 4, 3);
   advise(start, N_PAGES, MADV_COLD);
   sum += read_pages(start, N_PAGES / 4);
   advise(start, N_PAGES, MADV_DONTFORK);
   advise(start, N_PAGES, MADV_DOFORK);
   advise(start, N_PAGES, MADV_DONTNEED);
   advise(start, N_PAGES / 2, MADV_POPULATE_READ);
   advise(start + N_PAGES / 2 * PAGE, N_PAGES / 2, MADV_POPULATE_WRITE);
   write_pages(start, N_PAGES, 4);
   return sum + read_pages(start, N_PAGES);
}

static unsigned long
advise_file(const char *path)
{
   struct mapped_file file = map_file(path, PROT_READ | PROT_WRITE, MAP_PRIVATE);
   unsigned long sum;

   advise(file.start, file.n_pages, MADV_SEQUENTIAL);
   advise(file.start, file.n_pages, MADV_WILLNEED);
   sum = read_pages(file.start, file.n_pages);
   write_pages(file.start, file.n_pages / 4, 1);
   advise(file.start, file.n_pages, MADV_DONTNEED);
   advise(file.start, file.n_pages, MADV_RANDOM);  /* mapped page by page from here */
   sum += read_pages(file.start, file.n_pages / 2);
   advise(file.start, file.n_pages, MADV_NORMAL);
   return sum + read_pages(file.start, file.n_pages);
}

int
main(int argc, char **argv)
{
   if (argc != 2) {
      fprintf(stderr, "usage: advise FILE\n");
      return 2;
   }
   printf("%lu\n", advise_anonymous() + advise_file(argv[1]));
   return 0;
}
