/* How large the heap of whatever allocator there is has grown: the private memory of the
   process that can be written, as /proc/self/statm says after each operation that may
   have grown it, above what it was at first; and what the heap was at first, which is the
   mapping that a new block lies in.  So a heap that the allocator has reserved but made
   inaccessible does not count, nor what it takes and gives back within one call.

   Under Valgrind /proc tells of Valgrind, and the size is not known.  */

#ifndef TESTS_ALLOCATORS_HEAP_SIZE_H
#define TESTS_ALLOCATORS_HEAP_SIZE_H

#include <stdbool.h>
#include <stddef.h>

struct heap_size {
   int statm;               /* a descriptor, or -1: not known */
   size_t before_bytes, at_first_bytes, peak_bytes;
};

/* probe is a block of the heap, or NULL if there is no heap yet.  */
void heap_size_start(struct heap_size *heap, const void *probe);
void heap_size_sample(struct heap_size *heap);
bool heap_size_known(const struct heap_size *heap);

#endif
