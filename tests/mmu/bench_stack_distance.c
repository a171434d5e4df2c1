/* How fast and how large vmt_stack_distance is: touches a second and bytes a
   page, for each pattern of touches and number of pages.  No test: nothing is
   checked.

   tests/mmu/bench_stack_distance [PAGES...]; 10000 and 1000000 if none.  */

#include "tests/mmu/check.h"
#include "vmtrace/mmu/policies/stack_distance.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define N_TOUCHES 4000000
#define N_CHARGES 500
#define N_HIDDEN 64

static struct vmt_stack_distance stack;
static struct vmt_distances counts;
static uint64_t tick;

static void
touch(uint64_t page)
{
   uint32_t distance;

   tick += 64;
   CHECK_EQ(vmt_stack_distance_touch(&stack, page, tick, &distance), VMT_OK);
   CHECK_EQ(vmt_distances_count(&counts, distance), VMT_OK);
   CHECK_EQ(vmt_distances_charge(&counts, (uint32_t)(page / 64 % N_CHARGES),
                                 distance),
            VMT_OK);
}

/* Any page, each as likely.  */
static void
touch_uniform(uint64_t n_pages, uint64_t i)
{
   touch(test_random(n_pages));
}

/* One after the other, over and over: each touch has the largest distance.  */
static void
touch_cyclic(uint64_t n_pages, uint64_t i)
{
   touch(i % n_pages);
}

/* Nine of ten within a hundredth of the pages, and there again.  */
static void
touch_local(uint64_t n_pages, uint64_t i)
{
   while (n_pages > 100 && test_random(10) != 0)
      n_pages /= 100;
   touch(test_random(n_pages));
}

/* As the tool does it: a page that leaves the filter brings the tick at which it
   was touched last, a little while ago.  */
static void
touch_with_news(uint64_t n_pages, uint64_t i)
{
   static uint64_t hidden[N_HIDDEN];
   uint64_t *slot = &hidden[test_random(N_HIDDEN)];

   if (i >= N_HIDDEN)
      CHECK_EQ(vmt_stack_distance_refresh(
                  &stack, *slot, tick - test_random(N_HIDDEN * 64)),
               VMT_OK);
   touch_local(n_pages, i);
   *slot = test_random(n_pages);
}

static double
seconds(void)
{
   struct timespec now;

   clock_gettime(CLOCK_MONOTONIC, &now);
   return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void
run(const char *name, uint64_t n_pages,
    void (*step)(uint64_t n_pages, uint64_t i))
{
   double start;

   vmt_stack_distance_init(&stack);
   CHECK_EQ(vmt_distances_init(&counts), VMT_OK);
   tick = 0;
   for (uint64_t page = 0; page < n_pages; page++)
      touch(page);
   start = seconds();
   for (uint64_t i = 0; i < N_TOUCHES; i++)
      step(n_pages, i);
   printf("%-10s %9llu pages  %6.2f million touches/s  %6.1f bytes/page\n", name,
          (unsigned long long)n_pages, N_TOUCHES / (seconds() - start) / 1e6,
          (double)test_n_bytes() / (double)n_pages);
   fflush(stdout);
   vmt_stack_distance_free(&stack);
   vmt_distances_free(&counts);
}

static void
run_all(uint64_t n_pages)
{
   run("uniform", n_pages, touch_uniform);
   run("cyclic", n_pages, touch_cyclic);
   run("local", n_pages, touch_local);
   run("with news", n_pages, touch_with_news);
}

int
main(int argc, char **argv)
{
   test_begin("bench_stack_distance");
   for (int i = 1; i < argc; i++)
      run_all(strtoull(argv[i], NULL, 0));
   if (argc == 1) {
      run_all(10000);
      run_all(1000000);
   }
   return test_end();
}
