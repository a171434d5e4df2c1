/* Traces of allocations, in the text form of the malloc lab of CS:APP: four numbers, each
   on a line of its own (a suggested size of the heap, the number of ids, the number of
   operations, the weight of the trace), then an operation on each line:

      a ID BYTES    allocate        r ID BYTES    reallocate        f ID    free

   Ids are below their number, bytes from 1 up.  An id is live from its `a` to its `f`, and
   only a live one is reallocated or freed.

   Memory is mapped, not allocated: the allocator under test is to see the trace alone.  */

#ifndef TESTS_ALLOCATORS_TRACE_H
#define TESTS_ALLOCATORS_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TRACE_MOST 10000000u
#define TRACE_MOST_BYTES ((size_t)1 << 40)

struct trace_op {
   char kind;                /* a, r or f */
   uint32_t id, line;
   size_t bytes;
};

struct trace {
   const char *name;
   uint32_t n_ids, n_ops;
   struct trace_op *ops;
};

/* Zeroes; ends the program with status 2 where there is no memory.  */
void *map_memory(size_t bytes);

/* Ends the program with a line on standard error and status 2 if the file cannot be read
   or is no trace.  */
void trace_read(struct trace *trace, const char *name);

#endif
