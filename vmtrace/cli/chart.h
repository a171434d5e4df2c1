/* Drawings in characters, for terminals.

   A chart is a grid of cells, row 0 on top.  Lines are drawn in dots, two by four
   a cell (Braille patterns, U+2800), bars in eighths of a cell (block elements,
   U+2581); where the locale's characters are not UTF-8, a cell is what ASCII can
   make of it.  A cell holds one thing: a character put there hides dots.

   A scale maps numbers to 0 ... 1, by their size or by their logarithm.  */

#ifndef VMT_CLI_CHART_H
#define VMT_CLI_CHART_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmtrace/cli/output.h"

enum { VMT_DOTS_ACROSS = 2, VMT_DOTS_DOWN = 4, VMT_EIGHTHS = 8 };

struct vmt_chart_cell {
   uint16_t character;          /* 0: none */
   uint8_t dots;                /* bits as in Unicode's patterns */
   enum vmt_paint paint;
};

struct vmt_chart {
   size_t n_columns, n_rows;
   bool is_unicode;
   struct vmt_chart_cell *cells;
};

/* Whether the locale's characters are UTF-8.  */
bool vmt_locale_is_unicode(void);

void vmt_chart_init(struct vmt_chart *chart, size_t n_columns, size_t n_rows);
void vmt_chart_free(struct vmt_chart *chart);

/* A character, or ascii in its place; what lies beyond the grid is left out.  */
void vmt_chart_put(struct vmt_chart *chart, size_t column, size_t row,
                   uint16_t character, char ascii, enum vmt_paint paint);

/* ASCII text.  */
void vmt_chart_write(struct vmt_chart *chart, size_t column, size_t row,
                     const char *text, enum vmt_paint paint);

/* Whether n cells from column on are empty, and in the grid.  */
bool vmt_chart_has_room(const struct vmt_chart *chart, size_t column, size_t row,
                        size_t n);

/* Dots of the column across, from low to high; 0 is the lowest of all.  */
void vmt_chart_dots(struct vmt_chart *chart, size_t across, size_t low, size_t high,
                    enum vmt_paint paint);

/* How many eighths of a cell a share of the chart's height is; of a little, one.  */
size_t vmt_chart_eighths(const struct vmt_chart *chart, double share);

/* A bar of some eighths of a cell, from the bottom up.  */
void vmt_chart_bar(struct vmt_chart *chart, size_t column, size_t n_eighths,
                   enum vmt_paint paint);

/* A row without blanks at its end, and no line end.  */
void vmt_chart_print_row(const struct vmt_chart *chart, size_t row,
                         const struct vmt_output *out);

/* Sizes in bytes, with powers of two for round numbers; or counts.  */
enum vmt_axis_kind { VMT_AXIS_BYTES, VMT_AXIS_COUNT };

struct vmt_scale {
   double low, high;
   bool is_log;
};

double vmt_scale_position(const struct vmt_scale *scale, double number);
double vmt_scale_number(const struct vmt_scale *scale, double position);

/* The cell, of n, that a number falls into.  */
size_t vmt_scale_cell(const struct vmt_scale *scale, double number, size_t n);

/* Where an axis has marks: round numbers that are at least 1 / n_most of it
   apart.  Gives the next after *number, which starts at -1.  */
bool vmt_scale_next_mark(const struct vmt_scale *scale, enum vmt_axis_kind kind,
                         size_t n_most, double *number);

/* A line under a chart that begins at column left, and one with the numbers.  */
void vmt_chart_print_axis(const struct vmt_chart *chart, size_t left,
                          const struct vmt_scale *scale, enum vmt_axis_kind kind,
                          const struct vmt_output *out);

/* What is before a row of a chart: a mark's number, if it is in this row, in
   left - 1 columns, and the axis.  */
void vmt_chart_print_side(const struct vmt_chart *chart, size_t left, size_t row,
                          const struct vmt_scale *scale, enum vmt_axis_kind kind,
                          const struct vmt_output *out);

#endif
