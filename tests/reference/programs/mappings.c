/* The address space changes while it is used: map, unmap, protect, move, advise,
   break.  After each change the pages are used again.  */

#define _GNU_SOURCE
#include "guest.h"

#include <fcntl.h>
#include <unistd.h>

enum { N_PAGES = 24 };

static uint64_t sum;

static void
use(uint8_t *pages, unsigned n_pages, int may_write)
{
   for (unsigned i = 0; i < n_pages; i++) {
      sum += pages[i * PAGE + 8 * i];
      if (may_write)
         pages[i * PAGE + 16 * i]++;
   }
   if (n_pages > 1)
      sum += *(uint64_t *)(pages + PAGE - 3);
}

static void
change_rights(uint8_t *pages)
{
   mprotect(pages + 3 * PAGE, 5 * PAGE, PROT_READ);
   use(pages, N_PAGES, 0);
   mprotect(pages + 3 * PAGE, 5 * PAGE, PROT_READ | PROT_WRITE);
   use(pages, N_PAGES, 1);
   mprotect(pages, PAGE, PROT_NONE);
   mprotect(pages, PAGE, PROT_READ | PROT_WRITE);
   use(pages, N_PAGES, 1);
   /* Fails: nothing is dropped.  */
   sum += (uint64_t)mprotect(pages + 1, PAGE, PROT_READ);
   sum += (uint64_t)mprotect(pages, PAGE, 0x10000000);
   use(pages, N_PAGES, 1);
}

static void
advise(uint8_t *pages)
{
   static const int advice[] = { MADV_DONTNEED, MADV_FREE, 20 /* COLD */,
                                 21 /* PAGEOUT */, MADV_WILLNEED, MADV_RANDOM,
                                 MADV_SEQUENTIAL, MADV_NORMAL, 12345 };

   for (unsigned i = 0; i < sizeof advice / sizeof advice[0]; i++) {
      use(pages, N_PAGES, 1);
      sum += (uint64_t)madvise(pages + (1 + i) * PAGE, (2 + i) * PAGE, advice[i]);
      use(pages, N_PAGES, i % 2);
   }
}

static void
map_over(uint8_t *pages)
{
   use(pages, N_PAGES, 1);
   mmap(pages + 4 * PAGE, 7 * PAGE - 100, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
   use(pages, N_PAGES, 1);
   munmap(pages + 9 * PAGE, 2 * PAGE);
   use(pages, 9, 1);
   mmap(pages + 9 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
   use(pages, N_PAGES, 1);
}

static void
move(void)
{
   uint8_t *a = guest_map(6), *b = guest_map(12);

   use(a, 6, 1), use(b, 12, 1);
   a = mremap(a, 6 * PAGE, 3 * PAGE, 0);
   use(a, 3, 1);
   a = mremap(a, 3 * PAGE, 40 * PAGE, MREMAP_MAYMOVE);
   use(a, 40, 1);
   use(b, 12, 1);
   a = mremap(a, 40 * PAGE, 4 * PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, b + 2 * PAGE);
   use(b, 12, 1);
   sum += (uint64_t)mremap(b, 12 * PAGE, 4096 * PAGE, 0);   /* may fail */
   use(b, 12, 1);
   munmap(b, 12 * PAGE);
}

static void
move_break(void)
{
   uint8_t *start = sbrk(0);

   start = (uint8_t *)(((uintptr_t)start + PAGE - 1) & ~(PAGE - 1));
   for (unsigned i = 1; i <= 12; i++) {
      if (brk(start + i * 5000) != 0)
         exit(3);
      use(start, i * 5000 / PAGE, 1);
      if (brk(start + i * 1700) != 0)
         exit(3);
      use(start, i * 1700 / PAGE, 1);
   }
}

static void
map_file(const char *path)
{
   int file = open(path, O_RDONLY);
   uint8_t *pages;

   if (file < 0)
      exit(4);
   pages = mmap(NULL, 6 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, PAGE);
   use(pages, 6, 0);
   use(pages, 6, 1);
   munmap(pages + PAGE, PAGE);
   use(pages, 1, 1);
   munmap(pages, 6 * PAGE);
   close(file);
}

/* The kernel's own accesses leave the TLBs alone.  */
static void
let_kernel_write(uint8_t *pages)
{
   int ends[2];

   if (pipe(ends) != 0)
      exit(5);
   use(pages, N_PAGES, 1);
   for (unsigned i = 0; i < N_PAGES - 1; i++)
      if (write(ends[1], pages + i * PAGE, 100) != 100
          || read(ends[0], pages + i * PAGE + 4050, 100) != 100)
         exit(5);
   use(pages, N_PAGES, 1);
}

int
main(int argc, char **argv)
{
   uint8_t *pages = guest_map(N_PAGES);

   (void)argc;
   for (unsigned round = 0; round < 20; round++) {
      change_rights(pages);
      advise(pages);
      map_over(pages);
      move();
      let_kernel_write(pages);
   }
   move_break();
   map_file(argv[0]);
   printf("%016lx\n", (unsigned long)sum);
   return 0;
}
