/* touch PAGES STRIDE [AGAIN]: writes one byte to each of so many pages, the first of
   every STRIDE, then to AGAIN of them at random, and ends.  */

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#define PAGE_BYTES 4096ul

/* xorshift64: the same in each run.  */
static unsigned long
next_random(unsigned long *state)
{
   *state ^= *state << 13;
   *state ^= *state >> 7;
   return *state ^= *state << 17;
}

int
main(int argc, char **argv)
{
   unsigned long n_pages = argc >= 3 ? strtoul(argv[1], NULL, 10) : 0;
   unsigned long stride = argc >= 3 ? strtoul(argv[2], NULL, 10) : 0;
   unsigned long n_again = argc == 4 ? strtoul(argv[3], NULL, 10) : 0, state = 1;
   unsigned long bytes = n_pages * stride * PAGE_BYTES, i;
   volatile char *memory;

   if (n_pages == 0 || stride == 0) {
      fprintf(stderr, "usage: touch PAGES STRIDE [AGAIN]\n");
      return 2;
   }
   memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
   if (memory == MAP_FAILED) {
      perror("touch: mmap");
      return 1;
   }

   /* A page is to be 4 KiB whatever the host's setting of huge pages.  */
   madvise((void *)memory, bytes, MADV_NOHUGEPAGE);
   for (i = 0; i < n_pages; i++)
      memory[i * stride * PAGE_BYTES] = 1;
   for (i = 0; i < n_again; i++)
      memory[next_random(&state) % n_pages * stride * PAGE_BYTES] = 1;
   return 0;
}
