/* roam WAY PAGES ROUNDS [FILE]: goes through PAGES pages, as many touches as there are
   pages ROUNDS times, so that with too little memory they are fetched again.

   sweep     writes all, then reads them one after the other, and writes to each second
   walk      writes all, then goes from page to page at random, and writes to each fourth
   hot       as walk, but nine touches of ten go to three tenths of the pages
   file      FILE is read through a mapping, pages at random as with hot
   update    ... in order, and written to, each second page; the mapping is shared

   What is written differs from page to page: pages of zeroes are not written to swap.  */

#include "map_file.h"
#include <stdint.h>
#include <string.h>

enum { WORDS = PAGE / sizeof(uint64_t), LINE_WORDS = 8 };

static uint64_t state = 88172645463325252u;

/* Marsaglia's xorshift: the same numbers everywhere.  */
static size_t
chance(size_t n)
{
   state ^= state << 13;
   state ^= state >> 7;
   state ^= state << 17;
   return (state >> 11) % n;
}

static size_t
chance_hot(size_t n)
{
   size_t n_hot = n * 3 / 10;

   return chance(10) < 9 ? chance(n_hot) : n_hot + chance(n - n_hot);
}

static volatile uint64_t *
fill(size_t n_pages)
{
   volatile uint64_t *words = (void *)map_pages(n_pages, MAP_PRIVATE);

   for (size_t i = 0; i < n_pages * WORDS; i += LINE_WORDS)
      words[i] = i + 1;
   return words;
}

static uint64_t
sweep(volatile uint64_t *words, size_t n_pages, size_t n_rounds)
{
   uint64_t sum = 0;

   for (size_t i = 0; i < n_pages * n_rounds; i++) {
      size_t page = i % n_pages;

      sum += words[page * WORDS];
      if (page % 2 == 0)
         words[page * WORDS + LINE_WORDS] = sum;
   }
   return sum;
}

static uint64_t
jump(volatile uint64_t *words, size_t n_pages, size_t n_rounds, size_t next(size_t),
     int writes)
{
   uint64_t sum = 0;

   for (size_t i = 0; i < n_pages * n_rounds; i++) {
      size_t page = next(n_pages);

      sum += words[page * WORDS];
      if (writes && i % 4 == 0)
         words[page * WORDS + LINE_WORDS] = sum;
   }
   return sum;
}

static volatile uint64_t *
map_some(const char *path, size_t n_pages, int rights)
{
   struct mapped_file file = map_file(path, rights, MAP_SHARED);

   if (file.n_pages < n_pages) {
      fprintf(stderr, "roam: %s is too short\n", path);
      exit(2);
   }
   return (void *)file.start;
}

int
main(int argc, char **argv)
{
   const char *way = argc > 3 ? argv[1] : "", *path = argc > 4 ? argv[4] : NULL;
   size_t n_pages = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
   size_t n_rounds = argc > 3 ? strtoul(argv[3], NULL, 10) : 0;
   uint64_t sum;

   if (n_pages < 10) {
      fprintf(stderr, "usage: roam WAY PAGES ROUNDS [FILE]\n");
      return 2;
   }
   if (strcmp(way, "sweep") == 0)
      sum = sweep(fill(n_pages), n_pages, n_rounds);
   else if (strcmp(way, "walk") == 0)
      sum = jump(fill(n_pages), n_pages, n_rounds, chance, 1);
   else if (strcmp(way, "hot") == 0)
      sum = jump(fill(n_pages), n_pages, n_rounds, chance_hot, 1);
   else if (strcmp(way, "file") == 0 && path != NULL)
      sum = jump(map_some(path, n_pages, PROT_READ), n_pages, n_rounds, chance_hot, 0);
   else if (strcmp(way, "update") == 0 && path != NULL)
      sum = sweep(map_some(path, n_pages, PROT_READ | PROT_WRITE), n_pages, n_rounds);
   else {
      fprintf(stderr, "roam: there is no way '%s', or it takes a file\n", way);
      return 2;
   }
   printf("%llu\n", (unsigned long long)sum);
   return 0;
}
