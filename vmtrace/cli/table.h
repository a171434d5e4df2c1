/* Tables of text: columns as wide as their widest cell, two spaces between,
   nothing after the last.

   Cells are given row by row, left to right.  Widths are in characters of UTF-8
   text, each taken to be one column wide; control characters become '?'.  The
   table owns copies of its cells.  Cost: one allocation a cell.  */

#ifndef VMT_CLI_TABLE_H
#define VMT_CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "vmtrace/cli/output.h"

struct vmt_table_column {
   const char *title;           /* not owned */
   bool right;                  /* numbers: aligned to the right */
};

struct vmt_table {
   const struct vmt_table_column *columns;
   size_t n_columns;
   char **cells;
   enum vmt_paint *paints;      /* of each cell */
   size_t n_cells, capacity;
};

void vmt_table_init(struct vmt_table *table,
                    const struct vmt_table_column *columns, size_t n_columns);
void vmt_table_free(struct vmt_table *table);

/* The next cell.  Running out of memory ends the program.  */
void vmt_table_cell(struct vmt_table *table, const char *format, ...)
   __attribute__((format(printf, 2, 3)));
void vmt_table_painted_cell(struct vmt_table *table, enum vmt_paint paint,
                            const char *format, ...)
   __attribute__((format(printf, 3, 4)));

/* The titles in bold, then the rows.  */
void vmt_table_print(const struct vmt_table *table, const struct vmt_output *out);

/* number with a comma after each group of three digits, in buffer, which has
   at least VMT_GROUPED_BYTES.  Returns buffer.  */
#define VMT_GROUPED_BYTES 32
char *vmt_number_grouped(char *buffer, long long number);

#endif
