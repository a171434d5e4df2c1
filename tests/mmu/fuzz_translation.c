/* Fuzz target: TLB, walk caches and page table of one address space against
   their models, as a machine uses them.  An input is three bytes that choose
   shapes and policy, then steps of four bytes: what, which page (two), how
   many.  */

#include "tests/mmu/fuzz.h"

#include "tests/mmu/check.h"
#include "tests/mmu/model_pages.h"
#include "tests/mmu/model_walk.h"
#include "tests/mmu/pair_tlb.h"
#include "vmtrace/mmu/mechanisms/pagetable.h"
#include "vmtrace/mmu/mechanisms/walkcache.h"

/* So that the models' arrays suffice: MAX_STEPS * MAX_SET_PAGES pages at most. */
#define MAX_STEPS 400
#define MAX_SET_PAGES 20

const char fuzz_name[] = "fuzz_translation";

static const uint32_t tlb_shapes[][2] = {
   { 0, 0 },  { 1, 1 },   { 4, 1 },   { 4, 2 },   { 6, 2 },
   { 8, 8 },  { 16, 16 }, { 32, 32 }, { 40, 20 }, { 64, 4 },
};
#define N_TLB_SHAPES (sizeof(tlb_shapes) / sizeof(*tlb_shapes))

static const struct vmt_walk_shape walk_shapes[] = {
   { 1, { 0, 8 }, { 0 } },
   { 2, { 0, 4, 5 }, { 0, 0, 3 } },
   { 3, { 0, 4, 4, 4 }, { 0, 0, 4, 2 } },
   { 4, { 0, 9, 9, 9, 9 }, { 0, 0, 20, 4, 0 } },
   { 5, { 0, 9, 9, 9, 9, 9 }, { 0, 0, 4, 0, 2, 1 } },
};
#define N_WALK_SHAPES (sizeof(walk_shapes) / sizeof(*walk_shapes))

static struct pair_tlb tlb;
static struct vmt_walkcache walkcache;
static struct vmt_pagetable table;
static struct model_walk model_walks;
static struct model_pages model_table;

static void
begin(const uint8_t *head)
{
   const uint32_t *tlb_shape = tlb_shapes[head[0] % N_TLB_SHAPES];
   const struct vmt_walk_shape *shape = &walk_shapes[head[2] % N_WALK_SHAPES];
   enum vmt_tlb_policy policy = (enum vmt_tlb_policy)(head[1] % 4);

   if (policy == VMT_TLB_PLRU && (tlb_shape[1] & (tlb_shape[1] - 1)) != 0)
      policy = VMT_TLB_LRU;
   pair_tlb_init(&tlb, tlb_shape[0], tlb_shape[1], policy, head[1]);
   CHECK_EQ(vmt_walkcache_init(&walkcache, shape), VMT_OK);
   CHECK_EQ(vmt_pagetable_init(&table, shape), VMT_OK);
   model_walk_init(&model_walks, shape->n_levels, shape->index_bits,
                   shape->n_entries);
   model_pages_init(&model_table, shape->n_levels, shape->index_bits);
}

static void
set_page(uint64_t page, uint64_t bits, uint32_t owner)
{
   struct vmt_pte *entry = vmt_pagetable_get(&table, page);

   CHECK(entry != NULL);
   entry->bits = bits;
   entry->owner = owner;
   model_pages_ask(&model_table, page);
   model_pages_set(&model_table, page, bits, owner);
}

/* A hit needs no walk; a miss walks, and a page that is not there is made.  */
static void
access_page(uint64_t page, uint32_t step)
{
   bool hit = vmt_tlb_find(&tlb.tlb, page) != NULL;
   struct vmt_pte *entry = vmt_pagetable_find(&table, page);

   pair_tlb_access(&tlb, page);
   if (hit) {
      CHECK(entry != NULL && entry->bits != 0);
      return;
   }
   CHECK_EQ(vmt_walkcache_walk(&walkcache, page, step),
            model_walk(&model_walks, page, step));
   if (entry == NULL || entry->bits == 0)
      set_page(page, VMT_PTE_PRESENT | (uint64_t)step << 12, step);
}

static void
unmap(uint64_t start, uint64_t end)
{
   vmt_pagetable_clear(&table, start, end);
   model_pages_clear(&model_table, start, end);
   vmt_walkcache_drop_range(&walkcache, start, end);
   model_walk_drop(&model_walks, start, end);
   pair_tlb_drop(&tlb, start, end);
}

/* An allocation on the way fails, or none is needed: either way the page table
   holds what it held, and at most an empty chunk more.  */
static void
ask_without_memory(uint64_t page, uint64_t nth)
{
   bool asked = model_pages_asked(&model_table, page);
   struct vmt_pte *entry;

   test_fail_nth(nth);
   entry = vmt_pagetable_get(&table, page);
   CHECK_EQ(test_fail_came(), entry == NULL);
   if (asked)
      CHECK(entry != NULL);
   if (entry != NULL)
      model_pages_ask(&model_table, page);
   CHECK_EQ(vmt_pagetable_find(&table, page) != NULL, entry != NULL);
}

static void
compare_page(uint64_t page, uint64_t end)
{
   const struct model_page *expected = model_pages_find(&model_table, page);
   const struct model_page *expected_next =
      model_pages_next(&model_table, page, end);
   struct vmt_pte *entry = vmt_pagetable_find(&table, page);
   vmt_vpn next = page;

   CHECK_EQ(entry != NULL, model_pages_asked(&model_table, page));
   if (entry != NULL) {
      CHECK_EQ(entry->bits, expected != NULL ? expected->bits : 0);
      CHECK_EQ(entry->owner, expected != NULL ? expected->owner : 0);
   }
   entry = vmt_pagetable_next(&table, &next, end);
   CHECK_EQ(entry != NULL, expected_next != NULL);
   CHECK_EQ(next, expected_next != NULL ? expected_next->page : page);
}

static void
compare_all(void)
{
   vmt_vpn page = 0;

   pair_tlb_check(&tlb);
   for (uint32_t level = 1; level <= model_table.n_levels; level++)
      CHECK_EQ(table.n_tables[level], model_pages_tables(&model_table, level));
   CHECK_EQ(table.chunks.n_used_blocks, model_table.n_groups);
   for (uint32_t level = 2; level <= model_walks.n_levels; level++)
      CHECK_EQ(walkcache.levels[level].n_valid,
               model_walk_count(&model_walks, level));
   for (uint32_t i = 0; i < model_table.n_pages; i++, page++) {
      const struct vmt_pte *entry =
         vmt_pagetable_next(&table, &page, table.n_pages);

      CHECK(entry != NULL);
      CHECK_EQ(page, model_table.pages[i].page);
      CHECK_EQ(entry->bits, model_table.pages[i].bits);
      CHECK_EQ(entry->owner, model_table.pages[i].owner);
   }
   CHECK(vmt_pagetable_next(&table, &page, table.n_pages) == NULL);
}

/* The two bytes of a page: the low one counts from one of sixteen places that
   lie a 2^k-th of the address space up, so that upper tables are shared or not. */
static uint64_t
page_of(uint8_t place, uint8_t offset)
{
   uint64_t base = table.n_pages >> (1 + place % 16);

   return ((place % 16 == 15 ? 0 : base) + offset + (place >> 4) * 256u) %
          table.n_pages;
}

static void
run_step(const uint8_t *bytes, uint32_t step)
{
   uint64_t page = page_of(bytes[1], bytes[2]);
   uint64_t end = page + bytes[3];

   if (end > table.n_pages)
      end = table.n_pages;
   switch (bytes[0] % 16) {
   case 0:
      unmap(page, end);
      break;
   case 1:
      unmap(page, page + 1);
      break;
   case 2:
      set_page(page, 0, 0);
      pair_tlb_drop(&tlb, page, page + 1);
      break;
   case 3:
      ask_without_memory(page, 1 + bytes[3] % 6);
      break;
   case 4:
      compare_page(page, bytes[3] == 0 ? table.n_pages : end);
      break;
   case 5:
      pair_tlb_drop(&tlb, page, end);
      break;
   case 6:
      vmt_walkcache_drop_range(&walkcache, page, end);
      model_walk_drop(&model_walks, page, end);
      break;
   case 7:
      for (uint64_t i = 0; i < bytes[3] % MAX_SET_PAGES && page + i < end; i++)
         set_page(page + i, bytes[3], bytes[2]);
      break;
   default:
      access_page(page, step);
      break;
   }
}

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
   test_begin(fuzz_name);
   return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n_bytes)
{
   uint32_t step = 1;

   if (n_bytes < 3)
      return 0;
   begin(data);
   for (data += 3, n_bytes -= 3; n_bytes >= 4 && step <= MAX_STEPS;
        data += 4, n_bytes -= 4, step++) {
      run_step(data, step);
      if (step % 64 == 0)
         compare_all();
   }
   compare_all();
   pair_tlb_free(&tlb);
   vmt_walkcache_free(&walkcache);
   vmt_pagetable_free(&table);
   CHECK_EQ(test_n_blocks(), 0);
   return 0;
}
