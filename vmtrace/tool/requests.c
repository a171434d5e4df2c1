#include "vmtrace/tool/requests.h"

#include "include/vmtrace/vmtrace.h"
#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/counting.h"
#include "vmtrace/tool/mark_records.h"
#include "vmtrace/tool/monitor.h"
#include "vmtrace/tool/phases.h"
#include "vmtrace/tool/profile.h"
#include "vmtrace/tool/tool.h"

/* The string at addr in the program's memory, cut to what fits, also at a character
   of UTF-8; False: it is not all there.  */
static Bool
read_name(Addr addr, HChar name[REQUESTS_NAME_BYTES + 1])
{
   Addr readable = addr;
   UInt n = 0;

   for (; n <= REQUESTS_NAME_BYTES; n++, addr++) {
      if (addr >= readable) {
         if (!VG_(am_is_valid_for_client)(addr, 1, VKI_PROT_READ))
            return False;
         readable = VG_PGROUNDDN(addr) + VKI_PAGE_SIZE;
      }
      name[n] = *(const HChar *)addr;
      if (name[n] == 0)
         return True;
   }
   n = REQUESTS_NAME_BYTES;
   while (n > 0 && ((UChar)name[n] & 0xc0) == 0x80)
      n--;
   name[n] = 0;
   return True;
}

static void
complain_once(const HChar *text)
{
   static Bool complained;

   if (complained)
      return;
   complained = True;
   VG_(umsg)("vmtrace: %s\n", text);
   profile_note(text);
}

static void
end_phase(const HChar *name)
{
   HChar text[REQUESTS_NAME_BYTES + 100];

   if (phases_end(name))
      return;
   VG_(snprintf)(text, sizeof text, "phase '%s' was ended without having been begun; "
                                    "such an end says nothing", name);
   complain_once(text);
}

static void
named_request(UWord request, Addr addr)
{
   HChar name[REQUESTS_NAME_BYTES + 1];

   if (!read_name(addr, name)) {
      complain_once("the name of a phase or snapshot is not in memory that can be "
                    "read; such a request says nothing");
      return;
   }
   if (request == VMT_USERREQ__PHASE_BEGIN)
      phases_begin(name);
   else if (request == VMT_USERREQ__PHASE_END)
      end_phase(name);
   else
      mark_records_snapshot(name);
}

static Bool
handle(ThreadId tid, UWord *args, UWord *result)
{
   *result = 0;
   switch (args[0]) {
   case VMT_USERREQ__RUNNING: *result = 1; return True;
   case VMT_USERREQ__PHASE_BEGIN:
   case VMT_USERREQ__PHASE_END:
   case VMT_USERREQ__SNAPSHOT: named_request(args[0], args[1]); return True;
   case VMT_USERREQ__START_COUNTING: counting_set(True); return True;
   case VMT_USERREQ__STOP_COUNTING: counting_set(False); return True;
   case VMT_USERREQ__RESET: counting_restart(); return True;
   case VG_USERREQ__GDB_MONITOR_COMMAND:
      *result = monitor_command((const HChar *)args[1]);
      return *result != 0;
   default: return False;
   }
}

void
requests_init(void)
{
   VG_(needs_client_requests)(handle);
}
