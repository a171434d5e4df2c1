/* grow-file FILE: a file that grows by zeros that are written to it, page by page, and that
   is changed through a shared mapping, which grows along by mremap, as data bases do.  */

#include "map_file.h"

enum { STEP_PAGES = 64, N_STEPS = 16 };

/* A write of one page at a time: no large folio (prepare.py).  */
static void
append_zeros(int fd)
{
   static const char zeros[PAGE];

   for (size_t i = 0; i < STEP_PAGES; i++)
      if (write(fd, zeros, PAGE) != (ssize_t)PAGE)
         give_up("write");
}

int
main(int argc, char **argv)
{
   char *start = NULL;
   int fd;

   if (argc != 2) {
      fprintf(stderr, "usage: grow-file FILE\n");
      return 2;
   }
   fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0644);
   if (fd < 0)
      give_up(argv[1]);
   for (size_t step = 1; step <= N_STEPS; step++) {
      size_t n_bytes = step * STEP_PAGES * PAGE;

      append_zeros(fd);
      if (start == NULL)
         start = mmap(NULL, n_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
      else
         start = mremap(start, n_bytes - STEP_PAGES * PAGE, n_bytes, MREMAP_MAYMOVE);
      if (start == MAP_FAILED)
         give_up("mapping");
      write_pages(start + n_bytes - STEP_PAGES * PAGE, STEP_PAGES, (char)step);
   }
   printf("%lu\n", read_pages(start, N_STEPS * STEP_PAGES));
   return 0;
}
