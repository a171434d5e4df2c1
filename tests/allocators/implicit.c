/* An implicit free list: no list at all but the row of blocks itself (tags.h).

   To allocate is to walk along all blocks, used and free, and take the first free one
   that is large enough; what is left of it stays free.  To free is to clear a bit, and to
   merge with free neighbours.  Allocating costs a step for each block in the heap before
   the one that fits, and touches each.  */

#include "tests/allocators/tags.h"

static struct block *first;

static struct block *
merged(struct block *block)
{
   struct block *before, *after = block_after(block);
   size_t bytes = block_bytes(block);

   if (!block_used(after))
      bytes += block_bytes(after);
   if (!block_used(tag_before(block))) {
      before = block_before(block);
      bytes += block_bytes(before);
      block = before;
   }
   block_mark(block, bytes, 0);
   return block;
}

/* The block of size 0 after the last one ends the walk.  */
static struct block *
first_fit(size_t bytes)
{
   struct block *block;

   for (block = first; block_bytes(block) != 0; block = block_after(block))
      if (!block_used(block) && block_bytes(block) >= bytes)
         return block;
   return NULL;
}

static void
place(struct block *block, size_t bytes)
{
   size_t rest = block_bytes(block) - bytes;

   if (rest < LEAST_BLOCK_BYTES) {
      block_mark(block, block_bytes(block), USED);
      return;
   }
   block_mark(block, bytes, USED);
   block_mark(block_after(block), rest, 0);
}

void *
heap_allocate(size_t bytes)
{
   size_t needed = block_bytes_for(bytes);
   struct block *block;

   if (first == NULL) {
      first = blocks_start();
      if (first == NULL)
         return NULL;
   }
   block = first_fit(needed);
   if (block == NULL) {
      block = blocks_grow(needed);
      if (block == NULL)
         return NULL;
      block = merged(block);
   }
   place(block, needed);
   return block->payload;
}

void
heap_release(void *payload)
{
   merged(block_of(payload));
}

size_t
heap_usable(const void *payload)
{
   return block_bytes(block_of(payload)) - TAGS_BYTES;
}
