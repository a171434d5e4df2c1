/* The report as text.  */

#include "vmtrace/cli/report_cells.h"

#include <inttypes.h>
#include <stdlib.h>

#include "vmtrace/cli/first_touch.h"
#include "vmtrace/cli/heap.h"
#include "vmtrace/cli/phases.h"
#include "vmtrace/cli/pressure.h"
#include "vmtrace/cli/processes.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

#define COLUMNS_MAX (VMT_EVENTS_MAX + 8)

static bool
is_fault_event(const struct vmt_profile *profile, int event)
{
   return profile->events.n && profile->events.roles[event] == VMT_EVENT_SUM;
}

/* Whether the table knows how often instructions were executed.  */
static bool
has_executed(enum vmt_by by)
{
   return by == VMT_BY_LINE || by == VMT_BY_FUNCTION || by == VMT_BY_OBJECT;
}

/* Whether it is a table by site of what was asked for, not of what was touched.  */
static bool
orders_by_blocks(const struct vmt_report *report)
{
   enum vmt_event_role role = report->input.profile.events.roles[report->sort];

   return report->by == VMT_BY_SITE
          && (role == VMT_EVENT_SITE || role == VMT_EVENT_SIZE);
}

/* A thread's row has room for them.  */
static void
add_thread_events(const struct vmt_profile *profile, struct vmt_event_list *list)
{
   static const char *const names[] = { "Ir", "RssPages", "DtlbM", "StlbM", "Shoot" };

   for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
      int event = vmt_events_find(&profile->events, names[i]);

      if (vmt_profile_total(profile, event))
         vmt_report_add_event(list, event);
   }
}

/* The columns: the event that orders, then those asked for, or those that say
   most beside it.  */
static struct vmt_event_list
columns_of(const struct vmt_report *report)
{
   const struct vmt_events *events = &report->input.profile.events;
   struct vmt_event_list list = { .n = 0 };

   if (events->n == 0)
      return list;
   vmt_report_add_event(&list, report->sort);
   for (size_t i = 0; i < report->events.n; i++)
      vmt_report_add_event(&list, report->events.events[i]);
   if (report->events.n)
      return list;
   if (report->by == VMT_BY_SITE) {
      if (is_fault_event(&report->input.profile, report->sort))
         vmt_report_add_event(&list, vmt_events_find(events, "CallFlt"));
      vmt_report_add_event(&list, vmt_events_find(events, "LivePeak"));
      vmt_report_add_event(&list, vmt_events_find(events, "Allocs"));
   }
   if (orders_by_blocks(report)) {
      vmt_report_add_event(&list, vmt_events_find(events, "KeptPages"));
      vmt_report_add_event(&list, vmt_events_find(events, "PinnedPages"));
   }
   vmt_report_add_event(&list, vmt_events_find(events, "Flt"));
   if (report->by == VMT_BY_SITE)
      vmt_report_add_event(&list, vmt_events_find(events, "CallFlt"));
   if (report->by == VMT_BY_THREAD)
      add_thread_events(&report->input.profile, &list);
   vmt_report_add_event(&list, vmt_events_find(events, "StlbM"));
   vmt_report_add_limit_events(&report->input.profile, &list);
   if (has_executed(report->by)
       && events->roles[report->sort] == VMT_EVENT_EXECUTED) {
      vmt_report_add_event(&list, vmt_events_find(events, "Dr"));
      vmt_report_add_event(&list, vmt_events_find(events, "Dw"));
   }
   return list;
}

static void
add_text(struct vmt_table *table, char *text)
{
   vmt_table_cell(table, "%s", text);
   free(text);
}

struct text_table {
   const struct vmt_report *report;
   struct vmt_ledger ledger;
   struct vmt_event_list columns;
   uint32_t *order, *via;
   int64_t *site_numbers;       /* of the table by site */
   size_t n;                    /* rows to show */
   bool has_kinds, has_places;
   bool has_cores;              /* by thread, of more than one */
   bool has_share;              /* of the event that orders */
};

static void
add_numbers(const struct text_table *text, struct vmt_table *table, uint32_t row)
{
   const struct vmt_profile *profile = &text->report->input.profile;
   char grouped[VMT_GROUPED_BYTES];

   for (size_t i = 0; i < text->columns.n; i++) {
      int event = text->columns.events[i];
      int64_t number = vmt_ledger_value(&text->ledger, row, event);
      int64_t whole = vmt_profile_total(profile, event);
      double share = whole > 0 ? 100.0 * (double) number / (double) whole : 0.0;
      enum vmt_paint paint = i > 0 ? VMT_PAINT_PLAIN
                             : share >= 10 ? VMT_PAINT_HOT
                             : share >= 2 ? VMT_PAINT_WARM : VMT_PAINT_PLAIN;

      vmt_table_painted_cell(table, paint, "%s",
                             vmt_number_grouped(grouped, number));
      if (i == 0 && text->has_share)
         vmt_table_painted_cell(table, paint, "%.1f%%", share);
   }
}

static void
add_subject(const struct text_table *text, struct vmt_table *table, uint32_t row)
{
   const struct vmt_blame *blame = &text->report->input.blame;
   const struct vmt_ledger_row *of = &text->ledger.rows[row];

   if (text->ledger.by == VMT_BY_SITE) {
      add_text(table, vmt_report_site_position(text->report, of->subject));
      add_text(table, vmt_report_site_function(text->report, of->subject));
   } else if (text->has_places) {
      char *function = vmt_report_function(blame, of->subject);
      char *via = text->via ? vmt_report_via(blame, text->via[row]) : vmt_strdup("");

      add_text(table, vmt_report_position(blame, of->subject,
                                          text->ledger.by == VMT_BY_LINE));
      vmt_table_cell(table, "%s%s", function, via);
      free(function);
      free(via);
   } else
      add_text(table, vmt_report_subject(text->report, &text->ledger, row));
}

static bool
has_cores(const struct vmt_profile *profile)
{
   for (size_t run = 0; run < profile->n_runs; run++)
      for (uint32_t i = 0; i < profile->runs[run].threads.n; i++)
         if (profile->runs[run].threads.list[i].core != 0)
            return true;
   return false;
}

/* Where a thread was, and what reached it there.  */
static void
add_core(const struct text_table *text, struct vmt_table *table,
         const struct vmt_ledger_row *row)
{
   const struct vmt_thread *thread = vmt_thread_find(
      &text->report->input.profile.runs[row->run].threads, row->subject);
   char grouped[VMT_GROUPED_BYTES];

   vmt_table_cell(table, "%s", vmt_number_grouped(grouped, thread ? thread->shot : 0));
   vmt_table_cell(table, "%s", vmt_number_grouped(grouped, thread ? thread->core : 0));
}

static void
add_row(const struct text_table *text, struct vmt_table *table, uint32_t row)
{
   add_numbers(text, table, row);
   if (text->site_numbers)
      add_text(table, vmt_report_life(text->site_numbers
                                      + (size_t) row * VMT_N_SITE_NUMBERS));
   if (text->has_cores)
      add_core(text, table, &text->ledger.rows[row]);
   if (text->has_kinds)
      add_text(table, vmt_report_kinds(text->report, &text->ledger, row));
   add_subject(text, table, row);
   if (text->ledger.split)
      add_text(table, vmt_report_site(text->report, text->ledger.rows[row].site));
   if (text->ledger.split_by_process)
      add_text(table, vmt_process_label(&text->report->input.profile,
                                        text->ledger.rows[row].run));
}

/* The titles; how many.  */
static size_t
make_titles(const struct text_table *text, struct vmt_table_column *titles)
{
   static const char *const subjects[] = {
      [VMT_BY_LINE] = "Line", [VMT_BY_FUNCTION] = "File",
      [VMT_BY_OBJECT] = "Object", [VMT_BY_AREA] = "Area",
      [VMT_BY_THREAD] = "Thread",
      [VMT_BY_SITE] = "Line"
   };
   const struct vmt_events *events = &text->report->input.profile.events;
   size_t n = 0;

   for (size_t i = 0; i < text->columns.n; i++) {
      titles[n++] = (struct vmt_table_column){
         events->names[text->columns.events[i]], true
      };
      if (i == 0 && text->has_share)
         titles[n++] = (struct vmt_table_column){ "", true };
   }
   if (text->site_numbers)
      titles[n++] = (struct vmt_table_column){ "Mean life", true };
   if (text->has_cores) {
      titles[n++] = (struct vmt_table_column){ "Shot", true };
      titles[n++] = (struct vmt_table_column){ "Core", true };
   }
   if (text->has_kinds)
      titles[n++] = (struct vmt_table_column){ "Kinds", false };
   titles[n++] = (struct vmt_table_column){ subjects[text->ledger.by], false };
   if (text->has_places)
      titles[n++] = (struct vmt_table_column){ "Function", false };
   if (text->ledger.split)
      titles[n++] = (struct vmt_table_column){ "On memory of", false };
   if (text->ledger.split_by_process)
      titles[n++] = (struct vmt_table_column){ "In process", false };
   return n;
}

static void
print_rows(struct text_table *text, const struct vmt_output *out)
{
   struct vmt_table_column titles[COLUMNS_MAX];
   struct vmt_table table;

   vmt_table_init(&table, titles, make_titles(text, titles));
   for (size_t i = 0; i < text->n; i++)
      add_row(text, &table, text->order[i]);
   vmt_table_print(&table, out);
   vmt_table_free(&table);
}

/* A call stack takes as many lines as it has frames.  */
static void
print_stack(const struct text_table *text, const struct vmt_output *out,
            uint32_t row)
{
   const struct vmt_blame *blame = &text->report->input.blame;
   const struct vmt_events *events = &text->report->input.profile.events;
   uint32_t call = text->ledger.rows[row].subject;
   char grouped[VMT_GROUPED_BYTES];

   for (size_t i = 0; i < text->columns.n; i++) {
      int event = text->columns.events[i];
      int64_t number = vmt_ledger_value(&text->ledger, row, event);
      int64_t whole = vmt_profile_total(&text->report->input.profile, event);

      fprintf(out->file, "%s%s %s", i ? ", " : "",
              vmt_number_grouped(grouped, number), events->names[event]);
      if (i == 0 && whole > 0)
         fprintf(out->file, " (%.1f%%)", 100.0 * (double) number / (double) whole);
   }
   if (text->has_kinds) {
      char *kinds = vmt_report_kinds(text->report, &text->ledger, row);

      fprintf(out->file, "%s%s", *kinds ? "  " : "", kinds);
      free(kinds);
   }
   if (text->ledger.split) {
      char *site = vmt_report_site(text->report, text->ledger.rows[row].site);

      fprintf(out->file, "  on memory of %s", site);
      free(site);
   }
   fputs(call ? "\n" : "\n      [start-up]\n", out->file);
   for (; call; call = blame->calls[call].parent) {
      char *function = vmt_report_function(blame, blame->calls[call].place);
      char *position = vmt_report_position(blame, blame->calls[call].place, true);

      fprintf(out->file, "      %s%s%s\n%s", function, *position ? "  " : "",
              position, blame->calls[call].cut ? "      ...\n" : "");
      free(function);
      free(position);
   }
   putc('\n', out->file);
}

static void
print_caption(const struct text_table *text, const struct vmt_output *out)
{
   const struct vmt_report *report = text->report;
   const struct vmt_events *events = &report->input.profile.events;
   const char *event = events->n ? events->names[report->sort] : "Nothing";
   const char *whose = "";

   if (report->by == VMT_BY_LINE || report->by == VMT_BY_FUNCTION
       || report->by == VMT_BY_OBJECT)
      whose = report->input.blame.mode == VMT_BLAME_CALLER
              ? ", charged to the first line in no system library or header"
              : ", charged where they happened";
   if (report->by == VMT_BY_SITE)
      whose = text->site_numbers
              ? ": where memory was asked for; lives in instructions"
              : ": where memory was asked for";
   fprintf(out->file, "%s by %s%s%s\n", event, vmt_by_names[report->by],
           report->split ? " and site" : report->split_by_process ? " and process" : "",
           whose);
}

/* Rows without any of the event say nothing when others do.  Threads are all of
   interest.  */
static size_t
n_rows_to_show(const struct text_table *text)
{
   size_t n = text->ledger.n_rows;

   if (text->report->top && text->report->top < n)
      n = text->report->top;
   while (n > 0 && text->columns.n && text->report->by != VMT_BY_THREAD
          && vmt_ledger_value(&text->ledger, text->order[n - 1],
                              text->report->sort) == 0)
      n--;
   return n;
}

static void
print_rest(const struct text_table *text, const struct vmt_output *out)
{
   size_t n_more = 0;

   for (size_t i = text->n; i < text->ledger.n_rows; i++)
      n_more += vmt_ledger_value(&text->ledger, text->order[i],
                                 text->report->sort) != 0;
   if (n_more)
      fprintf(out->file, "... and %zu more (--top=0 shows all)\n", n_more);
}

static void
print_none(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;
   bool is_unlimited = profile->events.n
                       && vmt_report_is_limit_event(profile->events.names[report->sort]);

   for (size_t i = 0; i < profile->n_runs; i++)
      is_unlimited &= !profile->runs[i].pressure.limit.has_ram;
   fprintf(out->file, "none%s\n", is_unlimited ? VMT_REPORT_NO_LIMIT : "");
}

void
vmt_report_text_table(const struct vmt_report *report, const struct vmt_output *out)
{
   const struct vmt_profile *profile = &report->input.profile;
   struct text_table text = { .report = report };

   if (report->split)
      vmt_ledger_init_split(&text.ledger, report->by, VMT_SITES_BY_LINE, profile,
                            &report->input.blame);
   else if (report->split_by_process)
      vmt_ledger_init_processes(&text.ledger, report->by, profile, &report->input.blame);
   else
      vmt_ledger_init(&text.ledger, report->by, profile, &report->input.blame);
   text.columns = columns_of(report);
   text.order = vmt_ledger_order(&text.ledger, report->sort);
   text.has_kinds = is_fault_event(profile, report->sort);
   text.has_cores = report->by == VMT_BY_THREAD && has_cores(profile);
   text.has_share = profile->events.n
                    && profile->events.roles[report->sort] != VMT_EVENT_SIZE;
   text.has_places = report->by == VMT_BY_LINE || report->by == VMT_BY_FUNCTION
                     || report->by == VMT_BY_SITE;
   if (orders_by_blocks(report) && report->events.n == 0)
      text.site_numbers = vmt_ledger_site_numbers(&text.ledger);
   if (report->by != VMT_BY_SITE && text.has_places && !report->split
       && !report->split_by_process)
      text.via = vmt_ledger_via(&text.ledger, report->sort);
   text.n = n_rows_to_show(&text);
   if (report->by == VMT_BY_SITE)
      text.n = vmt_report_keep_allocator(&text.ledger, text.order, text.n);
   print_caption(&text, out);
   if (text.n == 0)
      print_none(report, out);
   else if (report->by != VMT_BY_STACK)
      print_rows(&text, out);
   else
      for (size_t i = 0; i < text.n; i++)
         print_stack(&text, out, text.order[i]);
   print_rest(&text, out);
   if (report->by == VMT_BY_SITE)
      vmt_report_text_touches(report, &text.ledger, text.order, text.n, out);
   free(text.order);
   free(text.via);
   free(text.site_numbers);
   vmt_ledger_free(&text.ledger);
}

void
vmt_report_text(const struct vmt_report *report, const struct vmt_output *out)
{
   vmt_report_text_head(report, out);
   vmt_processes_text_tree(report, out);
   vmt_pressure_text(report, out);
   vmt_heap_text(report, out);
   vmt_first_touch_text(report, out);
   vmt_phases_text(report, out);
   /* The head has the kinds already.  */
   if (report->by == VMT_BY_PROCESS)
      vmt_processes_text_table(report, out);
   else if (report->by != VMT_BY_KIND)
      vmt_report_text_table(report, out);
}
