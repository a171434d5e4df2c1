#include "tests/mmu/pair_tlb.h"

static const uint32_t shapes[][2] = {           /* entries, ways */
   { 1, 1 },    { 2, 1 },   { 7, 1 },     { 64, 1 },    /* direct mapped */
   { 2, 2 },    { 4, 4 },   { 16, 16 },   { 17, 17 },   /* fully associative */
   { 24, 24 },  { 32, 32 }, { 64, 64 },   { 128, 128 },
   { 4, 2 },    { 64, 4 },  { 128, 8 },   { 96, 32 },
   { 6, 2 },    { 12, 4 },  { 100, 20 },  { 48, 16 },   /* odd sets */
   { 15, 3 },   { 36, 12 }, { 1536, 12 }, { 1280, 20 },
};
#define N_SHAPES (sizeof(shapes) / sizeof(*shapes))

static const enum vmt_tlb_policy policies[] = { VMT_TLB_LRU, VMT_TLB_PLRU,
                                                VMT_TLB_FIFO, VMT_TLB_RANDOM };

static struct pair_tlb pair;

static bool
allowed(uint32_t shape, enum vmt_tlb_policy policy)
{
   uint32_t n_ways = shapes[shape][1];

   return policy != VMT_TLB_PLRU || (n_ways & (n_ways - 1)) == 0;
}

static void
test_shapes(void)
{
   static const struct vmt_tlb_shape good[] = {
      { 0, 0, VMT_TLB_LRU },       { 0, 3, VMT_TLB_PLRU },
      { 1, 1, VMT_TLB_PLRU },      { 1u << 20, 1, VMT_TLB_FIFO },
      { 1u << 20, 1u << 20, VMT_TLB_RANDOM },
   }, bad[] = {
      { 1, 0, VMT_TLB_LRU },       { 1, 2, VMT_TLB_LRU },
      { 12, 5, VMT_TLB_LRU },      { 12, 3, VMT_TLB_PLRU },
      { 24, 24, VMT_TLB_PLRU },    { (1u << 20) + 1, 1, VMT_TLB_LRU },
      { 4, 2, VMT_TLB_RANDOM + 1 }, { 4, 2, (enum vmt_tlb_policy)-1 },
   };
   struct vmt_tlb tlb;

   for (uint32_t i = 0; i < sizeof(good) / sizeof(*good); i++)
      CHECK(vmt_tlb_shape_fault(&good[i]) == NULL);
   for (uint32_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
      CHECK(vmt_tlb_shape_fault(&bad[i]) != NULL);
      CHECK_EQ(vmt_tlb_init(&tlb, &bad[i], 1), VMT_BAD_INPUT);
   }
}

static void
test_absent(void)
{
   pair_tlb_init(&pair, 0, 0, VMT_TLB_LRU, 1);
   for (uint64_t page = 0; page < 3; page++) {
      CHECK_EQ(pair_tlb_access(&pair, page), VMT_NO_VPN);
      CHECK(vmt_tlb_find(&pair.tlb, page) == NULL);
   }
   CHECK_EQ(vmt_tlb_drop_range(&pair.tlb, 0, VMT_NO_VPN), 0);
   CHECK(!vmt_tlb_drop(&pair.tlb, 0));
   pair_tlb_free(&pair);
}

/* Every string of eight accesses to n_pages pages, on a small TLB.  */
static void
all_strings(uint32_t n_entries, uint32_t n_ways, enum vmt_tlb_policy policy,
            uint32_t n_pages)
{
   uint32_t n_strings = 1;

   for (int i = 0; i < 8; i++)
      n_strings *= n_pages;
   for (uint32_t string = 0; string < n_strings; string++) {
      uint32_t rest = string;

      pair_tlb_init(&pair, n_entries, n_ways, policy, string);
      for (int i = 0; i < 8; i++, rest /= n_pages)
         pair_tlb_access(&pair, rest % n_pages);
      pair_tlb_check(&pair);
      pair_tlb_free(&pair);
   }
}

/* Every string of six accesses, drops of a page and drops of all, 3 pages.  */
static void
all_strings_with_drops(uint32_t n_entries, uint32_t n_ways,
                       enum vmt_tlb_policy policy)
{
   for (uint32_t string = 0; string < 7 * 7 * 7 * 7 * 7 * 7; string++) {
      uint32_t rest = string;

      pair_tlb_init(&pair, n_entries, n_ways, policy, string);
      for (int i = 0; i < 6; i++, rest /= 7) {
         if (rest % 7 < 3)
            pair_tlb_access(&pair, rest % 7);
         else if (rest % 7 < 6)
            pair_tlb_drop(&pair, rest % 7 - 3, rest % 7 - 2);
         else
            pair_tlb_drop(&pair, 0, 3);
         pair_tlb_check(&pair);
      }
      pair_tlb_free(&pair);
   }
}

static void
test_small_spaces(void)
{
   for (uint32_t i = 0; i < 4; i++) {
      all_strings(4, 2, policies[i], 4);
      all_strings(4, 4, policies[i], 5);
      all_strings(2, 1, policies[i], 3);
      all_strings(1, 1, policies[i], 3);
      all_strings_with_drops(2, 2, policies[i]);
      all_strings_with_drops(4, 2, policies[i]);
   }
   all_strings(3, 3, VMT_TLB_LRU, 4);
   all_strings(3, 3, VMT_TLB_FIFO, 4);
   all_strings(6, 2, VMT_TLB_LRU, 4);
}

/* Pages of every bit width, near each other, some alike modulo the sets.  */
static uint64_t
random_page(uint64_t base, uint64_t n_near)
{
   return base + test_random(n_near);
}

static void
random_run(uint32_t shape, enum vmt_tlb_policy policy, uint64_t n_steps)
{
   uint32_t n_entries = shapes[shape][0];
   uint64_t base = test_random(2) == 0 ? 0 : test_random((uint64_t)1 << 52);
   uint64_t n_near = 1 + n_entries + test_random(n_entries + 8);

   pair_tlb_init(&pair, n_entries, shapes[shape][1], policy, test_random(1000));
   for (uint64_t step = 0; step < n_steps; step++) {
      uint64_t page = random_page(base, n_near), kind = test_random(200);

      if (kind == 0)
         pair_tlb_drop(&pair, page, page + test_random(n_near));
      else if (kind == 1)
         pair_tlb_drop(&pair, page, page + test_random(8));
      else if (kind < 8)
         pair_tlb_drop(&pair, page, page + 1);
      else
         pair_tlb_access(&pair, page);
      if (step % 64 == 0)
         pair_tlb_check(&pair);
   }
   pair_tlb_check(&pair);
   pair_tlb_drop(&pair, 0, VMT_NO_VPN);
   CHECK_EQ(pair.tlb.n_valid, 0);
   pair_tlb_check(&pair);
   pair_tlb_free(&pair);
}

static void
test_random_runs(void)
{
   for (uint32_t shape = 0; shape < N_SHAPES; shape++)
      for (uint32_t i = 0; i < 4; i++)
         for (uint64_t round = 0; round < 4; round++) {
            if (!allowed(shape, policies[i]))
               continue;
            test_reseed(shape * 100 + i * 10 + round);
            random_run(shape, policies[i], shapes[shape][0] > 64 ? 1500 : 4000);
         }
}

/* Ranges that begin or end at a page that is there, or one beside it.  */
static void
test_range_ends(void)
{
   for (uint32_t n_ways = 1; n_ways <= 32; n_ways *= 2)
      for (uint64_t start = 0; start <= 33; start++)
         for (uint64_t end = 0; end <= 33; end++) {
            pair_tlb_init(&pair, 32, n_ways, VMT_TLB_LRU, 1);
            for (uint64_t page = 1; page <= 32; page++)
               pair_tlb_access(&pair, page);
            CHECK_EQ(pair.tlb.n_valid, 32);
            pair_tlb_drop(&pair, start, end);
            pair_tlb_check(&pair);
            pair_tlb_free(&pair);
         }
}

/* Under LRU a hit may be noted late, before the next insert: the same misses. */
static void
test_late_stamps(void)
{
   static uint64_t late[64];

   for (uint32_t shape = 0; shape < N_SHAPES; shape++) {
      test_reseed(shape);
      pair_tlb_init(&pair, shapes[shape][0], shapes[shape][1], VMT_TLB_LRU, 1);
      for (uint64_t page = 0; page < 64; page++)
         late[page] = 0;
      for (uint32_t step = 0; step < 3000; step++) {
         uint64_t page = test_random(64);

         if (vmt_tlb_find(&pair.tlb, page) != NULL) {
            CHECK(model_tlb_holds(&pair.model, page));
            late[page] = ++pair.time;
            model_tlb_use(&pair.model, page, pair.time);
            continue;
         }
         for (uint64_t other = 0; other < 64; other++) {
            struct vmt_tlb_entry *entry = vmt_tlb_find(&pair.tlb, other);

            if (entry != NULL && late[other] > entry->stamp)
               entry->stamp = late[other];
         }
         pair_tlb_access(&pair, page);
      }
      pair_tlb_free(&pair);
   }
}

/* The same seed gives the same victims, another seed others; and each way of a
   set is hit in its turn.  */
static void
test_random_policy(void)
{
   struct vmt_tlb_shape shape = { 8, 8, VMT_TLB_RANDOM };
   uint32_t n_victims_of_way[8] = { 0 }, n_differ = 0;
   struct vmt_tlb one, two, other;

   CHECK_EQ(vmt_tlb_init(&one, &shape, 7), VMT_OK);
   CHECK_EQ(vmt_tlb_init(&two, &shape, 7), VMT_OK);
   CHECK_EQ(vmt_tlb_init(&other, &shape, 8), VMT_OK);
   for (uint64_t page = 0; page < 4000; page++) {
      uint64_t victim = vmt_tlb_insert(&one, page, page);

      CHECK_EQ(vmt_tlb_insert(&two, page, page), victim);
      n_differ += vmt_tlb_insert(&other, page, page) != victim;
      if (page >= 8)
         n_victims_of_way[vmt_tlb_find(&one, page) - one.entries]++;
   }
   CHECK(n_differ > 1000);
   for (uint32_t way = 0; way < 8; way++)       /* 499 each, sigma 21 */
      CHECK(n_victims_of_way[way] > 400 && n_victims_of_way[way] < 600);
   vmt_tlb_free(&one);
   vmt_tlb_free(&two);
   vmt_tlb_free(&other);
}

static void
test_no_memory(void)
{
   struct vmt_tlb_shape shape = { 64, 32, VMT_TLB_PLRU };
   struct vmt_tlb tlb, before;
   uint64_t nth = 1;

   for (;; nth++) {
      uint32_t i;

      for (i = 0; i < sizeof(tlb); i++)
         ((unsigned char *)&tlb)[i] = ((unsigned char *)&before)[i] = 0x77;
      test_fail_nth(nth);
      if (vmt_tlb_init(&tlb, &shape, 1) == VMT_OK)
         break;
      CHECK(test_fail_came());
      for (i = 0; i < sizeof(tlb); i++)
         CHECK_EQ(((unsigned char *)&tlb)[i], ((unsigned char *)&before)[i]);
      CHECK_EQ(test_n_blocks(), 0);
   }
   CHECK(!test_fail_came());
   CHECK_EQ(nth, 4);                    /* entries, trees and index */

   test_fail_nth(1);                    /* from here on nothing is asked for */
   for (uint64_t page = 0; page < 5000; page++) {
      vmt_tlb_insert(&tlb, page, page);
      if (page % 7 == 0)
         vmt_tlb_drop_range(&tlb, page - 7, page - 4);
   }
   CHECK(!test_fail_came());
   vmt_tlb_free(&tlb);
   vmt_tlb_free(&tlb);                  /* twice is allowed */
}

int
main(void)
{
   test_begin("test_tlb");
   test_shapes();
   test_absent();
   test_small_spaces();
   test_random_runs();
   test_range_ends();
   test_late_stamps();
   test_random_policy();
   test_no_memory();
   return test_end();
}
