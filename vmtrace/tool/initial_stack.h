/* What a program finds on its stack: strings, auxiliary vector, environment,
   arguments.

   Valgrind puts them in an order of its own, and with its own libraries in
   LD_PRELOAD, which the loader would map.  Here they are laid out anew as
   copy_strings() of fs/exec.c and create_elf_tables() of fs/binfmt_elf.c (Linux
   6.18) do it with address randomisation off, and without those libraries: what
   is on the stack, and on which of its pages, is as without Valgrind.

   From the stack's end downwards: 8 zero bytes; the path that was executed; the
   environment's strings, the last one first; those of the arguments; (16-byte
   aligned) the platform's name; 16 random bytes; the vectors.  */

#ifndef VMT_TOOL_INITIAL_STACK_H
#define VMT_TOOL_INITIAL_STACK_H

#include "vmtrace/tool/valgrind.h"

struct initial_stack {
   Addr sp;
   Addr strings;                /* the first byte that copy_strings() wrote: what
                                   lies above was there before the program */
   Addr end;
};

/* Lays out anew what thread tid has on its stack, and says where it is.  vdso:
   the image's address, or 0.  Changes nothing, and takes what Valgrind made,
   where there is no room.  */
struct initial_stack initial_stack_build(ThreadId tid, Addr vdso);

/* The same for the stack as Valgrind made it.  */
struct initial_stack initial_stack_as_is(ThreadId tid);

/* The value of an entry of the auxiliary vector, 0 if there is none.  */
ULong initial_stack_aux(Addr sp, ULong type);

/* Notes what the kernel told Valgrind; sp: Valgrind's own initial stack.  */
void initial_stack_note_own(Addr sp);

#endif
