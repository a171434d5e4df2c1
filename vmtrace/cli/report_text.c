/* The report as text.  */

#include "vmtrace/cli/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/table.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

#define FUNCTION_COLUMNS 72
#define COLUMNS_MAX (VMT_EVENTS_MAX + 6)

static bool
is_fault_event(const struct vmt_profile *profile, int event)
{
   return profile->events.n && profile->events.roles[event] == VMT_EVENT_SUM;
}

/* Whether the table knows how often instructions were executed.  */
static bool
has_executed(enum vmt_by by)
{
   return by == VMT_BY_LINE || by == VMT_BY_FUNCTION || by == VMT_BY_OBJECT
          || by == VMT_BY_PROCESS;
}

static void
add_event(struct vmt_event_list *list, int event)
{
   for (size_t i = 0; i < list->n; i++)
      if (list->events[i] == event)
         return;
   if (event >= 0)
      list->events[list->n++] = event;
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
   add_event(&list, report->sort);
   for (size_t i = 0; i < report->events.n; i++)
      add_event(&list, report->events.events[i]);
   if (report->events.n)
      return list;
   add_event(&list, vmt_events_find(events, "Flt"));
   add_event(&list, vmt_events_find(events, "StlbM"));
   /* Beside events charged to callers, what the line itself executed would
      mislead.  */
   if (has_executed(report->by)
       && (report->input.blame.mode == VMT_BLAME_LEAF
           || events->roles[report->sort] == VMT_EVENT_EXECUTED
           || report->by == VMT_BY_OBJECT || report->by == VMT_BY_PROCESS)) {
      add_event(&list, vmt_events_find(events, "Dr"));
      add_event(&list, vmt_events_find(events, "Dw"));
   }
   return list;
}

/* "ZeroWr", or "ZeroWr 81% FileRd 12%": the two kinds a row has most of.  To be
   freed.  */
static char *
kinds_text(const struct vmt_report *report, const struct vmt_ledger *ledger,
           uint32_t row)
{
   const struct vmt_events *events = &report->input.profile.events;
   int first = -1, second = -1;
   int64_t sum = 0;

   for (int event = 0; event < (int) events->n; event++) {
      int64_t number = vmt_ledger_value(ledger, row, event);

      if ((events->roles[event] != VMT_EVENT_MINOR
           && events->roles[event] != VMT_EVENT_MAJOR) || number <= 0)
         continue;
      sum += number;
      if (first < 0 || number > vmt_ledger_value(ledger, row, first)) {
         second = first;
         first = event;
      } else if (second < 0 || number > vmt_ledger_value(ledger, row, second))
         second = event;
   }
   if (first < 0)
      return vmt_strdup("");
   if (second < 0)
      return vmt_strdup(events->names[first]);
   return vmt_format("%s %.0f%% %s %.0f%%", events->names[first],
                     100.0 * (double) vmt_ledger_value(ledger, row, first)
                     / (double) sum, events->names[second],
                     100.0 * (double) vmt_ledger_value(ledger, row, second)
                     / (double) sum);
}

/* "app.c:12", or "" when the file is not known.  To be freed.  */
static char *
position_text(const struct vmt_blame *blame, uint32_t place, bool with_line)
{
   const struct vmt_place *at = &blame->places[place];
   char *file, *text;

   if (!*at->file)
      return vmt_strdup("");
   file = vmt_report_file_name(at->file);
   text = with_line && at->line ? vmt_format("%s:%" PRIu32, file, at->line)
          : vmt_strdup(file);
   free(file);
   return text;
}

/* A function, with its object where there is no source.  To be freed.  */
static char *
function_text(const struct vmt_blame *blame, uint32_t place)
{
   char *function = vmt_escape_short(blame->places[place].function,
                                     FUNCTION_COLUMNS);
   char *object, *text;

   if (*blame->places[place].file || blame->places[place].object == VMT_NO_OBJECT)
      return function;
   object = vmt_escape_short(vmt_blame_object_name(blame, place), 40);
   text = vmt_format("%s (%s)", function, object);
   free(object);
   free(function);
   return text;
}

static char *
via_text(const struct vmt_blame *blame, uint32_t via)
{
   char *function, *object, *text;

   if (via == UINT32_MAX)
      return vmt_strdup("");
   function = vmt_escape_short(blame->places[via].function, 40);
   object = vmt_escape_short(vmt_blame_object_name(blame, via), 40);
   text = vmt_format("  via %s (%s)", function, object);
   free(function);
   free(object);
   return text;
}

static char *
process_text(const struct vmt_profile_run *run)
{
   json_t *pid = json_object_get(run->header, "pid");
   char *file = vmt_escape_short(run->file, 60);
   char *text = vmt_format("%lld  %s%s", (long long) json_integer_value(pid), file,
                           run->end ? "" : "  (cut short)");

   free(file);
   return text;
}

/* The last column.  To be freed.  */
static char *
subject_text(const struct vmt_report *report, const struct vmt_ledger *ledger,
             uint32_t row)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_ledger_row *of = &ledger->rows[row];
   char *name, *text;

   switch (ledger->by) {
   case VMT_BY_OBJECT:
      return vmt_escape_short(vmt_blame_object_path(&report->input.blame,
                                                    of->subject), 100);
   case VMT_BY_AREA:
      name = vmt_escape_short(profile->areas[of->subject].name, 100);
      text = vmt_format("%s (%.20s)", name, profile->areas[of->subject].kind);
      free(name);
      return text;
   case VMT_BY_THREAD:
      return profile->n_runs == 1 ? vmt_format("%" PRIu32, of->subject)
             : vmt_format("%lld/%" PRIu32, (long long) json_integer_value(
                             json_object_get(profile->runs[of->run].header, "pid")),
                          of->subject);
   default:
      return process_text(&profile->runs[of->subject]);
   }
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
   size_t n;                    /* rows to show */
   bool has_kinds, has_places;
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
      if (i == 0)
         vmt_table_painted_cell(table, paint, "%.1f%%", share);
   }
}

static void
add_row(const struct text_table *text, struct vmt_table *table, uint32_t row)
{
   const struct vmt_blame *blame = &text->report->input.blame;
   uint32_t subject = text->ledger.rows[row].subject;

   add_numbers(text, table, row);
   if (text->has_kinds)
      add_text(table, kinds_text(text->report, &text->ledger, row));
   if (text->has_places) {
      char *function = function_text(blame, subject);
      char *via = via_text(blame, text->via[row]);

      add_text(table, position_text(blame, subject,
                                    text->ledger.by == VMT_BY_LINE));
      vmt_table_cell(table, "%s%s", function, via);
      free(function);
      free(via);
   } else
      add_text(table, subject_text(text->report, &text->ledger, row));
}

/* The titles; how many.  */
static size_t
make_titles(const struct text_table *text, struct vmt_table_column *titles)
{
   static const char *const subjects[] = {
      [VMT_BY_LINE] = "Line", [VMT_BY_FUNCTION] = "File",
      [VMT_BY_OBJECT] = "Object", [VMT_BY_AREA] = "Area",
      [VMT_BY_THREAD] = "Thread", [VMT_BY_PROCESS] = "Process"
   };
   const struct vmt_events *events = &text->report->input.profile.events;
   size_t n = 0;

   for (size_t i = 0; i < text->columns.n; i++) {
      titles[n++] = (struct vmt_table_column){
         events->names[text->columns.events[i]], true
      };
      if (i == 0)
         titles[n++] = (struct vmt_table_column){ "", true };
   }
   if (text->has_kinds)
      titles[n++] = (struct vmt_table_column){ "Kinds", false };
   titles[n++] = (struct vmt_table_column){ subjects[text->ledger.by], false };
   if (text->has_places)
      titles[n++] = (struct vmt_table_column){ "Function", false };
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
      char *kinds = kinds_text(text->report, &text->ledger, row);

      fprintf(out->file, "%s%s", *kinds ? "  " : "", kinds);
      free(kinds);
   }
   fputs(call ? "\n" : "\n      [start-up]\n", out->file);
   for (; call; call = blame->calls[call].parent) {
      char *function = function_text(blame, blame->calls[call].place);
      char *position = position_text(blame, blame->calls[call].place, true);

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
              ? ", charged to the first line in no system library"
              : ", charged where they happened";
   fprintf(out->file, "%s by %s%s\n", event, vmt_by_names[report->by], whose);
}

/* Rows without any of the event say nothing when others do.  */
static size_t
n_rows_to_show(const struct text_table *text)
{
   size_t n = text->ledger.n_rows;

   if (text->report->top && text->report->top < n)
      n = text->report->top;
   while (n > 0 && text->columns.n
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
print_table(const struct vmt_report *report, const struct vmt_output *out)
{
   struct text_table text = { .report = report };

   vmt_ledger_init(&text.ledger, report->by, &report->input.profile,
                   &report->input.blame);
   text.columns = columns_of(report);
   text.order = vmt_ledger_order(&text.ledger, report->sort);
   text.has_kinds = is_fault_event(&report->input.profile, report->sort);
   text.has_places = report->by == VMT_BY_LINE || report->by == VMT_BY_FUNCTION;
   if (text.has_places)
      text.via = vmt_ledger_via(&text.ledger, report->sort);
   text.n = n_rows_to_show(&text);
   print_caption(&text, out);
   if (report->by != VMT_BY_STACK)
      print_rows(&text, out);
   else
      for (size_t i = 0; i < text.n; i++)
         print_stack(&text, out, text.order[i]);
   print_rest(&text, out);
   free(text.order);
   free(text.via);
   vmt_ledger_free(&text.ledger);
}

void
vmt_report_text(const struct vmt_report *report, const struct vmt_output *out)
{
   vmt_report_text_head(report, out);
   /* The head has the kinds already.  */
   if (report->by != VMT_BY_KIND)
      print_table(report, out);
}
