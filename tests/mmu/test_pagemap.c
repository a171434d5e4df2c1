#include "tests/mmu/check.h"
#include "vmtrace/mmu/containers/pagemap.h"

#define MAX_PAGES 200

/* The same map as a list of pairs.  */
struct list {
   uint64_t pages[MAX_PAGES], values[MAX_PAGES];
   uint32_t n;
};

static uint64_t *
list_find(struct list *list, uint64_t page)
{
   for (uint32_t i = 0; i < list->n; i++)
      if (list->pages[i] == page)
         return &list->values[i];
   return NULL;
}

static bool
list_delete(struct list *list, uint64_t page)
{
   uint64_t *place = list_find(list, page);

   if (place == NULL)
      return false;
   list->pages[place - list->values] = list->pages[list->n - 1];
   *place = list->values[--list->n];
   return true;
}

static uint64_t
n_chunks(const struct list *list)
{
   uint64_t n = 0;

   for (uint32_t i = 0; i < list->n; i++) {
      bool first = true;

      for (uint32_t k = 0; k < i; k++)
         first = first && list->pages[k] / 8 != list->pages[i] / 8;
      n += first;
   }
   return n;
}

static void
check_same(struct vmt_pagemap *map, struct list *list)
{
   struct vmt_pagemap_cursor cursor = { 0 };
   uint64_t *value, n = 0;
   vmt_vpn page;

   CHECK_EQ(map->n_pages, list->n);
   CHECK_EQ(map->blocks.n_used_blocks, n_chunks(list));
   for (uint32_t i = 0; i < list->n; i++) {
      value = vmt_pagemap_find(map, list->pages[i]);
      CHECK(value != NULL);
      CHECK_EQ(*value, list->values[i]);
   }
   while ((value = vmt_pagemap_next(map, &cursor, &page)) != NULL) {
      uint64_t *expected = list_find(list, page);

      CHECK(expected != NULL);
      CHECK_EQ(*value, *expected);
      n++;
   }
   CHECK_EQ(n, list->n);
   CHECK(vmt_pagemap_next(map, &cursor, &page) == NULL);
}

static void
put(struct vmt_pagemap *map, struct list *list, uint64_t page, uint64_t new_value)
{
   uint64_t *value, *before = list_find(list, page);
   bool is_new;

   CHECK_EQ(vmt_pagemap_put(map, page, &value, &is_new), VMT_OK);
   CHECK_EQ(is_new, before == NULL);
   CHECK_EQ(*value, before != NULL ? *before : 0);
   *value = new_value;
   if (before == NULL) {
      list->pages[list->n] = page;
      before = &list->values[list->n++];
   }
   *before = new_value;
}

static void
test_edges(void)
{
   static const uint64_t top = ((uint64_t)1 << 63) - 1;
   struct vmt_pagemap map;
   struct list list = { .n = 0 };
   uint64_t *value;
   bool is_new;

   vmt_pagemap_init(&map, "test");
   check_same(&map, &list);
   CHECK(vmt_pagemap_find(&map, 0) == NULL);
   CHECK(vmt_pagemap_find(&map, VMT_NO_VPN) == NULL);
   CHECK(!vmt_pagemap_delete(&map, 7));
   CHECK_EQ(test_n_blocks(), 0);
   put(&map, &list, 0, 5);
   put(&map, &list, top, 6);
   check_same(&map, &list);
   CHECK(vmt_pagemap_find(&map, top - 1) == NULL);
   CHECK(!vmt_pagemap_delete(&map, top - 1));
   CHECK_ASSERTS(vmt_pagemap_put(&map, top + 1, &value, &is_new));
   vmt_pagemap_free(&map);
   CHECK_EQ(test_n_blocks(), 0);
   list.n = 0;
   check_same(&map, &list);
}

/* A value stays where it is while pages around it come and go.  */
static void
test_places(void)
{
   struct vmt_pagemap map;
   uint64_t *value, *found;
   bool is_new;

   vmt_pagemap_init(&map, "test");
   CHECK_EQ(vmt_pagemap_put(&map, 1003, &value, &is_new), VMT_OK);
   *value = 77;
   for (uint64_t page = 0; page < 3000; page++)
      CHECK_EQ(vmt_pagemap_put(&map, page, &found, &is_new), VMT_OK);
   for (uint64_t page = 0; page < 3000; page++)
      if (page != 1003)
         CHECK(vmt_pagemap_delete(&map, page));
   CHECK(vmt_pagemap_find(&map, 1003) == value);
   CHECK_EQ(*value, 77);
   CHECK_EQ(map.blocks.n_used_blocks, 1);
   vmt_pagemap_free(&map);
}

/* Every sequence of six puts and deletes of four pages, two of one chunk, its
   neighbour and one far off.  */
static void
test_all_sequences(void)
{
   static const uint64_t pages[4] = { 6, 7, 8, 1 << 20 };

   for (uint32_t sequence = 0; sequence < 8 * 8 * 8 * 8 * 8 * 8; sequence++) {
      static struct vmt_pagemap map;
      struct list list = { .n = 0 };
      uint32_t rest = sequence;

      if (sequence == 0)
         vmt_pagemap_init(&map, "test");
      for (uint32_t step = 0; step < 6; step++, rest /= 8) {
         uint64_t page = pages[rest % 4];

         if (rest % 8 < 4)
            put(&map, &list, page, step + 1);
         else
            CHECK_EQ(vmt_pagemap_delete(&map, page), list_delete(&list, page));
      }
      check_same(&map, &list);
      while (list.n > 0) {
         CHECK(vmt_pagemap_delete(&map, list.pages[0]));
         list_delete(&list, list.pages[0]);
      }
      if (sequence == 8 * 8 * 8 * 8 * 8 * 8 - 1)
         vmt_pagemap_free(&map);
   }
}

static void
test_random_runs(void)
{
   for (uint64_t round = 0; round < 300; round++) {
      uint64_t base, n_near = round % 3 == 0 ? 20 : 150;
      struct vmt_pagemap map;
      struct list list = { .n = 0 };

      test_reseed(round);
      base = test_random((uint64_t)1 << 62);
      vmt_pagemap_init(&map, "test");
      for (int step = 0; step < 300; step++) {
         uint64_t page = base + test_random(n_near);

         if (round % 3 == 2)
            page = base ^ test_random(60) << 40;
         if (test_random(5) < 3)
            put(&map, &list, page, test_random(1000));
         else
            CHECK_EQ(vmt_pagemap_delete(&map, page), list_delete(&list, page));
         if (step % 16 == 0)
            check_same(&map, &list);
      }
      check_same(&map, &list);
      vmt_pagemap_free(&map);
   }
}

/* The n-th allocation of each put fails, for every n.  */
static void
test_no_memory(void)
{
   struct vmt_pagemap map;
   struct list list = { .n = 0 };
   uint32_t n_failures = 0;

   vmt_pagemap_init(&map, "test");
   for (uint64_t page = 0; page < 100 * 8; page += 8)
      for (uint64_t nth = 1;; nth++) {
         uint64_t *value;
         bool is_new;

         test_fail_nth(nth);
         if (vmt_pagemap_put(&map, page, &value, &is_new) == VMT_OK) {
            CHECK(!test_fail_came());
            CHECK(is_new);
            *value = page;
            list.pages[list.n] = page;
            list.values[list.n++] = page;
            break;
         }
         CHECK(test_fail_came());
         n_failures++;
         check_same(&map, &list);
      }
   check_same(&map, &list);
   CHECK_EQ(n_failures, 7);             /* a slab of 909 chunks; 8, 16, 32, 64,
                                           128 and 256 slots, which hold 6, 12,
                                           24, 48, 96 and 192 of them */
   vmt_pagemap_free(&map);
}

static void
test_memory(void)
{
   struct vmt_pagemap map;
   uint64_t *value;
   bool is_new;

   vmt_pagemap_init(&map, "test");
   for (uint64_t page = 0; page < 1 << 20; page++)
      CHECK_EQ(vmt_pagemap_put(&map, page, &value, &is_new), VMT_OK);

   /* 2^17 chunks of 72 bytes, and 2^18 slots of 16 for them: 13 a page; a slab
      is not used up to the last byte.  */
   CHECK(test_n_bytes() >> 20 <= 13);
   vmt_pagemap_free(&map);
}

int
main(void)
{
   test_begin("test_pagemap");
   test_edges();
   test_places();
   test_all_sequences();
   test_random_runs();
   test_no_memory();
   test_memory();
   return test_end();
}
