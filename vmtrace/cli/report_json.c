/* The report as one JSON object; schemas/report.schema.json says its shape.  */

#include "vmtrace/cli/first_touch.h"
#include "vmtrace/cli/heap.h"
#include "vmtrace/cli/phases.h"
#include "vmtrace/cli/pressure.h"
#include "vmtrace/cli/processes.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/escape.h"

void
vmt_report_json_text(FILE *file, const char *name, const char *text)
{
   fprintf(file, "\"%s\":", name);
   vmt_escape_json(file, text);
}

/* An object of a vector's events; all of them, or those that are not 0.  */
static void
print_totals(const struct vmt_profile *profile, FILE *file,
             int64_t (*value)(const struct vmt_profile *profile, int event),
             bool all)
{
   const char *separator = "";

   putc('{', file);
   for (int event = 0; event < (int) profile->events.n; event++) {
      int64_t number = value(profile, event);

      if (!all && number == 0)
         continue;
      fprintf(file, "%s\"%s\":%" PRId64, separator, profile->events.names[event],
              number);
      separator = ",";
   }
   putc('}', file);
}

void
vmt_report_json_place(const struct vmt_blame *blame, FILE *file, uint32_t place,
                      bool with_line)
{
   vmt_report_json_text(file, "file", blame->places[place].file);
   if (with_line)
      fprintf(file, ",\"line\":%" PRIu32, blame->places[place].line);
   putc(',', file);
   vmt_report_json_text(file, "function", blame->places[place].function);
   putc(',', file);
   vmt_report_json_text(file, "object", vmt_blame_object_path(blame, place));
}

/* A run's member as it is in the header or end record, or null.  */
void
vmt_report_json_member(FILE *file, const char *name, const json_t *from,
                       const char *key)
{
   const json_t *value = json_object_get(from, key);

   fprintf(file, "\"%s\":", name);
   if (value)
      vmt_escape_json_value(file, value);
   else
      fputs("null", file);
}

/* How a run went, without braces.  */
void
vmt_report_json_run(FILE *file, const struct vmt_profile_run *run)
{
   static const char *const members[] = {
      "command", "exe", "cwd", "pid", "ppid", "image", "date", "host", "layout",
      "threads_fair", "settings", "machine"
   };

   vmt_report_json_text(file, "profile", run->file);
   for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
      putc(',', file);
      vmt_report_json_member(file, members[i], run->header, members[i]);
   }
   putc(',', file);
   vmt_report_json_member(file, "exit_status", run->end, "exit");
   putc(',', file);
   vmt_report_json_member(file, "signal", run->end, "signal");
   fputs(",\"versions\":{", file);
   vmt_report_json_member(file, "profile", run->header, "vmtrace");
   putc(',', file);
   vmt_report_json_member(file, "tool", run->header, "tool");
   putc(',', file);
   vmt_report_json_member(file, "valgrind", run->header, "valgrind");
   fprintf(file, "},\"complete\":%s", run->end ? "true" : "false");
}

/* Each kind of fault that occurred, in the order of the events.  */
static void
print_kinds(const struct vmt_report *report, FILE *file)
{
   const struct vmt_profile *profile = &report->input.profile;
   const char *separator = "\n";

   fputs(",\n\"kinds\":[", file);
   for (int event = 0; event < (int) profile->events.n; event++) {
      enum vmt_event_role role = profile->events.roles[event];
      int64_t number = vmt_profile_total(profile, event);

      if ((role != VMT_EVENT_MINOR && role != VMT_EVENT_MAJOR) || number == 0)
         continue;
      fprintf(file, "%s{\"kind\":\"%s\",\"events\":{\"Flt\":%" PRId64
              ",\"%s\":%" PRId64 "}}", separator, profile->events.names[event],
              number, role == VMT_EVENT_MAJOR ? "MajFlt" : "MinFlt", number);
      separator = ",\n";
   }
   fputs("]", file);
}

void
vmt_report_json_remarks(const struct vmt_profile *profile,
                        const struct vmt_blame *blame, FILE *file,
                        const char *name, const char *wanted_label)
{
   size_t at = 0;
   const char *label, *separator = "";
   char *text;

   fprintf(file, ",\n\"%s\":[", name);
   while ((text = vmt_report_remark(profile, blame, &at, &label)) != NULL) {
      if (strcmp(label, wanted_label) == 0) {
         fputs(separator, file);
         vmt_escape_json(file, text);
         separator = ",";
      }
      free(text);
   }
   fputs("]", file);
}

/* Of one process; of more, each has its own.  */
static void
print_memory(const struct vmt_profile *profile, FILE *file)
{
   static const struct vmt_profile_run none;
   const struct vmt_profile_run *run = profile->n_runs == 1 ? profile->runs : &none;

   vmt_report_json_curve(file, run);
   vmt_report_json_timeline(file, run);
}

/* The profile of the process that others come from.  */
static uint32_t
first_image(const struct vmt_profile *profile)
{
   return profile->processes.images[profile->processes.list[0].first_image];
}

void
vmt_report_json(const struct vmt_report *report, FILE *file)
{
   const struct vmt_profile *profile = &report->input.profile;
   const struct vmt_blame *blame = &report->input.blame;

   fprintf(file, "{\"complete\":%s,\n\"run\":{",
           vmt_profile_complete(profile) ? "true" : "false");
   vmt_report_json_run(file, &profile->runs[first_image(profile)]);
   fprintf(file, "},\n\"by\":\"%s\",\"blame\":\"%s\",\"sort\":\"%s\",\n\"totals\":",
           vmt_by_names[report->by],
           blame->mode == VMT_BLAME_CALLER ? "caller" : "leaf",
           report->by == VMT_BY_PROCESS ? vmt_processes_sort_name(report)
           : profile->events.n ? profile->events.names[report->sort] : "");
   print_totals(profile, file, vmt_profile_total, true);
   fputs(",\n\"excluded\":", file);
   print_totals(profile, file, vmt_profile_excluded, false);
   vmt_report_json_remarks(profile, blame, file, "notes", "Note");
   vmt_report_json_remarks(profile, blame, file, "warnings", "Warning");
   vmt_report_json_table(report, file, VMT_BY_LINE);
   if (report->by == VMT_BY_KIND)
      print_kinds(report, file);
   else if (report->by == VMT_BY_PROCESS)
      vmt_processes_json_table(report, file);
   else if (report->by != VMT_BY_LINE)
      vmt_report_json_table(report, file, report->by);
   vmt_processes_json(report, file);
   print_memory(profile, file);
   vmt_pressure_json(report, file);
   vmt_heap_json(report, file);
   vmt_first_touch_json(report, file);
   vmt_phases_json(report, file);
   fputs("}\n", file);
}
