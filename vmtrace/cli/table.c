#include "vmtrace/cli/table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/verbs.h"

void
vmt_table_init(struct vmt_table *table, const struct vmt_table_column *columns,
               size_t n_columns)
{
   *table = (struct vmt_table){ .columns = columns, .n_columns = n_columns };
}

void
vmt_table_free(struct vmt_table *table)
{
   for (size_t i = 0; i < table->n_cells; i++)
      free(table->cells[i]);
   free(table->cells);
   free(table->paints);
   *table = (struct vmt_table){ 0 };
}

static void
no_memory(void)
{
   vmt_complain("out of memory");
   exit(VMT_EXIT_TROUBLE);
}

static void
grow(struct vmt_table *table)
{
   if (table->n_cells < table->capacity)
      return;
   table->capacity = table->capacity == 0 ? 64 : 2 * table->capacity;
   table->cells = reallocarray(table->cells, table->capacity,
                               sizeof *table->cells);
   table->paints = reallocarray(table->paints, table->capacity,
                                sizeof *table->paints);
   if (table->cells == NULL || table->paints == NULL)
      no_memory();
}

static void
add_cell(struct vmt_table *table, enum vmt_paint paint, const char *format,
         va_list args)
{
   char *text;

   grow(table);
   if (vasprintf(&text, format, args) < 0)
      no_memory();
   for (char *c = text; *c != '\0'; c++)
      if ((unsigned char)*c < 0x20 || *c == 0x7f)
         *c = '?';
   table->cells[table->n_cells] = text;
   table->paints[table->n_cells] = paint;
   table->n_cells++;
}

void
vmt_table_cell(struct vmt_table *table, const char *format, ...)
{
   va_list args;

   va_start(args, format);
   add_cell(table, VMT_PAINT_PLAIN, format, args);
   va_end(args);
}

void
vmt_table_painted_cell(struct vmt_table *table, enum vmt_paint paint,
                       const char *format, ...)
{
   va_list args;

   va_start(args, format);
   add_cell(table, paint, format, args);
   va_end(args);
}

/* Bytes that start a character of UTF-8.  */
static size_t
display_width(const char *text)
{
   size_t width = 0;

   for (; *text != '\0'; text++)
      width += ((unsigned char)*text & 0xc0) != 0x80;
   return width;
}

static size_t
column_width(const struct vmt_table *table, size_t column)
{
   size_t width = display_width(table->columns[column].title);

   for (size_t i = column; i < table->n_cells; i += table->n_columns) {
      size_t cell = display_width(table->cells[i]);

      if (cell > width)
         width = cell;
   }
   return width;
}

static void
print_cell(const struct vmt_output *out, const char *text, enum vmt_paint paint,
           size_t width, bool right, bool last)
{
   size_t pad = width - display_width(text);

   if (right)
      fprintf(out->file, "%*s", (int)pad, "");
   if (paint != VMT_PAINT_PLAIN)
      fprintf(out->file, "%s%s%s", vmt_output_paint(out, paint), text,
              vmt_output_paint(out, VMT_PAINT_PLAIN));
   else
      fputs(text, out->file);
   if (last)
      fputc('\n', out->file);
   else
      fprintf(out->file, "%*s", (int)(right ? 2 : pad + 2), "");
}

static void
print_titles(const struct vmt_table *table, const struct vmt_output *out,
             const size_t *widths)
{
   size_t last = table->n_columns - 1;

   while (last > 0 && table->columns[last].title[0] == '\0')
      last--;
   for (size_t c = 0; c <= last; c++)
      print_cell(out, table->columns[c].title, VMT_PAINT_BOLD, widths[c],
                 table->columns[c].right, c == last);
}

/* The row that begins with a cell; empty cells at its end leave no blanks.  */
static void
print_row(const struct vmt_table *table, const struct vmt_output *out,
          const size_t *widths, size_t first)
{
   size_t last = table->n_columns - 1;

   while (last > 0 && table->cells[first + last][0] == '\0')
      last--;
   for (size_t i = 0; i <= last; i++)
      print_cell(out, table->cells[first + i], table->paints[first + i], widths[i],
                 table->columns[i].right, i == last);
}

void
vmt_table_print(const struct vmt_table *table, const struct vmt_output *out)
{
   size_t n = table->n_columns;
   size_t *widths = calloc(n, sizeof *widths);

   if (widths == NULL)
      no_memory();
   for (size_t c = 0; c < n; c++)
      widths[c] = column_width(table, c);
   print_titles(table, out, widths);
   for (size_t i = 0; i < table->n_cells; i += n)
      print_row(table, out, widths, i);
   free(widths);
}

char *
vmt_number_grouped(char *buffer, long long number)
{
   char digits[VMT_GROUPED_BYTES];
   size_t n, used = 0;

   snprintf(digits, sizeof digits, "%lld", number);
   n = strlen(digits);
   for (size_t i = 0; i < n; i++) {
      buffer[used++] = digits[i];
      if (digits[i] != '-' && i + 1 < n && (n - 1 - i) % 3 == 0)
         buffer[used++] = ',';
   }
   buffer[used] = '\0';
   return buffer;
}
