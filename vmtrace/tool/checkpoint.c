#include "vmtrace/tool/checkpoint.h"

#define FIRST_INSTRS (1ull << 24)

ULong checkpoint_next_tick = FIRST_INSTRS << VMT_TICK_SHIFT;
static ULong start_tick;

void
checkpoint_write(void)
{
   ULong tick = tool_machine.filter.clock;
   ULong step = (tick - start_tick) / 2;

   if (step < FIRST_INSTRS << VMT_TICK_SHIFT)
      step = FIRST_INSTRS << VMT_TICK_SHIFT;
   checkpoint_next_tick = tick + step;
   profile_checkpoint();
}

void
checkpoint_start_anew(void)
{
   start_tick = tool_machine.filter.clock;
   checkpoint_next_tick = start_tick + (FIRST_INSTRS << VMT_TICK_SHIFT);
}

ULong
checkpoint_instrs(void)
{
   return vmt_instrs_at(tool_machine.filter.clock) - vmt_instrs_at(start_tick);
}
