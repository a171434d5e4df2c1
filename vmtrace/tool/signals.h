/* Which signal ended the program, as far as a tool can know.

   Valgrind does not say.  A signal that an access of the program's own brought
   about (SIGSEGV, SIGBUS) is known here; of any other death by signal it is
   only known that no exit was called for: 0.  */

#ifndef VMT_TOOL_SIGNALS_H
#define VMT_TOOL_SIGNALS_H

#include "vmtrace/tool/valgrind.h"

/* The access that is about to be made will end in this signal.  */
void signals_expect(Int signal);

/* A handler takes the signal: it was not the end.  */
void signals_init(void);

Int signals_fatal(void);

#endif
