#include "vmtrace/tool/summary.h"

#include "vmtrace/tool/blame.h"
#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/pressure_summary.h"
#include "vmtrace/tool/profile.h"
#include "vmtrace/tool/segments.h"
#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/tool.h"

static const HChar *const meanings[VMT_N_FAULT_KINDS] = {
   [VMT_EV_ZeroRd] = "first touch of fresh memory, a read",
   [VMT_EV_ZeroWr] = "first touch of fresh memory, a write",
   [VMT_EV_ZeroCow] = "write to a page that was only read so far",
   [VMT_EV_FileRd] = "read of a file page in the page cache",
   [VMT_EV_FileCow] = "write to a private file page: copied",
   [VMT_EV_FileWr] = "first write to a clean shared file page",
   [VMT_EV_ShmRd] = "first touch of shared memory, a read",
   [VMT_EV_ShmWr] = "first touch of shared memory, a write",
   [VMT_EV_ForkCow] = "write to a page shared by fork: copied",
   [VMT_EV_Reuse] = "write-protected page with one owner: reused",
   [VMT_EV_FileMaj] = "file page read from the device (major)",
   [VMT_EV_SwapIn] = "page read back from swap (major)",
   [VMT_EV_SwapHit] = "page still in the swap cache",
   [VMT_EV_HugeZero] = "first touch served by a huge page",
};

static ULong
percent_tenths(ULong part, ULong whole)
{
   return whole == 0 ? 0 : (part * 1000 + whole / 2) / whole;
}

static const HChar *
percent(ULong part, ULong whole)
{
   static HChar texts[4][16];
   static UInt next;
   HChar *text = texts[next++ % 4];
   ULong tenths = percent_tenths(part, whole);

   VG_(snprintf)(text, sizeof texts[0], "%llu.%llu%%", tenths / 10,
                 tenths % 10);
   return text;
}

/* A rate of events among accesses, to a thousandth of a per cent.  */
static const HChar *
rate(ULong part, ULong whole)
{
   static HChar texts[4][24];
   static UInt next;
   HChar *text = texts[next++ % 4];
   ULong thousandths =
      whole == 0 ? 0 : (part * 100000 + whole / 2) / whole;

   VG_(snprintf)(text, sizeof texts[0], "%llu.%03llu%%", thousandths / 1000,
                 thousandths % 1000);
   return text;
}

static void
print_faults(void)
{
   const ULong *totals = (const ULong *)tool_machine.ledger.totals;
   ULong n_major = vmt_accounting_faults(tool_machine.ledger.totals, true);
   ULong n_faults = n_major + vmt_accounting_faults(tool_machine.ledger.totals, false);
   ULong n_left_out =
      vmt_accounting_faults(tool_machine.ledger.excluded, true) +
      vmt_accounting_faults(tool_machine.ledger.excluded, false);
   ULong peak_kib = tool_machine.ledger.n_peak_pages * (TOOL_PAGE_BYTES / 1024);
   UInt kind;

   VG_(umsg)("Page faults:   %'13llu  (%'llu major)\n", n_faults, n_major);
   for (kind = 0; kind < VMT_N_FAULT_KINDS; kind++)
      if (totals[kind] != 0)
         VG_(umsg)("  %-10s   %'13llu  %6s  %s\n", vmt_event_names[kind],
                   totals[kind], percent(totals[kind], n_faults),
                   meanings[kind]);
   if (totals[VMT_EV_Segv] + totals[VMT_EV_Prot] + totals[VMT_EV_Bus] != 0)
      VG_(umsg)("Signals:       Segv %'llu, Prot %'llu, Bus %'llu "
                "(no area, no right, beyond the file)\n", totals[VMT_EV_Segv],
                totals[VMT_EV_Prot], totals[VMT_EV_Bus]);
   VG_(umsg)("Peak resident: %'13llu KiB\n", peak_kib);
   if (n_left_out != 0)
      VG_(umsg)("Left out:      %'13llu  faults of what Valgrind adds to the "
                "program\n", n_left_out);
}

static void
print_heap(void)
{
   struct vmt_blocks *blocks = &tool_machine.blocks;

   if (!heap_is_tracked || blocks->n_allocs == 0)
      return;
   vmt_blocks_note_peak(blocks);
   VG_(umsg)("Peak heap:     %'13llu KiB live, %'llu KiB resident; %'llu blocks "
             "allocated\n", (ULong)blocks->peak_bytes / 1024,
             (ULong)blocks->at_peak.n_pages * (TOOL_PAGE_BYTES / 1024),
             (ULong)blocks->n_allocs);
}

static void
print_tlbs(void)
{
   const ULong *totals = (const ULong *)tool_machine.ledger.totals;
   struct segment_totals code;
   ULong n_data;

   segments_totals(&code);
   n_data = code.n_reads + code.n_writes;
   VG_(umsg)("Instructions:  %'13llu\n", code.n_instrs);
   VG_(umsg)("Data accesses: %'13llu  (%'llu reads, %'llu writes)\n", n_data,
             code.n_reads, code.n_writes);
   VG_(umsg)("ITLB misses:   %'13llu  %s of instructions\n",
             totals[VMT_EV_ItlbM], rate(totals[VMT_EV_ItlbM], code.n_instrs));
   VG_(umsg)("DTLB misses:   %'13llu  %s of data accesses\n",
             totals[VMT_EV_DtlbM], rate(totals[VMT_EV_DtlbM], n_data));
   VG_(umsg)("STLB misses:   %'13llu  %s of both: page walks\n",
             totals[VMT_EV_StlbM],
             rate(totals[VMT_EV_StlbM], n_data + code.n_instrs));
   if (totals[VMT_EV_Shoot] != 0)
      VG_(umsg)("Shootdowns:    %'13llu\n", totals[VMT_EV_Shoot]);
}

/* ---- top lines ---- */

static Bool by_walks;

static ULong
weight(const struct blame_line *line)
{
   return by_walks ? line->counts[VMT_EV_StlbM] : line->n_faults;
}

static Int
heavier(const void *a, const void *b)
{
   const struct blame_line *p = a, *q = b;

   if (weight(p) != weight(q))
      return weight(p) > weight(q) ? -1 : 1;
   return VG_(strcmp)(p->where, q->where);
}

static const HChar *
main_kind(const struct blame_line *line)
{
   UInt best = 0, kind;

   for (kind = 1; kind < VMT_N_FAULT_KINDS; kind++)
      if (line->counts[kind] > line->counts[best])
         best = kind;
   return line->counts[best] == 0 ? "-" : vmt_event_names[best];
}

static void
print_line(const struct blame_line *line, ULong total)
{
   const HChar *kind = by_walks ? "" : main_kind(line);

   if (line->via != NULL && line->via_faults > line->own_faults && !by_walks)
      VG_(umsg)("%'13llu %6s  %-8s %s, in %s\n", weight(line),
                percent(weight(line), total), kind, line->where, line->via);
   else
      VG_(umsg)("%'13llu %6s  %-8s %s\n", weight(line),
                percent(weight(line), total), kind, line->where);
}

static void
print_top(struct blame_line *lines, UInt n, UInt n_top, Bool walks,
          const HChar *title)
{
   ULong total = 0;
   UInt i;

   by_walks = walks;
   for (i = 0; i < n; i++)
      total += weight(&lines[i]);
   if (total == 0)
      return;
   VG_(ssort)(lines, n, sizeof *lines, heavier);
   VG_(umsg)("\n");
   VG_(umsg)("%s\n", title);
   for (i = 0; i < n && i < n_top && weight(&lines[i]) != 0; i++)
      print_line(&lines[i], total);
   if (i < n && weight(&lines[i]) != 0)
      VG_(umsg)("              ... and more lines\n");
}

static void
print_where_to_look(void)
{
   const HChar *path = profile_path();

   if (path == NULL)
      return;
   VG_(umsg)("\n");
   VG_(umsg)("Profile: %s\n", path);
   VG_(umsg)("To see more: vmtrace report %s\n", path);
}

void
summary_print(UInt n_top)
{
   UInt n = 0;
   struct blame_line *lines = NULL;

   if (n_top != 0)
      lines = blame_lines(&n);
   print_faults();
   print_heap();
   pressure_summary_print(lines, n);
   print_tlbs();
   if (n_top != 0) {
      print_top(lines, n, n_top, False,
                "Where the page faults come from (own line, and where in a "
                "library):");
      print_top(lines, n, n_top, True, "Where the page walks come from:");
   }
   print_where_to_look();
}
