/* The ordered map of ranges: random operations against an array, its depth in
   the orders that break plain search trees, and memory that runs out.

   usage: rangemap_test [first-seed]  */

#include <string.h>

#include "tests/areas/rangemap_ops.h"
#include "tests/areas/testing.h"
#include "vmtrace/mmu/base/random.h"
#include "vmtrace/mmu/containers/rangemap.h"

enum { N_SEQUENCES = 200, N_OPS = 300, N_MANY = 20000 };

static uint64_t seed;

static void
explain(void)
{
   fprintf(stderr, "seed %lu\n", (unsigned long)seed);
}

static void
run_random(void)
{
   struct vmt_random rng = {seed};
   uint8_t bytes[4 * N_OPS];

   for (size_t i = 0; i < sizeof(bytes); i++)
      bytes[i] = (uint8_t)vmt_random_next(&rng);
   rangemap_run(bytes, sizeof(bytes));
   check(n_blocks_held == 0);
}

/* The head of a node, as rangemap.c has it.  */
struct head {
   struct head *parent, *left, *right;
};

static unsigned
depth(const struct head *head)
{
   unsigned left, right;

   if (head == NULL)
      return 0;
   left = depth(head->left);
   right = depth(head->right);
   return 1 + (left > right ? left : right);
}

static void
insert_at(struct vmt_rangemap *map, uint64_t key)
{
   struct vmt_range range = {key, key + 1};

   check(vmt_rangemap_insert(map, &range) != NULL);
}

/* A random search tree of n nodes is deeper than 4.3 ln n = 43 hardly ever
   (Devroye, "A note on the height of binary search trees", JACM 1986); sorted
   input would make a plain one 20000 deep.  */
static void
test_depth(void)
{
   struct vmt_rangemap map;

   for (int order = 0; order < 3; order++) {
      vmt_rangemap_init(&map, "test", sizeof(struct vmt_range));
      for (uint64_t i = 0; i < N_MANY; i++)
         insert_at(&map, order == 0   ? i
                         : order == 1 ? N_MANY - i
                                      : (i % 2 == 0 ? i : 2 * N_MANY - i));
      check(map.n_records == N_MANY);
      check(depth(map.root) <= 45);
      vmt_rangemap_free(&map);
   }
   check(n_blocks_held == 0);
}

/* With the n-th allocation failing, for every n: an insertion that failed
   changes nothing, and what was reserved can be inserted.  */
static void
test_no_memory(void)
{
   for (int64_t n = 0; n < 4; n++) {
      struct vmt_rangemap map;
      uint64_t n_inserted = 0;
      struct vmt_range range = {0, 1};

      vmt_rangemap_init(&map, "test", sizeof(struct vmt_range));
      allocations_left = n;
      while (vmt_rangemap_reserve(&map, 3) == VMT_OK) {
         for (int i = 0; i < 3; i++, range.start++, range.end++)
            check(vmt_rangemap_insert(&map, &range) != NULL);
         n_inserted += 3;
      }
      while (vmt_rangemap_insert(&map, &range) != NULL) {
         range.start++;
         range.end++;
         check(++n_inserted < 10000);
      }
      check(n_inserted == map.n_records && (n == 0) == (n_inserted == 0));
      check(vmt_rangemap_find(&map, range.start) == NULL);
      if (n_inserted != 0) {
         /* Deleting makes room for one.  */
         vmt_rangemap_delete(&map, vmt_rangemap_find(&map, 0));
         check(vmt_rangemap_reserve(&map, 2) == VMT_NO_MEMORY);
         check(vmt_rangemap_reserve(&map, 1) == VMT_OK);
         insert_at(&map, 0);
      }
      allocations_left = -1;
      insert_at(&map, range.start);
      vmt_rangemap_free(&map);
      check(n_blocks_held == 0);
   }
}

int
main(int argc, char **argv)
{
   uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;

   testing_set_port();
   testing_explain = explain;
   for (seed = first; seed < first + N_SEQUENCES; seed++)
      run_random();
   printf("%d sequences of %d operations from seed %lu\n", N_SEQUENCES, N_OPS,
          (unsigned long)first);
   test_depth();
   test_no_memory();
   return 0;
}
