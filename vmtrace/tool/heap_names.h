/* Which functions are an allocator's, by their names and the library they are in.

   Those of libc and the C++ libraries, of the program itself, of the allocators that
   are usually preloaded (jemalloc, tcmalloc, mimalloc), and of the libraries that
   --soname-synonyms=somalloc=<pattern> names; with somalloc=nouserintercepts, of libc
   and the C++ libraries alone.  */

#ifndef VMT_TOOL_HEAP_NAMES_H
#define VMT_TOOL_HEAP_NAMES_H

#include "vmtrace/tool/valgrind.h"

enum heap_function {
   HEAP_NONE,
   HEAP_MALLOC,                 /* (bytes): malloc, valloc, any new */
   HEAP_CALLOC,                 /* (n, bytes) */
   HEAP_REALLOC,                /* (block, bytes) */
   HEAP_REALLOCARRAY,           /* (block, n, bytes) */
   HEAP_MEMALIGN,               /* (alignment, bytes) */
   HEAP_POSIX_MEMALIGN,         /* (where to, alignment, bytes) */
   HEAP_FREE,                   /* (block): free, any delete */
   HEAP_LONGJMP                 /* leaves whatever call is open */
};

/* What the function is that starts at pc.  */
enum heap_function heap_names_at(Addr pc);

/* Whether a return at pc may be one from a function of an allocator, or of the
   unwinder, which leaves them for an exception.  Of the program itself, only after a
   function of an allocator was found in it: what such a function jumps to must not
   have been translated before.  */
Bool heap_names_may_return(Addr pc);

#endif
