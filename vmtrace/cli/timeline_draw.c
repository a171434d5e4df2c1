/* The timeline as charts, one below the other over the same instructions.  */

#include "vmtrace/cli/timeline_plot.h"

#include <math.h>
#include <stdlib.h>

#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

#define COLUMNS_MIN 16
#define COLUMNS_MAX 160

void
vmt_plot_title(const struct vmt_plot *plot, const char *label, char *text)
{
   putc('\n', plot->out->file);
   vmt_memory_print_labelled(plot->out, label, text);
}

void
vmt_plot_arrow(const struct vmt_plot *plot, double instrs)
{
   size_t column = (size_t) (vmt_scale_position(&plot->time, instrs)
                             * (double) plot->n_columns);

   if (column >= plot->n_columns)
      column = plot->n_columns - 1;
   fprintf(plot->out->file, "%*s%s%s%s\n", (int) (VMT_PLOT_LEFT_COLUMNS + column),
           "", vmt_output_paint(plot->out, VMT_PAINT_HOT),
           vmt_locale_is_unicode() ? "▼" : "v",
           vmt_output_paint(plot->out, VMT_PAINT_PLAIN));
}

void
vmt_plot_rows(const struct vmt_plot *plot, const struct vmt_chart *chart, double most,
              enum vmt_axis_kind kind)
{
   struct vmt_scale scale = { 0, most, false };

   for (size_t row = 0; row < chart->n_rows; row++) {
      vmt_chart_print_side(chart, VMT_PLOT_LEFT_COLUMNS, row, &scale, kind,
                           plot->out);
      vmt_chart_print_row(chart, row, plot->out);
      putc('\n', plot->out->file);
   }
}

static void
add_to_band(struct vmt_plot_band *band, const struct vmt_plot_band *number,
            double share)
{
   band->min = band->n > 0 ? fmin(band->min, number->min) : number->min;
   band->max = fmax(band->max, number->max);
   band->sum += number->sum * share;
   band->n += number->n * share;
}

/* Sums are shared out over the time; a time that is too short to be seen falls
   into one column.  */
void
vmt_plot_add(const struct vmt_plot *plot, struct vmt_plot_band *bands,
             double from_instrs, double to_instrs, const struct vmt_plot_band *number)
{
   double n = (double) plot->n_columns;
   double from = fmin(from_instrs / plot->time.high * n, n);
   double to = fmin(to_instrs / plot->time.high * n, n);
   size_t first = from < n ? (size_t) from : plot->n_columns - 1;

   if (to - from < 1e-6) {
      add_to_band(&bands[first], number, 1);
      return;
   }
   for (size_t at = first; at < plot->n_columns && (double) at < to; at++)
      add_to_band(&bands[at], number, (fmin(to, (double) at + 1)
                                       - fmax(from, (double) at)) / (to - from));
}

double
vmt_plot_most(const struct vmt_plot *plot, const struct vmt_plot_band *bands)
{
   double most = 0;

   for (size_t i = 0; i < plot->n_columns; i++)
      most = fmax(most, bands[i].max);
   return most;
}

int64_t
vmt_plot_sample_start(const struct vmt_timeline *timeline, size_t sample)
{
   return sample ? vmt_timeline_value(timeline, sample - 1, 0) : 0;
}

int64_t
vmt_plot_sample_instrs(const struct vmt_timeline *timeline, size_t sample)
{
   return vmt_timeline_value(timeline, sample, 0)
          - vmt_plot_sample_start(timeline, sample);
}

/* A span that is too short to be seen falls into one column.  */
bool
vmt_plot_thrashed(const struct vmt_plot *plot, size_t column)
{
   double instrs = plot->time.high / (double) plot->n_columns;

   for (size_t i = 0; i < plot->thrashing->n_spans; i++) {
      const struct vmt_thrash_span *span = &plot->thrashing->spans[i];
      double from = (double) span->from_instr / instrs;
      double to = (double) span->to_instr / instrs;

      if (from < (double) column + 1
          && (to > (double) column || (size_t) from == column))
         return true;
   }
   return false;
}

/* ---- thrashing ---- */

/* A row with a bar over the time in which it thrashed; nothing without a limit on
   memory.  */
static void
draw_thrashing(const struct vmt_plot *plot)
{
   bool thrashed = plot->thrashing->n_spans > 0;
   struct vmt_chart chart;

   if (!plot->pressure->limit.has_ram || !plot->thrashing->is_known)
      return;
   vmt_plot_title(plot, "Thrashed", thrashed
                  ? vmt_pressure_thrashed_text(plot->thrashing) : vmt_strdup("no"));
   if (!thrashed)
      return;
   vmt_chart_init(&chart, plot->n_columns, 1);
   for (size_t i = 0; i < plot->n_columns; i++)
      if (vmt_plot_thrashed(plot, i))
         vmt_chart_put(&chart, i, 0, 0x2580, '=', VMT_PAINT_HOT);
   vmt_plot_rows(plot, &chart, 0, VMT_AXIS_COUNT);
   vmt_chart_free(&chart);
}

/* ---- resident ---- */

/* The first sample with the largest value of a column.  */
static size_t
peak_sample(const struct vmt_timeline *timeline, int column)
{
   size_t peak = 0;

   for (size_t i = 1; i < timeline->n_samples; i++)
      if (vmt_timeline_value(timeline, i, column)
          > vmt_timeline_value(timeline, peak, column))
         peak = i;
   return peak;
}

static char *
resident_text(const struct vmt_timeline *timeline, size_t peak, int column)
{
   int64_t n_pages = vmt_timeline_value(timeline, peak, column);
   char size[VMT_QUANTITY_BYTES], pages[VMT_GROUPED_BYTES], from[VMT_GROUPED_BYTES],
      to[VMT_GROUPED_BYTES];

   return vmt_format("%s (%s pages) at the peak, between instructions %s and %s",
                     vmt_bytes_text(size, (double) n_pages * VMT_MEMORY_PAGE_BYTES),
                     vmt_number_grouped(pages, n_pages),
                     vmt_number_grouped(from, vmt_plot_sample_start(timeline, peak)),
                     vmt_number_grouped(to, vmt_timeline_value(timeline, peak, 0)));
}

static void
draw_bars(const struct vmt_plot *plot, const struct vmt_plot_band *bands)
{
   double most = vmt_plot_most(plot, bands);
   struct vmt_chart chart;

   vmt_chart_init(&chart, plot->n_columns, VMT_PLOT_ROWS);
   for (size_t i = 0; i < plot->n_columns && most > 0; i++)
      vmt_chart_bar(&chart, i, vmt_chart_eighths(&chart, bands[i].max / most),
                    vmt_plot_thrashed(plot, i) ? VMT_PAINT_HOT : VMT_PAINT_PLAIN);
   vmt_plot_rows(plot, &chart, most * VMT_MEMORY_PAGE_BYTES, VMT_AXIS_BYTES);
   vmt_chart_free(&chart);
}

static void
draw_resident(const struct vmt_plot *plot)
{
   const struct vmt_timeline *timeline = &plot->pressure->timeline;
   int column = vmt_timeline_column(timeline, "RssPagesMax");
   struct vmt_plot_band *bands;
   size_t peak;

   if (column < 0)
      column = vmt_timeline_column(timeline, "RssPages");
   if (column < 0 || timeline->n_samples == 0)
      return;
   bands = vmt_calloc(plot->n_columns, sizeof *bands);
   for (size_t i = 0; i < timeline->n_samples; i++)
      vmt_plot_add(plot, bands, (double) vmt_plot_sample_start(timeline, i),
                   (double) vmt_timeline_value(timeline, i, 0),
                   &(struct vmt_plot_band){
                      .max = (double) vmt_timeline_value(timeline, i, column)
                   });
   peak = peak_sample(timeline, column);
   vmt_plot_title(plot, "Resident", resident_text(timeline, peak, column));
   vmt_plot_arrow(plot, (double) vmt_plot_sample_start(timeline, peak)
                  + (double) vmt_plot_sample_instrs(timeline, peak) / 2);
   draw_bars(plot, bands);
   free(bands);
}

/* ---- all ---- */

/* Fewer samples than this are hardly a drawing.  */
#define SAMPLES_FEW 16
#define WINDOW_INSTRS_MIN 1000

/* What to do about a run that is shorter than a few samples.  */
static void
print_hint(const struct vmt_plot *plot)
{
   int64_t window_instrs = WINDOW_INSTRS_MIN;

   while (window_instrs < (int64_t) plot->time.high / 1000)
      window_instrs *= 10;
   if (plot->pressure->timeline.n_samples >= SAMPLES_FEW
       || window_instrs >= plot->interval_instrs)
      return;
   fprintf(plot->out->file, "%*sa short run: one with --ws-window=%lld shows more\n",
           VMT_PLOT_LEFT_COLUMNS, "", (long long) window_instrs);
}

static int64_t
longest_sample(const struct vmt_timeline *timeline)
{
   int64_t longest = 1;

   for (size_t i = 0; i < timeline->n_samples; i++)
      if (vmt_plot_sample_instrs(timeline, i) > longest)
         longest = vmt_plot_sample_instrs(timeline, i);
   return longest;
}

/* The last instruction that anything is known of.  */
static int64_t
end_of(const struct vmt_timeline_view *view)
{
   const struct vmt_timeline *timeline = &view->pressure->timeline;
   int64_t end = vmt_memory_instrs(&view->memory);
   int64_t last = timeline->n_samples
                  ? vmt_timeline_value(timeline, timeline->n_samples - 1, 0) : 0;

   end = last > end ? last : end;
   return end > 0 ? end : 1;
}

static void
draw_axis(const struct vmt_plot *plot)
{
   struct vmt_chart chart;
   char number[VMT_GROUPED_BYTES];

   vmt_chart_init(&chart, plot->n_columns, 1);
   vmt_chart_print_axis(&chart, VMT_PLOT_LEFT_COLUMNS, &plot->time, VMT_AXIS_COUNT,
                        plot->out);
   vmt_chart_free(&chart);
   fprintf(plot->out->file, "%*sinstructions; faults and swap are of %s each\n",
           VMT_PLOT_LEFT_COLUMNS, "",
           vmt_number_grouped(number, plot->interval_instrs));
}

void
vmt_timeline_draw(const struct vmt_timeline_view *view, const struct vmt_output *out)
{
   size_t width = vmt_output_columns(out);
   struct vmt_plot plot = {
      .pressure = view->pressure, .thrashing = &view->thrashing,
      .marks = &view->memory.run->marks, .out = out,
      .time = { 0, (double) end_of(view), false },
      .interval_instrs = longest_sample(&view->pressure->timeline)
   };

   width = width < VMT_PLOT_LEFT_COLUMNS + COLUMNS_MIN + 1 ? COLUMNS_MIN
           : width - VMT_PLOT_LEFT_COLUMNS - 1;
   plot.n_columns = width < COLUMNS_MAX ? width : COLUMNS_MAX;
   vmt_plot_marks(&plot);
   draw_thrashing(&plot);
   draw_resident(&plot);
   vmt_plot_heap(&plot);
   vmt_plot_working_set(&plot);
   vmt_plot_counters(&plot);
   draw_axis(&plot);
   print_hint(&plot);
}
