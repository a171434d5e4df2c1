/* remap: mremap.  Pages that are written move with a mapping, and are not copied: a mapping
   that grows where it is, that has to move to grow, that shrinks, that is put to a place of
   the program's choice over another one; part of a mapping that is moved out of it.  */

#include "pages.h"

enum { N_PAGES = 128 };

static char *
remap(char *start, size_t n_old, size_t n_new, int flags, char *to)
{
   start = mremap(start, n_old * PAGE, n_new * PAGE, flags, to);
   if (start == MAP_FAILED)
      give_up("mremap");
   return start;
}

int
main(void)
{
   char *room = map_pages(16 * N_PAGES, MAP_PRIVATE), *start = room, *other;
   unsigned long sum = 0;

   munmap(room + N_PAGES * PAGE, 15 * N_PAGES * PAGE);
   write_pages(start, N_PAGES, 1);
   start = remap(start, N_PAGES, 2 * N_PAGES, 0, NULL);                 /* in place */
   write_pages(start, 2 * N_PAGES, 2);
   other = mmap(start + 2 * N_PAGES * PAGE, PAGE, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);        /* in the way */
   if (other == MAP_FAILED)
      give_up("mmap");
   start = remap(start, 2 * N_PAGES, 4 * N_PAGES, MREMAP_MAYMOVE, NULL);
   sum += read_pages(start, 4 * N_PAGES);
   write_pages(start, 4 * N_PAGES, 3);
   start = remap(start, 4 * N_PAGES, 3 * N_PAGES, 0, NULL);
   other = map_pages(N_PAGES, MAP_PRIVATE);
   write_pages(other, N_PAGES, 4);
   other = remap(start + N_PAGES * PAGE, N_PAGES, N_PAGES,              /* out of the middle */
                 MREMAP_MAYMOVE | MREMAP_FIXED, other);
   sum += read_pages(other, N_PAGES);
   write_pages(other, N_PAGES, 5);
   write_pages(start + 2 * N_PAGES * PAGE, N_PAGES, 6);
   printf("%lu\n", sum + read_pages(start, N_PAGES) + read_pages(other, N_PAGES));
   return 0;
}
