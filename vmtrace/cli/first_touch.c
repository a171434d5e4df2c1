#include "vmtrace/cli/first_touch.h"

#include <inttypes.h>
#include <stdlib.h>

#include "vmtrace/cli/report_cells.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

#define DEFAULT_ROWS 10

static int64_t
sum_over_runs(const struct vmt_profile *profile,
              int64_t (*of)(const struct vmt_first_touch *first))
{
   int64_t sum = 0;

   for (size_t i = 0; i < profile->n_runs; i++)
      sum = vmt_wrapping_sum(sum, of(&profile->runs[i].first_touch));
   return sum;
}

static int64_t
pages_of(const struct vmt_first_touch *first)
{
   return first->pages;
}

bool
vmt_first_touch_is_worth_telling(const struct vmt_profile *profile)
{
   return sum_over_runs(profile, vmt_misplaced_pages) >= VMT_MISPLACED_WORTH_TELLING;
}

/* ---- as text ---- */

static void
add_text(struct vmt_table *table, char *text)
{
   vmt_table_cell(table, "%s", text);
   free(text);
}

/* "3 worker", "3 worker, 4 worker and 2 more".  */
static char *
users_text(const struct vmt_report *report, const struct vmt_first_touch_table *all,
           const struct vmt_first_touch_row *row)
{
   const struct vmt_first_touch_user *users = &all->users[row->first_user];
   char *first = vmt_report_thread(report, row->run, users[0].thread);
   char *text;

   if (row->n_users == 1)
      return first;
   text = vmt_format("%s and %zu more", first, row->n_users - 1);
   free(first);
   return text;
}

static void
add_row(const struct vmt_report *report, const struct vmt_first_touch_table *all,
        const struct vmt_first_touch_row *row, struct vmt_table *table)
{
   const struct vmt_blame *blame = &report->input.blame;
   double others = row->uses > 0
                   ? 100.0 * (double) (row->uses - row->own_uses) / (double) row->uses : 0;
   char grouped[VMT_GROUPED_BYTES], *position, *function;

   vmt_table_cell(table, "%s", vmt_number_grouped(grouped, row->pages));
   vmt_table_cell(table, "%.0f%%", others);
   add_text(table, vmt_report_thread(report, row->run, row->thread));
   add_text(table, users_text(report, all, row));
   position = vmt_report_position(blame, row->place, true);
   function = vmt_report_function(blame, row->place);
   vmt_table_cell(table, "%s%s%s", position, *position ? " " : "", function);
   free(position);
   free(function);
}

static void
print_rows(const struct vmt_report *report, const struct vmt_first_touch_table *all,
           size_t n, const struct vmt_output *out)
{
   static const struct vmt_table_column titles[] = {
      { "Pages", true }, { "By others", true }, { "Touched first by", false },
      { "Used most by", false }, { "Line", false }
   };
   struct vmt_table table;

   vmt_table_init(&table, titles, sizeof titles / sizeof titles[0]);
   for (size_t i = 0; i < n; i++)
      add_row(report, all, &all->rows[i], &table);
   vmt_table_print(&table, out);
   vmt_table_free(&table);
}

void
vmt_first_touch_text(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;
   char some[VMT_GROUPED_BYTES], all_pages[VMT_GROUPED_BYTES];
   struct vmt_first_touch_table all;
   size_t n;

   if (!vmt_first_touch_is_worth_telling(profile))
      return;
   vmt_first_touch_table_init(&all, profile, &report->input.blame);
   n = report->top_given ? report->top : DEFAULT_ROWS;
   if (n == 0 || n > all.n_rows)
      n = all.n_rows;
   fprintf(out->file, "First touch: %s of %s pages are used most by another thread than "
           "the one that touched them first\n",
           vmt_number_grouped(some, sum_over_runs(profile, vmt_misplaced_pages)),
           vmt_number_grouped(all_pages, sum_over_runs(profile, pages_of)));
   print_rows(report, &all, n, out);
   if (n < all.n_rows)
      fprintf(out->file, "... and %zu more (--top=0 shows all)\n", all.n_rows - n);
   putc('\n', out->file);
   vmt_first_touch_table_free(&all);
}

/* ---- as JSON ---- */

static void
print_users(const struct vmt_first_touch_table *all, const struct vmt_first_touch_row *row,
            FILE *file)
{
   for (size_t i = 0; i < row->n_users; i++) {
      const struct vmt_first_touch_user *user = &all->users[row->first_user + i];

      fprintf(file, "%s{\"thread\":%" PRIu32 ",\"pages\":%" PRId64 ",\"uses\":%" PRId64
              "}", i ? "," : "", user->thread, user->pages, user->uses);
   }
}

static void
print_line(const struct vmt_report *report, const struct vmt_first_touch_table *all,
           const struct vmt_first_touch_row *row, FILE *file)
{
   putc('{', file);
   vmt_report_json_place(&report->input.blame, file, row->place, true);
   fprintf(file, ",\"thread\":%" PRIu32 ",", row->thread);
   vmt_report_json_member(file, "pid", report->input.profile.runs[row->run].header, "pid");
   fprintf(file, ",\"pages\":%" PRId64 ",\"own_uses\":%" PRId64 ",\"uses\":%" PRId64
           ",\"users\":[", row->pages, row->own_uses, row->uses);
   print_users(all, row, file);
   fputs("]}", file);
}

void
vmt_first_touch_json(const struct vmt_report *report, FILE *file)
{
   const struct vmt_profile *profile = &report->input.profile;
   struct vmt_first_touch_table all;
   bool is_known = false;

   for (size_t i = 0; i < profile->n_runs; i++)
      is_known |= profile->runs[i].first_touch.is_known;
   if (!is_known)
      return;
   vmt_first_touch_table_init(&all, profile, &report->input.blame);
   fprintf(file, ",\n\"first_touch\":{\"pages\":%" PRId64 ",\"misplaced_pages\":%" PRId64
           ",\"lines\":[", sum_over_runs(profile, pages_of),
           sum_over_runs(profile, vmt_misplaced_pages));
   for (size_t i = 0; i < all.n_rows; i++) {
      fputs(i ? ",\n" : "\n", file);
      print_line(report, &all, &all.rows[i], file);
   }
   fputs("]}", file);
   vmt_first_touch_table_free(&all);
}
