#include "vmtrace/tool/mark_records.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/counting.h"
#include "vmtrace/tool/phases.h"
#include "vmtrace/tool/profile.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace/tool/tree_records.h"

static void
member(struct json_out *out, const HChar *name, Long value)
{
   json_text(out, name);
   json_number(out, value);
}

static void
write_phase(struct json_out *out, const HChar *name, Bool is_begin, Bool inherited)
{
   json_text(out, "{\"phase\":{\"name\":");
   json_string(out, name);
   member(out, ",\"instrs\":", (Long)checkpoint_instrs());
   json_text(out, is_begin ? ",\"what\":\"begin\"" : ",\"what\":\"end\"");
   json_text(out, inherited ? ",\"inherited\":true}}\n" : "}}\n");
}

void
mark_records_phase(struct json_out *out, const HChar *name, Bool is_begin)
{
   write_phase(out, name, is_begin, False);
}

void
mark_records_counting(struct json_out *out)
{
   json_text(out, counting_is_on ? "{\"counting\":{\"on\":true"
                                 : "{\"counting\":{\"on\":false");
   member(out, ",\"instrs\":", (Long)checkpoint_instrs());
   json_text(out, "}}\n");
}

void
mark_records_reset(struct json_out *out)
{
   member(out, "{\"reset\":{\"instrs\":", (Long)checkpoint_instrs());
   json_text(out, "}}\n");
}

/* ---- snapshots ---- */

#define MAX_SNAPSHOTS 10000

static UInt n_snapshots;

void
mark_records_snapshot(const HChar *name)
{
   struct json_out *out;

   charge_settle();
   if (n_snapshots++ >= MAX_SNAPSHOTS) {
      if (n_snapshots == MAX_SNAPSHOTS + 1)
         profile_note("there are very many snapshots: those after the 10000th are "
                      "left out");
      return;
   }
   out = profile_additions();
   json_text(out, "{\"snapshot\":{\"name\":");
   json_string(out, name);
   member(out, ",\"instrs\":", (Long)checkpoint_instrs());
   member(out, ",\"RssPages\":", (Long)tool_machine.ledger.n_resident_pages);
   json_text(out, ",\"totals\":{");
   profile_write_totals();
   json_text(out, "}}}\n");
   tree_write_resident(out, "snapshot", name);
}

/* ---- sums ---- */

static void
write_events(struct json_out *out, const struct phase *phase)
{
   Bool is_first = True;
   UInt i;

   json_text(out, ",\"events\":{");
   for (i = 0; i < VMT_EV_RssPages; i++) {
      if (phase->totals[i] == 0)
         continue;
      json_text(out, is_first ? "\"" : ",\"");
      json_text(out, vmt_event_names[i]);
      member(out, "\":", (Long)phase->totals[i]);
      is_first = False;
   }
   json_text(out, "}}");
}

void
mark_records_phases(struct json_out *out)
{
   UInt i;

   if (phases_n() == 0)
      return;
   json_text(out, "{\"phases\":[");
   for (i = 0; i < phases_n(); i++) {
      struct phase phase = phases_get(i);

      json_text(out, i == 0 ? "{\"name\":" : ",{\"name\":");
      json_string(out, phase.name);
      member(out, ",\"entered\":", (Long)phase.n_entered);
      member(out, ",\"marked\":", (Long)phase.n_marked);
      member(out, ",\"open\":", phase.depth);
      member(out, ",\"Ir\":", (Long)phase.n_instrs);
      write_events(out, &phase);
   }
   json_text(out, "]}\n");
}

void
mark_records_start(struct json_out *out)
{
   UInt i;

   n_snapshots = 0;
   if (!counting_is_on)
      mark_records_counting(out);
   for (i = 0; i < phases_n(); i++) {
      struct phase phase = phases_get(i);

      if (phase.depth != 0)
         write_phase(out, phase.name, True, True);
   }
}
