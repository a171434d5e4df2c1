/* The whole machine against its model: random sequences of events with every
   kind of TLB, and every sequence of three events on a few pages.

   usage: test_model [n-rounds [first-round]]  */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/machine/pair.h"
#include "tests/mmu/check.h"

#define N(array) (sizeof(array) / sizeof(*(array)))
#define MAX_STEPS 400

static struct pair pair;
static struct pair_config config;
static struct pair_op done[MAX_STEPS];
static uint32_t n_done;

/* A failed check aborts: say what led to it.  */
static void
explain(int signal_number)
{
   (void)signal_number;
   fprintf(stderr, "configuration { %u, %u, %u, %u, %u, %u }, after\n",
           config.shapes, config.policies, config.walks, config.settings,
           config.memory, config.swap);
   for (uint32_t i = 0; i < n_done; i++)
      pair_print_op(&done[i]);
}

static void
step(const struct pair_op *op)
{
   done[n_done++] = *op;
   pair_do(&pair, op);
}

static void
begin(void)
{
   n_done = 0;
   pair_init(&pair, &config);
}

static void
end(void)
{
   pair_compare(&pair);
   pair_free(&pair);
}

/* ---- random ---- */

static uint8_t
byte_below(uint64_t bound)
{
   return (uint8_t)test_random(bound);
}

/* Most of what happens happens around few places, one of which is the end of
   the first 2 MiB.  */
static uint8_t
random_page(const uint8_t *places, size_t n_places)
{
   if (test_random(8) == 0)
      return byte_below(PAIR_PAGES);
   return (uint8_t)((places[test_random(n_places)] + test_random(6)) % PAIR_PAGES);
}

static void
random_op(struct pair_op *op, const uint8_t *places, const uint8_t *few_looks)
{
   static const uint8_t kinds[] = {
      PAIR_READ, PAIR_READ, PAIR_READ, PAIR_READ, PAIR_READ, PAIR_READ,
      PAIR_WRITE, PAIR_WRITE, PAIR_WRITE, PAIR_WRITE, PAIR_MODIFY, PAIR_MODIFY,
      PAIR_FETCH, PAIR_FETCH, PAIR_KERNEL_READ, PAIR_KERNEL_WRITE, PAIR_SWITCH,
      PAIR_MAP, PAIR_MAP, PAIR_UNMAP, PAIR_PROTECT, PAIR_PROTECT, PAIR_MOVE,
      PAIR_ADVISE, PAIR_FLAG, PAIR_EXTEND, PAIR_FORK, PAIR_REAP,
      PAIR_OTHERS,
   };
   *op = (struct pair_op){ .kind = kinds[test_random(N(kinds))],
                           .a = random_page(places, 3), .b = byte_below(256),
                           .c = byte_below(256), .d = byte_below(256) };
   if (op->kind >= PAIR_MAP && op->kind <= PAIR_FLAG)
      op->b = byte_below(test_random(4) == 0 ? PAIR_PAGES : 8);
   if (op->kind == PAIR_MAP)
      op->c = few_looks[test_random(4)];
   if (op->kind == PAIR_MOVE)
      op->c = test_random(4) == 0 ? op->a : random_page(places, 3);
   if (op->kind == PAIR_PROTECT)
      op->c = (uint8_t[]){ 1, 3, 3, 3, 0, 5, 7, 2 }[test_random(8)];
   if (op->kind >= PAIR_FORK)
      op->a = byte_below(256);
}

static void
run_round(uint64_t round, bool is_limited)
{
   uint8_t few_looks[4], places[3] = { 29, 0, 29 };

   test_reseed(round);
   places[1] = byte_below(PAIR_PAGES);
   config = (struct pair_config){ byte_below(256), byte_below(256),
                                  byte_below(256), byte_below(256), 0, 0 };
   if (is_limited) {
      config.memory = (uint8_t)(4 + test_random(124));
      config.swap = test_random(2) == 0 ? 0 : byte_below(256);
   }
   for (size_t i = 0; i < N(few_looks); i++)
      few_looks[i] = byte_below(N_LOOKS);
   begin();
   for (int i = 0; i < 4; i++)
      step(&(struct pair_op){ PAIR_MAP, (uint8_t)(i * 14 + 3), 10, few_looks[i],
                              byte_below(8) });
   while (n_done < MAX_STEPS) {
      struct pair_op op;

      random_op(&op, places, few_looks);
      step(&op);
      if (n_done % 64 == 0)
         pair_compare(&pair);
   }
   end();
}

/* ---- random, with large folios ---- */

/* Pages of files are mapped, touched and unmapped again: around the folios at the
   end of the short file, and where folios and 2 MiB meet.  */
static void
random_file_op(struct pair_op *op)
{
   static const uint8_t kinds[] = {
      PAIR_READ, PAIR_READ, PAIR_READ, PAIR_WRITE, PAIR_WRITE, PAIR_MODIFY,
      PAIR_FETCH, PAIR_ADVISE, PAIR_ADVISE, PAIR_UNMAP, PAIR_MAP, PAIR_EXTEND,
   };
   static const uint8_t looks[] = {
      LOOK_FILE_R, LOOK_FILE_RW, LOOK_FILE_SHARED, LOOK_SHORT, LOOK_SHORT_SHARED,
      LOOK_SHORT_SHARED,
   };

   *op = (struct pair_op){ .kind = kinds[test_random(N(kinds))],
                           .a = byte_below(PAIR_PAGES), .b = byte_below(40),
                           .d = byte_below(4) };
   if (op->kind == PAIR_MAP) {
      op->c = looks[test_random(N(looks))];
      op->d = test_random(2) == 0 ? 0 : byte_below(8);
   }
   if (op->kind == PAIR_ADVISE && test_random(4) == 0)
      op->c = 3;                        /* MADV_REMOVE */
   if (op->kind == PAIR_EXTEND && (test_random(8) != 0 || op->a % 3 != 1))
      op->kind = PAIR_READ;
}

static void
run_folios(uint64_t round)
{
   test_reseed(round);
   config = (struct pair_config){ 2 + 8 * 2 + 64, (uint8_t)(64 * (1 + round % 3)),
                                  5, (uint8_t)(4 * test_random(8)), 0, 0 };
   begin();
   step(&(struct pair_op){ PAIR_MAP, 0, 31, LOOK_SHORT_SHARED, 0 });
   step(&(struct pair_op){ PAIR_MAP, 32, 31, LOOK_FILE_SHARED, 0 });
   while (n_done < 100) {
      struct pair_op op;

      random_file_op(&op);
      step(&op);
   }
   end();
}

/* ---- every sequence of three ---- */

/* Pages 30 and 31 are the last of one page-table page, 32 the first of the
   next.  */
static const struct pair_op letters[] = {
   { PAIR_READ, 30, 0, 7, 1 },      { PAIR_READ, 31, 255, 40, 1 },
   { PAIR_WRITE, 30, 0, 7, 2 },     { PAIR_WRITE, 31, 255, 40, 2 },
   { PAIR_MODIFY, 32, 0, 7, 3 },    { PAIR_FETCH, 30, 0, 3, 3 },
   { PAIR_KERNEL_READ, 31, 0, 0, 1 }, { PAIR_KERNEL_WRITE, 32, 0, 0, 1 },
   { PAIR_UNMAP, 31, 0, 0, 0 },     { PAIR_PROTECT, 30, 1, 1, 0 },
   { PAIR_PROTECT, 31, 2, 3, 0 },   { PAIR_PROTECT, 30, 3, 7, 0 },
   { PAIR_MAP, 31, 0, LOOK_RW, 0 }, { PAIR_MAP, 32, 1, LOOK_FILE_SHARED, 0 },
   { PAIR_MAP, 30, 1, LOOK_SHMEM, 1 }, { PAIR_MOVE, 30, 0, 34, 0 },
   { PAIR_MOVE, 31, 1, 29, 1 },     { PAIR_ADVISE, 31, 1, 0, 0 },
   { PAIR_ADVISE, 30, 0, 1, 0 },    { PAIR_FORK, 1, 0, 0, 0 },
   { PAIR_FORK, 0, 0, 0, 0 },       { PAIR_REAP, 1, 0, 0, 0 },
   { PAIR_REAP, 2, 0, 0, 0 },
   { PAIR_OTHERS, 3, 0, 0, 0 },
   { PAIR_SWITCH, 1, 0, 0, 0 },
   { PAIR_SWITCH, 0, 0, 0, 0 },     { PAIR_FLAG, 30, 1, 1, 0 },
};

/* What it begins with: these pages are of that look, one touched by each core. */
static void
run_every(uint8_t look)
{
   const struct pair_op start[] = {
      { PAIR_MAP, 30, 2, look, 2 },  { PAIR_READ, 31, 0, 0, 0 },
      { PAIR_SWITCH, 1, 0, 0, 0 },   { PAIR_READ, 30, 0, 0, 0 },
      { PAIR_READ, 31, 0, 0, 0 },    { PAIR_SWITCH, 0, 0, 0, 0 },
   };

   for (size_t word = 0; word < N(letters) * N(letters) * N(letters); word++) {
      begin();
      for (size_t i = 0; i < N(start); i++)
         step(&start[i]);
      step(&letters[word % N(letters)]);
      step(&letters[word / N(letters) % N(letters)]);
      step(&letters[word / N(letters) / N(letters)]);
      end();
   }
}

int
main(int argc, char **argv)
{
   uint64_t n_rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : 800;
   uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

   signal(SIGABRT, explain);
   test_begin("test_model");
   for (uint64_t i = 0; i < n_rounds; i++)
      run_round(first + i, false);
   for (uint64_t i = 0; i < n_rounds; i++)
      run_round(first + i, true);
   for (uint64_t i = 0; i < n_rounds; i++)
      run_folios(first + i);
   config = (struct pair_config){ 2 + 8 * 2 + 64, 0, 5, 1 + 4 * 4, 0, 0 };
   run_every(LOOK_RW);
   run_every(LOOK_FILE_RW);
   config.policies = 64 * 1;            /* folios of 16 pages */
   run_every(LOOK_FILE_SHARED);
   config.policies = 0;
   config.memory = 4 * 2;               /* two frames, LRU */
   run_every(LOOK_RW);
   return test_end();
}
