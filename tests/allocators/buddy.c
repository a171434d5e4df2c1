/* The binary buddy system: blocks of 2^order bytes, each at a multiple of its size.

   A block is either whole or split into two halves, its buddies, whose offsets in the
   heap differ in the one bit of their size.  To allocate is to take the smallest free
   block that is large enough, and to split it until its halves would be too small.  To
   free is to merge with the buddy for as long as that is free and whole.  There is a
   free list for each order, so both cost at most a step for each order; the price is
   that sizes are rounded up to powers of two, header included.

   The heap grows at its end by a block of the order that is needed.  The end has to be
   at a multiple of its size, so smaller blocks go in between, and are free.  */

#include "tests/allocators/allocator.h"

#define LEAST_ORDER 5
#define GROW_ORDER 12
#define N_ORDERS 48
#define USED ((size_t)1)

struct block {
   size_t unused;                   /* the payload has to be aligned to 16 */
   size_t tag;                      /* size, and in bit 0 whether it is used */
   struct block *next, *previous;   /* while it is free; else the payload begins here */
};

#define HEADER_BYTES offsetof(struct block, next)

static struct block *lists[N_ORDERS];
static char *heap_start;
static size_t heap_bytes;

static size_t
bytes_of(unsigned order)
{
   return (size_t)1 << order;
}

/* The least order with so many bytes.  */
static unsigned
order_for(size_t bytes)
{
   unsigned order = LEAST_ORDER;

   while (bytes_of(order) < bytes)
      order++;
   return order;
}

static struct block *
block_of(const void *payload)
{
   return (struct block *)((char *)payload - HEADER_BYTES);
}

static void
list_push(struct block *block, unsigned order)
{
   block->tag = bytes_of(order);
   block->next = lists[order];
   block->previous = NULL;
   if (lists[order] != NULL)
      lists[order]->previous = block;
   lists[order] = block;
}

static void
list_remove(struct block *block, unsigned order)
{
   if (block->next != NULL)
      block->next->previous = block->previous;
   if (block->previous != NULL)
      block->previous->next = block->next;
   else
      lists[order] = block->next;
}

/* NULL where the heap ends before it.  */
static struct block *
buddy_of(struct block *block, unsigned order)
{
   size_t offset = (size_t)((char *)block - heap_start) ^ bytes_of(order);

   return offset < heap_bytes ? (struct block *)(heap_start + offset) : NULL;
}

/* A buddy that is split begins with a smaller block, so its tag says a smaller size.  */
static void
add_free(struct block *block, unsigned order)
{
   struct block *buddy;

   while ((buddy = buddy_of(block, order)) != NULL && buddy->tag == bytes_of(order)) {
      list_remove(buddy, order);
      if (buddy < block)
         block = buddy;
      order++;
   }
   list_push(block, order);
}

/* The second half goes back until the first is as small as can be.  */
static void
split(struct block *block, unsigned from, unsigned to)
{
   while (from > to) {
      from--;
      list_push((struct block *)((char *)block + bytes_of(from)), from);
   }
   block->tag = bytes_of(to) | USED;
}

/* By a block of the order, or a smaller one if the end is at a multiple of that.  */
static bool
grow(unsigned order)
{
   void *memory;

   if ((heap_bytes & (bytes_of(order) - 1)) != 0)
      order = (unsigned)__builtin_ctzl(heap_bytes);
   memory = heap_grow(bytes_of(order));
   if (memory == NULL)
      return false;
   if (heap_start == NULL)
      heap_start = memory;
   heap_bytes += bytes_of(order);
   add_free(memory, order);
   return true;
}

static struct block *
take(unsigned order)
{
   unsigned from;

   for (from = order; from < N_ORDERS; from++) {
      struct block *block = lists[from];

      if (block != NULL) {
         list_remove(block, from);
         split(block, from, order);
         return block;
      }
   }
   return NULL;
}

void *
heap_allocate(size_t bytes)
{
   unsigned order = order_for(bytes + HEADER_BYTES);
   struct block *block;

   while ((block = take(order)) == NULL)
      if (!grow(order > GROW_ORDER ? order : GROW_ORDER))
         return NULL;
   return (char *)block + HEADER_BYTES;
}

void
heap_release(void *payload)
{
   struct block *block = block_of(payload);

   add_free(block, order_for(block->tag & ~USED));
}

size_t
heap_usable(const void *payload)
{
   return (block_of(payload)->tag & ~USED) - HEADER_BYTES;
}
