/* The curve as a drawing.  */

#include "vmtrace/cli/curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/chart.h"
#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

#define ROWS 14
#define LEFT_COLUMNS 8          /* numbers and the axis */
#define COLUMNS_MIN 16
#define COLUMNS_MAX 160

/* So many octaves below the peak are drawn at most.  */
#define OCTAVES_MAX 10

/* Faults beyond this much more than the least get a logarithmic scale.  */
#define STEEP 10

struct drawing {
   const struct vmt_curve_view *view;
   struct vmt_chart chart;
   struct vmt_scale ram, faults;        /* bytes, faults */
};

static const struct vmt_curve_size *
size_at(const struct drawing *drawing, double position)
{
   double bytes = vmt_scale_number(&drawing->ram, position);
   const struct vmt_curve_size *size =
      vmt_curve_at(drawing->view->curve,
                   (int64_t) (bytes / VMT_MEMORY_PAGE_BYTES + 1e-6));

   return size ? size : drawing->view->curve->sizes;
}

static size_t
height_of(const struct drawing *drawing, const struct vmt_curve_size *size)
{
   return vmt_scale_cell(&drawing->faults, (double) size->n_faults,
                         VMT_DOTS_DOWN * drawing->chart.n_rows);
}

/* Small sizes are of interest where the bend is.  */
static void
choose_scales(struct drawing *drawing)
{
   const struct vmt_curve_view *view = drawing->view;
   const struct vmt_curve_size *bend = view->knee ? view->knee : view->need;
   int64_t peak = view->last->ram_pages, first = vmt_curve_first_pages(view->curve);

   drawing->ram.is_log = bend->ram_pages < peak / 4;
   if (first < peak >> OCTAVES_MAX)
      first = peak >> OCTAVES_MAX;
   drawing->ram.low = (double) first * VMT_MEMORY_PAGE_BYTES;
   drawing->ram.high = (double) peak * VMT_MEMORY_PAGE_BYTES;
   drawing->faults.high = (double) vmt_curve_at(view->curve, first)->n_faults;
   drawing->faults.low = (double) view->last->n_faults;
   drawing->faults.is_log = drawing->faults.low > 0
                            && drawing->faults.high > STEEP * drawing->faults.low;
   if (!drawing->faults.is_log)
      drawing->faults.low = 0;
}

/* Each column of dots stands for the sizes around it, and goes from the faults of
   the largest of them up to those of the smallest.  */
static void
draw_line(struct drawing *drawing)
{
   size_t n = VMT_DOTS_ACROSS * drawing->chart.n_columns;

   for (size_t i = 0; i < n; i++) {
      double from = ((double) i - 0.5) / (double) (n - 1);
      double to = ((double) i + 0.5) / (double) (n - 1);

      vmt_chart_dots(&drawing->chart, i,
                     height_of(drawing, size_at(drawing, fmin(to, 1))),
                     height_of(drawing, size_at(drawing, fmax(from, 0))),
                     VMT_PAINT_PLAIN);
   }
}

/* A label beside or above a mark, where nothing is drawn; none if there is no
   room.  The curve falls, so there is room to the right of it and above.  */
static void
write_label(struct vmt_chart *chart, size_t column, size_t row, const char *text,
            enum vmt_paint paint)
{
   size_t n = strlen(text), at = column + 2;

   if (at + n > chart->n_columns)
      at = chart->n_columns > n ? chart->n_columns - n : 0;
   for (size_t up = row + 1; up-- > 0;)
      if (vmt_chart_has_room(chart, at > 0 ? at - 1 : 0, up, at > 0 ? n + 1 : n)) {
         vmt_chart_write(chart, at, up, text, paint);
         return;
      }
}

static void
mark(struct drawing *drawing, const struct vmt_curve_size *size, const char *name,
     uint16_t character, char ascii, enum vmt_paint paint)
{
   struct vmt_chart *chart = &drawing->chart;
   size_t column = vmt_scale_cell(&drawing->ram,
                                  (double) size->ram_pages * VMT_MEMORY_PAGE_BYTES,
                                  VMT_DOTS_ACROSS * chart->n_columns)
                   / VMT_DOTS_ACROSS;
   size_t row = chart->n_rows - 1 - height_of(drawing, size) / VMT_DOTS_DOWN;
   char ram[VMT_QUANTITY_BYTES], faults[VMT_GROUPED_BYTES];
   char *label = vmt_format("%s: %s, %s faults", name,
                            vmt_bytes_text(ram, (double) size->ram_pages
                                           * VMT_MEMORY_PAGE_BYTES),
                            vmt_number_grouped(faults, size->n_faults));

   vmt_chart_put(chart, column, row, character, ascii, paint);
   for (size_t below = row + 1; below < chart->n_rows; below++)
      if (vmt_chart_has_room(chart, column, below, 1))
         vmt_chart_put(chart, column, below, 0x250a, ':', paint);
   write_label(chart, column, row, label, paint);
   free(label);
}

static void
draw_marks(struct drawing *drawing)
{
   const struct vmt_curve_view *view = drawing->view;
   double low_pages = drawing->ram.low / VMT_MEMORY_PAGE_BYTES;

   if (view->had && (double) view->had->ram_pages > low_pages
       && view->had != view->need && view->had != view->knee)
      mark(drawing, view->had, "--ram", 0x25b2, '^', VMT_PAINT_WARM);
   if (view->need != view->last && (double) view->need->ram_pages > low_pages
       && view->need != view->knee)
      mark(drawing, view->need, "need", 0x25cf, 'o', VMT_PAINT_GOOD);
   if (view->knee && (double) view->knee->ram_pages > low_pages)
      mark(drawing, view->knee, view->knee == view->need ? "knee and need" : "knee",
           0x25c6, 'X', VMT_PAINT_HOT);
}

static void
print_title(const struct drawing *drawing, const struct vmt_output *out)
{
   fprintf(out->file, "%sFaults by size of RAM%s%s\n\n",
           vmt_output_paint(out, VMT_PAINT_BOLD),
           vmt_output_paint(out, VMT_PAINT_PLAIN),
           drawing->ram.is_log && drawing->faults.is_log
           ? " (both scales logarithmic)"
           : drawing->ram.is_log ? " (sizes on a logarithmic scale)"
           : drawing->faults.is_log ? " (faults on a logarithmic scale)" : "");
}

void
vmt_curve_draw(const struct vmt_curve_view *view, const struct vmt_output *out)
{
   struct drawing drawing = { .view = view };
   size_t width = vmt_output_columns(out);

   width = width < LEFT_COLUMNS + COLUMNS_MIN + 1 ? COLUMNS_MIN
           : width - LEFT_COLUMNS - 1;
   choose_scales(&drawing);
   vmt_chart_init(&drawing.chart, width < COLUMNS_MAX ? width : COLUMNS_MAX, ROWS);
   draw_line(&drawing);
   draw_marks(&drawing);
   print_title(&drawing, out);
   for (size_t row = 0; row < ROWS; row++) {
      vmt_chart_print_side(&drawing.chart, LEFT_COLUMNS, row, &drawing.faults,
                           VMT_AXIS_COUNT, out);
      vmt_chart_print_row(&drawing.chart, row, out);
      putc('\n', out->file);
   }
   vmt_chart_print_axis(&drawing.chart, LEFT_COLUMNS, &drawing.ram, VMT_AXIS_BYTES,
                        out);
   putc('\n', out->file);
   vmt_chart_free(&drawing.chart);
}
