/* The part of a report above its table: what ran, and the totals.  */

#include "vmtrace/cli/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/memory_view.h"
#include "vmtrace/cli/phases.h"
#include "vmtrace/cli/processes.h"
#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile_text.h"

#define LABEL_COLUMNS 13
#define COMMAND_COLUMNS 80
#define COMMANDS_MAX 5

static int64_t
total(const struct vmt_report *report, const char *name)
{
   const struct vmt_profile *profile = &report->input.profile;

   return vmt_profile_total(profile, vmt_events_find(&profile->events, name));
}

static double
percent(int64_t part, int64_t whole)
{
   return whole > 0 ? 100.0 * (double) part / (double) whole : 0.0;
}

void
vmt_report_text_label(const struct vmt_output *out, const char *label)
{
   fprintf(out->file, "%s%-*s%s", vmt_output_paint(out, VMT_PAINT_BOLD),
           LABEL_COLUMNS, label, vmt_output_paint(out, VMT_PAINT_PLAIN));
}

/* A number after text that is printed as it is.  */
static void
print_number(const struct vmt_output *out, const char *before, int64_t number,
             const char *after)
{
   char grouped[VMT_GROUPED_BYTES];

   fprintf(out->file, "%s%s%s", before, vmt_number_grouped(grouped, number),
           after);
}

/* The words of a command, safe to print; to be freed.  */
static char *
command_text(const struct vmt_profile_run *run)
{
   json_t *command = json_object_get(run->header, "command"), *word;
   char *text = vmt_strdup(""), *line;
   size_t i;

   json_array_foreach(command, i, word) {
      char *bytes = vmt_profile_text(word);
      char *longer = vmt_format("%s%s%s", text, i ? " " : "", bytes ? bytes : "?");

      free(bytes);
      free(text);
      text = longer;
      if (strlen(text) > 4 * COMMAND_COLUMNS)
         break;
   }
   line = vmt_escape_short(text, COMMAND_COLUMNS);
   free(text);
   return line;
}

/* How a run ended, with a comma before it; to be freed.  */
static char *
ending_text(const struct vmt_profile_run *run)
{
   json_t *status = json_object_get(run->end, "exit");
   json_t *signal = json_object_get(run->end, "signal");

   if (json_is_integer(status))
      return vmt_format(", exit status %lld", (long long) json_integer_value(status));
   if (json_is_integer(signal)) {
      const char *name = sigabbrev_np((int) json_integer_value(signal));

      return vmt_format(", ended by signal %lld%s%s",
                        (long long) json_integer_value(signal), name ? " SIG" : "",
                        name ? name : "");
   }
   return vmt_strdup(json_object_get(run->end, "exec") ? ", replaced by another program"
                     : json_object_get(run->end, "snapshot")
                     ? ", which was still running" : "");
}

char *
vmt_report_run_line(const struct vmt_profile_run *run)
{
   char *command = command_text(run), *ending = ending_text(run);
   char *line = vmt_format("%s%s", command, ending);

   free(command);
   free(ending);
   return line;
}

/* What a run was started as, and how the process that it was ended.  */
static void
print_commands(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_processes *processes = &profile->processes;

   for (size_t i = 0; i < processes->n_trees && i < COMMANDS_MAX; i++) {
      uint32_t root = processes->trees[i].first;
      uint32_t image = processes->images[processes->list[root].first_image];
      char *command = command_text(&profile->runs[image]);
      char *ending = ending_text(vmt_process_last(profile, root));

      vmt_report_text_label(out, i ? "" : "Command");
      fprintf(out->file, "%s%s\n", command, ending);
      free(command);
      free(ending);
   }
   if (processes->n_trees > COMMANDS_MAX) {
      vmt_report_text_label(out, "");
      fprintf(out->file, "... and %zu more runs\n", processes->n_trees - COMMANDS_MAX);
   }
}

/* One of several, of which there is nothing here.  */
static void
print_alone(const struct vmt_profile *profile, const struct vmt_output *out)
{
   const struct vmt_process *process = &profile->processes.list[0];
   size_t n_missing = vmt_processes_n_missing(profile);

   if (!process->parent_id && !n_missing)
      return;
   vmt_report_text_label(out, "Processes");
   fputs("1 of a run of several:", out->file);
   if (process->parent_id)
      fprintf(out->file, " it was forked%s", n_missing ? " and" : "");
   if (n_missing)
      fprintf(out->file, " it forked %zu", n_missing);
   fputs("; together with their profiles this one says more\n", out->file);
}

/* How many there are of what; of one run also what its record of the whole says.  */
static void
print_processes(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_processes *processes = &profile->processes;
   const struct vmt_process_tree *tree = &processes->trees[0];
   size_t n_missing = vmt_processes_n_missing(profile);

   if (profile->n_runs == 1) {
      print_alone(profile, out);
      return;
   }
   vmt_report_text_label(out, "Processes");
   if (processes->n == 1)
      fprintf(out->file, "1, which executed %zu programs, one after the other",
              profile->n_runs);
   else {
      fprintf(out->file, "%zu of ", processes->n);
      if (processes->n_trees == 1)
         fputs("one run", out->file);
      else
         fprintf(out->file, "%zu runs, added up", processes->n_trees);
      if (processes->n_trees == 1 && tree->image != UINT32_MAX)
         fprintf(out->file, ", at most %" PRId64 " alive at once",
                 profile->runs[tree->image].family.tree.n_processes_peak);
      if (profile->n_runs > processes->n)
         fprintf(out->file, "; with what they executed, %zu profiles", profile->n_runs);
   }
   if (n_missing)
      fprintf(out->file, "; %zu more %s forked and %s no profile here", n_missing,
              n_missing == 1 ? "was" : "were", n_missing == 1 ? "has" : "have");
   putc('\n', out->file);
}

static void
print_executed(const struct vmt_report *report, const struct vmt_output *out)
{
   int64_t ir = total(report, "Ir");

   if (ir == 0)
      return;
   vmt_report_text_label(out, "Instructions");
   print_number(out, "", ir, "");
   print_number(out, "; ", total(report, "Dr"), " data reads, ");
   print_number(out, "", total(report, "Dw"), " data writes\n");
}

static void
print_kind(const struct vmt_report *report, const struct vmt_output *out, int event)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_event_about *about =
      vmt_event_about(profile->events.names[event]);
   int64_t number = vmt_profile_total(profile, event);
   char grouped[VMT_GROUPED_BYTES];

   fprintf(out->file, "%*s%13s %5.1f%%  %-8s %s\n", LABEL_COLUMNS - 2, "",
           vmt_number_grouped(grouped, number),
           percent(number, total(report, "Flt")), profile->events.names[event],
           about ? about->text : "");
}

static int
compare_totals(const void *a, const void *b, void *context)
{
   int x = *(const int *) a, y = *(const int *) b;
   int64_t p = vmt_profile_total(context, x), q = vmt_profile_total(context, y);

   return p > q ? -1 : p < q ? 1 : x - y;
}

/* The kinds of fault that occurred, most first.  */
static void
print_faults(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;
   int kinds[VMT_EVENTS_MAX];
   size_t n = 0;

   vmt_report_text_label(out, "Page faults");
   print_number(out, "", total(report, "Flt"), "");
   print_number(out, ": ", total(report, "MinFlt"), " minor");
   print_number(out, ", ", total(report, "MajFlt"), " major\n");
   for (int event = 0; event < (int) profile->events.n; event++)
      if ((profile->events.roles[event] == VMT_EVENT_MINOR
           || profile->events.roles[event] == VMT_EVENT_MAJOR)
          && vmt_profile_total(profile, event))
         kinds[n++] = event;
   qsort_r(kinds, n, sizeof *kinds, compare_totals, (void *) profile);
   for (size_t i = 0; i < n; i++)
      print_kind(report, out, kinds[i]);
}

/* Accesses that got a signal: rare enough to be told only if there were any.  */
static void
print_signals(const struct vmt_report *report, const struct vmt_output *out)
{
   static const char *const names[] = { "Prot", "Segv", "Bus" };

   for (size_t i = 0; i < 3; i++) {
      int64_t number = total(report, names[i]);

      if (number == 0)
         continue;
      vmt_report_text_label(out, names[i]);
      print_number(out, "", number, " ");
      fprintf(out->file, "%s\n", vmt_event_about(names[i])->text);
   }
}

static void
print_rate(const struct vmt_output *out, const char *name, int64_t number,
           int64_t n_accesses, const char *of)
{
   double rate = percent(number, n_accesses);
   char grouped[VMT_GROUPED_BYTES];

   fprintf(out->file, "%*s%13s", LABEL_COLUMNS - 2, "",
           vmt_number_grouped(grouped, number));
   if (n_accesses > 0)
      fprintf(out->file, " %5.*f%%  %-8s of %s\n", rate >= 10 ? 1 : rate >= 1 ? 2 : 3,
              rate, name, of);
   else
      fprintf(out->file, "%9s%s\n", "", name);
}

static void
print_tlb(const struct vmt_report *report, const struct vmt_output *out)
{
   int64_t n_data = total(report, "Dr") + total(report, "Dw");
   int64_t n_fetches = total(report, "Ir");

   vmt_report_text_label(out, "TLB misses");
   print_number(out, "", vmt_wrapping_sum(total(report, "DtlbM"),
                                          total(report, "ItlbM")),
                " in the first level, ");
   print_number(out, "", total(report, "StlbM"), " in both\n");
   print_rate(out, "DtlbM", total(report, "DtlbM"), n_data, "data accesses");
   print_rate(out, "ItlbM", total(report, "ItlbM"), n_fetches, "instructions");
   print_rate(out, "StlbM", total(report, "StlbM"), n_data + n_fetches,
              "all accesses");
   if (total(report, "WalkRef")) {
      vmt_report_text_label(out, "Page walks");
      print_number(out, "", total(report, "WalkRef"), " page-table loads");
      if (total(report, "StlbM") > 0)
         fprintf(out->file, ", %.2f a walk", (double) total(report, "WalkRef")
                 / (double) total(report, "StlbM"));
      putc('\n', out->file);
   }
   if (total(report, "Shoot")) {
      vmt_report_text_label(out, "Shootdowns");
      print_number(out, "", total(report, "Shoot"), "\n");
   }
}

/* Of the one run, whose record of the whole has it.  */
static void
print_together(const struct vmt_report *report, const struct vmt_output *out,
               const char *size)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_tree_sizes *sizes =
      &profile->runs[profile->processes.trees[0].image].family.tree;
   char tables[VMT_QUANTITY_BYTES], cache[VMT_QUANTITY_BYTES];

   fprintf(out->file, "%s at the peak of all processes together, each page counted once; "
           "page tables %s, page cache %s\n", size,
           vmt_bytes_text(tables, (double) sizes->table_pages * VMT_MEMORY_PAGE_BYTES),
           vmt_bytes_text(cache, (double) sizes->cache_pages * VMT_MEMORY_PAGE_BYTES));
}

static void
print_peak(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_processes *processes = &report->input.profile.processes;
   int64_t size_bytes = total(report, "RssPeak");
   char size[VMT_QUANTITY_BYTES];
   bool is_sum;

   if (size_bytes <= 0)
      return;
   vmt_report_text_label(out, "Resident");
   vmt_bytes_text(size, (double) size_bytes);
   vmt_processes_rss_peak(processes, &is_sum);
   if (is_sum)
      fprintf(out->file, "%s is the sum of the peaks of %zu %s, which need not have been "
              "at one time\n", size,
              processes->n_trees > 1 ? processes->n_trees : processes->n,
              processes->n_trees > 1 ? "runs" : "processes");
   else if (processes->n > 1)
      print_together(report, out, size);
   else
      fprintf(out->file, "%s at the peak%s\n", size, report->input.profile.n_runs > 1
              ? " of the largest of its programs" : "");
}

static void
print_excluded(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;
   int64_t faults =
      vmt_profile_excluded(profile, vmt_events_find(&profile->events, "Flt"));

   if (faults == 0)
      return;
   vmt_report_text_label(out, "Left out");
   print_number(out, "", faults, " faults of what Valgrind adds to the program\n");
}

void
vmt_report_text_run(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;

   size_t n_cut = vmt_profile_n_cut(profile);

   if (n_cut && profile->n_runs == 1)
      fprintf(out->file, "%sCUT SHORT: the profile ends before the program did%s\n\n",
              vmt_output_paint(out, VMT_PAINT_HOT),
              vmt_output_paint(out, VMT_PAINT_PLAIN));
   else if (n_cut)
      fprintf(out->file, "%sCUT SHORT: %zu of %zu profiles end%s before the program "
              "did%s\n\n", vmt_output_paint(out, VMT_PAINT_HOT), n_cut,
              profile->n_runs, n_cut == 1 ? "s" : "",
              vmt_output_paint(out, VMT_PAINT_PLAIN));
   print_commands(report, out);
}

void
vmt_report_text_remarks(const struct vmt_profile *profile,
                        const struct vmt_blame *blame,
                        const struct vmt_output *out)
{
   size_t at = 0;
   const char *label;
   char *text;

   while ((text = vmt_report_remark(profile, blame, &at, &label)) != NULL) {
      vmt_report_text_label(out, label);
      fprintf(out->file, "%s\n", text);
      free(text);
   }
}

void
vmt_report_text_head(const struct vmt_report *report, const struct vmt_output *out)
{
   vmt_report_text_run(report, out);
   print_processes(report, out);
   vmt_phases_text_head(report, out);
   print_executed(report, out);
   print_faults(report, out);
   print_signals(report, out);
   print_tlb(report, out);
   print_peak(report, out);
   print_excluded(report, out);
   vmt_report_text_remarks(&report->input.profile, &report->input.blame, out);
   putc('\n', out->file);
}
