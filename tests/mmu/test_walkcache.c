#include "tests/mmu/check.h"
#include "tests/mmu/model_walk.h"
#include "vmtrace/mmu/mechanisms/walkcache.h"

#include <string.h>

static const struct vmt_walk_shape shapes[] = {
   { 1, { 0, 8 }, { 0 } },
   { 2, { 0, 4, 4 }, { 0, 0, 3 } },
   { 2, { 0, 10, 10 }, { 0, 0, 1 } },
   { 3, { 0, 4, 4, 4 }, { 0, 0, 0, 0 } },
   { 3, { 0, 4, 4, 4 }, { 0, 0, 4, 2 } },
   { 3, { 0, 4, 5, 6 }, { 0, 0, 0, 2 } },
   { 4, { 0, 4, 4, 4, 4 }, { 0, 0, 20, 4, 1 } },
   { 4, { 0, 9, 9, 9, 9 }, { 0, 0, 32, 4, 0 } },
   { 4, { 0, 4, 7, 5, 6 }, { 0, 0, 5, 0, 2 } },
   { 5, { 0, 9, 9, 9, 9, 9 }, { 0, 0, 24, 3, 2, 1 } },
   { 5, { 0, 16, 16, 4, 16, 8 }, { 0, 0, 17, 1, 2, 3 } },
};
#define N_SHAPES (sizeof(shapes) / sizeof(*shapes))

static struct vmt_walkcache cache;
static struct model_walk model;
static uint64_t now;

static void
begin(const struct vmt_walk_shape *shape)
{
   CHECK(vmt_walk_shape_fault(shape) == NULL);
   CHECK_EQ(vmt_walkcache_init(&cache, shape), VMT_OK);
   model_walk_init(&model, shape->n_levels, shape->index_bits, shape->n_entries);
   now = 0;
}

static void
walk(uint64_t page)
{
   uint32_t n_loads = vmt_walkcache_walk(&cache, page, ++now);

   CHECK_EQ(n_loads, model_walk(&model, page, now));
   for (uint32_t level = 2; level <= model.n_levels; level++)
      CHECK_EQ(cache.levels[level].n_valid, model_walk_count(&model, level));
}

static void
drop(uint64_t start, uint64_t end)
{
   vmt_walkcache_drop_range(&cache, start, end);
   model_walk_drop(&model, start, end);
   for (uint32_t level = 2; level <= model.n_levels; level++)
      CHECK_EQ(cache.levels[level].n_valid, model_walk_count(&model, level));
}

static void
test_shapes(void)
{
   struct vmt_walk_shape bad[] = {
      { 0, { 0 }, { 0 } },
      { 6, { 0, 9, 9, 9, 9, 9 }, { 0 } },
      { 2, { 0, 3, 9 }, { 0 } },
      { 2, { 0, 9, 3 }, { 0 } },
      { 2, { 0, 17, 9 }, { 0 } },
      { 2, { 0, 9, 9 }, { 0, 0, (1u << 20) + 1 } },
      { 4, { 0, 16, 16, 16, 13 }, { 0 } },
   }, edge = { 4, { 0, 16, 16, 16, 12 }, { 0, 77, 1u << 20 } };

   for (uint32_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
      CHECK(vmt_walk_shape_fault(&bad[i]) != NULL);
      CHECK_EQ(vmt_walkcache_init(&cache, &bad[i]), VMT_BAD_INPUT);
   }
   CHECK(vmt_walk_shape_fault(&edge) == NULL);
}

/* Worked by hand on x86-64's own geometry: a PDE covers 512 pages, a PDPTE
   512 * 512, and there is no cache of PML4 entries.  */
static void
test_by_hand(void)
{
   uint64_t pmd = 512, pud = 512 * 512;

   begin(&shapes[7]);
   CHECK_EQ(vmt_walkcache_walk(&cache, 0, 1), 4);               /* all cold */
   CHECK_EQ(vmt_walkcache_walk(&cache, 1, 2), 1);               /* PDE known */
   CHECK_EQ(vmt_walkcache_walk(&cache, pmd - 1, 3), 1);
   CHECK_EQ(vmt_walkcache_walk(&cache, pmd, 4), 2);             /* PDPTE known */
   CHECK_EQ(vmt_walkcache_walk(&cache, pud - 1, 5), 2);
   CHECK_EQ(vmt_walkcache_walk(&cache, pud, 6), 4);
   CHECK_EQ(vmt_walkcache_walk(&cache, pud + pmd, 7), 2);
   vmt_walkcache_drop_range(&cache, 5, 6);      /* page 5: the first PDE, PDPTE */
   CHECK_EQ(vmt_walkcache_walk(&cache, 0, 8), 4);
   vmt_walkcache_drop_range(&cache, pud, pud);  /* nothing */
   CHECK_EQ(vmt_walkcache_walk(&cache, pud + 7, 9), 1);
   vmt_walkcache_free(&cache);
}

/* Every string of six walks to six pages that share tables in every way, on
   caches of one and two entries; and with a drop of one of them between.  */
static void
test_small_spaces(void)
{
   static const uint64_t pages[6] = { 0x000, 0x001, 0x010, 0x020, 0x100, 0x110 };
   struct vmt_walk_shape shape = { 3, { 0, 4, 4, 4 }, { 0, 0, 2, 1 } };

   for (uint32_t string = 0; string < 6 * 6 * 6 * 6 * 6 * 6; string++) {
      uint32_t rest = string;

      begin(&shape);
      for (int i = 0; i < 6; i++, rest /= 6) {
         walk(pages[rest % 6]);
         if (i == 3)
            drop(pages[string % 6], pages[string % 6] + 1);
      }
      vmt_walkcache_free(&cache);
   }
}

/* A page near one of a few places that share more or fewer upper levels.  */
static uint64_t
random_page(uint64_t n_pages)
{
   uint64_t far = test_random(3), span = n_pages;

   for (uint64_t i = test_random(4); i > 0; i--)
      span = span / 16 + 1;
   return (far * (n_pages / 3) + test_random(span)) % n_pages;
}

static void
test_random_runs(void)
{
   for (uint64_t round = 0; round < N_SHAPES * 3; round++) {
      const struct vmt_walk_shape *shape = &shapes[round % N_SHAPES];
      uint64_t n_pages = 1;

      test_reseed(round);
      for (uint32_t level = 1; level <= shape->n_levels; level++)
         n_pages <<= shape->index_bits[level];
      begin(shape);
      for (uint32_t step = 0; step < 4000; step++) {
         uint64_t page = random_page(n_pages), kind = test_random(100);
         uint64_t stop = page + test_random(400);

         if (kind == 0)
            drop(page, stop < n_pages ? stop : n_pages);
         else if (kind < 4)
            drop(page, page + 1);
         else
            walk(page);
      }
      vmt_walkcache_drop_range(&cache, 0, n_pages);
      for (uint32_t level = 2; level <= shape->n_levels; level++)
         CHECK_EQ(cache.levels[level].n_valid, 0);
      vmt_walkcache_free(&cache);
   }
}

static void
test_no_memory(void)
{
   uint64_t nth = 1;

   memset(&cache, 0x77, sizeof(cache));
   for (;; nth++) {
      struct vmt_walkcache before = cache;

      test_fail_nth(nth);
      if (vmt_walkcache_init(&cache, &shapes[10]) == VMT_OK)
         break;
      CHECK(test_fail_came());
      CHECK(memcmp(&before, &cache, sizeof(cache)) == 0);
      CHECK_EQ(test_n_blocks(), 0);
   }
   CHECK(!test_fail_came());
   CHECK_EQ(nth, 6);            /* entries of four levels, one index */
   vmt_walkcache_free(&cache);
   vmt_walkcache_free(&cache);
}

int
main(void)
{
   test_begin("test_walkcache");
   test_shapes();
   test_by_hand();
   test_small_spaces();
   test_random_runs();
   test_no_memory();
   return test_end();
}
