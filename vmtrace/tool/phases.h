/* Phases of the program: what it, or who watches it, has given a name.

   A phase is entered any number of times, by whichever thread; while it is, what the
   process does is part of it.  Several may be open at once, one within another or not;
   one that is begun again while it is open is left when it has ended as often.  Its
   sums are kept here, by its name, and are exact.

   Which lines they are of is told by marks in the profile: everything counted before
   is written, then the mark.  That takes time in proportion to the code and the call
   stacks that there are, so a program cannot have it a million times: of a name, the
   first FIRST_MARKED times are marked, and others as long as the profile has not grown
   too much for it, nor the program been held up.  What is not marked adds to the sums
   alone; a note says so.

   Names are kept, and at most MAX_NAMES; further ones count as one.  */

#ifndef VMT_TOOL_PHASES_H
#define VMT_TOOL_PHASES_H

#include "vmtrace/tool/valgrind.h"

#include "vmtrace/mmu/machine/events.h"

struct phase {
   HChar *name;
   UInt depth;                  /* how often it is open; 0: it is not */
   Bool marked;                 /* ... its begin was */
   ULong n_entered, n_marked;
   ULong n_instrs, totals[VMT_N_EVENTS];        /* but for what is open */
   ULong begin_instrs, begin_totals[VMT_N_EVENTS];
};

void phases_begin(const HChar *name);

/* False: it is not open.  */
Bool phases_end(const HChar *name);

UInt phases_n(void);

/* The i-th, from 0, with what is open of it among its sums.  */
struct phase phases_get(UInt i);

/* What was counted is forgotten; what is open goes on.  */
void phases_restart(void);

/* In a forked child: what is open goes on.  */
void phases_become_child(void);

#endif
