/* The curve as text: what ran, the drawing, a table of a few sizes, the answer.  */

#include "vmtrace/cli/curve.h"

#include <inttypes.h>
#include <stdlib.h>

#include "vmtrace/cli/pressure.h"
#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

static double
bytes_of(int64_t pages)
{
   return (double) pages * VMT_MEMORY_PAGE_BYTES;
}

/* What this run had: the curve is not what happened with it.  */
static void
print_had(const struct vmt_curve_view *view, const struct vmt_output *out)
{
   const struct vmt_limit *limit = &view->memory.run->pressure.limit;
   char *text;

   if (!limit->has_ram)
      return;
   text = vmt_pressure_limit_text(limit);
   vmt_memory_print_labelled(out, "This run", vmt_format(
      "had %s; the curve is of LRU with any size, what happened is in vmtrace report",
      text));
   free(text);
}

static void
print_about(const struct vmt_curve_view *view, const struct vmt_output *out)
{
   const struct vmt_curve *curve = view->curve;
   char size[VMT_QUANTITY_BYTES], pages[VMT_GROUPED_BYTES], touches[VMT_GROUPED_BYTES];

   vmt_report_text_run(&view->memory.report, out);
   vmt_memory_print_labelled(out, "Touched", vmt_format(
                                "%s (%s pages) at the peak; %s first touches, which fault at "
                     "every size, as each page comes in by itself here",
                     vmt_bytes_text(size, bytes_of(view->last->ram_pages)),
                     vmt_number_grouped(pages, view->last->ram_pages),
                     vmt_number_grouped(touches, view->last->n_faults)));
   if (curve->error_pages == 0)
      vmt_memory_print_labelled(out, "Curve", vmt_strdup(
                        "exact, of memory in which the page used least recently "
                        "goes first"));
   else
      vmt_memory_print_labelled(out, "Curve", vmt_format(
                        "sizes are right to within %s (%s; --mrc=exact: exactly)",
                        vmt_bytes_text(size, bytes_of(curve->error_pages)),
                        curve->mode));
   print_had(view, out);
   vmt_report_text_remarks(&view->memory.report.input.profile, NULL, out);
   putc('\n', out->file);
}

/* What is said of a row in its last column.  */
static const char *
remark_on(const struct vmt_curve_view *view, const struct vmt_curve_size *size)
{
   if (view->need == view->last
       && vmt_curve_first_pages(view->curve) == view->last->ram_pages)
      return "";
   if (size == view->had)
      return size != view->knee ? size == view->need ? "what it needs, and had"
             : "what it had (--ram)"
             : size == view->need ? "the knee, what it needs and had"
             : "the knee, and what it had";
   return size == view->knee && size == view->need ? "the knee, and what it needs"
          : size == view->knee ? "the knee"
          : size == view->need ? "what it needs" : "";
}

static void
add_unknown(struct vmt_table *table, const char *text)
{
   vmt_table_cell(table, "%s", text);
   for (int i = 0; i < 5; i++)
      vmt_table_cell(table, "%s", "-");
   vmt_table_cell(table, "not known: below what the curve can tell");
}

/* text: the size as it was asked for, or NULL.  */
static void
add_row(const struct vmt_curve_view *view, struct vmt_table *table,
        const struct vmt_curve_size *size, const char *text)
{
   int64_t more = size->n_faults - view->last->n_faults;
   int64_t instrs = vmt_memory_instrs(&view->memory);
   char ram[VMT_QUANTITY_BYTES], number[VMT_GROUPED_BYTES];
   enum vmt_paint paint = size == view->knee ? VMT_PAINT_HOT
                          : size == view->need ? VMT_PAINT_GOOD
                          : size == view->had ? VMT_PAINT_WARM : VMT_PAINT_PLAIN;

   vmt_table_painted_cell(table, paint, "%s", text ? text
                          : vmt_bytes_text(ram, bytes_of(size->ram_pages)));
   vmt_table_cell(table, "%s", vmt_number_grouped(number, size->ram_pages));
   vmt_table_cell(table, "%.1f%%", 100.0 * (double) size->ram_pages
                  / (double) view->last->ram_pages);
   vmt_table_painted_cell(table, paint, "%s",
                          vmt_number_grouped(number, size->n_faults));
   vmt_table_cell(table, "%s", vmt_number_grouped(number, more));
   if (instrs > 0)
      vmt_table_cell(table, "%.2f", (double) more * 1e6 / (double) instrs);
   else
      vmt_table_cell(table, "-");
   vmt_table_painted_cell(table, paint, "%s", remark_on(view, size));
}

static int
compare_sizes(const void *a, const void *b)
{
   const struct vmt_curve_size *x = *(void *const *) a, *y = *(void *const *) b;

   return x > y ? -1 : x < y;
}

/* Shares of the peak, the knee and the need, the largest first.  */
static void
add_shares(const struct vmt_curve_view *view, struct vmt_table *table)
{
   static const int percents[] = { 100, 90, 75, 50, 25, 10 };
   const struct vmt_curve_size *sizes[10];
   size_t n = 0;

   for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++)
      sizes[n++] = vmt_curve_at(view->curve, (int64_t) ((double) view->last->ram_pages
                                * percents[i] / 100));
   sizes[n++] = view->need;
   sizes[n++] = view->knee;
   sizes[n++] = view->had;
   qsort(sizes, n, sizeof *sizes, compare_sizes);
   for (size_t i = 0; i < n; i++)
      if (vmt_curve_knows(view, sizes[i]) && (i == 0 || sizes[i] != sizes[i - 1]))
         add_row(view, table, sizes[i], NULL);
}

static void
print_table(const struct vmt_curve_view *view, const struct vmt_output *out)
{
   static const struct vmt_table_column columns[] = {
      { "RAM", true }, { "Pages", true }, { "of peak", true }, { "Faults", true },
      { "Refaults", true }, { "per M instrs", true }, { "", false }
   };
   struct vmt_table table;

   vmt_table_init(&table, columns, sizeof columns / sizeof columns[0]);
   for (size_t i = 0; i < view->n_asked; i++)
      if (vmt_curve_knows(view, view->asked[i].size))
         add_row(view, &table, view->asked[i].size, view->asked[i].text);
      else
         add_unknown(&table, view->asked[i].text);
   if (view->n_asked == 0)
      add_shares(view, &table);
   vmt_table_print(&table, out);
   vmt_table_free(&table);
   putc('\n', out->file);
}

/* An end of the span: "16.0 MiB (4,096 pages, 5,116 faults)", to be freed.  */
static char *
end_text(const struct vmt_curve_size *size)
{
   char ram[VMT_QUANTITY_BYTES], pages[VMT_GROUPED_BYTES], faults[VMT_GROUPED_BYTES];

   return vmt_format("%s (%s pages, %s faults)",
                     vmt_bytes_text(ram, bytes_of(size->ram_pages)),
                     vmt_number_grouped(pages, size->ram_pages),
                     vmt_number_grouped(faults, size->n_faults));
}

static char *
span_text(const struct vmt_curve_span *span)
{
   char *from = end_text(span->from.size), *to = end_text(span->to.size), *text;
   char number[VMT_GROUPED_BYTES];

   text = vmt_format("from %s to %s: %s more faults", from, to,
                     vmt_number_grouped(number, span->to.size->n_faults
                                        - span->from.size->n_faults));
   free(from);
   free(to);
   return text;
}

/* What the table is of.  */
static char *
charged_text(const struct vmt_curve_span *span)
{
   char number[VMT_GROUPED_BYTES], high[VMT_GROUPED_BYTES], low[VMT_GROUPED_BYTES];

   vmt_number_grouped(number, span->n_charged);
   if (span->low_pages == span->to.size->ram_pages
       && span->high_pages == span->from.size->ram_pages)
      return vmt_format("%s of them, whose charges are known", number);
   return vmt_format("from %s to %s pages, for charges are known in steps, of which "
                     "these are next: %s more faults",
                     vmt_number_grouped(high, span->high_pages),
                     vmt_number_grouped(low, span->low_pages), number);
}

static void
print_span(const struct vmt_curve_view *view, const struct vmt_output *out)
{
   const struct vmt_curve_span *span = &view->span;
   char number[VMT_GROUPED_BYTES];

   vmt_memory_print_labelled(out, "RAM falls", span_text(span));
   vmt_memory_print_labelled(out, "Table", charged_text(span));
   if (span->n_uncharged > 0)
      vmt_memory_print_labelled(out, "", vmt_format(
                                   "%s more are charged to nobody",
                                   vmt_number_grouped(number, span->n_uncharged)));
   vmt_report_text_remarks(&view->memory.report.input.profile,
                           &view->memory.report.input.blame, out);
   putc('\n', out->file);
   vmt_report_text_table(&view->memory.report, out);
}

void
vmt_curve_text(const struct vmt_curve_view *view, const struct vmt_output *out)
{
   if (view->has_span) {
      vmt_report_text_run(&view->memory.report, out);
      print_span(view, out);
      return;
   }
   print_about(view, out);
   if (vmt_curve_first_pages(view->curve) < view->last->ram_pages)
      vmt_curve_draw(view, out);
   print_table(view, out);
   vmt_curve_answer(view, out);
}
