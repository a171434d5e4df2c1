#include "vmtrace/tool/pressure_records.h"

#include "vmtrace/tool/tool.h"

static struct json_out *out;
static Bool oom_written;
static UInt n_lost_written;

static void
member(const HChar *name, Long value)
{
   json_text(out, name);
   json_number(out, value);
}

static void
pages_of(Bool is_first, UInt id, ULong n_pages)
{
   const struct vmt_charge *charge = vmt_accounting_get(&tool_machine.ledger, id);

   member(is_first ? "[" : ",[", charge->stack);
   member(",", charge->area);
   member(",", charge->thread);
   member(",", (Long)n_pages);
   json_text(out, "]");
}

static void
write_evicted(void)
{
   const struct vmt_accounting *ledger = &tool_machine.ledger;
   Bool is_first = True;
   UInt id;

   for (id = 1; id < ledger->charges.n_records; id++) {
      UInt index = vmt_accounting_get(ledger, id)->residency;
      struct vmt_residency *residency;

      if (index == 0)
         continue;
      residency = vmt_vector_at(&ledger->residencies, index);
      if (residency->n_evicted == residency->n_evicted_reported)
         continue;
      if (is_first)
         json_text(out, "{\"evicted_of\":[");
      pages_of(is_first, id, residency->n_evicted - residency->n_evicted_reported);
      residency->n_evicted_reported = residency->n_evicted;
      is_first = False;
   }
   if (!is_first)
      json_text(out, "]}\n");
}

static void
write_oom(void)
{
   const struct vmt_oom *oom = &tool_machine.frames.oom;
   const struct vmt_charge *charge;
   UInt i;

   if (!oom->happened || oom_written)
      return;
   oom_written = True;
   charge = vmt_accounting_get(&tool_machine.ledger, oom->charge);
   member("{\"oom\":{\"instrs\":", (Long)oom->instrs);
   member(",\"stack\":", charge->stack);
   member(",\"area\":", charge->area);
   member(",\"thread\":", charge->thread);
   json_text(out, ",\"event\":1");
   member(",\"resident_pages\":", (Long)oom->n_resident_pages);
   member(",\"table_pages\":", (Long)oom->n_table_pages);
   member(",\"swap_used_pages\":", (Long)oom->n_swap_pages);
   json_text(out, ",\"of\":[");
   for (i = 0; i < oom->n_owners; i++)
      pages_of(i == 0, oom->owners[i].charge, oom->owners[i].n_pages);
   json_text(out, "]}}\n");
}

static void
write_lost(void)
{
   if (tool_machine.frames.n_lost == n_lost_written)
      return;
   n_lost_written = tool_machine.frames.n_lost;
   json_text(out, "{\"note\":\"a process was killed while it changed the limited memory: "
                  "the order in which pages were used, and whose frames were shared, was "
                  "lost\"}\n");
}

void
pressure_records_write(struct json_out *to)
{
   out = to;
   if (tool_machine.settings.ram_bytes != 0)
      write_lost();
   if (tool_machine.frames.kind == VMT_FRAMES_UNLIMITED)
      return;
   write_evicted();
   write_oom();
}

/* By the names of the kernel's /proc/vmstat.  */
static void
write_vmstat(void)
{
   const struct vmt_reclaim_counts *counts = vmt_frames_counts(&tool_machine);

   member("{\"vmstat\":{\"pswpin\":", (Long)counts->n_swapped_in);
   member(",\"pswpout\":", (Long)counts->n_swapped_out);
   member(",\"swap_ra\":", (Long)counts->n_read_ahead);
   member(",\"swap_ra_hit\":", (Long)counts->n_read_ahead_hits);
   member(",\"workingset_refault_anon\":", (Long)counts->n_refaults[0]);
   member(",\"workingset_refault_file\":", (Long)counts->n_refaults[1]);
   member(",\"workingset_activate_anon\":", (Long)counts->n_refaults_activated[0]);
   member(",\"workingset_activate_file\":", (Long)counts->n_refaults_activated[1]);
   member(",\"workingset_restore_anon\":", (Long)counts->n_refaults_restored[0]);
   member(",\"workingset_restore_file\":", (Long)counts->n_refaults_restored[1]);
   member(",\"pgscan_anon\":", (Long)counts->n_scanned[0]);
   member(",\"pgscan_file\":", (Long)counts->n_scanned[1]);
   member(",\"pgsteal_anon\":", (Long)counts->n_stolen[0]);
   member(",\"pgsteal_file\":", (Long)counts->n_stolen[1]);
   json_text(out, "}}\n");
}

void
pressure_records_write_last(struct json_out *to)
{
   out = to;
   if (tool_machine.frames.kind == VMT_FRAMES_LINUX)
      write_vmstat();
}

void
pressure_records_start_anew(void)
{
   oom_written = False;
   n_lost_written = 0;
}
