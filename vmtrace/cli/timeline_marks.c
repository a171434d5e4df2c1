/* Phases, snapshots and pauses above the charts of a timeline.  */

#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/table.h"
#include "vmtrace/cli/timeline_plot.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

#define PHASES_SHOWN 8
#define NAME_COLUMNS 40
#define NAMES_COLUMNS 60

static size_t
column_of(const struct vmt_plot *plot, int64_t instrs)
{
   size_t column = (size_t) (vmt_scale_position(&plot->time, (double) instrs)
                             * (double) plot->n_columns);

   return column < plot->n_columns ? column : plot->n_columns - 1;
}

static void
cover(const struct vmt_plot *plot, struct vmt_chart *chart, int64_t from, int64_t to)
{
   for (size_t i = column_of(plot, from); i <= column_of(plot, to); i++)
      vmt_chart_put(chart, i, 0, 0x2580, '=', VMT_PAINT_WARM);
}

static void
print_bar(const struct vmt_plot *plot, struct vmt_chart *chart)
{
   vmt_plot_rows(plot, chart, 0, VMT_AXIS_COUNT);
   vmt_chart_free(chart);
}

/* ---- phases ---- */

static void
draw_phase(const struct vmt_plot *plot, uint32_t phase)
{
   const struct vmt_marks *marks = plot->marks;
   const struct vmt_phase *of = &marks->phases[phase];
   char *name = vmt_escape_short(of->name, NAME_COLUMNS), number[VMT_GROUPED_BYTES];
   int64_t begin = -1;
   struct vmt_chart chart;

   vmt_plot_title(plot, "Phase", vmt_format(
      "%s, entered %s time%s%s", name, vmt_number_grouped(number, of->n_entered),
      of->n_entered == 1 ? "" : "s",
      of->n_marked < of->n_entered ? ", not all of them shown" : ""));
   free(name);
   vmt_chart_init(&chart, plot->n_columns, 1);
   for (size_t i = 0; i < marks->n_phase_marks; i++) {
      if (marks->phase_marks[i].phase != phase)
         continue;
      if (!marks->phase_marks[i].is_begin)
         cover(plot, &chart, begin, marks->phase_marks[i].instrs);
      begin = marks->phase_marks[i].is_begin ? marks->phase_marks[i].instrs : -1;
   }
   if (begin >= 0)
      cover(plot, &chart, begin, (int64_t) plot->time.high);
   print_bar(plot, &chart);
}

/* The phases that were open for longest; of each how long, by what is marked.  */
static int64_t *
times_of(const struct vmt_plot *plot)
{
   const struct vmt_marks *marks = plot->marks;
   int64_t *times = vmt_calloc(marks->n_phases, sizeof *times);

   for (size_t i = 0; i < marks->n_phase_marks; i++) {
      const struct vmt_phase_mark *mark = &marks->phase_marks[i];

      times[mark->phase] = vmt_wrapping_sum(
         times[mark->phase], mark->is_begin ? -mark->instrs : mark->instrs);
   }
   for (size_t i = 0; i < marks->n_phases; i++)
      if (marks->phases[i].has_begun)
         times[i] = vmt_wrapping_sum(times[i], (int64_t) plot->time.high);
   return times;
}

static void
draw_phases(const struct vmt_plot *plot)
{
   const struct vmt_marks *marks = plot->marks;
   int64_t *times = times_of(plot), least = -1;
   size_t n = 0, shown = 0;

   /* The least time that is among the longest PHASES_SHOWN.  */
   for (size_t i = 0; i < marks->n_phases; i++) {
      size_t n_longer = 0;

      for (size_t k = 0; k < marks->n_phases && n_longer < PHASES_SHOWN; k++)
         n_longer += times[k] > times[i];
      if (n_longer < PHASES_SHOWN && (least < 0 || times[i] < least))
         least = times[i];
      n++;
   }
   for (size_t i = 0; i < n && shown < PHASES_SHOWN; i++)
      if (times[i] >= least) {
         draw_phase(plot, (uint32_t) i);
         shown++;
      }
   if (shown < n)
      fprintf(plot->out->file, "%*s... and %zu more phases, open for a shorter time\n",
              VMT_PLOT_LEFT_COLUMNS, "", n - shown);
   free(times);
}

/* ---- snapshots, pauses ---- */

static void
draw_snapshots(const struct vmt_plot *plot)
{
   const struct vmt_marks *marks = plot->marks;
   char *names = vmt_strdup(""), *line;
   struct vmt_chart chart;

   vmt_chart_init(&chart, plot->n_columns, 1);
   for (size_t i = 0; i < marks->n_snapshots; i++) {
      vmt_chart_put(&chart, column_of(plot, marks->snapshots[i].instrs), 0, 0x25bc, 'v',
                    VMT_PAINT_HOT);
      if (strlen(names) <= NAMES_COLUMNS) {
         char *longer = vmt_format("%s%s%s", names, i ? ", " : "",
                                   marks->snapshots[i].name);

         free(names);
         names = longer;
      }
   }
   line = vmt_escape_short(names, NAMES_COLUMNS);
   vmt_plot_title(plot, "Snapshots", vmt_format("%zu: %s", marks->n_snapshots, line));
   free(line);
   free(names);
   print_bar(plot, &chart);
}

static void
draw_pauses(const struct vmt_plot *plot)
{
   const struct vmt_marks *marks = plot->marks;
   struct vmt_chart chart;

   vmt_plot_title(plot, "Not counted", vmt_format("%zu part%s", marks->n_pauses,
                                                  marks->n_pauses == 1 ? "" : "s"));
   vmt_chart_init(&chart, plot->n_columns, 1);
   for (size_t i = 0; i < marks->n_pauses; i++) {
      const struct vmt_span *span = &marks->pauses[i];

      cover(plot, &chart, span->from_instr,
            span->to_instr == INT64_MAX ? (int64_t) plot->time.high : span->to_instr);
   }
   print_bar(plot, &chart);
}

void
vmt_plot_marks(const struct vmt_plot *plot)
{
   if (plot->marks->n_phase_marks)
      draw_phases(plot);
   if (plot->marks->n_snapshots)
      draw_snapshots(plot);
   if (plot->marks->n_pauses)
      draw_pauses(plot);
}
