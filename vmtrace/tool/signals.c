#include "vmtrace/tool/signals.h"

static Int expected;

void
signals_expect(Int signal)
{
   expected = signal;
}

static void
delivered(ThreadId tid, Int signal, Bool alternate_stack)
{
   expected = 0;
}

void
signals_init(void)
{
   VG_(track_pre_deliver_signal)(delivered);
}

Int
signals_fatal(void)
{
   return expected;
}
