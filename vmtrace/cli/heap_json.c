/* The heap as JSON; schemas/report.schema.json says its shape.  */

#include "vmtrace/cli/heap.h"

#include <inttypes.h>

#include "vmtrace/cli/pressure.h"
#include "vmtrace/host/escape.h"

static void
print_pages(FILE *file, const char *name, const struct vmt_heap_pages *pages)
{
   int64_t permille;

   fprintf(file, ",\n\"%s\":{\"instrs\":%" PRId64 ",\"live_blocks\":%" PRId64
           ",\"live_bytes\":%" PRId64 ",\"resident_pages\":%" PRId64
           ",\"resident_bytes\":%" PRId64 ",\"overhead_permille\":", name,
           pages->instrs, pages->live_blocks, pages->live_bytes, pages->n_resident,
           pages->n_resident * VMT_HEAP_PAGE_BYTES);
   if (vmt_heap_overhead(pages, &permille))
      fprintf(file, "%" PRId64, permille);
   else
      fputs("null", file);
   fputs(",\"fullness\":[", file);
   for (size_t i = 0; i < VMT_FULLNESS_STEPS; i++)
      fprintf(file, "%s%" PRId64, i ? "," : "", pages->fullness[i]);
   fprintf(file, "],\"pinned_pages\":%" PRId64 ",\"straddling_blocks\":%" PRId64 "}",
           pages->n_pinned, pages->n_straddling);
}

static void
print_counts(FILE *file, const char *name, const struct vmt_heap_counts *counts)
{
   fprintf(file, ",\"%s\":{", name);
   for (size_t i = 0; i < counts->n; i++)
      fprintf(file, "%s\"%s\":%" PRId64, i ? "," : "", counts->list[i].name,
              counts->list[i].n);
   putc('}', file);
}

/* All blocks; null where the program has none.  */
static void
print_totals(FILE *file, const struct vmt_heap *heap)
{
   static const enum vmt_site_number shown[] = {
      VMT_SITE_ALLOCS, VMT_SITE_FREES, VMT_SITE_BYTES, VMT_SITE_LIVE_BYTES,
      VMT_SITE_PEAK_BYTES
   };

   if (!heap->has_totals) {
      fputs(",\n\"totals\":null", file);
      return;
   }
   fputs(",\n\"totals\":{", file);
   for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++)
      fprintf(file, "\"%s\":%" PRId64 ",", vmt_site_numbers[shown[i]].member,
              heap->totals[shown[i]]);
   fprintf(file, "\"peak_instrs\":%" PRId64 ",\"unknown_frees\":%" PRId64
           ",\"lost\":%" PRId64 "}", heap->peak_instrs, heap->n_unknown_frees,
           heap->n_lost);
}

static void
print_pinning(const struct vmt_report_input *input, const struct vmt_profile_run *run,
              FILE *file)
{
   struct vmt_line_sums lines = vmt_sum_sites(input, run, VMT_SITE_PINNED_PAGES_AT_PEAK);

   fputs(",\n\"pinning\":[", file);
   for (size_t i = 0; i < lines.n; i++) {
      fputs(i ? ",{" : "{", file);
      vmt_report_json_place(&input->blame, file, lines.sums[i].place, true);
      fprintf(file, ",\"pages\":%" PRId64 "}", lines.sums[i].number);
   }
   putc(']', file);
   vmt_line_sums_free(&lines);
}

static void
print_run(const struct vmt_report_input *input, const struct vmt_profile_run *run,
          FILE *file)
{
   const struct vmt_heap *heap = &run->heap;

   putc('{', file);
   vmt_report_json_text(file, "profile", run->file);
   print_totals(file, heap);
   print_pages(file, "peak", &heap->peak);
   print_pages(file, "end", &heap->now);
   print_counts(file, "returned_pages", &heap->returned);
   fprintf(file, ",\"back\":%" PRId64 ",\"advised_free_pages\":%" PRId64
           ",\"straddles\":%" PRId64, heap->n_back, heap->n_advised_free,
           heap->n_straddles);
   print_counts(file, "calls", &heap->calls);
   print_pinning(input, run, file);
   putc('}', file);
}

void
vmt_heap_json(const struct vmt_report *report, FILE *file)
{
   const struct vmt_profile *profile = &report->input.profile;
   const char *separator = "";

   if (profile->n_runs == 1) {
      if (profile->runs[0].heap.has_pages) {
         fputs(",\n\"heap\":", file);
         print_run(&report->input, &profile->runs[0], file);
      }
      return;
   }
   fputs(",\n\"heaps\":[", file);
   for (size_t i = 0; i < profile->n_runs; i++)
      if (profile->runs[i].heap.has_pages) {
         fputs(separator, file);
         print_run(&report->input, &profile->runs[i], file);
         separator = ",\n";
      }
   putc(']', file);
}
