/* The heap as charts of two layers: what is live and what is resident; pages without
   a live byte and those that are at most half full.  */

#include "vmtrace/cli/timeline_plot.h"

#include <math.h>
#include <stdlib.h>

#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

/* A number over time, in bytes: the sum of columns of the timeline; -1: none.  */
struct layer {
   int columns[2];
   int64_t unit_bytes;
   struct vmt_plot_band *bands;
};

static double
number_of(const struct vmt_timeline *timeline, const struct layer *layer, size_t sample)
{
   double sum = 0;

   for (size_t i = 0; i < 2; i++)
      if (layer->columns[i] >= 0)
         sum += (double) vmt_timeline_value(timeline, sample, layer->columns[i]);
   return sum * (double) layer->unit_bytes;
}

static size_t
peak_sample(const struct vmt_timeline *timeline, const struct layer *layer)
{
   size_t peak = 0;

   for (size_t i = 1; i < timeline->n_samples; i++)
      if (number_of(timeline, layer, i) > number_of(timeline, layer, peak))
         peak = i;
   return peak;
}

static void
make_bands(const struct vmt_plot *plot, struct layer *layer)
{
   const struct vmt_timeline *timeline = &plot->pressure->timeline;

   layer->bands = vmt_calloc(plot->n_columns, sizeof *layer->bands);
   for (size_t i = 0; i < timeline->n_samples; i++)
      vmt_plot_add(plot, layer->bands, (double) vmt_plot_sample_start(timeline, i),
                   (double) vmt_timeline_value(timeline, i, 0),
                   &(struct vmt_plot_band){ .max = number_of(timeline, layer, i) });
}

/* Whole cells: as far as both reach, and the one of them that reaches farther.  */
static void
draw_column(struct vmt_chart *chart, size_t column, double dark, double light,
            double most)
{
   for (size_t up = 0; up < chart->n_rows; up++) {
      double middle = ((double) up + 0.5) * most / (double) chart->n_rows;
      size_t row = chart->n_rows - 1 - up;

      if (middle <= dark && middle <= light)
         vmt_chart_put(chart, column, row, 0x2588, '#', VMT_PAINT_PLAIN);
      else if (middle <= light)
         vmt_chart_put(chart, column, row, 0x2591, '.', VMT_PAINT_PLAIN);
      else if (middle <= dark)
         vmt_chart_put(chart, column, row, 0x2592, '+', VMT_PAINT_PLAIN);
   }
}

/* Below a title: what the cells mean, an arrow, and the chart.  */
static void
draw(const struct vmt_plot *plot, struct layer *dark, struct layer *light, size_t n_rows,
     const char *legend, size_t peak)
{
   struct vmt_chart chart;
   double most;

   fprintf(plot->out->file, "%*s%s\n", VMT_PLOT_LEFT_COLUMNS + 5, "", legend);
   vmt_plot_arrow(plot, (double) vmt_timeline_value(&plot->pressure->timeline, peak, 0));
   make_bands(plot, dark);
   make_bands(plot, light);
   most = fmax(vmt_plot_most(plot, dark->bands), vmt_plot_most(plot, light->bands));
   vmt_chart_init(&chart, plot->n_columns, n_rows);
   for (size_t i = 0; i < plot->n_columns && most > 0; i++)
      draw_column(&chart, i, dark->bands[i].max, light->bands[i].max, most);
   vmt_plot_rows(plot, &chart, most, VMT_AXIS_BYTES);
   vmt_chart_free(&chart);
   free(dark->bands);
   free(light->bands);
}

/* "1.2 MiB (300 pages)"; to be freed.  */
static char *
pages_text(double bytes)
{
   char size[VMT_QUANTITY_BYTES], number[VMT_GROUPED_BYTES];

   return vmt_format("%s (%s pages)", vmt_bytes_text(size, bytes),
                     vmt_number_grouped(number, (int64_t) bytes / VMT_MEMORY_PAGE_BYTES));
}

static void
draw_live(const struct vmt_plot *plot)
{
   const struct vmt_timeline *timeline = &plot->pressure->timeline;
   struct layer live = { { vmt_timeline_column(timeline, "LiveBytes"), -1 }, 1, NULL };
   struct layer resident = { { vmt_timeline_column(timeline, "HeapPages"), -1 },
                             VMT_MEMORY_PAGE_BYTES, NULL };
   size_t peak = peak_sample(timeline, &live);
   char size[VMT_QUANTITY_BYTES], at[VMT_GROUPED_BYTES], *pages;

   if (resident.columns[0] < 0 || number_of(timeline, &live, peak) <= 0)
      return;
   pages = pages_text(number_of(timeline, &resident, peak_sample(timeline, &resident)));
   vmt_plot_title(plot, "Heap", vmt_format(
      "%s live at the most, after %s instructions; %s resident at the most",
      vmt_bytes_text(size, number_of(timeline, &live, peak)),
      vmt_number_grouped(at, vmt_timeline_value(timeline, peak, 0)), pages));
   free(pages);
   draw(plot, &live, &resident, VMT_PLOT_ROWS,
        vmt_locale_is_unicode() ? "█ live  ░ resident, not live  ▒ live, not resident"
        : "# live  . resident, not live  + live, not resident", peak);
}

/* Of the resident pages, those with little or nothing on them.  */
static void
draw_sparse(const struct vmt_plot *plot)
{
   const struct vmt_timeline *timeline = &plot->pressure->timeline;
   struct layer empty = { { vmt_timeline_column(timeline, "HeapEmpty"), -1 },
                          VMT_MEMORY_PAGE_BYTES, NULL };
   struct layer sparse = { { empty.columns[0], vmt_timeline_column(timeline, "HeapHalf") },
                           VMT_MEMORY_PAGE_BYTES, NULL };
   struct layer pinned = { { vmt_timeline_column(timeline, "Pinned"), -1 }, 1, NULL };
   size_t peak = peak_sample(timeline, &sparse);
   char at[VMT_GROUPED_BYTES], n_empty[VMT_GROUPED_BYTES], n_pinned[VMT_GROUPED_BYTES];
   char *pages;

   if (number_of(timeline, &sparse, peak) <= 0)
      return;
   pages = pages_text(number_of(timeline, &sparse, peak));
   vmt_plot_title(plot, "Sparse pages", vmt_format(
      "%s of the heap at most half full after %s instructions, %s of them empty; %s "
      "pinned by one small block at the most", pages,
      vmt_number_grouped(at, vmt_timeline_value(timeline, peak, 0)),
      vmt_number_grouped(n_empty, (int64_t) number_of(timeline, &empty, peak)
                         / VMT_MEMORY_PAGE_BYTES),
      vmt_number_grouped(n_pinned, (int64_t) number_of(timeline, &pinned,
                                                       peak_sample(timeline, &pinned)))));
   free(pages);
   draw(plot, &empty, &sparse, VMT_PLOT_ROWS_SMALL,
        vmt_locale_is_unicode() ? "█ empty  ░ at most half full"
        : "# empty  . at most half full", peak);
}

void
vmt_plot_heap(const struct vmt_plot *plot)
{
   if (plot->pressure->timeline.n_samples == 0)
      return;
   draw_live(plot);
   draw_sparse(plot);
}
