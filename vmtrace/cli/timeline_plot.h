/* What the charts of `vmtrace timeline` share: one axis of instructions for all,
   and for each a label, what there is to say, an arrow above its peak, and rows.  */

#ifndef VMT_CLI_TIMELINE_PLOT_H
#define VMT_CLI_TIMELINE_PLOT_H

#include "vmtrace/cli/chart.h"
#include "vmtrace/cli/timeline.h"

#define VMT_PLOT_ROWS 6
#define VMT_PLOT_ROWS_SMALL 3
#define VMT_PLOT_LEFT_COLUMNS 8 /* numbers and the axis */

struct vmt_plot {
   const struct vmt_pressure *pressure;
   const struct vmt_thrashing *thrashing;
   const struct vmt_marks *marks;
   const struct vmt_output *out;
   struct vmt_scale time;       /* instructions */
   size_t n_columns;
   int64_t interval_instrs;     /* of the longest sample of the timeline */
};

/* Part of a chart: the smallest number of a column's time, the sum and the number
   of them, the largest.  */
struct vmt_plot_band {
   double min, sum, max, n;
};

/* Frees text.  */
void vmt_plot_title(const struct vmt_plot *plot, const char *label, char *text);

/* Above the moment that many instructions after the start.  */
void vmt_plot_arrow(const struct vmt_plot *plot, double instrs);

/* Rows of a chart with numbers from 0 to most at the side.  */
void vmt_plot_rows(const struct vmt_plot *plot, const struct vmt_chart *chart,
                   double most, enum vmt_axis_kind kind);

/* Makes the columns of a time part of what number says.  */
void vmt_plot_add(const struct vmt_plot *plot, struct vmt_plot_band *bands,
                  double from_instrs, double to_instrs,
                  const struct vmt_plot_band *number);

/* The largest of all bands.  */
double vmt_plot_most(const struct vmt_plot *plot, const struct vmt_plot_band *bands);

/* The timeline's samples: one covers the instructions from its start on.  */
int64_t vmt_plot_sample_start(const struct vmt_timeline *timeline, size_t sample);
int64_t vmt_plot_sample_instrs(const struct vmt_timeline *timeline, size_t sample);

/* Whether the run thrashed in some of the time of a column.  */
bool vmt_plot_thrashed(const struct vmt_plot *plot, size_t column);

void vmt_plot_marks(const struct vmt_plot *plot);
void vmt_plot_heap(const struct vmt_plot *plot);
void vmt_plot_working_set(const struct vmt_plot *plot);
void vmt_plot_counters(const struct vmt_plot *plot);

#endif
