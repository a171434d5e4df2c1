/* What an allocator of this folder has to write, and what it is given.

   An allocator is one file with heap_allocate, heap_release and heap_usable.
   common.c makes malloc and its family of them, and a library to be named in
   LD_PRELOAD.  common.c holds one lock around each call, so an allocator is written
   as for one thread.

   The heap is one stretch of addresses that only grows, as with brk; nobody else
   takes memory in between.  It is a reservation of HEAP_MOST_BYTES that is made
   accessible by HEAP_STEP_BYTES, as much as glibc's malloc grows its own heap by.

   Payloads are aligned to 16.  The 8 bytes before a payload are the allocator's own, a
   word whose bit 1 is clear: a block with a stricter alignment lies within another, and
   common.c notes the distance in such a word, with bit 1 set.

   Sizes are in bytes, at most HEAP_MOST_BYTES, and never 0.  */

#ifndef TESTS_ALLOCATORS_ALLOCATOR_H
#define TESTS_ALLOCATORS_ALLOCATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ALIGNMENT ((size_t)16)
#define HEAP_MOST_BYTES ((size_t)16 << 30)
#define HEAP_STEP_BYTES ((size_t)128 << 10)

/* The allocator writes these.  NULL when there is no memory.  */
void *heap_allocate(size_t bytes);
void heap_release(void *payload);
/* How many bytes there are in a block, at least as many as were asked for.  */
size_t heap_usable(const void *payload);

/* The next `bytes` of the heap, zeroes that nobody has touched, right after those of the
   last call; the first are aligned to a page.  NULL when there is no memory.  */
void *heap_grow(size_t bytes);

static inline size_t
round_up(size_t bytes, size_t unit)
{
   return (bytes + unit - 1) & ~(unit - 1);
}

#endif
