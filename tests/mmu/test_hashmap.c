#include "tests/mmu/check.h"
#include "vmtrace/mmu/containers/hashmap.h"

#define MAX_KEYS 64

/* The same map as a list of pairs.  */
struct list {
   uint64_t keys[MAX_KEYS], values[MAX_KEYS];
   uint32_t n;
};

static uint64_t *
list_find(struct list *list, uint64_t key)
{
   for (uint32_t i = 0; i < list->n; i++)
      if (list->keys[i] == key)
         return &list->values[i];
   return NULL;
}

static void
list_put(struct list *list, uint64_t key, uint64_t value)
{
   uint64_t *place = list_find(list, key);

   if (place == NULL) {
      list->keys[list->n] = key;
      place = &list->values[list->n++];
   }
   *place = value;
}

static bool
list_delete(struct list *list, uint64_t key)
{
   uint64_t *place = list_find(list, key);

   if (place == NULL)
      return false;
   list->keys[place - list->values] = list->keys[list->n - 1];
   *place = list->values[--list->n];
   return true;
}

static void
check_same(const struct vmt_hashmap *map, struct list *list)
{
   struct vmt_hashmap_slot *slot;
   uint64_t cursor = 0, n = 0;

   CHECK_EQ(map->n_used, list->n);
   CHECK(map->n_used * 4 <= map->n_slots * 3);
   for (uint32_t i = 0; i < list->n; i++) {
      uint64_t *value = vmt_hashmap_find(map, list->keys[i]);

      CHECK(value != NULL);
      CHECK_EQ(*value, list->values[i]);
   }
   while ((slot = vmt_hashmap_next(map, &cursor)) != NULL) {
      uint64_t *value = list_find(list, slot->key);

      CHECK(value != NULL);
      CHECK_EQ(*value, slot->value);
      n++;
   }
   CHECK_EQ(n, list->n);
}

static void
put(struct vmt_hashmap *map, struct list *list, uint64_t key, uint64_t new_value)
{
   uint64_t *value, *before = list_find(list, key);

   CHECK_EQ(vmt_hashmap_put(map, key, &value), VMT_OK);
   CHECK_EQ(*value, before != NULL ? *before : 0);
   *value = new_value;
   list_put(list, key, new_value);
}

static void
test_edges(void)
{
   struct vmt_hashmap map;
   struct list list = { .n = 0 };
   uint64_t *value, cursor = 0;

   vmt_hashmap_init(&map, "test");
   CHECK(vmt_hashmap_find(&map, 0) == NULL);
   CHECK(!vmt_hashmap_delete(&map, 0));
   CHECK(vmt_hashmap_next(&map, &cursor) == NULL);
   vmt_hashmap_clear(&map);
   CHECK_EQ(test_n_blocks(), 0);
   put(&map, &list, 0, 5);
   put(&map, &list, VMT_HASHMAP_NO_KEY - 1, 6);
   check_same(&map, &list);
   CHECK(vmt_hashmap_find(&map, VMT_HASHMAP_NO_KEY) == NULL);
   CHECK(!vmt_hashmap_delete(&map, VMT_HASHMAP_NO_KEY));
   CHECK_ASSERTS(vmt_hashmap_put(&map, VMT_HASHMAP_NO_KEY, &value));
   vmt_hashmap_clear(&map);
   list.n = 0;
   check_same(&map, &list);
   vmt_hashmap_free(&map);
   CHECK_EQ(test_n_blocks(), 0);
}

/* Few keys, so that they are often there; drawn anew each round, so that over
   the rounds every pattern of homes in the small tables turns up.  */
static void
test_random_runs(void)
{
   for (uint64_t round = 0; round < 3000; round++) {
      struct vmt_hashmap map;
      struct list list = { .n = 0 };
      uint64_t keys[MAX_KEYS], n_keys;

      test_reseed(round);
      n_keys = 1 + test_random(round % 10 == 0 ? MAX_KEYS : 6);
      for (uint64_t i = 0; i < n_keys; i++)
         keys[i] = round % 2 == 0 ? i : test_random(UINT64_MAX);
      vmt_hashmap_init(&map, "test");
      for (int step = 0; step < 60; step++) {
         uint64_t key = keys[test_random(n_keys)];

         if (test_random(2) == 0)
            put(&map, &list, key, test_random(1000));
         else
            CHECK_EQ(vmt_hashmap_delete(&map, key), list_delete(&list, key));
         check_same(&map, &list);
      }
      vmt_hashmap_free(&map);
   }
}

/* Every sequence of six puts and deletes of three keys.  */
static void
test_all_sequences(void)
{
   for (uint32_t sequence = 0; sequence < 6 * 6 * 6 * 6 * 6 * 6; sequence++) {
      struct vmt_hashmap map;
      struct list list = { .n = 0 };
      uint32_t rest = sequence;

      vmt_hashmap_init(&map, "test");
      for (uint32_t step = 0; step < 6; step++, rest /= 6) {
         uint64_t key = rest % 3;

         if (rest % 6 < 3)
            put(&map, &list, key, step + 1);
         else
            CHECK_EQ(vmt_hashmap_delete(&map, key), list_delete(&list, key));
      }
      check_same(&map, &list);
      vmt_hashmap_free(&map);
   }
}

static void
test_many(void)
{
   struct vmt_hashmap map;
   uint64_t *value;

   vmt_hashmap_init(&map, "test");
   for (uint64_t key = 0; key < 100000; key++) {
      CHECK_EQ(vmt_hashmap_put(&map, key << 12, &value), VMT_OK);
      *value = key + 1;
   }
   for (uint64_t key = 0; key < 100000; key += 2)
      CHECK(vmt_hashmap_delete(&map, key << 12));
   CHECK_EQ(map.n_used, 50000);
   for (uint64_t key = 0; key < 100000; key++) {
      value = vmt_hashmap_find(&map, key << 12);
      CHECK_EQ(value != NULL, key % 2);
      if (value != NULL)
         CHECK_EQ(*value, key + 1);
   }
   vmt_hashmap_free(&map);
}

static void
test_no_memory(void)
{
   struct vmt_hashmap map;
   struct list list = { .n = 0 };
   uint32_t n_failures = 0;

   vmt_hashmap_init(&map, "test");
   for (uint64_t key = 0; key < 40; key++) {
      uint64_t *value, n_slots = map.n_slots;

      test_fail_nth(1);
      if (vmt_hashmap_put(&map, key, &value) == VMT_OK) {
         CHECK(!test_fail_came());
         *value = key;
         list_put(&list, key, key);
         continue;
      }
      CHECK(test_fail_came());
      n_failures++;
      CHECK(vmt_hashmap_find(&map, key) == NULL);
      CHECK_EQ(map.n_slots, n_slots);
      check_same(&map, &list);
      put(&map, &list, key, key);
   }
   check_same(&map, &list);
   CHECK_EQ(n_failures, 4);             /* 8, 16, 32, 64 slots hold 6, 12, 24,
                                           48 keys */
   vmt_hashmap_free(&map);
}

static void
test_reserve(void)
{
   for (uint64_t n_keys = 0; n_keys < 60; n_keys++) {
      struct vmt_hashmap map;
      struct list list = { .n = 0 };

      vmt_hashmap_init(&map, "test");
      test_fail_nth(1);
      CHECK_EQ(vmt_hashmap_reserve(&map, n_keys), VMT_NO_MEMORY);
      CHECK(test_fail_came());
      CHECK_EQ(map.n_slots, 0);
      CHECK_EQ(vmt_hashmap_reserve(&map, n_keys), VMT_OK);
      test_fail_nth(1);
      for (uint64_t key = 0; key < n_keys; key++)
         put(&map, &list, key * 7, key);
      CHECK(!test_fail_came());
      check_same(&map, &list);
      vmt_hashmap_free(&map);
   }
}

int
main(void)
{
   test_begin("test_hashmap");
   test_edges();
   test_random_runs();
   test_all_sequences();
   test_many();
   test_no_memory();
   test_reserve();
   return test_end();
}
