/* large-blocks: memory in blocks for each of which malloc calls mmap; a block that grows,
   which realloc does by mremap; calloc, whose zeros nobody has to write.  */

#include "pages.h"
#include <malloc.h>
#include <string.h>

enum { N_BLOCKS = 40, BLOCK_BYTES = 300000, MIB = 1 << 20 };

static void *
or_give_up(void *block)
{
   if (block == NULL)
      give_up("malloc");
   return block;
}

static unsigned long
fill_blocks(void)
{
   unsigned char *blocks[N_BLOCKS];
   unsigned long sum = 0;

   for (size_t i = 0; i < N_BLOCKS; i++) {
      blocks[i] = or_give_up(malloc(BLOCK_BYTES + i * 10000));
      memset(blocks[i], (int)i, BLOCK_BYTES);
   }
   for (size_t i = 0; i < N_BLOCKS; i++) {
      sum += blocks[i][BLOCK_BYTES - 1];
      free(blocks[i]);
   }
   return sum;
}

static unsigned long
grow_block(void)
{
   size_t n_bytes = MIB;
   unsigned char *block = or_give_up(malloc(n_bytes));
   unsigned long sum = 0;

   memset(block, 1, n_bytes);
   while (n_bytes < 24 * MIB) {
      size_t grown = n_bytes + n_bytes / 2;

      block = or_give_up(realloc(block, grown));
      memset(block + n_bytes, 2, grown - n_bytes);
      n_bytes = grown;
   }
   block = or_give_up(realloc(block, MIB / 2));
   for (size_t i = 0; i < MIB / 2; i += 4096)
      sum += block[i];
   free(block);
   return sum;
}

static unsigned long
clear_block(void)
{
   unsigned char *block = or_give_up(calloc(16, MIB));
   unsigned long sum = 0;

   for (size_t i = 0; i < 16 * MIB; i += 3 * PAGE)
      sum += block[i]++;
   free(block);
   return sum;
}

int
main(void)
{
   /* Set, the threshold no longer moves up when such a block is freed.  */
   mallopt(M_MMAP_THRESHOLD, 128 * 1024);
   printf("%lu\n", fill_blocks() + grow_block() + clear_block());
   return 0;
}
