/* vmt_areas against its model: random sequences, and every sequence of three
   operations on six pages.

   usage: model_test [first-seed [n-sequences]]  */

#include <string.h>

#include "tests/areas/pair.h"
#include "tests/areas/testing.h"
#include "vmtrace/mmu/base/random.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum {
   BASE = 16,
   RANDOM_PAGES = 24,
   RANDOM_STEPS = 400,
   N_SEQUENCES = 400,
   SMALL_PAGES = 6,
   MAX_OPS = 160
};

static struct pair pair;
static struct pair_op done[RANDOM_STEPS];
static size_t n_done;
static uint64_t seed;

static void
explain(void)
{
   fprintf(stderr, "seed %lu, after\n", (unsigned long)seed);
   for (size_t i = 0; i < n_done; i++)
      pair_print_op(&pair, &done[i]);
   pair_print(&pair);
}

static void
step(const struct pair_op *op)
{
   done[n_done++] = *op;
   pair_do(&pair, op);
}

/* ---- random ---- */

static void
run_random(void)
{
   struct vmt_random rng = {seed};
   uint8_t few_looks[3], few_changes[3];

   /* Few kinds at a time: neighbours that are alike are what counts.  */
   for (size_t i = 0; i < 3; i++) {
      few_looks[i] = (uint8_t)vmt_random_below(&rng, N_LOOKS);
      few_changes[i] = (uint8_t)vmt_random_below(&rng, N_CHANGES);
   }
   few_changes[0] = (uint8_t)vmt_random_below(&rng, CHANGE_LOCK);
   n_done = 0;
   pair_init(&pair, RANDOM_PAGES, vmt_random_below(&rng, 2) * BASE);
   for (int i = 0; i < RANDOM_STEPS; i++) {
      struct pair_op op = {.a = (uint8_t)vmt_random_below(&rng, RANDOM_PAGES),
                           .b = (uint8_t)vmt_random_below(&rng, 7),
                           .c = (uint8_t)vmt_random_below(&rng, RANDOM_PAGES),
                           .d = (uint8_t)vmt_random_below(&rng, 2)};
      static const uint8_t kinds[] = {PAIR_MAP, PAIR_MAP, PAIR_MAP, PAIR_UNMAP,
                                      PAIR_CHANGE, PAIR_CHANGE, PAIR_CHANGE, PAIR_MOVE,
                                      PAIR_MOVE, PAIR_TOUCH, PAIR_TOUCH, PAIR_GROW};

      op.kind = kinds[vmt_random_below(&rng, N(kinds))];
      if (vmt_random_below(&rng, 200) == 0)
         op.kind = PAIR_FORK;
      if (op.kind == PAIR_MAP)
         op.c = few_looks[vmt_random_below(&rng, 3)];
      if (op.kind == PAIR_CHANGE)
         op.c = few_changes[vmt_random_below(&rng, 3)];
      if (op.kind == PAIR_MOVE) {
         op.c = vmt_random_below(&rng, 4) == 0 ? op.a : op.c;
         op.d = (uint8_t)(vmt_random_below(&rng, 2) == 0
                             ? op.b : vmt_random_below(&rng, 7));
         op.d |= vmt_random_below(&rng, 4) == 0 ? 128 : 0;
      }
      if (op.kind == PAIR_GROW)
         op.b = op.a == 0 ? 0 : (uint8_t)(op.a - 1);
      step(&op);
   }
   pair_free(&pair);
   check(n_blocks_held == 0);
}

/* ---- every sequence of three ---- */

static struct pair_op ops[MAX_OPS];
static size_t n_ops;

static void
add_op(uint8_t kind, int a, int b, int c, int d)
{
   check(n_ops < MAX_OPS);
   ops[n_ops++] = (struct pair_op){kind, (uint8_t)a, (uint8_t)b, (uint8_t)c,
                                   (uint8_t)d};
}

/* An operation of this kind on every range of up to max pages.  */
static void
add_ranges(uint8_t kind, int max, int c)
{
   for (int first = 0; first < SMALL_PAGES; first++) {
      for (int n = 1; n <= max && first + n <= SMALL_PAGES; n++)
         add_op(kind, first, n, c, 0);
   }
}

static void
add_touches(void)
{
   for (int page = 0; page < SMALL_PAGES; page++)
      add_op(PAIR_TOUCH, page, 0, 0, 0);
}

/* Every move of one or two pages, and every change of an end by one page.  */
static void
add_moves(int flags)
{
   for (int from = 0; from < SMALL_PAGES; from++) {
      for (int to = 0; to < SMALL_PAGES; to++)
         add_op(PAIR_MOVE, from, 1, to, 1 | flags);
      if (from + 2 <= SMALL_PAGES) {
         add_op(PAIR_MOVE, from, 2, (from + 2) % SMALL_PAGES, 2 | flags);
         add_op(PAIR_MOVE, from, 2, (from + 4) % SMALL_PAGES, 2 | flags);
         add_op(PAIR_MOVE, from, 1, from, 2);
         add_op(PAIR_MOVE, from, 2, from, 1);
      }
   }
}

/* All of them from what `start` makes.  */
static uint64_t
run_every(const struct pair_op *start, size_t n_start)
{
   uint64_t n_sequences = 0;

   for (size_t i = 0; i < n_ops; i++) {
      for (size_t j = 0; j < n_ops; j++) {
         for (size_t k = 0; k < n_ops; k++) {
            n_done = 0;
            pair_clear(&pair);
            for (size_t l = 0; l < n_start; l++) {
               done[n_done++] = start[l];
               pair_do(&pair, &start[l]);
            }
            step(&ops[i]);
            step(&ops[j]);
            step(&ops[k]);
            n_sequences++;
         }
      }
   }
   n_ops = 0;
   return n_sequences;
}

static void
run_small_spaces(void)
{
   static const struct pair_op anon[] = {{PAIR_MAP, 1, 4, LOOK_RW, 0},
                                         {PAIR_TOUCH, 2, 0, 0, 0}};
   static const struct pair_op two[] = {{PAIR_MAP, 0, 2, LOOK_RW, 0},
                                        {PAIR_TOUCH, 0, 0, 0, 0},
                                        {PAIR_MAP, 4, 2, LOOK_RW, 1},
                                        {PAIR_TOUCH, 4, 0, 0, 0}};
   static const struct pair_op file[] = {{PAIR_MAP, 0, 6, LOOK_FILE_RW, 0}};
   uint64_t n_sequences = 0;

   pair_init(&pair, SMALL_PAGES, BASE);

   add_ranges(PAIR_MAP, 3, LOOK_RW);
   add_ranges(PAIR_CHANGE, 3, CHANGE_R);
   add_ranges(PAIR_CHANGE, 6, CHANGE_RW);
   add_touches();
   n_sequences += run_every(two, N(two));

   add_ranges(PAIR_MAP, 2, LOOK_FILE_RW);
   add_ranges(PAIR_MAP, 2, LOOK_FILE_R);
   add_ranges(PAIR_UNMAP, 2, 0);
   add_ranges(PAIR_CHANGE, 6, CHANGE_R);
   add_touches();
   add_op(PAIR_FORK, 0, 0, 0, 0);
   n_sequences += run_every(file, N(file));

   add_moves(0);
   add_ranges(PAIR_MAP, 1, LOOK_RW);
   add_touches();
   n_sequences += run_every(anon, N(anon));

   add_ranges(PAIR_CHANGE, 1, CHANGE_LOCK);
   add_moves(128);
   add_op(PAIR_FORK, 0, 0, 0, 0);
   n_sequences += run_every(two, N(two));

   pair_free(&pair);
   check(n_blocks_held == 0);
   printf("%lu sequences of three operations\n", (unsigned long)n_sequences);
}

int
main(int argc, char **argv)
{
   uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
   uint64_t n_sequences = argc > 2 ? strtoull(argv[2], NULL, 0) : N_SEQUENCES;

   testing_set_port();
   testing_explain = explain;
   for (seed = first; seed < first + n_sequences; seed++)
      run_random();
   printf("%lu sequences of %d operations from seed %lu\n",
          (unsigned long)n_sequences, RANDOM_STEPS, (unsigned long)first);
   seed = 0;
   run_small_spaces();
   return 0;
}
