/* The streams of touches: all pages in range, nothing by chance, and what each is said to
   be.  */

#include "tests/mmu/check.h"
#include "tests/pressure/patterns.h"

#include <stdlib.h>
#include <string.h>

#define N_PAGES 2000
#define N_ROUNDS 3

static const char *const names[] = { "sweep", "read", "random", "hotcold", "zipf", "merge",
                                     "filesweep", "filerandom", "mix", "dirty" };

struct counts {
   uint32_t n_reads[2][N_PAGES], n_writes[2][N_PAGES];
   uint64_t n;
};

static struct counts
run(const char *name, uint64_t seed)
{
   static struct counts counts;
   struct pattern_touch touch;
   struct pattern pattern;

   memset(&counts, 0, sizeof(counts));
   CHECK(pattern_start(&pattern, name, N_PAGES, N_ROUNDS, seed));
   CHECK_EQ(pattern.n_anon + pattern.n_file, N_PAGES);
   while (pattern_next(&pattern, &touch)) {
      CHECK(touch.page < (touch.area == PATTERN_ANON ? pattern.n_anon : pattern.n_file));
      if (touch.write)
         counts.n_writes[touch.area][touch.page]++;
      else
         counts.n_reads[touch.area][touch.page]++;
      counts.n++;
   }
   CHECK_EQ(counts.n, pattern.n_touches);
   pattern_end(&pattern);
   return counts;
}

static void
test_repeats(const char *name)
{
   struct counts first = run(name, 7), second = run(name, 7);

   CHECK(memcmp(&first, &second, sizeof(first)) == 0);
}

static void
test_sweeps(void)
{
   struct counts sweep = run("sweep", 1), read = run("read", 1), file = run("filesweep", 1);

   for (uint32_t page = 0; page < N_PAGES; page++) {
      CHECK_EQ(sweep.n_writes[PATTERN_ANON][page], N_ROUNDS);
      CHECK_EQ(read.n_writes[PATTERN_ANON][page], 1);
      CHECK_EQ(read.n_reads[PATTERN_ANON][page], N_ROUNDS);
      CHECK_EQ(file.n_reads[PATTERN_FILE][page], N_ROUNDS);
   }
}

/* A pass reads one half and writes the other, 2000 touches; after the first writes there
   are three: from the first half, the second, the first.  */
static void
test_merge(void)
{
   struct counts merge = run("merge", 1);

   for (uint32_t page = 0; page < N_PAGES; page++) {
      bool second = page >= N_PAGES / 2;

      CHECK_EQ(merge.n_reads[PATTERN_ANON][page], second ? 1 : 2);
      CHECK_EQ(merge.n_writes[PATTERN_ANON][page], second ? 3 : 2);
   }
}

static int
falling(const void *left, const void *right)
{
   uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

   return (a < b) - (a > b);
}

/* What the first n_first pages get of all touches but the first writes, in percent, when
   pages are in order of how much they get.  */
static uint64_t
percent_of_first(const char *name, uint32_t n_first)
{
   struct counts counts = run(name, 1);
   uint32_t n_of[N_PAGES];
   uint64_t n = 0;

   for (uint32_t page = 0; page < N_PAGES; page++)
      n_of[page] = counts.n_reads[PATTERN_ANON][page] +
                   counts.n_writes[PATTERN_ANON][page] - 1;
   qsort(n_of, N_PAGES, sizeof(*n_of), falling);
   for (uint32_t i = 0; i < n_first; i++)
      n += n_of[i];
   return n * 100 / (counts.n - N_PAGES);
}

int
main(void)
{
   struct pattern pattern;

   test_begin("test_patterns");
   for (uint32_t i = 0; i < sizeof(names) / sizeof(*names); i++)
      test_repeats(names[i]);
   test_sweeps();
   test_merge();
   /* 80 in 100 to a fifth.  zipf: to the first 100 of 2000, (ln 100 + 0.58) of
      (ln 2000 + 0.58), 63 in 100; sorting takes the luckier ones.  */
   CHECK(percent_of_first("hotcold", N_PAGES / 5) >= 79);
   CHECK(percent_of_first("hotcold", N_PAGES / 5) <= 85);
   CHECK(percent_of_first("zipf", 100) >= 62);
   CHECK(percent_of_first("zipf", 100) <= 68);
   CHECK(!pattern_start(&pattern, "none", N_PAGES, 1, 1));
   CHECK(!pattern_start(&pattern, "sweep", 10, 1, 1));
   return test_end();
}
