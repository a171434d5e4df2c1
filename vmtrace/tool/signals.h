/* Signals that an access of the program's brings about, and the one that ends it.

   Valgrind tells a tool of a signal only when a handler takes it.  At the end
   it is known here whether the last access led to SIGSEGV or SIGBUS; which
   signal it is else comes after the tool has finished, from the core's function
   that ends the process by it, which is wrapped at link time where that can be
   (configure says).  0 until then, and for good where it cannot be.

   A jump to where nothing may be executed is seen here alone: no code is
   translated there.  */

#ifndef VMT_TOOL_SIGNALS_H
#define VMT_TOOL_SIGNALS_H

#include "vmtrace/tool/valgrind.h"

/* The access that is about to be made will end in this signal.  */
void signals_expect(Int signal);

void signals_init(void);

/* Called by threads.c on the thread that ends.  */
void signals_thread_ends(ThreadId tid);

/* The signal that the program has ended by, if it is known.  */
Int signals_fatal(void);

#endif
