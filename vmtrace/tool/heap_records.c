#include "vmtrace/tool/heap_records.h"

#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/definitions.h"
#include "vmtrace/tool/heap_memory.h"
#include "vmtrace/tool/tool.h"

static struct json_out *out;
static UInt n_defined;
static Bool any_block;
static ULong peak_written, pages_peak_written;

static void
member(const HChar *name, Long value)
{
   json_text(out, name);
   json_number(out, value);
}

void
heap_records_start(struct json_out *to)
{
   out = to;
   if (heap_is_tracked)
      heap_memory_drop_all();
}

void
heap_records_define_site(UInt id)
{
   static const HChar *const kinds[] = {"malloc", "mmap", "brk", "allocator"};
   const struct vmt_site *site;

   for (; n_defined < id; n_defined++) {
      site = vmt_blocks_get_site(&tool_machine.blocks, n_defined + 1);
      definitions_stack(site->stack);
      member("{\"site\":", n_defined + 1);
      member(",\"stack\":", site->stack);
      json_text(out, ",\"kind\":\"");
      json_text(out, kinds[site->kind]);
      json_text(out, "\"}\n");
   }
}

/* All there is to say of the site so far.  */
static void
write_site(UInt id)
{
   const struct vmt_blocks *blocks = &tool_machine.blocks;
   struct vmt_site *site = vmt_blocks_get_site(blocks, id);

   site->has_news = false;
   heap_records_define_site(id);
   member("{\"heap\":", id);
   member(",\"allocs\":", (Long)site->n_allocs);
   member(",\"frees\":", (Long)site->n_frees);
   member(",\"bytes\":", (Long)site->n_bytes);
   member(",\"lifetime\":", (Long)site->lifetime);
   member(",\"live_blocks\":", (Long)site->n_live);
   member(",\"live_bytes\":", (Long)site->live_bytes);
   member(",\"peak_bytes\":", (Long)site->peak_bytes);
   if (site->kind == VMT_SITE_MALLOC) {
      member(",\"bytes_at_peak\":", (Long)vmt_blocks_at_peak(blocks, id));
      member(",\"straddles\":", (Long)site->n_straddles);
      member(",\"kept_pages\":", (Long)site->n_kept);
      member(",\"kept_pages_at_peak\":", (Long)vmt_blocks_kept_at_peak(blocks, id));
      member(",\"pinned_pages\":", (Long)site->n_pinned);
      member(",\"pinned_pages_at_peak\":",
             (Long)vmt_blocks_pinned_at_peak(blocks, id));
      any_block = True;
   }
   json_text(out, "}\n");
}

/* A site that has not changed may have more at a new peak than at the last.  */
static void
write_sites(void)
{
   const struct vmt_blocks *blocks = &tool_machine.blocks;
   Bool all = blocks->peak_change != peak_written ||
              blocks->pages_peak_change != pages_peak_written;
   UInt id;

   peak_written = blocks->peak_change;
   pages_peak_written = blocks->pages_peak_change;
   for (id = VMT_OWN_SITE + 1; id < blocks->sites.n_records; id++) {
      const struct vmt_site *site = vmt_blocks_get_site(blocks, id);

      if (site->has_news || (all && site->n_allocs + site->n_live != 0))
         write_site(id);
   }
}

static void
write_totals(void)
{
   const struct vmt_blocks *blocks = &tool_machine.blocks;
   ULong since_peak = vmt_instrs_at(tool_machine.filter.clock) - blocks->peak_time;

   member("{\"heap_totals\":{\"allocs\":", (Long)blocks->n_allocs);
   member(",\"frees\":", (Long)blocks->n_frees);
   member(",\"bytes\":", (Long)blocks->n_bytes);
   member(",\"live_bytes\":", (Long)blocks->live_bytes);
   member(",\"peak_bytes\":", (Long)blocks->peak_bytes);
   member(",\"peak_instrs\":", (Long)(checkpoint_instrs() - since_peak));
   member(",\"unknown_frees\":", (Long)blocks->n_unknown);
   member(",\"lost\":", (Long)blocks->n_lost);
   json_text(out, "}}\n");
}

/* ---- pages ---- */

static void
write_state(const HChar *name, const struct vmt_heap_state *state, ULong instrs)
{
   UInt i;

   json_text(out, name);
   member("{\"instrs\":", (Long)instrs);
   member(",\"live_blocks\":", (Long)state->n_blocks);
   member(",\"live_bytes\":", (Long)state->n_bytes);
   member(",\"resident\":", (Long)state->n_pages);
   for (i = 0; i < VMT_N_FULLNESSES; i++)
      member(i == 0 ? ",\"fullness\":[" : ",", (Long)state->fullness[i]);
   member("],\"pinned\":", (Long)state->n_pinned);
   member(",\"straddling\":", (Long)state->n_straddling);
   json_text(out, "}");
}

static void
write_calls(void)
{
   static const HChar *const names[] = {
#define HEAP_CALL_NAME(name) #name,
      HEAP_CALLS(HEAP_CALL_NAME)
#undef HEAP_CALL_NAME
      "other"};
   UInt i;

   for (i = 0; i < HEAP_N_CALLS; i++) {
      json_text(out, i == 0 ? ",\"calls\":{\"" : ",\"");
      json_text(out, names[i]);
      member("\":", (Long)heap_memory_calls[i]);
   }
   json_text(out, "}");
}

static void
write_pages(void)
{
   const struct vmt_blocks *blocks = &tool_machine.blocks;
   ULong since_peak =
      vmt_instrs_at(tool_machine.filter.clock) - blocks->at_peak.time;

   write_state("{\"heap_pages\":{\"peak\":", &blocks->at_peak,
               checkpoint_instrs() - since_peak);
   write_state(",\"now\":", &blocks->now, checkpoint_instrs());
   member(",\"returned\":{\"brk\":", (Long)blocks->returned.n_by_brk);
   member(",\"munmap\":", (Long)blocks->returned.n_by_unmap);
   member(",\"madvise\":", (Long)blocks->returned.n_by_advice);
   member("},\"back\":", (Long)blocks->returned.n_back);
   member(",\"advised_free\":", (Long)heap_memory_advised_free);
   write_calls();
   member(",\"straddles\":", (Long)blocks->n_straddles);
   json_text(out, "}}\n");
}

void
heap_records_write(void)
{
   if (!heap_is_tracked)
      return;
   vmt_blocks_note_peak(&tool_machine.blocks);
   vmt_blocks_settle(&tool_machine.blocks);
   write_sites();
   if (!any_block && tool_machine.blocks.n_unknown == 0)
      return;
   write_totals();
   write_pages();
}

void
heap_records_start_anew(void)
{
   any_block = False;
   n_defined = 0;
   peak_written = pages_peak_written = 0;
}
