#include "vmtrace/cli/report_cells.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

#define FUNCTION_COLUMNS 48

/* Rounded; sum is not 0.  */
static int
percent_of(int64_t sum, int64_t part)
{
   return (int) (100.0 * (double) part / (double) sum + 0.5);
}

char *
vmt_report_kinds(const struct vmt_report *report, const struct vmt_ledger *ledger,
           uint32_t row)
{
   const struct vmt_events *events = &report->input.profile.events;
   int first = -1, second = -1, share, rest;
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
   share = percent_of(sum, vmt_ledger_value(ledger, row, first));
   if (second < 0)
      return vmt_strdup(events->names[first]);
   rest = vmt_ledger_value(ledger, row, first) + vmt_ledger_value(ledger, row, second)
          == sum ? 100 - share
          : percent_of(sum, vmt_ledger_value(ledger, row, second));
   if (rest == 0)
      return vmt_format("%s %s%d%%", events->names[first], share == 100 ? ">" : "",
                        share == 100 ? 99 : share);
   return vmt_format("%s %d%% %s %d%%", events->names[first], share,
                     events->names[second], rest);
}

char *
vmt_report_position(const struct vmt_blame *blame, uint32_t place, bool with_line)
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

/* A name that is too long goes without its parameters, then without its end.  */
static char *
short_function(const char *name, size_t n_columns)
{
   size_t n = strlen(name), at = n;
   char *plain, *text;
   int depth = 0;

   if (n <= n_columns || name[n - 1] != ')')
      return vmt_escape_short(name, n_columns);
   do {
      at--;
      depth += name[at] == ')' ? 1 : name[at] == '(' ? -1 : 0;
   } while (at > 0 && depth > 0);
   if (at == 0)
      return vmt_escape_short(name, n_columns);
   plain = vmt_format("%.*s(...)", (int) at, name);
   text = vmt_escape_short(plain, n_columns);
   free(plain);
   return text;
}

char *
vmt_report_function(const struct vmt_blame *blame, uint32_t place)
{
   char *function = short_function(blame->places[place].function,
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

char *
vmt_report_via(const struct vmt_blame *blame, uint32_t via)
{
   char *function, *object, *text;

   if (via == UINT32_MAX)
      return vmt_strdup("");
   function = short_function(blame->places[via].function, 32);
   object = vmt_escape_short(vmt_blame_object_name(blame, via), 40);
   text = vmt_format("  via %s (%s)", function, object);
   free(function);
   free(object);
   return text;
}

/* "2 worker", "4711/2 worker "io" and 3 more".  */
char *
vmt_report_thread(const struct vmt_report *report, uint32_t of_run, uint32_t number)
{
   const struct vmt_profile_run *run = &report->input.profile.runs[of_run];
   const struct vmt_thread *thread = vmt_thread_find(&run->threads, number);
   uint32_t place = vmt_thread_start(&report->starts, of_run, number);
   char *start = place ? short_function(report->input.blame.places[place].function,
                                        FUNCTION_COLUMNS) : vmt_strdup("");
   char *name = vmt_escape_short(thread && thread->name ? thread->name : "", 40);
   char *process = report->input.profile.n_runs == 1 ? vmt_strdup("")
                   : vmt_format("%lld/", (long long) json_integer_value(
                                   json_object_get(run->header, "pid")));
   char *others = thread && thread->n_threads > 1
                  ? vmt_format(" and %" PRId64 " more", thread->n_threads - 1)
                  : vmt_strdup("");
   char *text = vmt_format("%s%" PRIu32 "%s%s%s%s%s%s", process, number,
                           *start ? " " : "", start, *name ? " \"" : "", name,
                           *name ? "\"" : "", others);

   free(start);
   free(name);
   free(process);
   free(others);
   return text;
}

char *
vmt_report_subject(const struct vmt_report *report, const struct vmt_ledger *ledger,
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
      /* [heap], [stack] and the like say their kind themselves.  */
      if (name[0] == '[')
         return name;
      text = vmt_format("%s (%.20s)", name, profile->areas[of->subject].kind);
      free(name);
      return text;
   default:
      return vmt_report_thread(report, of->run, of->subject);
   }
}
