/* Counters of the timeline as charts: how much they grew in a sample's time, on
   average and at most.  */

#include "vmtrace/cli/timeline_plot.h"

#include <stdlib.h>

#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

/* One column of the timeline, or the sum of two; -1: it is not there.  */
struct counter {
   const struct vmt_timeline *timeline;
   int columns[2];
};

static int64_t
value_of(const struct counter *counter, size_t sample)
{
   int64_t value = 0;

   for (size_t i = 0; i < 2; i++)
      if (counter->columns[i] >= 0)
         value += vmt_timeline_value(counter->timeline, sample, counter->columns[i]);
   return value;
}

static int64_t
growth(const struct counter *counter, size_t sample)
{
   return value_of(counter, sample) - (sample ? value_of(counter, sample - 1) : 0);
}

/* The first sample in which it grew most.  */
static size_t
peak_sample(const struct counter *counter)
{
   size_t peak = 0;

   for (size_t i = 1; i < counter->timeline->n_samples; i++)
      if (growth(counter, i) > growth(counter, peak))
         peak = i;
   return peak;
}

static char *
growth_text(const struct counter *counter, size_t peak)
{
   const struct vmt_timeline *timeline = counter->timeline;
   char all[VMT_GROUPED_BYTES], most[VMT_GROUPED_BYTES], instrs[VMT_GROUPED_BYTES],
      from[VMT_GROUPED_BYTES];

   return vmt_format("%s; %s of them in the %s instructions after %s",
                     vmt_number_grouped(all, value_of(counter,
                                                      timeline->n_samples - 1)),
                     vmt_number_grouped(most, growth(counter, peak)),
                     vmt_number_grouped(instrs, vmt_plot_sample_instrs(timeline, peak)),
                     vmt_number_grouped(from, vmt_plot_sample_start(timeline, peak)));
}

/* A bar as high as the average, and lighter cells up to the most.  */
static void
draw_column(struct vmt_chart *chart, size_t column, double average, double most)
{
   size_t n_eighths = vmt_chart_eighths(chart, average);

   vmt_chart_bar(chart, column, n_eighths, VMT_PAINT_PLAIN);
   for (size_t up = (n_eighths + VMT_EIGHTHS - 1) / VMT_EIGHTHS; up < chart->n_rows
        && ((double) up + 0.5) / (double) chart->n_rows <= most; up++)
      vmt_chart_put(chart, column, chart->n_rows - 1 - up, 0x2591, '.',
                    VMT_PAINT_PLAIN);
}

static void
draw_growth(const struct vmt_plot *plot, const struct counter *counter,
            size_t n_rows)
{
   const struct vmt_timeline *timeline = counter->timeline;
   struct vmt_plot_band *bands = vmt_calloc(plot->n_columns, sizeof *bands);
   double n_intervals = plot->time.high / (double) plot->n_columns
                        / (double) plot->interval_instrs;
   struct vmt_chart chart;
   double most;

   for (size_t i = 0; i < timeline->n_samples; i++) {
      double grown = (double) growth(counter, i);

      vmt_plot_add(plot, bands, (double) vmt_plot_sample_start(timeline, i),
                   (double) vmt_timeline_value(timeline, i, 0),
                   &(struct vmt_plot_band){ grown, grown, grown, 0 });
   }
   most = vmt_plot_most(plot, bands);
   vmt_chart_init(&chart, plot->n_columns, n_rows);
   for (size_t i = 0; i < plot->n_columns && most > 0; i++)
      draw_column(&chart, i, bands[i].sum / n_intervals / most, bands[i].max / most);
   vmt_plot_rows(plot, &chart, most, VMT_AXIS_COUNT);
   vmt_chart_free(&chart);
   free(bands);
}

/* Of a counter that never counted, nothing.  */
static void
draw_counter(const struct vmt_plot *plot, const char *title, const char *first,
             const char *second, size_t n_rows)
{
   const struct vmt_timeline *timeline = &plot->pressure->timeline;
   struct counter counter = {
      timeline, { vmt_timeline_column(timeline, first),
                  second ? vmt_timeline_column(timeline, second) : -1 }
   };
   size_t peak;

   if (timeline->n_samples == 0 || value_of(&counter, timeline->n_samples - 1) == 0)
      return;
   peak = peak_sample(&counter);
   vmt_plot_title(plot, title, growth_text(&counter, peak));
   vmt_plot_arrow(plot, (double) vmt_plot_sample_start(timeline, peak)
                  + (double) vmt_plot_sample_instrs(timeline, peak) / 2);
   draw_growth(plot, &counter, n_rows);
}

void
vmt_plot_counters(const struct vmt_plot *plot)
{
   static const struct { const char *column, *title; } others[] = {
      { "Evict", "Evicted" }, { "Refault", "Refaults" }, { "Thrash", "Thrash" },
      { "SwapIn", "Swapped in" }, { "SwapOut", "Swapped out" },
      { "Returned", "Returned" }, { "Back", "Came back" }
   };

   draw_counter(plot, "Faults", "MinFlt", "MajFlt", VMT_PLOT_ROWS);
   for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
      draw_counter(plot, others[i].title, others[i].column, NULL,
                   VMT_PLOT_ROWS_SMALL);
}
