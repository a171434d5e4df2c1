#include "vmtrace/tool/pressure_summary.h"

#include "vmtrace/tool/options.h"
#include "vmtrace/tool/tool.h"

/* Of the faults: so much thrashing is worth a sentence.  */
#define THRASHING_PERCENT 3

/* Most of it: what lies between its first and its last twentieth.  */
#define EDGE_PARTS 20

static const struct blame_line *
worst_line(const struct blame_line *lines, UInt n, enum vmt_event event)
{
   const struct blame_line *worst = NULL;
   UInt i;

   for (i = 0; i < n; i++)
      if (lines[i].counts[event] != 0 &&
          (worst == NULL || lines[i].counts[event] > worst->counts[event]))
         worst = &lines[i];
   return worst;
}

/* The instructions by which more than `n` of it had happened, as far as the timeline
   says.  */
static ULong
when_beyond(ULong n, ULong end)
{
   const struct vmt_timeline *timeline = &tool_machine.touches.timeline;
   UInt i;

   for (i = 0; i < timeline->n_samples; i++)
      if (timeline->samples[i].n_thrash > n)
         return timeline->samples[i].instrs;
   return end;
}

/* ... and the sample before.  */
static ULong
when_not_beyond(ULong n)
{
   const struct vmt_timeline *timeline = &tool_machine.touches.timeline;
   ULong instrs = 0;
   UInt i;

   for (i = 0; i < timeline->n_samples && timeline->samples[i].n_thrash <= n; i++)
      instrs = timeline->samples[i].instrs;
   return instrs;
}

static void
print_thrashing(const struct blame_line *lines, UInt n_lines, ULong n_faults)
{
   ULong n = tool_machine.ledger.totals[VMT_EV_Thrash], edge = n / EDGE_PARTS;
   ULong end = vmt_touches_instrs(&tool_machine.touches, tool_machine.filter.clock);
   const struct blame_line *worst = worst_line(lines, n_lines, VMT_EV_Thrash);

   if (n * 100 <= n_faults * THRASHING_PERCENT)
      return;
   VG_(umsg)("Thrash:        %'13llu  faults that somewhat more memory would spare,\n", n);
   VG_(umsg)("                              most from instruction %'llu to %'llu\n",
             when_not_beyond(edge), when_beyond(n - edge - 1, end));
   if (worst != NULL)
      VG_(umsg)("                              and %'llu at %s\n",
                (ULong)worst->counts[VMT_EV_Thrash], worst->where);
}

static void
print_out_of_memory(void)
{
   const struct vmt_oom *oom = &tool_machine.frames.oom;

   if (!oom->happened)
      return;
   VG_(umsg)("Out of memory: after %'llu instructions no page could go; the kernel "
             "would have\n", (ULong)oom->instrs);
   VG_(umsg)("               killed the program. What is counted from there on is "
             "without a limit\n");
}

void
pressure_summary_print(const struct blame_line *lines, UInt n_lines)
{
   const uint64_t *totals = tool_machine.ledger.totals;
   ULong n_faults = vmt_accounting_faults(totals, true) +
                    vmt_accounting_faults(totals, false);

   if (tool_machine.settings.ram_bytes == 0)
      return;
   VG_(umsg)("Memory limit:  %'13llu KiB, %s: Evict %'llu, Refault %'llu, SwapIn "
             "%'llu, SwapOut %'llu\n", (ULong)tool_options.settings.ram_bytes / 1024,
             tool_options_policy(), (ULong)totals[VMT_EV_Evict],
             (ULong)totals[VMT_EV_Refault], (ULong)totals[VMT_EV_SwapIn],
             (ULong)totals[VMT_EV_SwapOut]);
   print_thrashing(lines, n_lines, n_faults);
   print_out_of_memory();
}
