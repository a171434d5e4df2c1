#include "vmtrace/tool/counting.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/mark_records.h"
#include "vmtrace/tool/phases.h"
#include "vmtrace/tool/profile.h"
#include "vmtrace/tool/running.h"
#include "vmtrace/tool/segments.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace/tool/touch_records.h"
#include "vmtrace/tool/tree_records.h"

Bool counting_is_on = True;

/* On the process's clock: when it was turned off; how much of it was not counted
   before.  */
static ULong off_since, not_counted;

/* The touches at each distance, as they were when it was turned off.  */
static struct {
   uint64_t *counts;
   UInt n;
   uint64_t n_touches;
} kept;

ULong
counting_instrs(void)
{
   return (counting_is_on ? checkpoint_instrs() : off_since) - not_counted;
}

/* ---- touches ---- */

static uint64_t *
touches_at(UInt distance)
{
   return vmt_vector_at(&tool_machine.touches.distances.counts, distance);
}

static void
keep_touches(void)
{
   const struct vmt_distances *distances = &tool_machine.touches.distances;
   UInt i;

   kept.n = distances->counts.n_records;
   kept.n_touches = distances->n_touches;
   kept.counts =
      VG_(realloc)("vmtrace.kept", kept.counts, (kept.n + 1) * sizeof *kept.counts);
   for (i = 0; i < kept.n; i++)
      kept.counts[i] = *touches_at(i);
}

static void
forget_kept_touches(void)
{
   VG_(free)(kept.counts);
   kept.counts = NULL;
   kept.n = 0;
   kept.n_touches = 0;
}

static void
bring_touches_back(void)
{
   struct vmt_distances *distances = &tool_machine.touches.distances;
   UInt i, j;

   for (i = 0; i < distances->counts.n_records; i++)
      *touches_at(i) = i < kept.n ? kept.counts[i] : 0;
   distances->n_touches = kept.n_touches;
   for (i = 1; i < distances->shares.n_records; i++) {
      struct vmt_distance_share *share = vmt_vector_at(&distances->shares, i);

      for (j = 0; j < VMT_SHARE_BUCKETS; j++)
         share->counts[j] = 0;
   }
}

/* ---- on and off ---- */

static void
turn_off(void)
{
   off_since = checkpoint_instrs();
   vmt_accounting_pause(&tool_machine.ledger);
   keep_touches();
   counting_is_on = False;
}

void
counting_settle(void)
{
   if (counting_is_on)
      return;
   vmt_accounting_forget_news(&tool_machine.ledger);
   segments_forget_news();
   tree_records_forget_copies();
   bring_touches_back();
}

static void
turn_on(void)
{
   not_counted += checkpoint_instrs() - off_since;
   vmt_accounting_resume(&tool_machine.ledger);
   forget_kept_touches();
   counting_is_on = True;
}

void
counting_begin(Bool on)
{
   if (!on)
      turn_off();
}

void
counting_set(Bool on)
{
   struct json_out *out;

   if (on == counting_is_on)
      return;
   charge_settle();
   running_tell();
   out = profile_additions();
   touch_records_write_distances(out);
   if (on)
      turn_on();
   else
      turn_off();
   mark_records_counting(out);
}

void
counting_restart(void)
{
   charge_settle();
   mark_records_reset(profile_additions());
   vmt_accounting_restart(&tool_machine.ledger);
   segments_restart();
   forget_kept_touches();
   bring_touches_back();
   touch_records_start_anew();
   not_counted = checkpoint_instrs();
   off_since = not_counted;
   running_restart();
   phases_restart();
}

void
counting_become_child(void)
{
   not_counted = 0;
   if (counting_is_on)
      return;
   forget_kept_touches();
   turn_off();
}
