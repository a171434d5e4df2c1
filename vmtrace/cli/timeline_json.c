/* The timeline as JSON (schemas/timeline.schema.json) and as comma-separated
   values.  */

#include "vmtrace/cli/timeline.h"

#include <inttypes.h>

#include "vmtrace/cli/phases.h"

#include "vmtrace/host/escape.h"

static void
print_sample(FILE *file, const struct vmt_timeline *timeline, size_t sample)
{
   for (size_t i = 0; i < timeline->n_columns; i++)
      fprintf(file, "%c\"%s\":%" PRId64, i ? ',' : '{', timeline->columns[i],
              vmt_timeline_value(timeline, sample, (int) i));
   putc('}', file);
}

void
vmt_report_json_timeline(FILE *file, const struct vmt_profile_run *run)
{
   const struct vmt_timeline *timeline = &run->pressure.timeline;

   fputs(",\n\"timeline\":[", file);
   for (size_t i = 0; i < timeline->n_samples; i++) {
      fputs(i ? ",\n" : "\n", file);
      print_sample(file, timeline, i);
   }
   putc(']', file);
}

static void
print_windows(FILE *file, const struct vmt_windows *windows)
{
   fputs(",\n\"windows\":", file);
   if (!windows->samples) {
      fputs("null", file);
      return;
   }
   fprintf(file, "{\"instrs\":%" PRId64 ",\"peak\":{\"window\":%" PRId64
           ",\"pages\":%" PRId64 "},\"samples\":[", windows->instrs,
           windows->peak_window, windows->peak_pages);
   for (size_t i = 0; i < windows->n_samples; i++) {
      const struct vmt_window_sample *sample = &windows->samples[i];

      fprintf(file, "%s\n{\"first_window\":%" PRId64 ",\"n_windows\":%" PRId64
              ",\"min_pages\":%" PRId64 ",\"max_pages\":%" PRId64
              ",\"max_window\":%" PRId64 ",\"sum_pages\":%" PRId64 "}",
              i ? "," : "", sample->first_window, sample->n_windows,
              sample->min_pages, sample->max_pages, sample->max_window,
              sample->sum_pages);
   }
   fputs("]}", file);
}

/* A table of an event, or two where --by does not say which.  */
static void
print_tables(struct vmt_timeline_view *view, FILE *file, int event)
{
   const struct vmt_report *report = &view->memory.report;

   vmt_timeline_choose(view, event, VMT_BY_LINE);
   vmt_report_json_table(report, file, report->by);
   if (!view->by_given) {
      vmt_timeline_choose(view, event, VMT_BY_AREA);
      vmt_report_json_table(report, file, report->by);
   }
   putc('}', file);
}

void
vmt_timeline_json(struct vmt_timeline_view *view, FILE *file)
{
   const struct vmt_pressure *pressure = view->pressure;

   vmt_memory_json_head(&view->memory, file);
   vmt_report_json_timeline(file, view->memory.run);
   fputs(",\n\"thrashing\":[", file);
   vmt_pressure_json_spans(file, &view->thrashing);
   putc(']', file);
   print_windows(file, &pressure->windows);
   vmt_phases_json_marks(&view->memory.run->marks, file);
   if (view->wants_peak) {
      fprintf(file, ",\n\"peak\":{\"window\":%" PRId64 ",\"pages\":%" PRId64,
              pressure->windows.peak_window, vmt_timeline_pages(&pressure->peak));
      print_tables(view, file, view->peak_event);
   }
   if (view->wants_idle) {
      fprintf(file, ",\n\"idle\":{\"windows\":%" PRId64 ",\"pages\":%" PRId64,
              pressure->idle_windows, vmt_timeline_pages(&pressure->idle));
      print_tables(view, file, view->idle_event);
   }
   if (view->wants_evicted) {
      fprintf(file, ",\n\"evicted\":{\"pages\":%" PRId64,
              vmt_timeline_total(view, view->evicted_event));
      print_tables(view, file, view->evicted_event);
   }
   if (view->wants_thrash) {
      fprintf(file, ",\n\"thrash\":{\"Thrash\":%" PRId64,
              vmt_timeline_total(view, view->thrash_event));
      print_tables(view, file, view->thrash_event);
   }
   if (pressure->oom.happened) {
      fputs(",\n\"oom\":", file);
      vmt_pressure_json_oom(&view->memory.report.input, view->memory.run, file);
   }
   fputs("}\n", file);
}

static void
write_windows(FILE *file, const struct vmt_windows *windows)
{
   fputs("first_window,n_windows,first_instr,min_pages,max_pages,max_window,"
         "sum_pages\r\n", file);
   for (size_t i = 0; i < windows->n_samples; i++) {
      const struct vmt_window_sample *sample = &windows->samples[i];

      fprintf(file, "%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
              ",%" PRId64 ",%" PRId64 "\r\n", sample->first_window,
              sample->n_windows, vmt_window_start(windows, sample->first_window),
              sample->min_pages, sample->max_pages, sample->max_window,
              sample->sum_pages);
   }
}

static void
write_samples(FILE *file, const struct vmt_timeline *timeline)
{
   for (size_t i = 0; i < timeline->n_columns; i++)
      fprintf(file, "%s%s", i ? "," : "", timeline->columns[i]);
   fputs("\r\n", file);
   for (size_t i = 0; i < timeline->n_samples; i++) {
      for (size_t k = 0; k < timeline->n_columns; k++)
         fprintf(file, "%s%" PRId64, k ? "," : "",
                 vmt_timeline_value(timeline, i, (int) k));
      fputs("\r\n", file);
   }
}

void
vmt_timeline_csv(struct vmt_timeline_view *view, FILE *file)
{
   if (view->wants_windows) {
      write_windows(file, &view->pressure->windows);
      return;
   }
   if (!vmt_timeline_wants_table(view)) {
      write_samples(file, &view->pressure->timeline);
      return;
   }
   vmt_timeline_choose(view, view->wants_peak ? view->peak_event
                       : view->wants_idle ? view->idle_event
                       : view->wants_evicted ? view->evicted_event
                       : view->thrash_event, VMT_BY_LINE);
   vmt_memory_csv(&view->memory, file);
}
