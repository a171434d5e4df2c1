#include "tests/pressure/patterns.h"

#include <stdlib.h>
#include <string.h>

#define N_MERGED 8
#define FIRST_RUN_PAGES 64

struct pattern_kind {
   const char *name;
   uint32_t percent_file;
   bool fills;                          /* writes all anonymous pages first */
   bool shuffles;
   void (*touch)(struct pattern *pattern, struct pattern_touch *touch);
};

/* splitmix64, as in vmtrace/mmu/base/random.h.  */
static uint64_t
next_random(struct pattern *pattern)
{
   uint64_t z = (pattern->random += 0x9e3779b97f4a7c15u);

   z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
   z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
   return z ^ (z >> 31);
}

static uint32_t
below(struct pattern *pattern, uint32_t bound)
{
   return (uint32_t)(next_random(pattern) % bound);
}

static void
touch_anon(struct pattern_touch *touch, uint32_t page, bool write)
{
   touch->area = PATTERN_ANON;
   touch->page = page;
   touch->write = write;
}

static void
touch_file(struct pattern_touch *touch, uint32_t page, bool write)
{
   touch->area = PATTERN_FILE;
   touch->page = page;
   touch->write = write;
}

static void
sweep(struct pattern *pattern, struct pattern_touch *touch)
{
   touch_anon(touch, (uint32_t)(pattern->step % pattern->n_anon), true);
}

static void
sweep_reading(struct pattern *pattern, struct pattern_touch *touch)
{
   touch_anon(touch, (uint32_t)(pattern->step % pattern->n_anon), false);
}

static void
uniform(struct pattern *pattern, struct pattern_touch *touch)
{
   uint32_t page = below(pattern, pattern->n_anon);

   touch_anon(touch, page, below(pattern, 2) == 0);
}

static void
hotcold(struct pattern *pattern, struct pattern_touch *touch)
{
   uint32_t n_hot = pattern->n_anon / 5, rank;

   if (below(pattern, 100) < 80)
      rank = below(pattern, n_hot);
   else
      rank = n_hot + below(pattern, pattern->n_anon - n_hot);
   touch_anon(touch, pattern->shuffled[rank], below(pattern, 2) == 0);
}

static void
zipf(struct pattern *pattern, struct pattern_touch *touch)
{
   double drawn = (double)(next_random(pattern) >> 11) / 9007199254740992.0 *
                  pattern->weights[pattern->n_anon - 1];
   uint32_t low = 0, high = pattern->n_anon - 1;

   while (low < high) {
      uint32_t middle = low + (high - low) / 2;

      if (pattern->weights[middle] > drawn)
         high = middle;
      else
         low = middle + 1;
   }
   touch_anon(touch, pattern->shuffled[low], below(pattern, 2) == 0);
}

static uint32_t
run_end(const struct pattern *pattern, uint32_t run)
{
   uint64_t end = (uint64_t)(run + 1) * pattern->merge.run_pages;
   uint32_t n_half = pattern->n_anon / 2;

   return end < n_half ? (uint32_t)end : n_half;
}

static void
start_group(struct pattern *pattern)
{
   for (uint32_t i = 0; i < N_MERGED; i++) {
      uint64_t start = (uint64_t)(pattern->merge.first_run + i) *
                       pattern->merge.run_pages;
      uint32_t n_half = pattern->n_anon / 2;

      pattern->merge.heads[i] = start < n_half ? (uint32_t)start : n_half;
   }
}

/* The run of the group that a page is read from; N_MERGED: none has one.  */
static uint32_t
draw_run(struct pattern *pattern)
{
   uint32_t at = below(pattern, N_MERGED);

   for (uint32_t i = 0; i < N_MERGED; i++) {
      uint32_t which = (at + i) % N_MERGED;

      if (pattern->merge.heads[which] <
          run_end(pattern, pattern->merge.first_run + which))
         return which;
   }
   return N_MERGED;
}

static void
start_pass(struct pattern *pattern, uint32_t run_pages)
{
   uint32_t from = pattern->merge.from;

   pattern->merge.run_pages = run_pages;
   pattern->merge.from = pattern->merge.to;
   pattern->merge.to = from;
   pattern->merge.out = 0;
   pattern->merge.first_run = 0;
   start_group(pattern);
}

static void
merge(struct pattern *pattern, struct pattern_touch *touch)
{
   uint32_t which;

   if (pattern->merge.writing) {
      pattern->merge.writing = false;
      touch_anon(touch, pattern->merge.to + pattern->merge.out++, true);
      return;
   }
   which = draw_run(pattern);
   if (which == N_MERGED && pattern->merge.out >= pattern->n_anon / 2) {
      uint64_t merged = (uint64_t)pattern->merge.run_pages * N_MERGED;

      start_pass(pattern, merged >= pattern->n_anon / 2 ? FIRST_RUN_PAGES
                                                        : (uint32_t)merged);
      which = draw_run(pattern);
   } else if (which == N_MERGED) {
      pattern->merge.first_run += N_MERGED;
      start_group(pattern);
      which = draw_run(pattern);
   }
   pattern->merge.writing = true;
   touch_anon(touch, pattern->merge.from + pattern->merge.heads[which]++, false);
}

static void
file_sweep(struct pattern *pattern, struct pattern_touch *touch)
{
   touch_file(touch, (uint32_t)(pattern->step % pattern->n_file), false);
}

static void
file_random(struct pattern *pattern, struct pattern_touch *touch)
{
   touch_file(touch, below(pattern, pattern->n_file), false);
}

static void
file_dirty(struct pattern *pattern, struct pattern_touch *touch)
{
   touch_file(touch, below(pattern, pattern->n_file), true);
}

static void
mix(struct pattern *pattern, struct pattern_touch *touch)
{
   if (pattern->step % 2 == 0)
      hotcold(pattern, touch);
   else
      touch_file(touch, (uint32_t)(pattern->step / 2 % pattern->n_file), false);
}

static const struct pattern_kind kinds[] = {
   { "sweep", 0, false, false, sweep },
   { "read", 0, true, false, sweep_reading },
   { "random", 0, true, false, uniform },
   { "hotcold", 0, true, true, hotcold },
   { "zipf", 0, true, true, zipf },
   { "merge", 0, true, false, merge },
   { "filesweep", 100, false, false, file_sweep },
   { "filerandom", 100, false, false, file_random },
   { "mix", 40, true, true, mix },
   { "dirty", 100, false, false, file_dirty },
};

static bool
shuffle(struct pattern *pattern)
{
   pattern->shuffled = malloc(pattern->n_anon * sizeof(*pattern->shuffled));
   if (pattern->shuffled == NULL)
      return false;
   for (uint32_t i = 0; i < pattern->n_anon; i++) {
      uint32_t at = below(pattern, i + 1);

      pattern->shuffled[i] = pattern->shuffled[at];
      pattern->shuffled[at] = i;
   }
   return true;
}

static bool
weigh(struct pattern *pattern)
{
   double sum = 0;

   pattern->weights = malloc(pattern->n_anon * sizeof(*pattern->weights));
   if (pattern->weights == NULL)
      return false;
   for (uint32_t i = 0; i < pattern->n_anon; i++)
      pattern->weights[i] = sum += 1.0 / (i + 1);
   return true;
}

bool
pattern_start(struct pattern *pattern, const char *name, uint32_t n_pages,
              uint32_t n_rounds, uint64_t seed)
{
   memset(pattern, 0, sizeof(*pattern));
   for (uint32_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
      if (strcmp(kinds[i].name, name) == 0)
         pattern->kind = &kinds[i];
   if (pattern->kind == NULL || n_pages < 2 * FIRST_RUN_PAGES)
      return false;
   pattern->random = seed;
   pattern->n_pages = n_pages;
   pattern->n_file = (uint32_t)((uint64_t)n_pages * pattern->kind->percent_file / 100);
   pattern->n_anon = n_pages - pattern->n_file;
   pattern->n_touches = (uint64_t)n_pages * n_rounds +
                        (pattern->kind->fills ? pattern->n_anon : 0);
   pattern->merge.from = pattern->n_anon / 2;
   start_pass(pattern, FIRST_RUN_PAGES);
   if (pattern->kind->shuffles && !shuffle(pattern))
      return false;
   return pattern->kind->touch != zipf || weigh(pattern);
}

void
pattern_end(struct pattern *pattern)
{
   free(pattern->shuffled);
   free(pattern->weights);
}

bool
pattern_next(struct pattern *pattern, struct pattern_touch *touch)
{
   if (pattern->step >= pattern->n_touches)
      return false;
   if (pattern->kind->fills && pattern->step < pattern->n_anon)
      touch_anon(touch, (uint32_t)pattern->step, true);
   else
      pattern->kind->touch(pattern, touch);
   pattern->step++;
   return true;
}
