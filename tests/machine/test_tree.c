/* Processes that share frames, against the model: at random, every short interleaving of
   two and three processes, and one that is killed at each of its instructions.  */

#define _GNU_SOURCE
#include "tests/machine/tree.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include "tests/mmu/check.h"

/* Instructions from one kill to the next.  */
#define STEP 61

static struct model_tree model;
static bool anybody_killed;             /* what it had goes when others look for it */

static void
begin(void)
{
   tree_start();
   model_tree_start(&model);
   anybody_killed = false;
}

/* ---- one step of both ---- */

static void
compare(const struct tree_op *op, const struct tree_answer *ours,
        const struct tree_answer *theirs)
{
   CHECK_EQ(ours->event, theirs->event);
   CHECK_EQ(ours->copied_from, theirs->copied_from);
   if (op->kind != TREE_MEASURE)
      return;
   for (int kind = 0; kind < VMT_RESIDENT_KINDS; kind++) {
      CHECK_EQ(ours->resident.of[kind].n_private, theirs->resident.of[kind].n_private);
      CHECK_EQ(ours->resident.of[kind].n_shared, theirs->resident.of[kind].n_shared);
      CHECK_EQ(ours->resident.of[kind].pss_bytes, theirs->resident.of[kind].pss_bytes);
   }
   CHECK_EQ(ours->n_tree_pages, theirs->n_tree_pages);
   if (!anybody_killed)
      CHECK_EQ(ours->n_peak_pages, theirs->n_peak_pages);
   CHECK_EQ(ours->n_wrong, 0);
}

/* -1: all are in use.  */
static int
free_process(void)
{
   for (int i = 0; i < TREE_PROCESSES; i++)
      if (!model.processes[i].is_alive)
         return i;
   return -1;
}

static void
step(int which, const struct tree_op *op)
{
   struct tree_answer ours, theirs;
   int child = op->kind == TREE_FORK ? free_process() : -1;

   if (!model.processes[which].is_alive || (op->kind == TREE_FORK && child < 0))
      return;
   tree_do(which, op, child, &ours);
   model_tree_do(&model, which, op, child, &theirs);
   compare(op, &ours, &theirs);
}

static void
kill_both(int which)
{
   if (!model.processes[which].is_alive)
      return;
   tree_kill(which);
   model_tree_kill(&model, which);
   anybody_killed = true;
}

static void
measure_all(void)
{
   for (int which = 0; which < TREE_PROCESSES; which++)
      step(which, &(struct tree_op){.kind = TREE_MEASURE});
   tree_check_sums();
}

static int
n_alive(void)
{
   int n = 0;

   for (int i = 0; i < TREE_PROCESSES; i++)
      n += model.processes[i].is_alive;
   return n;
}

/* ---- at random ---- */

static void
random_step(void)
{
   static const enum tree_op_kind kinds[] = {
      TREE_READ, TREE_READ, TREE_READ, TREE_READ, TREE_WRITE, TREE_WRITE, TREE_WRITE,
      TREE_WRITE, TREE_WRITE, TREE_WRITE, TREE_ZAP, TREE_UNMAP, TREE_FORK, TREE_FORK,
      TREE_EXEC, TREE_EXIT, TREE_MEASURE,
   };
   struct tree_op op = {.kind = kinds[test_random(sizeof kinds / sizeof *kinds)],
                        .page = (uint32_t)test_random(TREE_PAGES)};
   int which = (int)test_random(TREE_PROCESSES);

   op.n = 1 + (uint32_t)test_random(op.page < TREE_PAGES - 3 ? 3 : 1);
   if (op.kind == TREE_EXIT && n_alive() == 1)
      return;
   if (test_random(25) == 0 && n_alive() > 1)
      kill_both(which);
   else
      step(which, &op);
}

static void
run_random(void)
{
   for (uint64_t round = 0; round < 40; round++) {
      test_reseed(round);
      begin();
      for (int i = 0; i < 250; i++)
         random_step();
      measure_all();
      tree_end();
   }
}

/* ---- every interleaving ---- */

/* Of process 0, which has written page 0 and read page 1 and forked process 1.  */
static const struct {
   int which;
   struct tree_op op;
} letters[] = {
   {0, {.kind = TREE_WRITE, .page = 0}}, {1, {.kind = TREE_WRITE, .page = 0}},
   {2, {.kind = TREE_WRITE, .page = 0}}, {0, {.kind = TREE_FORK}},
   {1, {.kind = TREE_FORK}},             {0, {.kind = TREE_ZAP, .page = 0, .n = 1}},
   {1, {.kind = TREE_UNMAP, .page = 0, .n = 1}},
   {1, {.kind = TREE_EXEC}},             {1, {.kind = TREE_EXIT}},
   {0, {.kind = TREE_EXIT}},
};
#define N_LETTERS (sizeof letters / sizeof *letters)

static void
run_every(void)
{
   for (size_t word = 0; word < N_LETTERS * N_LETTERS * N_LETTERS; word++) {
      size_t rest = word;

      begin();
      step(0, &(struct tree_op){.kind = TREE_WRITE, .page = 0});
      step(0, &(struct tree_op){.kind = TREE_READ, .page = 1});
      step(0, &(struct tree_op){.kind = TREE_FORK});
      for (int i = 0; i < 3; i++, rest /= N_LETTERS)
         step(letters[rest % N_LETTERS].which, &letters[rest % N_LETTERS].op);
      for (int which = 0; which < 4; which++)
         step(which, &(struct tree_op){.kind = TREE_WRITE, .page = 0});
      measure_all();
      tree_end();
   }
}

/* ---- killed at each instruction ---- */

/* Process 1 does the operation and is killed after n instructions of it.  Whether it was
   at it still.  */
static bool
kill_after(const struct tree_op *op, uint32_t n)
{
   pid_t pid = tree_pid(1);
   int status = 0;
   bool is_over = false;

   CHECK_EQ(ptrace(PTRACE_SEIZE, pid, 0, 0), 0);
   tree_tell(1, &(struct tree_op){.kind = TREE_STOP});
   CHECK_EQ(waitpid(pid, &status, __WALL), pid);
   tree_tell(1, op);
   for (uint32_t i = 0; i < n && !is_over; i++) {
      CHECK_EQ(ptrace(PTRACE_SINGLESTEP, pid, 0, 0), 0);
      CHECK_EQ(waitpid(pid, &status, __WALL), pid);
      is_over = !WIFSTOPPED(status) || tree_has_answer(1);
   }
   tree_kill(1);
   model_tree_kill(&model, 1);
   anybody_killed = true;
   return !is_over;
}

/* Whatever became of it, what it had is the others'.  */
static void
check_survivors(void)
{
   measure_all();
   step(0, &(struct tree_op){.kind = TREE_WRITE, .page = 0});
   step(0, &(struct tree_op){.kind = TREE_WRITE, .page = 1});
   step(2, &(struct tree_op){.kind = TREE_WRITE, .page = 1});
   step(0, &(struct tree_op){.kind = TREE_FORK});
   step(1, &(struct tree_op){.kind = TREE_WRITE, .page = 0});
   step(0, &(struct tree_op){.kind = TREE_READ, .page = TREE_FILE});
   measure_all();
}

/* Pages 0 and 1 are three processes', page 1 of the second is its own, pages of the file
   and the memory two's.  */
static void
begin_three(void)
{
   static const struct {
      int which;
      struct tree_op op;
   } steps[] = {
      {0, {.kind = TREE_WRITE, .page = 0}},
      {0, {.kind = TREE_WRITE, .page = 1}},
      {0, {.kind = TREE_READ, .page = TREE_MEMORY}},
      {0, {.kind = TREE_FORK}},
      {0, {.kind = TREE_FORK}},
      {1, {.kind = TREE_WRITE, .page = 1}},
      {1, {.kind = TREE_READ, .page = TREE_SHARED_FILE}},
      {2, {.kind = TREE_READ, .page = TREE_SHARED_FILE}},
      {1, {.kind = TREE_READ, .page = TREE_MEMORY}},
   };

   begin();
   for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
      step(steps[i].which, &steps[i].op);
}

static void
run_killed(void)
{
   static const struct tree_op ops[] = {
      {.kind = TREE_WRITE, .page = 0},          /* ForkCow */
      {.kind = TREE_WRITE, .page = 2},          /* of its own */
      {.kind = TREE_READ, .page = TREE_FILE},   /* a page that nobody knows yet */
      {.kind = TREE_ZAP, .page = 0, .n = 2},
      {.kind = TREE_UNMAP, .page = TREE_SHARED_FILE, .n = 2},
      {.kind = TREE_FORK, .n = 3},
      {.kind = TREE_EXIT},
   };
   uint32_t n_kills = 0, n_recoveries = 0;

   for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
      bool was_at_it = true;

      for (uint32_t n = 1 + (uint32_t)test_random(STEP); was_at_it; n += STEP) {
         struct tree_op op = ops[i];

         begin_three();
         if (op.kind == TREE_FORK) {
            op.place = tree_enter(2, 0);
            model.n_ids++;
         }
         was_at_it = kill_after(&op, n);
         if (op.kind == TREE_FORK)
            tree_forget_child(op.place);
         check_survivors();
         n_recoveries += tree_shared->common.n_recoveries;
         n_kills++;
         tree_end();
      }
   }
   printf("test_tree: killed %u times, %u of them with the lock\n", n_kills,
          n_recoveries);
   CHECK(n_recoveries > 0);
}

int
main(void)
{
   test_begin("test_tree");
   run_random();
   run_every();
   run_killed();
   return test_end();
}
