/* Loads whose result nobody wants.

   Valgrind's optimiser removes them before a tool sees the code, and with them
   the page faults of a loop that only touches pages.  So before it runs, each
   load's address is also written to a made-up register beyond the guest state
   (a "hint"); registers are never optimised away.  The tool takes the hints for
   the loads, and drops them.  Cheaper by far than keeping all registers up to
   date at each instruction, which has the same effect.

   It also tells the optimiser that the program counter need not be exact at
   each access: translated code passes it to the tool where it is wanted, and
   the tool puts it right before an access can fault.

   A block that goes on in a function of the allocator ends there, so that what the
   function is called with is in the registers when it starts, though it may soon be
   overwritten.

   And it leaves out checks of the intermediate code that take a good part of the
   time of a translation, unless --sanity-level=2 or more asks for them.

   Where the core cannot be wrapped (configure says so), iropt_hints() is False
   and the tool runs with allregs-at-each-insn.  */

#ifndef VMT_TOOL_IROPT_H
#define VMT_TOOL_IROPT_H

#include "vmtrace/tool/valgrind.h"

void iropt_init(void);
Bool iropt_hints(void);

Bool iropt_is_hint(const IRStmt *st);

/* If st stands for a load, its address as an atom, and its size; else NULL.  */
IRExpr *iropt_hinted_load(const IRStmt *st, UInt *bytes);

/* Whether st announces that the next statement was a conditional load.  It may
   have become a plain one meanwhile (the condition was seen to hold), which no
   hint stands for, or have gone.  */
Bool iropt_hints_guarded_load(const IRStmt *st);

#endif
