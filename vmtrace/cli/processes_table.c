/* The table by process: what each did, then what memory it had.  */

#include "vmtrace/cli/processes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/chart.h"
#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

#define COMMAND_COLUMNS 48
#define N_ALWAYS 3              /* of the standard columns */
#define COLUMNS_MAX (VMT_EVENTS_MAX + 8)

struct process_table {
   const struct vmt_report *report;
   struct vmt_process_facts facts;
   struct vmt_event_list columns;
   uint32_t *order;
   size_t n;                    /* rows to show */
};

static bool
happened(const struct vmt_profile *profile, const char *name)
{
   return vmt_profile_total(profile, vmt_events_find(&profile->events, name)) != 0;
}

/* Counts: the event that orders, then those asked for or those of sharing.  */
static void
choose_columns(struct process_table *table)
{
   static const char *const standard[] = { "Flt", "ForkCow", "Reuse", "StlbM", "Ir" };
   const struct vmt_report *report = table->report;
   const struct vmt_profile *profile = table->facts.profile;
   const struct vmt_events *events = &profile->events;
   struct vmt_event_list *list = &table->columns;

   if (report->process_sort < VMT_EVENTS_MAX && events->n
       && events->roles[report->process_sort] != VMT_EVENT_SIZE)
      vmt_report_add_event(list, report->process_sort);
   for (size_t i = 0; i < report->events.n; i++)
      vmt_report_add_event(list, report->events.events[i]);
   if (report->events.n)
      return;
   for (size_t i = 0; i < sizeof standard / sizeof standard[0]; i++) {
      if (i < N_ALWAYS || happened(profile, standard[i]))
         vmt_report_add_event(list, vmt_events_find(events, standard[i]));
      if (i == 0 && happened(profile, "MajFlt")) {
         vmt_report_add_event(list, vmt_events_find(events, "MinFlt"));
         vmt_report_add_event(list, vmt_events_find(events, "MajFlt"));
      }
   }
   vmt_report_add_limit_events(profile, list);
}

static enum vmt_paint
paint_of(size_t column, double share)
{
   return column > 0 ? VMT_PAINT_PLAIN : share >= 10 ? VMT_PAINT_HOT
          : share >= 2 ? VMT_PAINT_WARM : VMT_PAINT_PLAIN;
}

/* ---- what each did ---- */

static void
add_count(struct vmt_table *cells, const struct process_table *table, size_t column,
          int64_t number)
{
   int64_t whole = vmt_profile_total(table->facts.profile,
                                     table->columns.events[column]);
   double share = whole > 0 ? 100.0 * (double) number / (double) whole : 0.0;
   enum vmt_paint paint = paint_of(column, share);
   char grouped[VMT_GROUPED_BYTES];

   vmt_table_painted_cell(cells, paint, "%s", vmt_number_grouped(grouped, number));
   if (column == 0)
      vmt_table_painted_cell(cells, paint, "%.1f%%", share);
}

/* Who it is, as the last three cells.  */
static void
add_process(struct vmt_table *cells, const struct process_table *table,
            uint32_t process)
{
   const struct vmt_profile *profile = table->facts.profile;
   char *command = vmt_process_command(profile, process, COMMAND_COLUMNS);
   char *ending = vmt_process_ending(vmt_process_last(profile, process));

   vmt_table_cell(cells, "%" PRId64, vmt_process_pid(profile, process));
   vmt_table_cell(cells, "%s%s%s", command, *ending ? ", " : "", ending);
   free(command);
   free(ending);
}

/* Of a process that executed another program, each of them.  */
static void
add_image(struct vmt_table *cells, const struct process_table *table, uint32_t process,
          uint32_t image)
{
   const struct vmt_profile *profile = table->facts.profile;
   const struct vmt_process *of = &profile->processes.list[process];
   uint32_t run = profile->processes.images[of->first_image + image];
   char *command = vmt_run_command(&profile->runs[run], COMMAND_COLUMNS);

   for (size_t i = 0; i < table->columns.n; i++)
      add_count(cells, table, i,
                profile->runs[run].totals[table->columns.events[i]]);
   vmt_table_cell(cells, "%s", "");
   vmt_table_cell(cells, "%s", "");
   vmt_table_cell(cells, "%s %s", !vmt_locale_is_unicode()
                  ? image + 1 < of->n_images ? "|-" : "`-"
                  : image + 1 < of->n_images ? "├─" : "└─", command);
   free(command);
}

static void
print_counts(const struct process_table *table, const struct vmt_output *out)
{
   const struct vmt_events *events = &table->facts.profile->events;
   struct vmt_table_column titles[COLUMNS_MAX];
   struct vmt_table cells;
   char grouped[VMT_GROUPED_BYTES];
   size_t n = 0;

   for (size_t i = 0; i < table->columns.n; i++) {
      titles[n++] = (struct vmt_table_column){
         events->names[table->columns.events[i]], true
      };
      if (i == 0)
         titles[n++] = (struct vmt_table_column){ "", true };
   }
   titles[n++] = (struct vmt_table_column){ "ParentCow", true };
   titles[n++] = (struct vmt_table_column){ "Pid", true };
   titles[n++] = (struct vmt_table_column){ "Process", false };
   vmt_table_init(&cells, titles, n);
   for (size_t i = 0; i < table->n; i++) {
      uint32_t process = table->order[i];
      uint32_t n_images = table->facts.profile->processes.list[process].n_images;

      for (size_t k = 0; k < table->columns.n; k++)
         add_count(&cells, table, k,
                   vmt_process_total(table->facts.profile, process,
                                     table->columns.events[k]));
      vmt_table_cell(&cells, "%s", vmt_number_grouped(
                        grouped, table->facts.numbers[process][VMT_PROCESS_PARENT_COW]));
      add_process(&cells, table, process);
      for (uint32_t k = 0; n_images > 1 && k < n_images; k++)
         add_image(&cells, table, process, k);
   }
   vmt_table_print(&cells, out);
   vmt_table_free(&cells);
}

/* ---- what memory each had ---- */

static void
add_size(struct vmt_table *cells, int64_t size_bytes)
{
   char size[VMT_QUANTITY_BYTES];

   vmt_table_cell(cells, "%s", size_bytes < 0 ? "-"
                  : vmt_bytes_text(size, (double) size_bytes));
}

static void
print_sizes(const struct process_table *table, const struct vmt_output *out)
{
   static const struct vmt_table_column titles[] = {
      { "RssPeak", true }, { "Private", true }, { "Shared", true }, { "Pss", true },
      { "EndPrivate", true }, { "EndShared", true }, { "EndPss", true },
      { "Tables", true }, { "Pid", true }, { "Process", false }
   };
   const struct vmt_profile *profile = table->facts.profile;
   int peak = vmt_events_find(&profile->events, "RssPeak");
   struct vmt_table cells;

   /* It is of no phase.  */
   if (profile->phase)
      return;
   fputs("\nMemory: at the peak of the process, at its end, and of page tables\n",
         out->file);
   vmt_table_init(&cells, titles, sizeof titles / sizeof titles[0]);
   for (size_t i = 0; i < table->n; i++) {
      uint32_t process = table->order[i];

      add_size(&cells, vmt_process_total(profile, process, peak));
      for (int k = VMT_PROCESS_PRIVATE; k <= VMT_PROCESS_TABLES; k++)
         add_size(&cells, table->facts.numbers[process][k]);
      add_process(&cells, table, process);
   }
   vmt_table_print(&cells, out);
   vmt_table_free(&cells);
}

/* ---- all ---- */

void
vmt_processes_text_table(const struct vmt_report *report, const struct vmt_output *out)
{
   struct process_table table = {
      .report = report, .facts = vmt_process_facts_find(&report->input.profile)
   };
   size_t n = report->input.profile.processes.n;

   table.order = vmt_processes_order(report, &table.facts);
   table.n = report->top && report->top < n ? report->top : n;
   choose_columns(&table);
   fprintf(out->file, "Processes by %s\n", vmt_processes_sort_name(report));
   print_counts(&table, out);
   print_sizes(&table, out);
   if (table.n < n)
      fprintf(out->file, "... and %zu more (--top=0 shows all)\n", n - table.n);
   free(table.order);
   vmt_process_facts_free(&table.facts);
}
