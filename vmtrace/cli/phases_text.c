/* Phases and snapshots as text.  */

#include "vmtrace/cli/phases.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/memory_view.h"
#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

#define ROWS_USUAL 20
#define NAME_COLUMNS 60
#define NAMED_IN_ERRORS 5

static const char *const columns[] = { "Ir", "Flt", "MinFlt", "MajFlt", "DtlbM", "StlbM" };
enum { N_COLUMNS = sizeof columns / sizeof columns[0] };

static int64_t
count_of(const struct vmt_profile *profile, const int64_t *totals, const char *name)
{
   int event = vmt_events_find(&profile->events, name);

   return event < 0 ? 0 : totals[event];
}

/* ---- what is wanted ---- */

static int
complain_of_phase(const struct vmt_report_options *options,
                  const struct vmt_phase *phases, size_t n)
{
   char *wanted = vmt_escape_short(options->phase, NAME_COLUMNS);
   char *list = vmt_strdup("");

   for (size_t i = 0; i < n && i < NAMED_IN_ERRORS; i++) {
      char *name = vmt_escape_short(phases[i].name, NAME_COLUMNS);
      char *longer = vmt_format("%s%s%s", list, i ? ", " : "", name);

      free(name);
      free(list);
      list = longer;
   }
   if (n == 0)
      vmt_complain("%s: the profile has no phases; a program marks them with "
                   "<vmtrace/vmtrace.h>", options->verb);
   else
      vmt_complain("%s: there is no phase '%s'; there are %zu: %s%s", options->verb,
                   wanted, n, list, n > NAMED_IN_ERRORS ? ", ..." : "");
   free(wanted);
   free(list);
   return VMT_EXIT_TROUBLE;
}

int
vmt_phases_check(const struct vmt_profile *profile,
                 const struct vmt_report_options *options)
{
   struct vmt_phase *phases;
   size_t n;
   int status = VMT_EXIT_OK;
   bool found = !options->phase;

   phases = vmt_marks_all_phases(profile, &n);
   for (size_t i = 0; i < n && !found; i++)
      found = strcmp(phases[i].name, options->phase) == 0;
   if (!found)
      status = complain_of_phase(options, phases, n);
   free(phases);
   return status;
}

/* ---- phases ---- */

static const struct vmt_profile *sorted_of;

static int
compare_phases(const void *a, const void *b)
{
   const struct vmt_phase *x = a, *y = b;

   for (size_t i = 1; i <= N_COLUMNS; i++) {
      const char *name = columns[i % N_COLUMNS];        /* Flt, ..., Ir */
      int64_t p = count_of(sorted_of, x->totals, name);
      int64_t q = count_of(sorted_of, y->totals, name);

      if (p != q)
         return p > q ? -1 : 1;
   }
   return strcmp(x->name, y->name);
}

/* What there is to say beside the name; to be freed.  */
static char *
remark_of(const struct vmt_phase *phase)
{
   char marked[VMT_GROUPED_BYTES];

   if (!phase->known)
      return vmt_strdup(" (sums not known)");
   if (phase->n_marked < phase->n_entered)
      return vmt_format(" (lines of %s of these times)%s",
                        vmt_number_grouped(marked, phase->n_marked),
                        phase->is_open ? ", open at the end" : "");
   return vmt_strdup(phase->is_open ? ", open at the end" : "");
}

static void
add_phase(const struct vmt_profile *profile, const struct vmt_phase *phase,
          struct vmt_table *table)
{
   char number[VMT_GROUPED_BYTES], *name = vmt_escape_short(phase->name, NAME_COLUMNS);
   char *remark = remark_of(phase);

   vmt_table_cell(table, "%s", vmt_number_grouped(number, phase->n_entered));
   for (size_t i = 0; i < N_COLUMNS; i++)
      vmt_table_cell(table, "%s", vmt_number_grouped(
                        number, count_of(profile, phase->totals, columns[i])));
   vmt_table_cell(table, "%s%s", name, remark);
   free(name);
   free(remark);
}

static size_t
n_shown(const struct vmt_report *report, size_t n)
{
   size_t most = report->top_given ? report->top : ROWS_USUAL;

   return most && most < n ? most : n;
}

static void
print_more(const struct vmt_output *out, size_t n, size_t shown)
{
   if (shown < n)
      fprintf(out->file, "... and %zu more (--top=0 shows all)\n", n - shown);
}

static void
print_phases(const struct vmt_report *report, struct vmt_phase *phases, size_t n,
             const struct vmt_output *out)
{
   static const struct vmt_table_column titles[] = {
      { "Entered", true }, { "Ir", true }, { "Flt", true }, { "MinFlt", true },
      { "MajFlt", true }, { "DtlbM", true }, { "StlbM", true }, { "Phase", false }
   };
   const struct vmt_profile *profile = &report->input.profile;
   size_t shown = n_shown(report, n);
   struct vmt_table table;

   sorted_of = profile;
   qsort(phases, n, sizeof *phases, compare_phases);
   fputs("Phases, with all that happened while they were open; --phase=NAME shows the "
         "lines of one\n", out->file);
   vmt_table_init(&table, titles, sizeof titles / sizeof titles[0]);
   for (size_t i = 0; i < shown; i++)
      add_phase(profile, &phases[i], &table);
   vmt_table_print(&table, out);
   vmt_table_free(&table);
   print_more(out, n, shown);
   putc('\n', out->file);
}

void
vmt_phases_text_head(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;
   char *name, *remark, number[VMT_GROUPED_BYTES];
   struct vmt_phase *phases;
   size_t n;

   if (!profile->phase)
      return;
   phases = vmt_marks_all_phases(profile, &n);
   for (size_t i = 0; i < n; i++) {
      if (strcmp(phases[i].name, profile->phase) != 0)
         continue;
      name = vmt_escape_short(phases[i].name, NAME_COLUMNS);
      remark = remark_of(&phases[i]);
      vmt_report_text_label(out, "Phase");
      fprintf(out->file, "%s, entered %s time%s%s; nothing else is counted here\n", name,
              vmt_number_grouped(number, phases[i].n_entered),
              phases[i].n_entered == 1 ? "" : "s", remark);
      free(name);
      free(remark);
   }
   free(phases);
}

/* ---- snapshots ---- */

/* Whether memory was shared with other processes at any of them.  */
static bool
has_shared(const struct vmt_marks *marks)
{
   for (size_t i = 0; i < marks->n_snapshots; i++)
      if (vmt_resident_sum(&marks->snapshots[i].resident).shared_pages)
         return true;
   return false;
}

static void
add_snapshot(const struct vmt_profile *profile, const struct vmt_snapshot *snapshot,
             bool with_pss, struct vmt_table *table)
{
   int64_t pss_bytes = vmt_resident_sum(&snapshot->resident).pss_bytes;
   char text[VMT_QUANTITY_BYTES], number[VMT_GROUPED_BYTES];
   char *name = vmt_escape_short(snapshot->name, NAME_COLUMNS);

   vmt_table_cell(table, "%s", vmt_number_grouped(number, snapshot->instrs));
   vmt_table_cell(table, "%s", vmt_bytes_text(
                     text, (double) snapshot->resident_pages * VMT_MEMORY_PAGE_BYTES));
   if (with_pss)
      vmt_table_cell(table, "%s", vmt_bytes_text(text, (double) pss_bytes));
   for (size_t i = 1; i < N_COLUMNS; i++)
      vmt_table_cell(table, "%s", vmt_number_grouped(
                        number, count_of(profile, snapshot->totals, columns[i])));
   vmt_table_cell(table, "%s", name);
   free(name);
}

static void
print_snapshots(const struct vmt_report *report, const struct vmt_profile_run *run,
                const struct vmt_output *out)
{
   static const struct vmt_table_column titles[] = {
      { "At instr", true }, { "Resident", true }, { "PSS", true }, { "Flt", true },
      { "MinFlt", true }, { "MajFlt", true }, { "DtlbM", true }, { "StlbM", true },
      { "Snapshot", false }
   }, alone[] = {
      { "At instr", true }, { "Resident", true }, { "Flt", true }, { "MinFlt", true },
      { "MajFlt", true }, { "DtlbM", true }, { "StlbM", true }, { "Snapshot", false }
   };
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_marks *marks = &run->marks;
   size_t shown = n_shown(report, marks->n_snapshots);
   bool with_pss = has_shared(marks);
   char *file = vmt_escape_line(run->file);
   struct vmt_table table;

   fprintf(out->file, "Snapshots%s%s: totals until then\n",
           profile->n_runs > 1 ? " of " : "", profile->n_runs > 1 ? file : "");
   free(file);
   if (with_pss)
      vmt_table_init(&table, titles, sizeof titles / sizeof titles[0]);
   else
      vmt_table_init(&table, alone, sizeof alone / sizeof alone[0]);
   for (size_t i = 0; i < shown; i++)
      add_snapshot(profile, &marks->snapshots[i], with_pss, &table);
   vmt_table_print(&table, out);
   vmt_table_free(&table);
   print_more(out, marks->n_snapshots, shown);
   putc('\n', out->file);
}

/* ---- what was not counted ---- */

static void
print_pauses(const struct vmt_report *report, const struct vmt_profile_run *run,
             const struct vmt_output *out)
{
   const struct vmt_marks *marks = &run->marks;
   char *file = report->input.profile.n_runs > 1 ? vmt_escape_line(run->file) : NULL;
   const char *of = file ? file : "", *colon = file ? ": " : "";
   char number[VMT_GROUPED_BYTES];
   int64_t n_instrs = 0;
   bool to_the_end = false;

   for (size_t i = 0; i < marks->n_pauses; i++) {
      const struct vmt_span *span = &marks->pauses[i];

      to_the_end |= span->to_instr == INT64_MAX;
      if (span->to_instr != INT64_MAX)
         n_instrs = vmt_wrapping_sum(n_instrs, span->to_instr - span->from_instr);
   }
   if (marks->was_reset) {
      vmt_report_text_label(out, "Counted");
      fprintf(out->file, "%s%sfrom instruction %s on: what was before is forgotten\n", of,
              colon, vmt_number_grouped(number, marks->reset_instrs));
   }
   if (marks->n_pauses > 0) {
      vmt_report_text_label(out, "Not counted");
      fprintf(out->file, "%s%s", of, colon);
   }
   if (marks->n_pauses > to_the_end)
      fprintf(out->file, "%s instructions in %zu part%s%s",
              vmt_number_grouped(number, n_instrs), marks->n_pauses - to_the_end,
              marks->n_pauses - to_the_end == 1 ? "" : "s", to_the_end ? ", and " : "");
   if (to_the_end)
      fprintf(out->file, "what came after instruction %s",
              vmt_number_grouped(number, marks->pauses[marks->n_pauses - 1].from_instr));
   if (marks->n_pauses > 0)
      putc('\n', out->file);
   if (marks->n_pauses > 0 || marks->was_reset)
      putc('\n', out->file);
   free(file);
}

void
vmt_phases_text(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;
   struct vmt_phase *phases;
   size_t n;

   if (profile->phase)
      return;
   for (size_t i = 0; i < profile->n_runs; i++)
      print_pauses(report, &profile->runs[i], out);
   phases = vmt_marks_all_phases(profile, &n);
   if (n)
      print_phases(report, phases, n, out);
   free(phases);
   for (size_t i = 0; i < profile->n_runs; i++)
      if (profile->runs[i].marks.n_snapshots)
         print_snapshots(report, &profile->runs[i], out);
}
