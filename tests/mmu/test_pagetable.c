#include "tests/mmu/check.h"
#include "tests/mmu/model_pages.h"
#include "vmtrace/mmu/mechanisms/pagetable.h"

#include <string.h>

static const struct vmt_walk_shape shapes[] = {
   { 1, { 0, 4 }, { 0 } },
   { 1, { 0, 8 }, { 0 } },
   { 2, { 0, 4, 4 }, { 0 } },
   { 2, { 0, 10, 10 }, { 0 } },
   { 2, { 0, 5, 16 }, { 0 } },
   { 3, { 0, 4, 4, 4 }, { 0 } },
   { 3, { 0, 6, 5, 4 }, { 0 } },
   { 4, { 0, 9, 9, 9, 9 }, { 0 } },
   { 5, { 0, 9, 9, 9, 9, 9 }, { 0 } },
   { 5, { 0, 16, 12, 14, 8, 10 }, { 0 } },
};
#define N_SHAPES (sizeof(shapes) / sizeof(*shapes))

static struct vmt_pagetable table;
static struct model_pages model;

static void
begin(const struct vmt_walk_shape *shape)
{
   CHECK_EQ(vmt_pagetable_init(&table, shape), VMT_OK);
   model_pages_init(&model, shape->n_levels, shape->index_bits);
}

static void
end(void)
{
   vmt_pagetable_free(&table);
   CHECK_EQ(test_n_blocks(), 0);
}

static void
set(uint64_t page, uint64_t bits, uint32_t owner)
{
   struct vmt_pte *entry = vmt_pagetable_get(&table, page);

   CHECK(entry != NULL);
   entry->bits = bits;
   entry->owner = bits == 0 ? 0 : owner;
   model_pages_ask(&model, page);
   model_pages_set(&model, page, bits, owner);
}

static void
clear(uint64_t start, uint64_t stop)
{
   vmt_pagetable_clear(&table, start, stop);
   model_pages_clear(&model, start, stop);
}

static void
check_page(uint64_t page)
{
   const struct model_page *expected = model_pages_find(&model, page);
   struct vmt_pte *entry = vmt_pagetable_find(&table, page);

   CHECK_EQ(entry != NULL, model_pages_asked(&model, page));
   if (entry != NULL) {
      CHECK_EQ(entry->bits, expected != NULL ? expected->bits : 0);
      CHECK_EQ(entry->owner, expected != NULL ? expected->owner : 0);
   }
}

static void
check_next(uint64_t start, uint64_t stop)
{
   const struct model_page *expected = model_pages_next(&model, start, stop);
   vmt_vpn page = start;
   struct vmt_pte *entry = vmt_pagetable_next(&table, &page, stop);

   CHECK_EQ(entry != NULL, expected != NULL);
   CHECK_EQ(page, expected != NULL ? expected->page : start);
   if (entry != NULL) {
      CHECK_EQ(entry->bits, expected->bits);
      CHECK(vmt_pagetable_find(&table, page) == entry);
   }
}

/* Of each group of the model a page, and the one after the group; then all
   pages in order.  */
static void
check_all(void)
{
   vmt_vpn page = 0;

   for (uint32_t level = 1; level <= model.n_levels; level++)
      CHECK_EQ(table.n_tables[level], model_pages_tables(&model, level));
   CHECK_EQ(table.chunks.n_used_blocks, model.n_groups);
   for (uint32_t i = 0; i < model.n_groups; i++) {
      check_page(model.groups[i] * 16 + test_random(16));
      if (model.groups[i] * 16 + 16 < table.n_pages)
         check_page(model.groups[i] * 16 + 16);
   }
   for (uint32_t i = 0; i < model.n_pages; i++, page++) {
      CHECK(vmt_pagetable_next(&table, &page, table.n_pages) != NULL);
      CHECK_EQ(page, model.pages[i].page);
      CHECK_EQ(vmt_pagetable_find(&table, page)->bits, model.pages[i].bits);
   }
   CHECK(vmt_pagetable_next(&table, &page, VMT_NO_VPN) == NULL);
}

static void
test_shapes(void)
{
   struct vmt_walk_shape bad[] = {
      { 0, { 0 }, { 0 } },         { 6, { 0, 9, 9, 9, 9, 9 }, { 0 } },
      { 1, { 0, 3 }, { 0 } },      { 4, { 0, 16, 16, 16, 13 }, { 0 } },
   };

   for (uint32_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
      CHECK_EQ(vmt_pagetable_init(&table, &bad[i]), VMT_BAD_INPUT);
   CHECK_EQ(sizeof(struct vmt_pte), 16);
   CHECK_EQ(test_n_blocks(), 0);
}

/* x86-64: a leaf table covers 512 pages, the next 512 times that, ...  */
static void
test_by_hand(void)
{
   uint64_t pmd = 512, pud = pmd * 512, pgd = pud * 512;

   begin(&shapes[7]);
   CHECK_EQ(table.n_pages, pgd * 512);
   CHECK_EQ(table.n_tables[4], 1);
   CHECK_EQ(table.n_tables[1] + table.n_tables[2] + table.n_tables[3], 0);
   set(0, 1, 1);
   set(pmd - 1, 2, 1);
   CHECK_EQ(table.n_tables[1], 1);
   set(pmd, 3, 1);
   CHECK_EQ(table.n_tables[1], 2);
   CHECK_EQ(table.n_tables[2], 1);
   set(pud, 4, 1);
   CHECK_EQ(table.n_tables[2], 2);
   CHECK_EQ(table.n_tables[3], 1);
   set(pgd * 512 - 1, 5, 1);
   CHECK_EQ(table.n_tables[1], 4);
   CHECK_EQ(table.n_tables[2], 3);
   CHECK_EQ(table.n_tables[3], 2);
   check_all();
   clear(pmd, pgd * 512);
   CHECK_EQ(table.n_tables[1], 1);
   CHECK_EQ(table.n_tables[2], 1);
   CHECK_EQ(table.n_tables[3], 1);
   CHECK_EQ(table.n_tables[4], 1);
   check_all();
   CHECK(vmt_pagetable_find(&table, pmd) == NULL);
   CHECK(vmt_pagetable_find(&table, 0) != NULL);
   CHECK_ASSERTS(vmt_pagetable_find(&table, pgd * 512));
   CHECK_ASSERTS(vmt_pagetable_get(&table, pgd * 512));
   end();
}

/* A pointer to an entry with bits outlives the clearing of all around it.  */
static void
test_pointers(void)
{
   struct vmt_pte *entry;

   begin(&shapes[7]);
   for (uint64_t page = 0; page < 2000; page++)
      set(page, page + 1, 9);
   entry = vmt_pagetable_get(&table, 777);
   clear(0, 777);
   clear(778, 100000);
   CHECK(vmt_pagetable_find(&table, 777) == entry);
   CHECK_EQ(entry->bits, 778);
   CHECK_EQ(entry->owner, 9);
   check_all();
   clear(777, 778);
   CHECK(vmt_pagetable_find(&table, 777) == NULL);
   check_all();
   end();
}

/* Each subset of ten pages at the seams of chunks and tables, each range
   cleared.  */
static const uint64_t seams[10] = { 0,  15,  16,  17,   31,
                                    32, 255, 256, 4094, 4095 };

static void
clear_of_subset(uint32_t subset, uint64_t from, uint64_t to)
{
   for (uint32_t i = 0; i < 10; i++)
      if (subset >> i & 1)
         set(seams[i], i + 1, i);
   clear(from, to);
   for (uint32_t i = 0; i < 10; i++) {
      check_page(seams[i]);
      check_next(seams[i], 4096);
   }
   for (uint32_t level = 1; level <= 3; level++)
      CHECK_EQ(table.n_tables[level], model_pages_tables(&model, level));
   clear(0, 4096);
}

static void
test_small_spaces(void)
{
   begin(&shapes[5]);
   for (uint32_t subset = 0; subset < 1u << 10; subset++)
      for (uint32_t from = 0; from < 10; from++)
         for (uint32_t to = from; to < 10; to++)
            clear_of_subset(subset, seams[from], seams[to] + subset % 2);
   check_all();
   end();
}

static uint64_t
random_page(void)
{
   uint64_t place = test_random(4), span = table.n_pages;

   for (uint64_t i = test_random(6); i > 0; i--)
      span = span / 32 + 8;
   return (place * (table.n_pages / 4) + test_random(span)) % table.n_pages;
}

static void
random_step(void)
{
   uint64_t page = random_page(), kind = test_random(100);
   uint64_t stop = page + test_random(test_random(20) == 0 ? table.n_pages : 300);

   if (kind < 4)
      clear(page, stop < table.n_pages ? stop : table.n_pages);
   else if (kind < 10)
      set(page, 0, 0);
   else if (kind < 20)
      check_next(page, stop);
   else if (kind < 30)
      check_page(page);
   else
      set(page, 1 + test_random(UINT64_MAX - 1), (uint32_t)test_random(1000));
}

static void
test_random_runs(void)
{
   for (uint64_t round = 0; round < N_SHAPES * 4; round++) {
      test_reseed(round);
      begin(&shapes[round % N_SHAPES]);
      for (uint32_t step = 0; step < 1000; step++) {
         random_step();
         if (step % 50 == 0)
            check_all();
      }
      check_all();
      end();
   }
}

/* Whatever part of the way to a page cannot be had, nothing is left of it.  */
static void
test_no_memory(void)
{
   uint32_t n_failures = 0;

   memset(&table, 0x77, sizeof(table));
   for (uint64_t nth = 1;; nth++) {
      struct vmt_pagetable before = table;

      test_fail_nth(nth);
      if (vmt_pagetable_init(&table, &shapes[9]) == VMT_OK)
         break;
      CHECK(memcmp(&before, &table, sizeof(table)) == 0);
      CHECK_EQ(test_n_blocks(), 0);
      n_failures++;
   }
   test_fail_nth(0);
   CHECK_EQ(n_failures, 1);
   model_pages_init(&model, 5, shapes[9].index_bits);
   test_reseed(0);
   for (uint32_t step = 0; step < 100; step++) {
      uint64_t page = random_page();
      struct vmt_pte *entry = NULL;

      for (uint64_t nth = 1; entry == NULL; nth++) {
         test_fail_nth(nth);
         entry = vmt_pagetable_get(&table, page);
         CHECK_EQ(test_fail_came(), entry == NULL);
         if (entry != NULL)
            break;
         n_failures++;
         CHECK(vmt_pagetable_find(&table, page) == NULL);
         check_all();
      }
      set(page, step + 1, step);
   }
   CHECK(n_failures > 100);
   check_all();
   end();
}

int
main(void)
{
   test_begin("test_pagetable");
   test_shapes();
   test_by_hand();
   test_pointers();
   test_small_spaces();
   test_random_runs();
   test_no_memory();
   return test_end();
}
