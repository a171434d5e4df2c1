/* Which functions are an allocator's, by the names that the symbol tables of the
   program's files have for them: all names of a function, not only the one that is
   printed.

   Functions with the names of C's and C++'s own are taken in any file: what exports a
   malloc is an allocator.  So are those that jemalloc, tcmalloc, mimalloc and the
   Boehm collector have besides, and the C ones behind the prefixes that they are built
   with.  --soname-synonyms says where else than in the C and C++ libraries they are
   looked for, as it does with other tools: somalloc=<pattern> in libraries of these
   sonames alone, NONE being the program's, somalloc=nouserintercepts nowhere.  */

#ifndef VMT_TOOL_HEAP_NAMES_H
#define VMT_TOOL_HEAP_NAMES_H

#include "vmtrace/tool/valgrind.h"

/* What a function does with its arguments, which are numbered from 1; 0: nothing.  */
struct heap_function {
   enum {
      HEAP_CALL,
      HEAP_LONGJMP,             /* may leave calls that are open */
      HEAP_THROW                /* leaves the one that it is called from */
   } kind;
   UChar frees;                 /* the block that it frees */
   UChar bytes;                 /* how much it allocates */
   UChar times;                 /* of so many */
   Bool stores;                 /* the block goes to where the first points, not to
                                   the result */
   Bool frees_always;           /* though it fails to allocate */
};

void heap_names_init(void);

/* The function that starts at pc, or NULL.  */
const struct heap_function *heap_names_at(Addr pc);

/* Whether pc is in code that has functions of an allocator, or in the unwinder, which
   leaves them for an exception: returns there may end calls.  */
Bool heap_names_in_allocator(Addr pc);

Bool heap_names_in_c_library(Addr pc);

/* Code was unmapped.  */
void heap_names_forget_code(void);

#endif
