/* Blocks with boundary tags, for the allocators that keep them.

   The heap is a row of blocks without gaps.  A block begins and ends with the same word,
   its tag: its size, a multiple of 16, and in bit 0 whether it is used.

      | tag |  payload ...                     | tag | tag |  payload ...
      ^ block        size includes both tags         ^ block_after

   From a block's own tag its neighbour after it is found, and from the last word of the
   neighbour before it that one: both can be merged with it in constant time.  A block of
   two tags that is used lies before the first block, and a tag of size 0 that is used
   after the last one, so that nobody has to ask whether there is a neighbour.

   Costs 16 bytes a block.  The smallest block has room for the two links of a free
   list.  */

#ifndef TESTS_ALLOCATORS_TAGS_H
#define TESTS_ALLOCATORS_TAGS_H

#include "tests/allocators/allocator.h"

#define USED ((size_t)1)
#define TAGS_BYTES (2 * sizeof(size_t))
#define LEAST_BLOCK_BYTES (TAGS_BYTES + ALIGNMENT)
#define GROW_BYTES ((size_t)4096)

struct block {
   size_t tag;
   char payload[];
};

static inline size_t
block_bytes(const struct block *block)
{
   return block->tag & ~USED;
}

static inline bool
block_used(const struct block *block)
{
   return (block->tag & USED) != 0;
}

static inline struct block *
block_at(void *address, ptrdiff_t offset)
{
   return (struct block *)((char *)address + offset);
}

static inline struct block *
block_of(const void *payload)
{
   return block_at((void *)payload, -(ptrdiff_t)sizeof(size_t));
}

static inline struct block *
block_after(struct block *block)
{
   return block_at(block, (ptrdiff_t)block_bytes(block));
}

/* The tag that the one before ends with.  */
static inline const struct block *
tag_before(struct block *block)
{
   return block_at(block, -(ptrdiff_t)sizeof(size_t));
}

static inline struct block *
block_before(struct block *block)
{
   return block_at(block, -(ptrdiff_t)block_bytes(tag_before(block)));
}

static inline void
block_mark(struct block *block, size_t bytes, size_t used)
{
   block->tag = bytes | used;
   block_at(block, (ptrdiff_t)(bytes - sizeof(size_t)))->tag = bytes | used;
}

/* How large a block has to be for a payload.  */
static inline size_t
block_bytes_for(size_t payload_bytes)
{
   size_t bytes = round_up(payload_bytes + TAGS_BYTES, ALIGNMENT);

   return bytes < LEAST_BLOCK_BYTES ? LEAST_BLOCK_BYTES : bytes;
}

/* Before there are any blocks: the tags at both ends of none.  Returns the first, which
   is of size 0 so far; NULL when there is no memory.  */
static inline struct block *
blocks_start(void)
{
   size_t *words = heap_grow(4 * sizeof(size_t));

   if (words == NULL)
      return NULL;
   block_mark((struct block *)&words[1], TAGS_BYTES, USED);
   words[3] = 0 | USED;
   return (struct block *)&words[3];
}

/* A new block at the end, marked as free: it begins at the tag that ended the heap.  */
static inline struct block *
blocks_grow(size_t bytes)
{
   struct block *block;
   void *grown;

   bytes = bytes < GROW_BYTES ? GROW_BYTES : bytes;
   grown = heap_grow(bytes);
   if (grown == NULL)
      return NULL;
   block = block_of(grown);
   block_mark(block, bytes, 0);
   block_after(block)->tag = 0 | USED;
   return block;
}

#endif
