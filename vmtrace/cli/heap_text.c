/* The heap as text.  */

#include "vmtrace/cli/heap.h"

#include <stdlib.h>

#include "vmtrace/cli/chart.h"
#include "vmtrace/cli/memory_view.h"
#include "vmtrace/cli/processes.h"
#include "vmtrace/cli/pressure.h"
#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

#define PINNING_LINES 3

struct section {
   const struct vmt_report_input *input;
   const struct vmt_profile_run *run;
   const struct vmt_heap *heap;
   const struct vmt_output *out;
};

static double
percent(int64_t part, int64_t whole)
{
   return whole > 0 ? 100.0 * (double) part / (double) whole : 0.0;
}

static char *
bytes_text(char *buffer, int64_t n_pages)
{
   return vmt_bytes_text(buffer, (double) n_pages * VMT_HEAP_PAGE_BYTES);
}

/* "1 page", "1,234 pages".  */
static char *
count_text(char *buffer, int64_t n, const char *noun)
{
   char number[VMT_GROUPED_BYTES];

   snprintf(buffer, VMT_GROUPED_BYTES + 16, "%s %s%s", vmt_number_grouped(number, n),
            noun, n == 1 ? "" : "s");
   return buffer;
}

#define COUNT_BYTES (VMT_GROUPED_BYTES + 16)

/* ---- live and resident ---- */

/* Of what was never touched more may be live than is resident.  */
static char *
overhead_text(const struct vmt_heap_pages *pages)
{
   int64_t permille;

   if (!vmt_heap_overhead(pages, &permille))
      return vmt_strdup("");
   if (permille < 0)
      return vmt_strdup(": less than is live, as some of that was never touched");
   return permille < 10000 ? vmt_format(": %.1f%% overhead", (double) permille / 10)
          : vmt_format(": %.1f times what is live", (double) permille / 1000 + 1);
}

static char *
live_text(const struct vmt_heap_pages *pages)
{
   char live[VMT_QUANTITY_BYTES], resident[VMT_QUANTITY_BYTES], n_pages[COUNT_BYTES],
      n_blocks[COUNT_BYTES];

   return vmt_format("%s live in %s, %s of the heap resident (%s)",
                     vmt_bytes_text(live, (double) pages->live_bytes),
                     count_text(n_blocks, pages->live_blocks, "block"),
                     bytes_text(resident, pages->n_resident),
                     count_text(n_pages, pages->n_resident, "page"));
}

static void
print_live(const struct section *section)
{
   char *live = live_text(&section->heap->peak);
   char *overhead = overhead_text(&section->heap->peak);

   vmt_memory_print_labelled(section->out, "Live", vmt_format("%s%s", live, overhead));
   free(live);
   free(overhead);
}

/* Which need not be when most of the heap is resident.  */
static void
print_most(const struct section *section)
{
   char size[VMT_QUANTITY_BYTES], instrs[VMT_GROUPED_BYTES];

   if (section->heap->has_totals)
      vmt_memory_print_labelled(section->out, "Most live", vmt_format(
         "%s, after %s instructions",
         vmt_bytes_text(size, (double) section->heap->totals[VMT_SITE_PEAK_BYTES]),
         vmt_number_grouped(instrs, section->heap->peak_instrs)));
}

/* ---- fullness ---- */

/* A bar for the pages without a live byte, and one for each tenth of a page.  */
static void
draw_fullness(const struct section *section)
{
   const struct vmt_heap_pages *pages = &section->heap->peak;
   struct vmt_chart chart;
   int64_t most = 0;

   for (size_t i = 0; i < VMT_FULLNESS_STEPS; i++)
      most = pages->fullness[i] > most ? pages->fullness[i] : most;
   vmt_chart_init(&chart, VMT_FULLNESS_STEPS, 1);
   for (size_t i = 0; i < VMT_FULLNESS_STEPS; i++)
      vmt_chart_bar(&chart, i, vmt_chart_eighths(&chart, (double) pages->fullness[i]
                                                 / (double) most), VMT_PAINT_PLAIN);
   fputs("0% ", section->out->file);
   vmt_chart_print_row(&chart, 0, section->out);
   for (size_t i = VMT_FULLNESS_STEPS; i-- > 0 && pages->fullness[i] == 0;)
      putc(' ', section->out->file);
   fputs(" 100%  ", section->out->file);
   vmt_chart_free(&chart);
}

/* The share of the pages that are in some steps of fullness.  */
static double
share(const struct vmt_heap_pages *pages, size_t from, size_t to)
{
   int64_t sum = 0;

   for (size_t i = from; i <= to; i++)
      sum += pages->fullness[i];
   return percent(sum, pages->n_resident);
}

static void
print_fullness(const struct section *section)
{
   const struct vmt_heap_pages *pages = &section->heap->peak;

   if (pages->n_resident <= 0)
      return;
   vmt_report_text_label(section->out, "Fullness");
   draw_fullness(section);
   fprintf(section->out->file, "%.0f%% empty, %.0f%% to half, %.0f%% to 90%%, %.0f%% "
           "fuller\n", share(pages, 0, 0), share(pages, 1, 5), share(pages, 6, 9),
           share(pages, 10, 10));
}

/* ---- blocks that cost pages ---- */

static void
print_pinned(const struct section *section)
{
   const struct vmt_heap_pages *pages = &section->heap->peak;
   struct vmt_line_sums lines = vmt_sum_sites(section->input, section->run,
                                              VMT_SITE_PINNED_PAGES_AT_PEAK);
   char n_pages[COUNT_BYTES];

   if (pages->n_pinned > 0)
      vmt_memory_print_labelled(section->out, "Pinned", vmt_format(
         "%s (%.1f%%) by one block each, of at most 512 bytes%s",
         count_text(n_pages, pages->n_pinned, "page"),
         percent(pages->n_pinned, pages->n_resident), lines.n ? ":" : ""));
   if (pages->n_pinned > 0)
      vmt_line_sums_print(section->input, &lines, PINNING_LINES, section->out);
   vmt_line_sums_free(&lines);
}

static void
print_straddling(const struct section *section)
{
   const struct vmt_heap *heap = section->heap;
   char blocks[COUNT_BYTES], all[VMT_GROUPED_BYTES];

   if (heap->n_straddles > 0)
      vmt_memory_print_labelled(section->out, "Straddling", vmt_format(
         "%s on two pages that would fit into one; %s of all that were allocated",
         count_text(blocks, heap->peak.n_straddling, "live block"),
         vmt_number_grouped(all, heap->n_straddles)));
}

/* ---- what the allocator does ---- */

/* ": brk 5, madvise 3", without those that are 0; to be freed.  */
static char *
names_text(const struct vmt_heap_counts *counts)
{
   char number[VMT_GROUPED_BYTES], *text = vmt_strdup(""), *longer;

   for (size_t i = 0; i < counts->n; i++) {
      if (counts->list[i].n == 0)
         continue;
      longer = vmt_format("%s%s%s %s", text, *text ? ", " : ": ", counts->list[i].name,
                          vmt_number_grouped(number, counts->list[i].n));
      free(text);
      text = longer;
   }
   return text;
}

static void
print_returned(const struct section *section)
{
   const struct vmt_heap *heap = section->heap;
   int64_t n_pages = vmt_heap_sum(&heap->returned);
   char *names = names_text(&heap->returned), *advised = vmt_strdup("");
   char size[VMT_QUANTITY_BYTES], pages[COUNT_BYTES], number[VMT_GROUPED_BYTES];

   if (heap->n_advised_free > 0) {
      free(advised);
      advised = vmt_format("; %s advised to be free",
                           count_text(pages, heap->n_advised_free, "page"));
   }
   vmt_memory_print_labelled(section->out, "Returned", vmt_format(
      "%s to the kernel (%s%s), %s faulted in again%s", bytes_text(size, n_pages),
      count_text(pages, n_pages, "page"), names,
      vmt_number_grouped(number, heap->n_back), advised));
   free(names);
   free(advised);
}

static void
print_calls(const struct section *section)
{
   char *names = names_text(&section->heap->calls), calls[COUNT_BYTES];

   vmt_memory_print_labelled(section->out, "System calls", vmt_format(
      "%s of the allocator%s", count_text(calls, vmt_heap_sum(&section->heap->calls),
                                          "call"), names));
   free(names);
}

/* What the allocator's calls do not explain.  */
static void
print_odd(const struct section *section)
{
   const struct vmt_heap *heap = section->heap;
   char frees[COUNT_BYTES], blocks[COUNT_BYTES];

   if (heap->n_unknown_frees > 0)
      vmt_memory_print_labelled(section->out, "Unknown", vmt_format(
         "%s of what no block began at: freed twice, or allocated unseen",
         count_text(frees, heap->n_unknown_frees, "free")));
   if (heap->n_lost > 0)
      vmt_memory_print_labelled(section->out, "Lost", vmt_format(
         "%s on whose memory another was allocated: freed unseen",
         count_text(blocks, heap->n_lost, "block")));
}

static void
print_run(const struct section *section, bool named)
{
   char *name = vmt_escape_line(section->run->file);

   fprintf(section->out->file, "Heap%s%s, when most of it was resident\n",
           named ? " of " : "", named ? name : "");
   free(name);
   print_live(section);
   print_most(section);
   print_fullness(section);
   print_pinned(section);
   print_straddling(section);
   print_returned(section);
   print_calls(section);
   vmt_memory_print_labelled(section->out, "At the end", live_text(&section->heap->now));
   print_odd(section);
   putc('\n', section->out->file);
}

/* Pages of the heap, and one more where there is one.  */
static int64_t
heap_size(const struct vmt_report *report, uint32_t run)
{
   const struct vmt_heap *heap = &report->input.profile.runs[run].heap;

   return heap->has_pages ? vmt_wrapping_sum(heap->peak.n_resident, 1) : 0;
}

void
vmt_heap_text(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;
   size_t n, n_more;
   uint32_t *runs = vmt_report_first_runs(report, heap_size, &n, &n_more);

   for (size_t i = 0; i < n; i++) {
      struct section section = {
         .input = &report->input, .run = &profile->runs[runs[i]],
         .heap = &profile->runs[runs[i]].heap, .out = out
      };

      print_run(&section, profile->n_runs > 1);
   }
   if (n_more)
      fprintf(out->file, "... and %zu smaller heaps (--top=0 shows all)\n\n", n_more);
   free(runs);
}
