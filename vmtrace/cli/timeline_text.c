/* The timeline as text: the charts, or the tables that were asked for.  */

#include "vmtrace/cli/timeline.h"

#include <stdlib.h>

#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/report_cells.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

/* To be freed.  */
static char *
pages_text(int64_t pages)
{
   char size[VMT_QUANTITY_BYTES], number[VMT_GROUPED_BYTES];

   return vmt_format("%s (%s pages)",
                     vmt_bytes_text(size, (double) pages * VMT_MEMORY_PAGE_BYTES),
                     vmt_number_grouped(number, pages));
}

static void
print_tables(struct vmt_timeline_view *view, const struct vmt_output *out, int event)
{
   const struct vmt_report *report = &view->memory.report;

   vmt_timeline_choose(view, event, VMT_BY_LINE);
   vmt_report_text_table(report, out);
   if (view->by_given)
      return;
   putc('\n', out->file);
   vmt_timeline_choose(view, event, VMT_BY_AREA);
   vmt_report_text_table(report, out);
}

static void
print_peak(struct vmt_timeline_view *view, const struct vmt_output *out)
{
   const struct vmt_windows *windows = &view->pressure->windows;
   char *pages = pages_text(vmt_timeline_pages(&view->pressure->peak));
   char instrs[VMT_GROUPED_BYTES], start[VMT_GROUPED_BYTES];

   putc('\n', out->file);
   vmt_memory_print_labelled(out, "Working set", vmt_format(
      "%s at its peak, in the %s instructions after %s", pages,
      vmt_number_grouped(instrs, windows->instrs),
      vmt_number_grouped(start, vmt_window_start(windows, windows->peak_window))));
   free(pages);
   putc('\n', out->file);
   print_tables(view, out, view->peak_event);
}

static void
print_idle(struct vmt_timeline_view *view, const struct vmt_output *out)
{
   const struct vmt_windows *windows = &view->pressure->windows;
   char *pages = pages_text(vmt_timeline_pages(&view->pressure->idle));
   char n_windows[VMT_GROUPED_BYTES], instrs[VMT_GROUPED_BYTES];

   putc('\n', out->file);
   vmt_memory_print_labelled(out, "Idle", vmt_format(
      "%s resident at the end that the last %s windows of %s instructions did not "
      "touch", pages, vmt_number_grouped(n_windows, view->pressure->idle_windows),
      vmt_number_grouped(instrs, windows->instrs)));
   free(pages);
   putc('\n', out->file);
   print_tables(view, out, view->idle_event);
}

static void
print_evicted(struct vmt_timeline_view *view, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &view->memory.report.input.profile;
   int64_t n_pages = vmt_timeline_total(view, view->evicted_event);
   int64_t n_all = vmt_profile_total(profile, vmt_events_find(&profile->events, "Evict"));
   char *pages = pages_text(n_pages), number[VMT_GROUPED_BYTES];
   char *more = n_all > n_pages
                ? vmt_format("; %s more were nobody's any more: pages of files that were "
                             "not mapped", vmt_number_grouped(number, n_all - n_pages))
                : vmt_strdup("");

   putc('\n', out->file);
   vmt_memory_print_labelled(out, "Evicted", vmt_format(
      "%s thrown out, each as often as it was; they are of the lines that had made "
      "them resident, not of those that needed the room (report --sort=Evict)%s",
      pages, more));
   free(pages);
   free(more);
   putc('\n', out->file);
   print_tables(view, out, view->evicted_event);
}

static void
print_thrash(struct vmt_timeline_view *view, const struct vmt_output *out)
{
   char *when = view->thrashing.n_spans ? vmt_pressure_thrashed_text(&view->thrashing)
                : vmt_strdup("no");

   putc('\n', out->file);
   vmt_memory_print_labelled(out, "Thrashed", when);
   putc('\n', out->file);
   print_tables(view, out, view->thrash_event);
}

static void
add_window(struct vmt_table *table, const struct vmt_windows *windows,
           const struct vmt_window_sample *sample)
{
   char number[VMT_GROUPED_BYTES];
   enum vmt_paint paint = sample->max_pages == windows->peak_pages
                          && sample->max_window == windows->peak_window
                          ? VMT_PAINT_HOT : VMT_PAINT_PLAIN;

   vmt_table_cell(table, "%s", vmt_number_grouped(
                     number, vmt_window_start(windows, sample->first_window)));
   vmt_table_cell(table, "%s", vmt_number_grouped(number, sample->n_windows));
   vmt_table_cell(table, "%s", vmt_number_grouped(number, sample->min_pages));
   vmt_table_cell(table, "%.1f", (double) sample->sum_pages
                  / (double) sample->n_windows);
   vmt_table_painted_cell(table, paint, "%s",
                          vmt_number_grouped(number, sample->max_pages));
   vmt_table_cell(table, "%s", vmt_number_grouped(
                     number, vmt_window_start(windows, sample->max_window)));
}

static void
print_windows(const struct vmt_timeline_view *view, const struct vmt_output *out)
{
   static const struct vmt_table_column columns[] = {
      { "From instr", true }, { "Windows", true }, { "Least", true },
      { "Average", true }, { "Most", true }, { "Most from instr", true }
   };
   const struct vmt_windows *windows = &view->pressure->windows;
   char number[VMT_GROUPED_BYTES];
   struct vmt_table table;

   fprintf(out->file, "\nPages touched in windows of %s instructions\n",
           vmt_number_grouped(number, windows->instrs));
   vmt_table_init(&table, columns, sizeof columns / sizeof columns[0]);
   for (size_t i = 0; i < windows->n_samples; i++)
      add_window(&table, windows, &windows->samples[i]);
   vmt_table_print(&table, out);
   vmt_table_free(&table);
}

void
vmt_timeline_text(struct vmt_timeline_view *view, const struct vmt_output *out)
{
   const struct vmt_memory_view *memory = &view->memory;

   vmt_report_text_run(&memory->report, out);
   if (view->pressure->limit.has_ram)
      vmt_memory_print_labelled(out, "RAM",
                                vmt_pressure_limit_text(&view->pressure->limit));
   vmt_report_text_remarks(&memory->report.input.profile, memory->has_blame
                           ? &memory->report.input.blame : NULL, out);
   if (view->pressure->oom.happened)
      vmt_pressure_text_oom(&memory->report.input, memory->run, out);
   if (!vmt_timeline_wants_table(view))
      vmt_timeline_draw(view, out);
   if (view->wants_windows)
      print_windows(view, out);
   if (view->wants_peak)
      print_peak(view, out);
   if (view->wants_idle)
      print_idle(view, out);
   if (view->wants_evicted)
      print_evicted(view, out);
   if (view->wants_thrash)
      print_thrash(view, out);
}
