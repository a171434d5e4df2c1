/* Whether what happens is counted, and starting to count anew.

   With counting off the machine goes on: pages become resident, TLBs and caches are
   kept up, charges are found and added to as ever; but before anything is reported,
   what has been added since is taken back.  So no access pays for the choice.  What is
   state, and not a count, goes on: resident pages and whose they are, the working set,
   idle pages, the heap's blocks.

   The process as a whole counts or does not, whichever thread asks.  A forked child
   inherits it.  */

#ifndef VMT_TOOL_COUNTING_H
#define VMT_TOOL_COUNTING_H

#include "vmtrace/tool/valgrind.h"

extern Bool counting_is_on;

/* --counting-atstart=no: once the machine is there.  */
void counting_begin(Bool on);

/* From here on; nothing if it is so already.  */
void counting_set(Bool on);

/* All that was counted is forgotten.  */
void counting_restart(void);

/* Who reports counts calls this first: what was added while counting is off is no
   more.  */
void counting_settle(void);

/* Instructions that were counted so far.  */
ULong counting_instrs(void);

/* In a forked child, whose counts begin at 0.  */
void counting_become_child(void);

#endif
