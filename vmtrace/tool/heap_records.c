#include "vmtrace/tool/heap_records.h"

#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/tool.h"

static struct json_out *out;
static Bool any_site;

static void
member(const HChar *name, Long value)
{
   json_text(out, name);
   json_number(out, value);
}

/* All there is to say of the site so far.  */
static void
write_site(UInt id)
{
   struct vmt_site *site = vmt_blocks_get_site(&heap_blocks, id);

   site->has_news = false;
   any_site = True;
   member("{\"heap\":", site->stack);
   member(",\"allocs\":", (Long)site->n_allocs);
   member(",\"frees\":", (Long)site->n_frees);
   member(",\"bytes\":", (Long)site->n_bytes);
   member(",\"lifetime\":", (Long)site->lifetime);
   member(",\"live_blocks\":", (Long)site->n_live);
   member(",\"live_bytes\":", (Long)site->live_bytes);
   member(",\"peak_bytes\":", (Long)site->peak_bytes);
   member(",\"bytes_at_peak\":", (Long)vmt_blocks_at_peak(&heap_blocks, id));
   json_text(out, "}\n");
}

/* A site that has not changed may have more at a new peak than at the last.  */
static void
write_sites(void)
{
   static ULong peak_written;
   Bool all = heap_blocks.peak_change != peak_written;
   UInt id;

   peak_written = heap_blocks.peak_change;
   for (id = 1; id < heap_blocks.sites.n_records; id++) {
      const struct vmt_site *site = vmt_blocks_get_site(&heap_blocks, id);

      if (site->has_news || (all && site->n_allocs + site->n_live != 0))
         write_site(id);
   }
}

static void
write_totals(void)
{
   ULong since_peak =
      vmt_instrs_at(tool_machine.filter.clock) - heap_blocks.peak_time;

   member("{\"heap_totals\":{\"allocs\":", (Long)heap_blocks.n_allocs);
   member(",\"frees\":", (Long)heap_blocks.n_frees);
   member(",\"bytes\":", (Long)heap_blocks.n_bytes);
   member(",\"live_bytes\":", (Long)heap_blocks.live_bytes);
   member(",\"peak_bytes\":", (Long)heap_blocks.peak_bytes);
   member(",\"peak_instrs\":", (Long)(checkpoint_instrs() - since_peak));
   member(",\"unknown_frees\":", (Long)heap_blocks.n_unknown);
   member(",\"lost\":", (Long)heap_blocks.n_lost);
   json_text(out, "}}\n");
}

static void
write_note(struct vmt_site_note *note)
{
   const struct vmt_charge *charge =
      vmt_accounting_get(&tool_machine.ledger, note->charge);

   if (note->count == note->reported)
      return;
   member("{\"site\":[", charge->stack);
   member(",", charge->area);
   member(",", charge->thread);
   member(",", vmt_blocks_get_site(&heap_blocks, note->site)->stack);
   json_text(out, "],\"events\":{\"");
   json_text(out, vmt_event_names[note->event]);
   member("\":", (Long)(note->count - note->reported));
   json_text(out, "}}\n");
   note->reported = note->count;
}

void
heap_records_write(struct json_out *to)
{
   UInt i;

   out = to;
   if (!heap_is_tracked)
      return;
   write_sites();
   for (i = 1; i < heap_blocks.notes.n_records; i++)
      write_note(vmt_vector_at(&heap_blocks.notes, i));
   if (any_site || heap_blocks.n_unknown != 0)
      write_totals();
}

void
heap_records_start_anew(void)
{
   any_site = False;
}
