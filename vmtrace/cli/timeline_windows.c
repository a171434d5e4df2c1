/* The working set as a chart of three bands.  */

#include "vmtrace/cli/timeline_plot.h"

#include <stdlib.h>

#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

/* Whole cells: as far as the fewest, the average and the most reach.  */
static void
draw_band(struct vmt_chart *chart, size_t column, const struct vmt_plot_band *band,
          double most)
{
   double unit = most / (double) chart->n_rows;

   for (size_t up = 0; up < chart->n_rows; up++) {
      double middle = ((double) up + 0.5) * unit;
      size_t row = chart->n_rows - 1 - up;

      if (middle <= band->min)
         vmt_chart_put(chart, column, row, 0x2588, '#', VMT_PAINT_PLAIN);
      else if (middle * band->n <= band->sum)
         vmt_chart_put(chart, column, row, 0x2593, '+', VMT_PAINT_PLAIN);
      else if (middle <= band->max || (up == 0 && band->max > 0))
         vmt_chart_put(chart, column, row, 0x2591, '.', VMT_PAINT_PLAIN);
   }
}

static void
draw_bands(const struct vmt_plot *plot)
{
   const struct vmt_windows *windows = &plot->pressure->windows;
   struct vmt_plot_band *bands = vmt_calloc(plot->n_columns, sizeof *bands);
   struct vmt_chart chart;
   double most;

   for (size_t i = 0; i < windows->n_samples; i++) {
      const struct vmt_window_sample *sample = &windows->samples[i];
      double from = (double) vmt_window_start(windows, sample->first_window);

      vmt_plot_add(plot, bands, from,
                   from + (double) sample->n_windows * (double) windows->instrs,
                   &(struct vmt_plot_band){
                      (double) sample->min_pages, (double) sample->sum_pages,
                      (double) sample->max_pages, (double) sample->n_windows
                   });
   }
   most = vmt_plot_most(plot, bands);
   vmt_chart_init(&chart, plot->n_columns, VMT_PLOT_ROWS);
   for (size_t i = 0; i < plot->n_columns && most > 0; i++)
      draw_band(&chart, i, &bands[i], most);
   vmt_plot_rows(plot, &chart, most * VMT_MEMORY_PAGE_BYTES, VMT_AXIS_BYTES);
   vmt_chart_free(&chart);
   free(bands);
}

/* Of the peak's window; the last one ends with the run.  */
static int64_t
peak_instrs(const struct vmt_plot *plot)
{
   const struct vmt_windows *windows = &plot->pressure->windows;
   int64_t start = vmt_window_start(windows, windows->peak_window);
   int64_t rest = (int64_t) plot->time.high - start;

   return rest > 0 && rest < windows->instrs ? rest : windows->instrs;
}

static char *
windows_text(const struct vmt_plot *plot)
{
   const struct vmt_windows *windows = &plot->pressure->windows;
   char size[VMT_QUANTITY_BYTES], pages[VMT_GROUPED_BYTES], instrs[VMT_GROUPED_BYTES],
      from[VMT_GROUPED_BYTES];

   return vmt_format("%s (%s pages) touched in the %s instructions after %s",
                     vmt_bytes_text(size, (double) windows->peak_pages
                                    * VMT_MEMORY_PAGE_BYTES),
                     vmt_number_grouped(pages, windows->peak_pages),
                     vmt_number_grouped(instrs, peak_instrs(plot)),
                     vmt_number_grouped(from, vmt_window_start(windows,
                                                               windows->peak_window)));
}

void
vmt_plot_working_set(const struct vmt_plot *plot)
{
   const struct vmt_windows *windows = &plot->pressure->windows;

   if (windows->n_samples == 0)
      return;
   vmt_plot_title(plot, "Working set", windows_text(plot));
   fprintf(plot->out->file, "%*s%s\n", VMT_PLOT_LEFT_COLUMNS + 5, "",
           vmt_locale_is_unicode() ? "█ least  ▓ average  ░ most"
           : "# least  + average  . most");
   vmt_plot_arrow(plot, (double) vmt_window_start(windows, windows->peak_window)
                  + (double) peak_instrs(plot) / 2);
   draw_bands(plot);
}
