/* When the profile is brought up to date while the program runs.

   By the instruction clock, so that two runs write the same: first after 16
   million instructions, then each time the run is half as long again.  What a
   killed program loses is at most the last third.  */

#ifndef VMT_TOOL_CHECKPOINT_H
#define VMT_TOOL_CHECKPOINT_H

#include "vmtrace/tool/profile.h"
#include "vmtrace/tool/tool.h"

extern ULong checkpoint_next_tick;

void checkpoint_write(void);

/* In a forked child: its instructions are counted from here.  */
void checkpoint_start_anew(void);

/* Instructions that this process has executed.  */
ULong checkpoint_instrs(void);

static inline void
checkpoint_if_due(void)
{
   if (tool_machine.filter.clock >= checkpoint_next_tick)
      checkpoint_write();
}

#endif
