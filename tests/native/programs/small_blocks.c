/* small-blocks: some 80 MB in small blocks, which malloc takes from brk: a list is built,
   every second block given back, the holes filled again, all given back (which makes the
   heap shrink), and a new list built on the ground that was given back.  */

#include "pages.h"

enum { N_BLOCKS = 1000000 };

struct block {
   struct block *next;
   unsigned long number;
   char rest[40];
};

static struct block *
make_list(size_t n_blocks)
{
   struct block *first = NULL;

   for (size_t i = 0; i < n_blocks; i++) {
      struct block *block = malloc(sizeof *block);

      if (block == NULL)
         give_up("malloc");
      block->next = first;
      block->number = i;
      first = block;
   }
   return first;
}

static void
drop_every_second(struct block *block)
{
   while (block != NULL && block->next != NULL) {
      struct block *dropped = block->next;

      block->next = dropped->next;
      free(dropped);
      block = block->next;
   }
}

static unsigned long
drop_all(struct block *block)
{
   unsigned long sum = 0;

   while (block != NULL) {
      struct block *next = block->next;

      sum += block->number;
      free(block);
      block = next;
   }
   return sum;
}

int
main(void)
{
   struct block *list = make_list(N_BLOCKS), *others;
   unsigned long sum;

   drop_every_second(list);
   others = make_list(N_BLOCKS / 2);
   sum = drop_all(list) + drop_all(others);
   sum += drop_all(make_list(N_BLOCKS / 10));
   printf("%lu\n", sum);
   return 0;
}
