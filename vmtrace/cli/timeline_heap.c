/* The heap as a chart: what is live, and the pages that are resident for it.  */

#include "vmtrace/cli/timeline_plot.h"

#include <math.h>
#include <stdlib.h>

#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

/* Bytes that are live and bytes of resident pages, in the columns of the chart.  */
struct heap {
   const struct vmt_timeline *timeline;
   int live, pages;             /* columns of the timeline */
   struct vmt_plot_band *live_bands, *resident_bands;
};

static double
number_of(const struct heap *heap, size_t sample, int column)
{
   double value = (double) vmt_timeline_value(heap->timeline, sample, column);

   return column == heap->pages ? value * VMT_MEMORY_PAGE_BYTES : value;
}

static size_t
peak_sample(const struct heap *heap, int column)
{
   size_t peak = 0;

   for (size_t i = 1; i < heap->timeline->n_samples; i++)
      if (number_of(heap, i, column) > number_of(heap, peak, column))
         peak = i;
   return peak;
}

static char *
heap_text(const struct heap *heap, size_t peak)
{
   char live[VMT_QUANTITY_BYTES], resident[VMT_QUANTITY_BYTES], at[VMT_GROUPED_BYTES],
      pages[VMT_GROUPED_BYTES];
   size_t most = peak_sample(heap, heap->pages);

   return vmt_format("%s live at the most, after %s instructions; %s (%s pages) resident "
                     "at the most", vmt_bytes_text(live, number_of(heap, peak, heap->live)),
                     vmt_number_grouped(at, vmt_timeline_value(heap->timeline, peak, 0)),
                     vmt_bytes_text(resident, number_of(heap, most, heap->pages)),
                     vmt_number_grouped(pages, vmt_timeline_value(heap->timeline, most,
                                                                  heap->pages)));
}

static struct vmt_plot_band *
make_bands(const struct vmt_plot *plot, const struct heap *heap, int column)
{
   struct vmt_plot_band *bands = vmt_calloc(plot->n_columns, sizeof *bands);

   for (size_t i = 0; i < heap->timeline->n_samples; i++)
      vmt_plot_add(plot, bands, (double) vmt_plot_sample_start(heap->timeline, i),
                   (double) vmt_timeline_value(heap->timeline, i, 0),
                   &(struct vmt_plot_band){ .max = number_of(heap, i, column) });
   return bands;
}

/* Whole cells: as far as both reach, and the one of them that reaches farther.  */
static void
draw_column(struct vmt_chart *chart, size_t column, double live, double resident,
            double most)
{
   for (size_t up = 0; up < chart->n_rows; up++) {
      double middle = ((double) up + 0.5) * most / (double) chart->n_rows;
      size_t row = chart->n_rows - 1 - up;

      if (middle <= live && middle <= resident)
         vmt_chart_put(chart, column, row, 0x2588, '#', VMT_PAINT_PLAIN);
      else if (middle <= resident)
         vmt_chart_put(chart, column, row, 0x2591, '.', VMT_PAINT_PLAIN);
      else if (middle <= live)
         vmt_chart_put(chart, column, row, 0x2592, '+', VMT_PAINT_PLAIN);
   }
}

static void
draw(const struct vmt_plot *plot, const struct heap *heap)
{
   double most = fmax(vmt_plot_most(plot, heap->live_bands),
                      vmt_plot_most(plot, heap->resident_bands));
   struct vmt_chart chart;

   vmt_chart_init(&chart, plot->n_columns, VMT_PLOT_ROWS);
   for (size_t i = 0; i < plot->n_columns && most > 0; i++)
      draw_column(&chart, i, heap->live_bands[i].max, heap->resident_bands[i].max, most);
   vmt_plot_rows(plot, &chart, most, VMT_AXIS_BYTES);
   vmt_chart_free(&chart);
}

void
vmt_plot_heap(const struct vmt_plot *plot)
{
   const struct vmt_timeline *timeline = &plot->pressure->timeline;
   struct heap heap = {
      .timeline = timeline, .live = vmt_timeline_column(timeline, "LiveBytes"),
      .pages = vmt_timeline_column(timeline, "HeapPages")
   };
   size_t peak;

   if (timeline->n_samples == 0 || heap.live < 0 || heap.pages < 0)
      return;
   peak = peak_sample(&heap, heap.live);
   if (number_of(&heap, peak, heap.live) <= 0)
      return;
   vmt_plot_title(plot, "Heap", heap_text(&heap, peak));
   fprintf(plot->out->file, "%*s%s\n", VMT_PLOT_LEFT_COLUMNS + 5, "",
           vmt_locale_is_unicode() ? "█ live  ░ resident, not live  ▒ live, not resident"
           : "# live  . resident, not live  + live, not resident");
   vmt_plot_arrow(plot, (double) vmt_timeline_value(timeline, peak, 0));
   heap.live_bands = make_bands(plot, &heap, heap.live);
   heap.resident_bands = make_bands(plot, &heap, heap.pages);
   draw(plot, &heap);
   free(heap.live_bands);
   free(heap.resident_bands);
}
