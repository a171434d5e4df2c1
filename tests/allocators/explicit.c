/* An explicit free list: the free blocks (tags.h) are linked, in their own payloads.

   To allocate is to walk along the free blocks alone and take the first that is large
   enough.  A block that is freed goes to the front of the list (last in, first out),
   after it has been merged with its free neighbours, which leave the list.  Allocating
   costs a step for each free block that is too small, freeing a constant.  */

#include "tests/allocators/tags.h"

struct links {
   struct block *next, *previous;
};

static struct block *list;
static bool started;

static struct links *
links(struct block *block)
{
   return (struct links *)block->payload;
}

static void
list_push(struct block *block)
{
   links(block)->next = list;
   links(block)->previous = NULL;
   if (list != NULL)
      links(list)->previous = block;
   list = block;
}

static void
list_remove(struct block *block)
{
   struct block *next = links(block)->next, *previous = links(block)->previous;

   if (next != NULL)
      links(next)->previous = previous;
   if (previous != NULL)
      links(previous)->next = next;
   else
      list = next;
}

/* The block is in no list; nor is what comes of it.  */
static struct block *
merged(struct block *block)
{
   struct block *before, *after = block_after(block);
   size_t bytes = block_bytes(block);

   if (!block_used(after)) {
      list_remove(after);
      bytes += block_bytes(after);
   }
   if (!block_used(tag_before(block))) {
      before = block_before(block);
      list_remove(before);
      bytes += block_bytes(before);
      block = before;
   }
   block_mark(block, bytes, 0);
   return block;
}

static struct block *
first_fit(size_t bytes)
{
   struct block *block;

   for (block = list; block != NULL; block = links(block)->next)
      if (block_bytes(block) >= bytes) {
         list_remove(block);
         return block;
      }
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
   list_push(block_after(block));
}

void *
heap_allocate(size_t bytes)
{
   size_t needed = block_bytes_for(bytes);
   struct block *block;

   if (!started) {
      if (blocks_start() == NULL)
         return NULL;
      started = true;
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
   list_push(merged(block_of(payload)));
}

size_t
heap_usable(const void *payload)
{
   return block_bytes(block_of(payload)) - TAGS_BYTES;
}
