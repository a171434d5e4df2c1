#include "vmtrace/tool/touch_records.h"

#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/segments.h"
#include "vmtrace/tool/tool.h"

static struct json_out *out;
static uint64_t n_touches_written;

static void
member(const HChar *name, Long value)
{
   json_text(out, name);
   json_number(out, value);
}

/* An element of an array, with what goes before it.  */
static void
element(Bool is_first, const HChar *open, Long value)
{
   if (!is_first)
      json_text(out, ",");
   member(open, value);
}

static void
begin_charge(Bool is_first, UInt id)
{
   const struct vmt_charge *charge = vmt_accounting_get(&tool_machine.ledger, id);

   element(is_first, "[", charge->stack);
   member(",", charge->area);
   member(",", charge->thread);
}

static ULong
instrs_now(void)
{
   return vmt_touches_instrs(&tool_machine.touches, tool_machine.filter.clock);
}

/* ---- the curve ---- */

/* Touches that the fast curve does not look at count as VMT_UNSEEN_DISTANCE: with
   fewer pages of RAM than that, all accesses are said to fault.  */
static ULong
faults_at(const struct vmt_curve_point *point, Bool exact,
          const struct segment_totals *all)
{
   if (exact || point->ram_pages >= VMT_UNSEEN_DISTANCE)
      return point->n_faults;
   return all->n_instrs + all->n_reads + all->n_writes;
}

static void
write_curve(void)
{
   const struct vmt_touches *touches = &tool_machine.touches;
   const uint64_t *first = vmt_vector_at(&touches->distances.counts,
                                         VMT_FIRST_TOUCH);
   uint64_t peak = vmt_touches_peak_pages(touches);
   struct vmt_curve_point point = {0, 0};
   Bool exact = touches->curve == VMT_CURVE_EXACT, is_first = True;
   struct segment_totals all;

   segments_totals(&all);
   json_text(out, exact ? "{\"curve\":{\"mode\":\"exact\",\"error_pages\":0"
                        : "{\"curve\":{\"mode\":\"fast\"");
   if (!exact)
      member(",\"error_pages\":", VMT_UNSEEN_DISTANCE);
   member(",\"peak_pages\":", (Long)peak);
   member(",\"first_touches\":", (Long)*first);
   json_text(out, ",\"points\":[");
   while (vmt_distances_next_point(&touches->distances, peak, &point)) {
      element(is_first, "[", (Long)point.ram_pages);
      member(",", (Long)faults_at(&point, exact, &all));
      json_text(out, "]");
      is_first = False;
   }
   json_text(out, "]}}\n");
}

static Bool
write_share(struct vmt_distance_share *share, UInt charge, Bool is_first)
{
   UInt i;

   for (i = 0; i < VMT_SHARE_BUCKETS; i++) {
      if (share->counts[i] == 0)
         continue;
      if (is_first) {
         json_text(out, "{\"d\":");
         begin_charge(True, charge);
         json_text(out, "],\"b\":[");
      }
      element(is_first, "[", share->first_bucket + i);
      member(",", (Long)share->counts[i]);
      json_text(out, "]");
      share->counts[i] = 0;
      is_first = False;
   }
   return is_first;
}

void
touch_records_write_distances(struct json_out *to)
{
   const struct vmt_distances *distances = &tool_machine.touches.distances;
   UInt charge;

   if (distances->n_touches == n_touches_written)
      return;
   n_touches_written = distances->n_touches;
   out = to;
   for (charge = 1; charge < distances->heads.n_records; charge++) {
      struct vmt_distance_share *share = vmt_distances_share(distances, charge);
      Bool is_first = True;

      for (; share != NULL; share = vmt_distances_next_share(distances, share))
         is_first = write_share(share, charge, is_first);
      if (!is_first)
         json_text(out, "]}\n");
   }
}

void
touch_records_start_anew(void)
{
   n_touches_written = 0;
}

/* ---- the working set ---- */

static void
write_window_sample(const struct vmt_working_set_sample *sample, Bool is_first)
{
   element(is_first, "[", sample->first_window);
   member(",", sample->n_windows);
   member(",", sample->min_pages);
   member(",", sample->max_pages);
   member(",", sample->max_window);
   member(",", (Long)sample->sum_pages);
   json_text(out, "]");
}

static void
write_windows(const struct vmt_working_set *set)
{
   UInt i;

   member("{\"windows\":{\"instrs\":", (Long)set->window_instrs);
   member(",\"per_sample\":", set->windows_per_sample);
   json_text(out, ",\"samples\":[");
   for (i = 0; i < set->n_samples; i++)
      write_window_sample(&set->samples[i], i == 0);
   member("],\"peak\":{\"window\":", set->peak_window);
   member(",\"pages\":", set->n_peak_pages);
   json_text(out, "}}}\n");
}

static void
write_peak_owners(const struct vmt_working_set *set)
{
   const struct vmt_working_set_owner *owner;
   uint32_t cursor = 0, n_pages;
   Bool is_first = True;

   json_text(out, "{\"peak_pages_of\":[");
   while ((owner = vmt_working_set_next_owner(set, &cursor, &n_pages)) != NULL) {
      if (n_pages == 0)
         continue;
      begin_charge(is_first, owner->owner);
      member(",", n_pages);
      json_text(out, "]");
      is_first = False;
   }
   json_text(out, "]}\n");
}

/* ---- idle pages ---- */

/* Resident pages that the last n windows did not touch, by owner.  */
static void
count_idle(struct vmt_hashmap *counts, UInt n_windows)
{
   struct vmt_working_set *set = &tool_machine.touches.set;
   vmt_vpn vpn = 0, end = tool_machine.pages.n_pages;
   const struct vmt_pte *pte;
   uint64_t *n_pages;

   for (; (pte = vmt_pagetable_next(&tool_machine.pages, &vpn, end)) != NULL;
        vpn++) {
      if (pte->owner == VMT_NO_CHARGE || (pte->bits & VMT_PTE_PRESENT) == 0 ||
          !vmt_working_set_is_idle(set, vpn, n_windows))
         continue;
      if (vmt_hashmap_put(counts, pte->owner, &n_pages) != VMT_OK)
         tool_no_memory();
      ++*n_pages;
   }
}

/* A tenth of the run is long enough to be called idle.  */
static UInt
idle_windows(const struct vmt_working_set *set)
{
   return set->window < 20 ? 1 : set->window / 10;
}

static void
write_idle(const struct vmt_working_set *set)
{
   UInt n_windows = idle_windows(set), charge;
   struct vmt_hashmap counts;
   const uint64_t *n_pages;
   Bool is_first = True;

   vmt_hashmap_init(&counts, "idle pages");
   count_idle(&counts, n_windows);
   member("{\"idle\":{\"windows\":", n_windows);
   json_text(out, ",\"of\":[");
   for (charge = 1; charge < tool_machine.ledger.charges.n_records; charge++) {
      n_pages = vmt_hashmap_find(&counts, charge);
      if (n_pages == NULL)
         continue;
      begin_charge(is_first, charge);
      member(",", (Long)*n_pages);
      json_text(out, "]");
      is_first = False;
   }
   json_text(out, "]}}\n");
   vmt_hashmap_free(&counts);
}

/* ---- the timeline ---- */

static void
write_heap_sample(const struct vmt_heap_state *heap, const struct vmt_returned *returned)
{
   Long n_half = 0;
   UInt i;

   for (i = 1; i <= VMT_N_FULLNESSES / 2; i++)
      n_half += (Long)heap->fullness[i];
   member(",", (Long)heap->n_bytes);
   member(",", (Long)heap->n_blocks);
   member(",", (Long)heap->n_pages);
   member(",", (Long)heap->fullness[0]);
   member(",", n_half);
   member(",", (Long)heap->n_pinned);
   member(",", (Long)heap->n_straddling);
   member(",", (Long)(returned->n_by_brk + returned->n_by_unmap +
                      returned->n_by_advice));
   member(",", (Long)returned->n_back);
   member(",", (Long)returned->n_calls);
}

static void
write_timeline_sample(const struct vmt_timeline_sample *sample, Bool is_first)
{
   element(is_first, "[", (Long)sample->instrs);
   member(",", (Long)sample->n_resident_pages);
   member(",", (Long)sample->n_most_pages);
   member(",", (Long)sample->n_minor);
   member(",", (Long)sample->n_major);
   member(",", (Long)sample->n_evicted);
   member(",", (Long)sample->n_refaults);
   member(",", (Long)sample->n_swap_ins);
   member(",", (Long)sample->n_swap_outs);
   member(",", (Long)sample->n_thrash);
   if (heap_is_tracked)
      write_heap_sample(&sample->heap, &sample->returned);
   json_text(out, "]");
}

/* And what is not yet a sample, up to now.  */
static void
write_timeline(void)
{
   const struct vmt_touches *touches = &tool_machine.touches;
   const struct vmt_timeline *timeline = &touches->timeline;
   struct vmt_timeline_sample last;
   UInt i, n = timeline->n_samples;

   member("{\"timeline\":{\"instrs_per_sample\":",
          (Long)(timeline->windows_per_sample * touches->set.window_instrs));
   json_text(out, ",\"columns\":[\"instrs\",\"RssPages\",\"RssPagesMax\","
                  "\"MinFlt\",\"MajFlt\",\"Evict\",\"Refault\",\"SwapIn\","
                  "\"SwapOut\",\"Thrash\"");
   if (heap_is_tracked)
      json_text(out, ",\"LiveBytes\",\"LiveBlocks\",\"HeapPages\",\"HeapEmpty\","
                     "\"HeapHalf\",\"Pinned\",\"Straddling\",\"Returned\","
                     "\"Back\",\"HeapCalls\"");
   json_text(out, "],\"samples\":[");
   for (i = 0; i < n; i++)
      write_timeline_sample(&timeline->samples[i], i == 0);
   vmt_timeline_take(&tool_machine.ledger, &tool_machine.blocks, instrs_now(),
                     &last);
   if (n == 0 || timeline->samples[n - 1].instrs < last.instrs)
      write_timeline_sample(&last, n == 0);
   json_text(out, "]}}\n");
}

void
touch_records_write(struct json_out *to)
{
   static struct vmt_working_set_sample samples[VMT_MAX_WINDOW_SAMPLES + 1];
   const struct vmt_touches *touches = &tool_machine.touches;
   struct vmt_working_set view;

   out = to;
   vmt_machine_advance(&tool_machine, vmt_kernel_tick(&tool_machine));
   if (touches->curve != VMT_CURVE_NO)
      write_curve();
   if (!touches->windows)
      return;
   vmt_working_set_view(&touches->set, instrs_now(), samples, &view);
   write_windows(&view);
   write_peak_owners(&view);
   write_idle(&view);
   write_timeline();
}
