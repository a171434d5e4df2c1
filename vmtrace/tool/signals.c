#include "vmtrace/tool/signals.h"

#include "vmtrace/tool/fault_log.h"
#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/heap_memory.h"
#include "vmtrace/tool/profile.h"
#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace_config.h"

static Int expected;

void
signals_expect(Int signal)
{
   expected = signal;
}

/* ---- fetches that are refused ---- */

static Bool
may_execute(Addr pc)
{
   const struct vmt_area *area = vmt_areas_find(&tool_machine.areas, pc);

   return area != NULL && (area->flags & VMT_AREA_EXEC) != 0;
}

static void
charge_refused_fetch(ThreadId tid)
{
   struct vmt_outcome outcome;
   uint32_t charge;

   vmt_machine_access(&tool_machine, VG_(get_IP)(tid), VMT_FETCH,
                      tool_machine.filter.clock, &outcome);
   if (fault_log_is_open)
      fault_log_write(&outcome, VG_(get_IP)(tid), VMT_FETCH, CHARGE_PROGRAM,
                      VG_(get_IP)(tid), 0);
   charge = vmt_accounting_charge(&tool_machine.ledger,
                                  stacks_of_syscall(tid, 0),
                                  (uint16_t)outcome.label, (uint16_t)tid,
                                  heap_memory_site(VG_(get_IP)(tid)));
   if (charge == VMT_NO_CHARGE ||
       vmt_machine_charge(&tool_machine, &outcome, charge) != VMT_OK)
      tool_no_memory();
}

/* Whether thread tid stands where nothing may be executed.  */
static Bool
fetch_is_refused(ThreadId tid)
{
   return tool_running && expected == 0 && !may_execute(VG_(get_IP)(tid));
}

/* ---- a handler takes it: it is not the end ---- */

static void
delivered(ThreadId tid, Int signal, Bool alternate_stack)
{
   if (signal == VKI_SIGSEGV && fetch_is_refused(tid))
      charge_refused_fetch(tid);
   expected = 0;
   heap_before_signal(tid);
}

static void
handled(ThreadId tid, Int signal)
{
   heap_after_signal(tid);
}

/* ---- the end ---- */

/* A thread that stands where nothing may be executed has died of it.  */
void
signals_thread_ends(ThreadId tid)
{
   if (!fetch_is_refused(tid))
      return;
   charge_refused_fetch(tid);
   expected = VKI_SIGSEGV;
}

void
signals_init(void)
{
   VG_(track_pre_deliver_signal)(delivered);
   VG_(track_post_deliver_signal)(handled);
}

Int
signals_fatal(void)
{
   return expected;
}

#ifdef HAVE_WRAP_SIGNAL
/* The core's last act when a signal has ended the program (m_main.c,
   shutdown_actions_NORETURN): does not return.  */
void __real_vgPlain_kill_self(Int signal);
void __wrap_vgPlain_kill_self(Int signal);

void
__wrap_vgPlain_kill_self(Int signal)
{
   profile_correct_signal(signal);
   __real_vgPlain_kill_self(signal);
}
#endif
