#include "vmtrace/cli/memory_view.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

#define DEFAULT_TOP 20

/* How wide the labels are that vmt_report_text_label prints.  */
#define LABEL_COLUMNS 13

struct vmt_memory_view
vmt_memory_view_new(const char *verb)
{
   return (struct vmt_memory_view){
      .report = {
         .options = { .verb = verb, .has_csv = true }, .by = VMT_BY_LINE,
         .skips_none = true
      }
   };
}

static int
take_by(struct vmt_report *report)
{
   int status = vmt_report_take_by(report);

   if (status != VMT_EXIT_OK)
      return status;
   if (report->by != VMT_BY_KIND && report->by != VMT_BY_PROCESS
       && report->by != VMT_BY_SITE && !report->split
       && !report->split_by_process)
      return VMT_EXIT_OK;
   vmt_complain("%s: --by cannot be %s; it is line, function, object, stack, area "
                "or thread", report->options.verb, optarg);
   return VMT_EXIT_TROUBLE;
}

int
vmt_memory_option(struct vmt_memory_view *view, int code, char **argv)
{
   struct vmt_report *report = &view->report;

   switch (code) {
   case VMT_OPTION_BY:
      return take_by(report);
   case VMT_OPTION_TOP:
      report->top_given = true;
      return vmt_report_number(&report->options, "top", optarg, &report->top);
   default:
      return vmt_report_option(&report->options, code, argv);
   }
}

int
vmt_memory_load(struct vmt_memory_view *view, char **files, int n_files)
{
   struct vmt_report *report = &view->report;

   if (n_files > 1) {
      vmt_complain("%s: one profile at a time, not %d: each process has a %s of its own; "
                   "'vmtrace report --by=process' of all says which is of interest",
                   report->options.verb, n_files, report->options.verb);
      return VMT_EXIT_TROUBLE;
   }
   if (vmt_report_profile_load(&report->input.profile, files, n_files,
                               &report->options))
      return VMT_EXIT_TROUBLE;
   view->run = &report->input.profile.runs[0];
   if (!report->top_given)
      report->top = report->options.json || report->options.csv ? 0 : DEFAULT_TOP;
   return VMT_EXIT_OK;
}

void
vmt_memory_free(struct vmt_memory_view *view)
{
   if (view->has_blame)
      vmt_blame_free(&view->report.input.blame);
   vmt_profile_free(&view->report.input.profile);
}

int
vmt_memory_verb(struct vmt_memory_view *view, int status, int argc, char **argv,
                const char *help, int (*find)(struct vmt_memory_view *view),
                int (*print)(struct vmt_memory_view *view))
{
   if (status != VMT_EXIT_OK)
      return status;
   if (view->report.options.help)
      return vmt_output_text(help);
   if (vmt_memory_load(view, argv + optind, argc - optind))
      return VMT_EXIT_TROUBLE;
   status = find(view);
   if (status == VMT_EXIT_OK)
      status = print(view);
   vmt_memory_free(view);
   return status;
}

/* Whether the run's setting is `no`.  */
static bool
is_off(const struct vmt_profile_run *run, const char *option)
{
   const json_t *settings = json_object_get(run->header, "settings");
   const char *value = json_string_value(json_object_get(settings, option));

   return value && strcmp(value, "no") == 0;
}

int
vmt_memory_missing(const struct vmt_memory_view *view, const char *what,
                   const char *option)
{
   const char *verb = view->report.options.verb, *file = view->run->file;

   if (option && is_off(view->run, option))
      vmt_complain("%s: %.300s has no %s: it was taken with --%s=no (take it "
                   "again without)", verb, file, what, option);
   else if (!view->run->end)
      vmt_complain("%s: %.300s has no %s: it is cut short, the program was killed "
                   "before one was written or has only just begun", verb, file,
                   what);
   else
      vmt_complain("%s: %.300s has no %s: it was taken by a vmtrace that did not "
                   "make any (take it again)", verb, file, what);
   return VMT_EXIT_TROUBLE;
}

int
vmt_memory_no_limit(const struct vmt_memory_view *view, const char *what)
{
   vmt_complain("%s: %.300s has no %s" VMT_REPORT_NO_LIMIT,
                view->report.options.verb, view->run->file, what);
   return VMT_EXIT_TROUBLE;
}

int
vmt_memory_begin(struct vmt_memory_view *view, const char *name)
{
   struct vmt_report *report = &view->report;

   report->sort = vmt_profile_new_event(&report->input.profile, name);
   if (report->sort < 0) {
      vmt_complain("%s: %.300s has too many events", report->options.verb,
                   view->run->file);
      return VMT_EXIT_TROUBLE;
   }
   report->events = (struct vmt_event_list){ { report->sort }, 1 };
   return VMT_EXIT_OK;
}

void
vmt_memory_add(struct vmt_memory_view *view, uint32_t charge, int64_t number)
{
   vmt_profile_charge_event(&view->report.input.profile, charge,
                            view->report.sort, number);
}

void
vmt_memory_resolve(struct vmt_memory_view *view)
{
   struct vmt_report *report = &view->report;

   if (view->has_blame)
      return;
   report->options.blame.whole_stacks = report->by == VMT_BY_STACK
                                        || view->run->pressure.oom.happened;
   vmt_blame_init(&report->input.blame, &report->input.profile,
                  &report->options.blame);
   view->has_blame = true;
}

void
vmt_memory_json_head(const struct vmt_memory_view *view, FILE *file)
{
   const struct vmt_profile *profile = &view->report.input.profile;
   const struct vmt_blame *blame = view->has_blame ? &view->report.input.blame
                                   : NULL;

   fprintf(file, "{\"complete\":%s,\n\"run\":{", view->run->end ? "true" : "false");
   vmt_report_json_run(file, view->run);
   putc('}', file);
   vmt_report_json_remarks(profile, blame, file, "notes", "Note");
   vmt_report_json_remarks(profile, blame, file, "warnings", "Warning");
   fprintf(file, ",\n\"instrs\":%lld", (long long) vmt_memory_instrs(view));
}

int64_t
vmt_memory_instrs(const struct vmt_memory_view *view)
{
   const struct vmt_profile *profile = &view->report.input.profile;

   return vmt_profile_total(profile, vmt_events_find(&profile->events, "Ir"));
}

void
vmt_memory_print_wrapped(const struct vmt_output *out, size_t indent,
                         const char *text)
{
   size_t width = vmt_output_columns(out), column = indent;

   while (*text) {
      size_t n = strcspn(text, " ");

      if (column > indent && column + 1 + n > width) {
         fprintf(out->file, "\n%*s", (int) indent, "");
         column = indent;
      } else if (column > indent) {
         putc(' ', out->file);
         column++;
      }
      fprintf(out->file, "%.*s", (int) n, text);
      column += n;
      text += n + strspn(text + n, " ");
   }
   putc('\n', out->file);
}

void
vmt_memory_print_labelled(const struct vmt_output *out, const char *label,
                          char *text)
{
   vmt_report_text_label(out, label);
   vmt_memory_print_wrapped(out, LABEL_COLUMNS, text);
   free(text);
}
