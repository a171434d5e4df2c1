/* Memory that runs out in the middle: whatever number of nodes is left, an
   operation on vmt_areas either is done whole or leaves everything as it was and
   says so.

   Nodes come in slabs, so the n-th allocation is failed by using up all but n
   nodes of the slabs there are, with areas far above those that are looked at.
   Which operations need how many is not known here.  */

#include <string.h>

#include "tests/areas/pair.h"
#include "tests/areas/testing.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define FAR ((uint64_t)1 << 40)

enum { N_PAGES = 16, MAX_LEFT = 12 };

static struct pair pair;
static const struct pair_op *current;

static void
explain(void)
{
   if (current != NULL)
      pair_print_op(&pair, current);
   pair_print(&pair);
}

/* Puts areas that do not touch far above the pages of the pair, straight into
   the map, until n_left more nodes can be had and no memory for others.  */
static void
use_up(uint64_t n_left)
{
   struct vmt_rangemap *map = &pair.areas.map;
   struct vmt_area area = {.start = FAR, .end = FAR + 4096};

   allocations_left = 0;
   while (vmt_rangemap_insert(map, &area) != NULL) {
      area.start += 8192;
      area.end += 8192;
   }
   for (uint64_t i = 0; i < n_left; i++)
      vmt_rangemap_delete(map, vmt_rangemap_from(map, FAR));
}

static void
give_back(void)
{
   struct vmt_rangemap *map = &pair.areas.map;
   struct vmt_area *area;

   while ((area = vmt_rangemap_from(map, FAR)) != NULL)
      vmt_rangemap_delete(map, area);
   allocations_left = -1;
}

/* Three areas: touched, a file's, untouched.  */
static void
prepare(void)
{
   static const struct pair_op before[] = {
      {PAIR_MAP, 1, 6, LOOK_RW, 0},   {PAIR_TOUCH, 2, 0, 0, 0},
      {PAIR_MAP, 8, 3, LOOK_FILE_RW, 1}, {PAIR_MAP, 12, 4, LOOK_RW, 2},
   };

   pair_init(&pair, N_PAGES, 16);
   for (size_t i = 0; i < N(before); i++)
      pair_do(&pair, &before[i]);
}

/* Returns whether the operation found the memory it needed.  */
static bool
do_short_of_memory(const struct pair_op *op, uint64_t n_left)
{
   bool done;

   prepare();
   use_up(n_left);
   current = op;
   done = pair_do_areas(&pair, op) != VMT_NO_MEMORY;
   give_back();
   if (!done) {
      pair_compare(&pair);
      pair_do(&pair, op);       /* and with memory it works */
   }
   current = NULL;
   pair_free(&pair);
   check(n_blocks_held == 0);
   return done;
}

int
main(void)
{
   static const struct pair_op ops[] = {
      {PAIR_MAP, 3, 2, LOOK_R, 0},      {PAIR_MAP, 0, 16, LOOK_RW, 0},
      {PAIR_MAP, 7, 1, LOOK_RW, 0},     {PAIR_UNMAP, 3, 2, 0, 0},
      {PAIR_UNMAP, 2, 12, 0, 0},        {PAIR_CHANGE, 3, 2, CHANGE_R, 0},
      {PAIR_CHANGE, 2, 12, CHANGE_R, 0}, {PAIR_MOVE, 2, 2, 13, 2},
      {PAIR_MOVE, 2, 4, 9, 1},          {PAIR_MOVE, 2, 2, 13, 130},
      {PAIR_MOVE, 1, 6, 1, 2},          {PAIR_MOVE, 1, 6, 1, 7},
   };
   uint64_t n_refused = 0;

   testing_set_port();
   testing_explain = explain;
   for (size_t i = 0; i < N(ops); i++) {
      uint64_t n_left = 0;

      while (!do_short_of_memory(&ops[i], n_left))
         n_left++;
      check(n_left <= MAX_LEFT);
      /* All but the last cut an area or make one.  */
      check(n_left > 0 || i == N(ops) - 1);
      n_refused += n_left;
   }
   printf("refused %lu times for want of memory\n", (unsigned long)n_refused);
   return 0;
}
