/* Scales, and the axes of charts.  */

#include "vmtrace/cli/chart.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/quantity.h"
#include "vmtrace/host/memory.h"

/* Columns that an axis' number takes, with blanks beside it.  */
#define NUMBER_COLUMNS 8

double
vmt_scale_position(const struct vmt_scale *scale, double number)
{
   double position;

   if (scale->high <= scale->low)
      return 0;
   if (scale->is_log)
      position = log(number / scale->low) / log(scale->high / scale->low);
   else
      position = (number - scale->low) / (scale->high - scale->low);
   return position < 0 ? 0 : position > 1 ? 1 : position;
}

double
vmt_scale_number(const struct vmt_scale *scale, double position)
{
   if (scale->is_log)
      return scale->low * pow(scale->high / scale->low, position);
   return scale->low + (scale->high - scale->low) * position;
}

size_t
vmt_scale_cell(const struct vmt_scale *scale, double number, size_t n)
{
   return (size_t) (vmt_scale_position(scale, number) * (double) (n - 1) + 0.5);
}

/* The first of 1, 2, 5 times a power of ten, or of the powers of two, that is
   at least this.  */
static double
round_step(double least, int base)
{
   double step = pow(base, floor(log(least) / log(base)));

   if (base == 10 && step < least && step * 2 >= least)
      return step * 2;
   if (base == 10 && step < least && step * 5 >= least)
      return step * 5;
   return step < least ? step * base : step;
}

static bool
next_linear(const struct vmt_scale *scale, int base, size_t n_most, double *number)
{
   double step = round_step((scale->high - scale->low) / (double) n_most, base);

   if (step < 1)
      step = 1;
   *number = *number < 0 ? ceil(scale->low / step) * step : *number + step;
   return *number <= scale->high;
}

/* Whole powers, or 1, 2, 5 times those of ten where there are few.  */
static bool
next_log(const struct vmt_scale *scale, int base, size_t n_most, double *number)
{
   double n_powers = log(scale->high / scale->low) / log(base);
   double step = ceil(n_powers / (double) n_most);

   if (base == 10 && n_powers * 3 < (double) n_most) {
      *number = round_step(*number < 0 ? scale->low : *number * 1.5, base);
      return *number <= scale->high;
   }
   if (*number < 0)
      *number = pow(base, ceil(log(scale->low) / log(base) - 1e-9));
   else
      *number *= pow(base, step < 1 ? 1 : step);
   return *number <= scale->high * (1 + 1e-9);
}

bool
vmt_scale_next_mark(const struct vmt_scale *scale, enum vmt_axis_kind kind,
                    size_t n_most, double *number)
{
   int base = kind == VMT_AXIS_BYTES ? 2 : 10;

   if (scale->high <= scale->low || n_most == 0)
      return false;
   return scale->is_log ? next_log(scale, base, n_most, number)
          : next_linear(scale, base, n_most, number);
}

static void
paint(const struct vmt_output *out, enum vmt_paint style)
{
   fputs(vmt_output_paint(out, style), out->file);
}

static char *
short_text(enum vmt_axis_kind kind, char *buffer, double number)
{
   return kind == VMT_AXIS_BYTES ? vmt_bytes_short(buffer, number)
          : vmt_count_short(buffer, number);
}

/* A number centred below its mark, as far as it fits.  */
static void
write_number(char *line, size_t n_columns, size_t at, const char *text)
{
   size_t n = strlen(text), from = at > n / 2 ? at - n / 2 : 0;

   if (from + n > n_columns)
      from = n_columns > n ? n_columns - n : 0;
   for (size_t i = from > 0 ? from - 1 : 0; i < from + n && i < n_columns; i++)
      if (line[i] != ' ')
         return;
   if (from + n <= n_columns)
      memcpy(line + from, text, n);
}

void
vmt_chart_print_axis(const struct vmt_chart *chart, size_t left,
                     const struct vmt_scale *scale, enum vmt_axis_kind kind,
                     const struct vmt_output *out)
{
   size_t n = left + chart->n_columns, n_most = chart->n_columns / NUMBER_COLUMNS;
   char *numbers = vmt_calloc(n + 1, 1), *marks = vmt_calloc(n + 1, 1);
   char buffer[VMT_QUANTITY_BYTES];
   double number = -1;

   memset(numbers, ' ', n);
   while (vmt_scale_next_mark(scale, kind, n_most, &number)) {
      size_t at = left + vmt_scale_cell(scale, number, VMT_DOTS_ACROSS
                                        * chart->n_columns) / VMT_DOTS_ACROSS;

      marks[at] = 1;
      write_number(numbers, n, at, short_text(kind, buffer, number));
   }
   paint(out, VMT_PAINT_DIM);
   fprintf(out->file, "%*s%s", (int) left - 1, "", chart->is_unicode ? "└" : "+");
   for (size_t i = left; i < n; i++)
      fputs(chart->is_unicode ? (marks[i] ? "┬" : "─") : marks[i] ? "+" : "-",
            out->file);
   while (n > 0 && numbers[n - 1] == ' ')
      n--;
   fprintf(out->file, "\n%.*s", (int) n, numbers);
   paint(out, VMT_PAINT_PLAIN);
   putc('\n', out->file);
   free(numbers);
   free(marks);
}

void
vmt_chart_print_side(const struct vmt_chart *chart, size_t left, size_t row,
                     const struct vmt_scale *scale, enum vmt_axis_kind kind,
                     const struct vmt_output *out)
{
   char buffer[VMT_QUANTITY_BYTES], *text = NULL;
   double number = -1;

   while (!text && vmt_scale_next_mark(scale, kind, (chart->n_rows + 1) / 2,
                                       &number))
      if (vmt_scale_cell(scale, number, VMT_DOTS_DOWN * chart->n_rows) / VMT_DOTS_DOWN
          == chart->n_rows - 1 - row)
         text = short_text(kind, buffer, number);
   paint(out, VMT_PAINT_DIM);
   fprintf(out->file, "%*s %s", (int) left - 2, text ? text : "",
           chart->is_unicode ? (text ? "┤" : "│") : text ? "+" : "|");
   paint(out, VMT_PAINT_PLAIN);
}
