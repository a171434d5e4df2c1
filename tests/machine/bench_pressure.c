/* What a miss of limited memory costs the machine alone: pages are touched one after the
   other, then at random, with frames for half of them.  No test: nothing is checked.

   tests/machine/bench_pressure linux|mglru|lru|clock|fifo|random PAGES AGAIN  */

#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define START ((vmt_addr)1 << 32)
#define INSTRS_A_TOUCH 60

static const char *const policies[] = {
   [VMT_PAGES_LINUX] = "linux", [VMT_PAGES_MGLRU] = "mglru", [VMT_PAGES_LRU] = "lru",
   [VMT_PAGES_CLOCK] = "clock", [VMT_PAGES_FIFO] = "fifo", [VMT_PAGES_RANDOM] = "random" };
#define N_POLICIES (sizeof(policies) / sizeof(*policies))

static struct vmt_machine machine;
static uint64_t tick;

static void
start(enum vmt_page_policy policy, uint64_t n_pages)
{
   const struct vmt_settings settings = {
      .n_cores = 1, .stack_limit_bytes = 8 << 20, .window_instrs = 1000000,
      .ram_bytes = n_pages / 2 * VMT_PAGE_BYTES, .swap_bytes = VMT_UNLIMITED,
      .policy = policy, .swap_latency_ns = 50000 };
   const struct vmt_area area = {
      .start = START, .end = START + n_pages * VMT_PAGE_BYTES,
      .flags = VMT_AREA_READ | VMT_AREA_WRITE, .backing = VMT_BACKING_ANON };
   struct vmt_machine_config config;
   uint32_t n_shootdowns;

   vmt_machine_config_generic(&config);
   CHECK_EQ(vmt_machine_init(&machine, &config, &settings), VMT_OK);
   CHECK_EQ(vmt_machine_map(&machine, &area, &n_shootdowns), VMT_OK);
}

static void
touch(uint64_t page)
{
   struct vmt_outcome outcome;

   machine.filter.clock = (tick += INSTRS_A_TOUCH) + 1;
   if (vmt_machine_access(&machine, START + page * VMT_PAGE_BYTES, VMT_WRITE, tick,
                          &outcome))
      CHECK_EQ(vmt_machine_charge(&machine, &outcome, vmt_accounting_charge(
                  &machine.ledger, 1, 0, 1, 0)), VMT_OK);
}

static void
run(uint64_t n_pages, uint64_t n_again)
{
   clock_t before;
   double seconds;
   uint64_t n_misses;

   for (uint64_t page = 0; page < n_pages; page++)
      touch(page);
   n_misses = machine.ledger.totals[VMT_EV_Refault];
   before = clock();
   for (uint64_t i = 0; i < n_again; i++)
      touch(test_random(n_pages));
   seconds = (double)(clock() - before) / CLOCKS_PER_SEC;
   n_misses = machine.ledger.totals[VMT_EV_Refault] - n_misses;
   printf("%llu misses, %.2f us each\n", (unsigned long long)n_misses,
          n_misses != 0 ? seconds * 1e6 / (double)n_misses : 0.0);
}

int
main(int argc, char **argv)
{
   uint32_t policy = 0;

   while (argc == 4 && policy < N_POLICIES && strcmp(argv[1], policies[policy]) != 0)
      policy++;
   if (argc != 4 || policy == N_POLICIES || strtoull(argv[2], NULL, 0) < 1000) {
      fprintf(stderr, "usage: bench_pressure POLICY PAGES AGAIN; 1000 pages at least\n");
      return 2;
   }
   test_begin("bench_pressure");
   start((enum vmt_page_policy)policy, strtoull(argv[2], NULL, 0));
   run(strtoull(argv[2], NULL, 0), strtoull(argv[3], NULL, 0));
   vmt_machine_free(&machine);
   return test_end();
}
