/* A comparison as text and as a table in Markdown.  */

#include "vmtrace/cli/compare.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/memory_view.h"
#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

#define CHANGE_BYTES 32

static const char *const titles[VMT_COMPARE_N_SECTIONS] = {
   [VMT_COMPARE_EXECUTED] = "Executed", [VMT_COMPARE_FAULTS] = "Page faults",
   [VMT_COMPARE_EVENTS] = "Other events", [VMT_COMPARE_MEMORY] = "Memory",
   [VMT_COMPARE_HEAP] = "Heap", [VMT_COMPARE_CURVE] = "Faults with RAM of"
};

/* ---- cells ---- */

static char *
number_text(char *buffer, const struct vmt_compare_row *row, int64_t number)
{
   switch (row->unit) {
   case VMT_COMPARE_BYTES:
      return vmt_bytes_text(buffer, (double) number);
   case VMT_COMPARE_PERMILLE:
      snprintf(buffer, VMT_GROUPED_BYTES, "%.1f%%", (double) number / 10);
      return buffer;
   default:
      return vmt_number_grouped(buffer, number);
   }
}

static char *
row_label(const struct vmt_compare_row *row)
{
   char bytes[VMT_GROUPED_BYTES];

   return row->section == VMT_COMPARE_CURVE
          ? vmt_format("%s bytes, %d%%", vmt_number_grouped(bytes, row->ram_bytes),
                       row->percent)
          : vmt_strdup(row->name);
}

/* How a column differs from the first: "+1.2%", "-13%", "x2.50" from twice as much
   on; "=", "new" where the first has none; "" where it cannot be said.  A percentage
   by points: "+3.5".  */
static char *
change_text(char *buffer, const struct vmt_compare_row *row, size_t column)
{
   double first = (double) row->cells[0].number;
   double number = (double) row->cells[column].number;
   double percent = first ? 100.0 * (number - first) / first : 0;

   if (column == 0 || !row->cells[0].known || !row->cells[column].known)
      snprintf(buffer, CHANGE_BYTES, "%s", "");
   else if (row->cells[column].number == row->cells[0].number)
      snprintf(buffer, CHANGE_BYTES, "=");
   else if (row->unit == VMT_COMPARE_PERMILLE)
      snprintf(buffer, CHANGE_BYTES, "%+.1f", (number - first) / 10);
   else if (first <= 0 || number < 0)
      snprintf(buffer, CHANGE_BYTES, "%s", first == 0 && number > 0 ? "new" : "");
   else if (number >= 2 * first)
      snprintf(buffer, CHANGE_BYTES, "x%.*f", number >= 100 * first ? 0 : 2,
               number / first);
   else if (percent < 0.05 && percent > -0.05)
      snprintf(buffer, CHANGE_BYTES, "%c<0.1%%", percent < 0 ? '-' : '+');
   else
      snprintf(buffer, CHANGE_BYTES, "%+.1f%%", percent);
   return buffer;
}

static enum vmt_paint
change_paint(const struct vmt_compare_row *row, size_t column)
{
   double first = (double) row->cells[0].number;
   double number = (double) row->cells[column].number;

   return number < first ? VMT_PAINT_GOOD : number >= 2 * first ? VMT_PAINT_HOT
          : VMT_PAINT_WARM;
}

/* ---- text ---- */

static void
add_title(const struct vmt_comparison *comparison, struct vmt_table *table,
          enum vmt_compare_section section)
{
   vmt_table_painted_cell(table, VMT_PAINT_BOLD, "%s", titles[section]);
   for (size_t i = 1; i < 2 * comparison->n_columns; i++)
      vmt_table_cell(table, "%s", "");
}

static void
add_change(struct vmt_table *table, const struct vmt_compare_row *row, size_t column)
{
   char text[CHANGE_BYTES];

   change_text(text, row, column);
   if (*text && strcmp(text, "=") != 0)
      vmt_table_painted_cell(table, change_paint(row, column), "%s", text);
   else
      vmt_table_cell(table, "%s", text);
}

static void
add_row(const struct vmt_comparison *comparison, struct vmt_table *table,
        const struct vmt_compare_row *row)
{
   char *label = row_label(row), number[VMT_GROUPED_BYTES];

   vmt_table_cell(table, "  %s", label);
   free(label);
   for (size_t i = 0; i < comparison->n_columns; i++) {
      const struct vmt_compare_cell *cell = &row->cells[i];

      if (!cell->known)
         vmt_table_cell(table, "-");
      else if (vmt_compare_is_least(comparison, row, i))
         vmt_table_painted_cell(table, VMT_PAINT_GOOD, "*%s",
                                number_text(number, row, cell->number));
      else
         vmt_table_cell(table, "%s", number_text(number, row, cell->number));
      if (i > 0)
         add_change(table, row, i);
   }
}

/* A column's name fit to print; to be freed.  */
static char *
name_text(const struct vmt_comparison *comparison, size_t column)
{
   return vmt_report_file_name(comparison->columns[column].name);
}

static void
print_table(const struct vmt_comparison *comparison, const struct vmt_output *out)
{
   size_t n = 2 * comparison->n_columns;
   struct vmt_table_column *columns = vmt_calloc(n, sizeof *columns);
   char **names = vmt_calloc(comparison->n_columns, sizeof *names);
   struct vmt_table table;

   columns[0] = (struct vmt_table_column){ "", false };
   for (size_t i = 0; i < comparison->n_columns; i++) {
      names[i] = name_text(comparison, i);
      columns[i ? 2 * i : 1] = (struct vmt_table_column){ names[i], true };
      if (i > 0)
         columns[2 * i + 1] = (struct vmt_table_column){ "", true };
   }
   vmt_table_init(&table, columns, n);
   for (size_t i = 0; i < comparison->n_rows; i++) {
      const struct vmt_compare_row *row = &comparison->rows[i];

      if (i == 0 || row->section != row[-1].section)
         add_title(comparison, &table, row->section);
      add_row(comparison, &table, row);
   }
   vmt_table_print(&table, out);
   vmt_table_free(&table);
   for (size_t i = 0; i < comparison->n_columns; i++)
      free(names[i]);
   free(names);
   free(columns);
}

/* What ran in a column and how it ended; to be freed.  */
static char *
column_line(const struct vmt_compare_column *column)
{
   char *line = vmt_report_run_line(&column->profile.runs[0]), *longer;

   if (column->profile.n_runs == 1)
      return line;
   longer = vmt_format("%s, and %zu more processes", line,
                       column->profile.n_runs - 1);
   free(line);
   return longer;
}

/* Once if it is the same for all.  */
static void
print_commands(const struct vmt_comparison *comparison, const struct vmt_output *out)
{
   char *first = column_line(&comparison->columns[0]);
   bool same = true;

   for (size_t i = 1; i < comparison->n_columns; i++) {
      char *line = column_line(&comparison->columns[i]);

      same &= strcmp(line, first) == 0;
      free(line);
   }
   if (same) {
      vmt_report_text_label(out, "Command");
      fprintf(out->file, "%s\n", first);
   }
   for (size_t i = 0; !same && i < comparison->n_columns; i++) {
      char *name = name_text(comparison, i);
      char *line = column_line(&comparison->columns[i]);

      vmt_report_text_label(out, i ? "" : "Commands");
      fprintf(out->file, "%s: %s\n", name, line);
      free(name);
      free(line);
   }
   free(first);
}

/* Remarks on each profile, then those on all of them.  */
static void
print_remarks(const struct vmt_comparison *comparison, const struct vmt_output *out)
{
   for (size_t i = 0; i < comparison->n_columns; i++) {
      char *name = name_text(comparison, i), *text;
      const char *label;
      size_t at = 0;

      while ((text = vmt_report_remark(&comparison->columns[i].profile, NULL, &at,
                                       &label)) != NULL) {
         vmt_memory_print_labelled(out, label, vmt_format("%s: %s", name, text));
         free(text);
      }
      free(name);
   }
   for (size_t i = 0; i < comparison->n_notes; i++)
      vmt_memory_print_labelled(out, "Note", vmt_escape_line(comparison->notes[i]));
}

static bool
has_row(const struct vmt_comparison *comparison, const char *name)
{
   for (size_t i = 0; i < comparison->n_rows; i++)
      if (strcmp(comparison->rows[i].name, name) == 0)
         return true;
   return false;
}

/* What the table's signs and own names mean; to be freed.  */
static char *
legend(const struct vmt_comparison *comparison)
{
   char *name = name_text(comparison, 0), *text;

   text = vmt_format("%s%s%s%s%s%s%s",
      comparison->n_columns > 1 ? "* is the least of its row; changes are from " : "",
      comparison->n_columns > 1 ? name : "", comparison->n_columns > 1 ? ". " : "",
      has_row(comparison, "RssEnd") ? "RssEnd is resident memory at the end. " : "",
      has_row(comparison, "WsPeak") ? "WsPeak is the largest working set. " : "",
      has_row(comparison, "HeapOver") ? "When most of the heap was resident, HeapLive "
      "was allocated in HeapRss of resident heap, which is more by HeapOver; "
      "HeapReturned was given back in the run, and HeapBack pages of it faulted in "
      "again. " : "",
      has_row(comparison, "CurveFlt") ? "Faults with RAM of a share of the smallest "
      "peak are those of a memory that throws out the page used least recently, as "
      "in vmtrace curve." : "");
   free(name);
   return text;
}

void
vmt_compare_text(const struct vmt_comparison *comparison, const struct vmt_output *out)
{
   char *text = legend(comparison);

   print_commands(comparison, out);
   print_remarks(comparison, out);
   putc('\n', out->file);
   print_table(comparison, out);
   if (*text) {
      putc('\n', out->file);
      vmt_memory_print_wrapped(out, 0, text);
   }
   free(text);
}

/* ---- Markdown ---- */

/* Text that no sign of which formats or ends a cell.  */
static void
print_plain(FILE *file, const char *text)
{
   char *line = vmt_escape_line(text);

   for (const char *c = line; *c; c++) {
      if (strchr("\\|`*_<>[]~#&", *c))
         putc('\\', file);
      putc(*c, file);
   }
   free(line);
}

static void
print_markdown_row(const struct vmt_comparison *comparison, FILE *file,
                   const struct vmt_compare_row *row)
{
   char *label = row_label(row), number[VMT_GROUPED_BYTES], change[CHANGE_BYTES];

   fputs("| ", file);
   print_plain(file, label);
   free(label);
   for (size_t i = 0; i < comparison->n_columns; i++) {
      bool least = vmt_compare_is_least(comparison, row, i);

      change_text(change, row, i);
      fprintf(file, " | %s%s%s%s%s%s", least ? "**" : "",
              row->cells[i].known ? number_text(number, row, row->cells[i].number)
              : "-", least ? "**" : "", *change ? " (" : "", change,
              *change ? ")" : "");
   }
   fputs(" |\n", file);
}

void
vmt_compare_markdown(const struct vmt_comparison *comparison, FILE *file)
{
   putc('|', file);
   for (size_t i = 0; i < comparison->n_columns; i++) {
      fputs(" | ", file);
      print_plain(file, comparison->columns[i].name);
   }
   fputs(" |\n|---|", file);
   for (size_t i = 0; i < comparison->n_columns; i++)
      fputs("--:|", file);
   putc('\n', file);
   for (size_t i = 0; i < comparison->n_rows; i++) {
      const struct vmt_compare_row *row = &comparison->rows[i];

      if (i == 0 || row->section != row[-1].section) {
         fprintf(file, "| **%s**", titles[row->section]);
         for (size_t k = 0; k < comparison->n_columns; k++)
            fputs(" |", file);
         fputs(" |\n", file);
      }
      print_markdown_row(comparison, file, row);
   }
   for (size_t i = 0; i < comparison->n_notes; i++) {
      fputs("\n_", file);
      print_plain(file, comparison->notes[i]);
      fputs("_\n", file);
   }
}
