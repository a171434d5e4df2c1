/* Memory walks: random reads, writes and updates over many pages, strides,
   stack and heap together, deep recursion, accesses that straddle pages.  */

#include "guest.h"

static uint64_t sum;

static void
walk_random(uint8_t *pages, unsigned n_pages, unsigned n_steps)
{
   for (unsigned i = 0; i < n_steps; i++) {
      uint64_t r = guest_random();
      uint64_t *word = (uint64_t *)(pages + r % (n_pages * PAGE - 8));

      switch (r >> 60 & 3) {            /* not aligned: some straddle */
      case 0: sum += *word; break;
      case 1: *word = r; break;
      case 2: *word += r; break;
      default: sum ^= *(uint8_t *)word; break;
      }
   }
}

static void
walk_strides(uint8_t *pages, unsigned n_pages)
{
   static const unsigned strides[] = { 8, 64, 4088, 4096, 4100, 8192, 65536 };

   for (unsigned s = 0; s < sizeof strides / sizeof strides[0]; s++)
      for (size_t at = 0; at + 8 <= n_pages * PAGE && at < 3000 * strides[s];
           at += strides[s])
         sum += (*(volatile uint64_t *)(pages + at))++;
}

/* Loads whose value nobody wants still touch pages.  */
static void
walk_touch(uint8_t *pages, unsigned n_pages)
{
   for (unsigned i = 0; i < n_pages; i++)
      (void)*(volatile uint8_t *)(pages + i * PAGE);
   for (unsigned i = 0; i < n_pages; i += 2) {
      (void)*(volatile uint8_t *)(pages + i * PAGE);
      (void)*(volatile uint8_t *)(pages + i * PAGE + PAGE);
      *(volatile uint8_t *)(pages + i * PAGE) = 1;
   }
}

static __attribute__((noinline)) uint64_t
recurse(unsigned depth)
{
   volatile uint8_t frame[700];

   frame[depth % sizeof frame] = (uint8_t)depth;
   if (depth == 0)
      return frame[0];
   return recurse(depth - 1) + frame[depth % sizeof frame];
}

static void
walk_heap(void)
{
   uint64_t *blocks[200] = { 0 };

   for (unsigned i = 0; i < 3000; i++) {
      unsigned b = guest_random() % 200;
      size_t n_words = 2 + guest_random() % 900;

      free(blocks[b]);
      blocks[b] = malloc(n_words * 8);
      for (size_t w = 0; w < n_words; w += 97)
         blocks[b][w] = w ^ i;
      sum += blocks[b][0];
   }
}

int
main(void)
{
   enum { N_PAGES = 700 };
   uint8_t *pages = guest_map(N_PAGES);

   walk_touch(pages, N_PAGES);
   walk_random(pages, N_PAGES, 60000);
   walk_random(pages, 40, 60000);
   walk_random(pages, 3, 3000);
   walk_strides(pages, N_PAGES);
   walk_heap();
   sum += recurse(4000);
   printf("%016lx\n", (unsigned long)sum);
   return 0;
}
