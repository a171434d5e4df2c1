/* What the programs here share: pages to touch, and giving up in one line.

   The programs are deterministic: no clocks, no process numbers, no random numbers but
   of a fixed seed.  Each says in its first lines what it makes the kernel do.  */

#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE 4096ul

static inline void
give_up(const char *what)
{
   perror(what);
   exit(2);
}

static inline char *
map_pages(size_t n_pages, int flags)
{
   char *start = mmap(NULL, n_pages * PAGE, PROT_READ | PROT_WRITE, flags | MAP_ANONYMOUS,
                      -1, 0);

   if (start == MAP_FAILED)
      give_up("mmap");
   return start;
}

static inline void
write_pages(char *start, size_t n_pages, char value)
{
   for (size_t i = 0; i < n_pages; i++)
      *(volatile char *)(start + i * PAGE) = value;
}

/* The sum of the first bytes.  */
static inline unsigned long
read_pages(const char *start, size_t n_pages)
{
   unsigned long sum = 0;

   for (size_t i = 0; i < n_pages; i++)
      sum += *(const volatile unsigned char *)(start + i * PAGE);
   return sum;
}
