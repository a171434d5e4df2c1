/* Built twice: with the nodes that the tool has, and with leaves of three
   entries and six children a node (TEST_SMALL_NODES), where few entries make
   many levels.  */

#include "tests/mmu/check.h"
#include "vmtrace/mmu/containers/ranktree.h"

#include <string.h>

#define MAX_ENTRIES 20000

#ifdef TEST_SMALL_NODES
#define NAME "test_ranktree_small"
#define N_GROWN 400
#define LEAF 3
#else
#define NAME "test_ranktree"
#define N_GROWN 6000
#define LEAF 64
#endif

/* The same as a sorted array, the lowest entry first.  */
static struct vmt_ranktree_entry sorted[MAX_ENTRIES];
static uint32_t n_sorted;
static struct vmt_ranktree tree;

static int
compare(struct vmt_ranktree_entry one, struct vmt_ranktree_entry other)
{
   if (one.key != other.key)
      return one.key < other.key ? -1 : 1;
   return one.value < other.value ? -1 : one.value > other.value;
}

/* Where entry is or would be.  */
static uint32_t
sorted_position(struct vmt_ranktree_entry entry)
{
   uint32_t i = n_sorted;

   while (i > 0 && compare(sorted[i - 1], entry) >= 0)
      i--;
   return i;
}

static bool
sorted_has(struct vmt_ranktree_entry entry)
{
   uint32_t i = sorted_position(entry);

   return i < n_sorted && compare(sorted[i], entry) == 0;
}

static void
begin(void)
{
   n_sorted = 0;
   vmt_ranktree_init(&tree, "test");
}

static void
end(void)
{
   vmt_ranktree_free(&tree);
   CHECK_EQ(test_n_blocks(), 0);
   CHECK_EQ(tree.n_entries, 0);
}

static void
insert(uint64_t key, uint64_t value)
{
   struct vmt_ranktree_entry entry = { key, value };
   uint32_t at = sorted_position(entry);
   uint64_t n_above;

   CHECK_EQ(vmt_ranktree_insert(&tree, &entry, &n_above), VMT_OK);
   CHECK_EQ(n_above, n_sorted - at);
   memmove(&sorted[at + 1], &sorted[at], (n_sorted - at) * sizeof(*sorted));
   sorted[at] = entry;
   n_sorted++;
   CHECK_EQ(tree.n_entries, n_sorted);
}

static void
delete_at(uint32_t at)
{
   struct vmt_ranktree_entry entry = sorted[at];

   n_sorted--;
   CHECK_EQ(vmt_ranktree_delete(&tree, &entry), n_sorted - at);
   memmove(&sorted[at], &sorted[at + 1], (n_sorted - at) * sizeof(*sorted));
   CHECK_EQ(tree.n_entries, n_sorted);
}

/* Every entry by its number, how many are above it, and above what is next to it
   and not there.  */
static void
check_same(void)
{
   CHECK_EQ(tree.n_entries, n_sorted);
   for (uint32_t i = 0; i < n_sorted; i++) {
      uint64_t n_above = n_sorted - 1 - i;
      const struct vmt_ranktree_entry *found = vmt_ranktree_at(&tree, n_above);
      struct vmt_ranktree_entry near = sorted[i];

      CHECK_EQ(found->key, near.key);
      CHECK_EQ(found->value, near.value);
      CHECK_EQ(vmt_ranktree_n_above(&tree, &near), n_above);
      near.value = sorted[i].value + 1;
      if (near.value != 0 && !sorted_has(near))
         CHECK_EQ(vmt_ranktree_n_above(&tree, &near), n_above);
      near.value = sorted[i].value - 1;
      if (sorted[i].value != 0 && !sorted_has(near))
         CHECK_EQ(vmt_ranktree_n_above(&tree, &near), n_above + 1);
   }
   if (n_sorted > 0)
      CHECK_EQ(compare(*vmt_ranktree_lowest(&tree), sorted[0]), 0);
}

static void
test_edges(void)
{
   struct vmt_ranktree_entry entry = { 5, 5 };
   uint64_t n_above;

   begin();
   CHECK_EQ(vmt_ranktree_n_above(&tree, &entry), 0);
   CHECK_ASSERTS(vmt_ranktree_lowest(&tree));
   CHECK_ASSERTS(vmt_ranktree_at(&tree, 0));
   CHECK_ASSERTS(vmt_ranktree_delete(&tree, &entry));
   CHECK_EQ(test_n_blocks(), 0);
   insert(5, 5);
   CHECK_ASSERTS(vmt_ranktree_insert(&tree, &entry, &n_above));
   CHECK_ASSERTS(vmt_ranktree_at(&tree, 1));
   entry.value = 4;
   CHECK_ASSERTS(vmt_ranktree_delete(&tree, &entry));
   entry.value = 6;
   CHECK_ASSERTS(vmt_ranktree_delete(&tree, &entry));
   insert(0, 0);
   insert(UINT64_MAX, UINT64_MAX);
   insert(5, 4);
   insert(5, 6);
   check_same();
   CHECK_EQ(tree.n_levels, n_sorted > LEAF);
   while (n_sorted > 0)
      delete_at(n_sorted / 2);
   CHECK(tree.root == NULL);
   CHECK_EQ(tree.leaves.n_used_blocks, 0);
   CHECK_EQ(tree.inners.n_used_blocks, 0);
   end();
}

/* The k-th of the n! orders of n numbers.  */
static void
permutation(uint32_t k, uint32_t n, uint32_t *order)
{
   uint32_t left[8];

   for (uint32_t i = 0; i < n; i++)
      left[i] = i;
   for (uint32_t i = 0; i < n; i++) {
      uint32_t pick = k % (n - i);

      k /= n - i;
      order[i] = left[pick];
      for (uint32_t j = pick; j + 1 < n - i; j++)
         left[j] = left[j + 1];
   }
}

/* Six entries come in every order and go in every order.  */
static void
test_all_orders(void)
{
   begin();
   for (uint32_t in = 0; in < 720; in++)
      for (uint32_t out = 0; out < 720; out++) {
         uint32_t order[6];

         permutation(in, 6, order);
         for (uint32_t i = 0; i < 6; i++)
            insert(order[i] / 2, order[i] % 2);
         permutation(out, 6, order);
         for (uint32_t i = 0; i < 6; i++) {
            struct vmt_ranktree_entry entry = { order[i] / 2, order[i] % 2 };

            delete_at(sorted_position(entry));
         }
         CHECK(tree.root == NULL);
      }
   end();
}

/* Trees of each size, built in rising and in falling order: one more at each
   place, and one less.  */
static void
test_all_places(void)
{
   for (uint32_t n = 0; n <= 3 * LEAF + 2; n++) {
      begin();
      for (uint32_t i = 0; i < n; i++)
         insert(n % 2 == 0 ? i * 4 : (n - i) * 4, 9);
      for (uint32_t place = 0; place <= n; place++) {
         insert(place * 4 + 2, 9);
         check_same();
         delete_at(sorted_position((struct vmt_ranktree_entry){ place * 4 + 2, 9 }));
      }
      for (uint32_t place = 0; place < n; place++) {
         struct vmt_ranktree_entry entry = sorted[place];

         delete_at(place);
         check_same();
         insert(entry.key, entry.value);
      }
      check_same();
      end();
   }
}

/* Entries come and go around a size that rises and falls; keys of a small range
   repeat.  */
static void
test_random_runs(void)
{
   for (uint64_t round = 0; round < 60; round++) {
      uint64_t n_keys, n_target;

      test_reseed(round);
      n_keys = round % 2 == 0 ? 5 : (uint64_t)1 << 50;
      n_target = round % 3 == 0 ? N_GROWN / 2 : N_GROWN / 20;
      begin();
      for (uint32_t step = 0; step < 3 * N_GROWN; step++) {
         bool grow = step / N_GROWN % 2 == 0 ? n_sorted < n_target
                                              : n_sorted < n_target / 8;

         if (n_sorted == 0 || test_random(10) < (grow ? 8u : 3u)) {
            struct vmt_ranktree_entry entry = { test_random(n_keys),
                                                test_random(1u << 20) };

            if (!sorted_has(entry))
               insert(entry.key, entry.value);
         } else {
            delete_at((uint32_t)test_random(n_sorted));
         }
         if (step % (N_GROWN / 2) == 0)
            check_same();
      }
      check_same();
      end();
   }
}

/* The life of an LRU stack: what goes comes back as the highest, or not
   quite.  */
static void
test_stack(void)
{
   for (uint64_t round = 0; round < 20; round++) {
      uint32_t n = N_GROWN / 2;

      test_reseed(round);
      begin();
      for (uint32_t i = 0; i < n; i++)
         insert(i * 100, i);
      for (uint32_t step = 0; step < 4 * n; step++) {
         uint32_t at = (uint32_t)test_random(round % 2 == 0 ? n : n / 20);
         uint64_t value = sorted[n - 1 - at].value;
         uint64_t back = test_random(4) == 0 ? test_random(3000) : 0;

         delete_at(n - 1 - at);
         insert((n + (uint64_t)step) * 100 + 3000 - back, value);
      }
      check_same();

      /* All nodes but the last are a third full: so many leaves at most, and at
         least two children a node.  */
      CHECK((tree.leaves.n_used_blocks - 1) * (LEAF / 3) <= n);
      CHECK((uint64_t)1 << tree.n_levels <= 2 * (uint64_t)n);
      end();
   }
}

/* In rising order leaves are full, and stay so.  */
static void
test_rising(void)
{
   begin();
   for (uint32_t i = 0; i < N_GROWN; i++)
      insert(i, 0);
   check_same();
   CHECK_EQ(tree.leaves.n_used_blocks, (N_GROWN + LEAF - 1) / LEAF);
   while (n_sorted > 0)
      delete_at(0);
   CHECK_EQ(tree.leaves.n_used_blocks, 0);
   CHECK_EQ(tree.inners.n_used_blocks, 0);
   end();
}

/* The n-th allocation of each insertion fails, for every n.  */
static void
test_no_memory(void)
{
   uint32_t n_failures = 0;

   begin();
   for (uint32_t i = 0; i < 6007; i++) {
      struct vmt_ranktree_entry entry = { i * 2503 % 6007, 0 };
      uint64_t n_leaves = tree.leaves.n_used_blocks, n_above;
      uint64_t n_inners = tree.inners.n_used_blocks;

      for (uint64_t nth = 1;; nth++) {
         test_fail_nth(nth);
         if (vmt_ranktree_insert(&tree, &entry, &n_above) == VMT_OK)
            break;
         CHECK(test_fail_came());
         n_failures++;
         CHECK_EQ(tree.leaves.n_used_blocks, n_leaves);
         CHECK_EQ(tree.inners.n_used_blocks, n_inners);
         CHECK(!sorted_has(entry));
         check_same();
      }
      CHECK(!test_fail_came());
      vmt_ranktree_delete(&tree, &entry);
      insert(entry.key, entry.value);
   }
   check_same();
   CHECK_EQ(n_failures, tree.leaves.n_slabs + tree.inners.n_slabs);
   CHECK(n_failures >= 4);
   end();
}

int
main(void)
{
   test_begin(NAME);
   test_edges();
   test_all_orders();
   test_all_places();
   test_random_runs();
   test_stack();
   test_rising();
   test_no_memory();
   return test_end();
}
