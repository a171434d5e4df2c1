/* vmtrace report: tables of one profile, or of several added up.  */

#include "vmtrace/cli/report.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/processes.h"
#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/memory.h"

#define DEFAULT_TOP 20

static const char help[] =
   "usage: vmtrace report [options] FILE...\n"
   "\n"
   "Says which source lines fault and miss the TLB.  Several profiles are added\n"
   "up.  FILE is what valgrind --tool=vmtrace wrote; - is standard input.\n"
   "\n"
   "options:\n"
   "  --by=line|function|object|stack|site|area|kind|thread|process\n"
   "                         what a row of the table is (default: line); a site is\n"
   "                         where memory was asked for\n"
   "  --by=line,site         which line, on memory of which site; so for function,\n"
   "                         object, stack, area and thread\n"
   "  --by=line,process      which line, in which process; so for function, object\n"
   "                         and area\n"
   "  --sort=EVENT           most of EVENT first (default: Flt; by site: LivePeak);\n"
   "                         by process also RssPeak, ParentCow, Private, Shared,\n"
   "                         Pss, EndPrivate, EndShared, EndPss, Tables\n"
   "  --top=N                at most N rows, 0 for all (default: 20; json: all)\n"
   VMT_PHASE_HELP
   VMT_COMMON_HELP_BLAME
   "  --events=EVENT,...     the columns to show\n"
   "  --format=text|json\n"
   VMT_COMMON_HELP_DEBUG_DIR
   VMT_COMMON_HELP_OUTPUT
   "  -h, --help             this text\n"
   "\n"
   "exit status: 0, or 2 when a profile cannot be read or the report not be\n"
   "written.\n";

enum { OPTION_BY = VMT_OPTION_OWN, OPTION_TOP };

const char *const vmt_by_names[] = {
   [VMT_BY_LINE] = "line", [VMT_BY_FUNCTION] = "function",
   [VMT_BY_OBJECT] = "object", [VMT_BY_STACK] = "stack", [VMT_BY_AREA] = "area",
   [VMT_BY_THREAD] = "thread", [VMT_BY_PROCESS] = "process",
   [VMT_BY_KIND] = "kind", [VMT_BY_SITE] = "site"
};

static bool
can_split(enum vmt_by by)
{
   return by != VMT_BY_SITE && by != VMT_BY_KIND && by != VMT_BY_PROCESS;
}

/* A thread is of one process, and a stack takes many lines.  */
static bool
can_split_by_process(enum vmt_by by)
{
   return can_split(by) && by != VMT_BY_THREAD && by != VMT_BY_STACK;
}

int
vmt_report_take_by(struct vmt_report *report)
{
   size_t length = strcspn(optarg, ",");

   report->split = strcmp(optarg + length, ",site") == 0;
   report->split_by_process = strcmp(optarg + length, ",process") == 0;
   for (size_t i = 0; i < sizeof vmt_by_names / sizeof vmt_by_names[0]; i++)
      if (strlen(vmt_by_names[i]) == length
          && strncmp(optarg, vmt_by_names[i], length) == 0
          && (report->split ? can_split((enum vmt_by) i)
              : report->split_by_process ? can_split_by_process((enum vmt_by) i)
              : !optarg[length])) {
         report->by = (enum vmt_by) i;
         return VMT_EXIT_OK;
      }
   vmt_complain("%s: --by cannot be %s; it is line, function, object, stack, site, "
                "area, kind, thread or process, or line,site or line,process and the like",
                report->options.verb, optarg);
   return VMT_EXIT_TROUBLE;
}

static int
take_options(struct vmt_report *report, int argc, char **argv)
{
   static const struct option long_options[] = {
      VMT_COMMON_LONG_OPTIONS,
      { "by", required_argument, NULL, OPTION_BY },
      { "top", required_argument, NULL, OPTION_TOP },
      VMT_PHASE_LONG_OPTION,
      { NULL, 0, NULL, 0 }
   };
   int code, status = VMT_EXIT_OK;

   while (vmt_report_next_option(status, argc, argv, VMT_COMMON_SHORT_OPTIONS,
                                 long_options, &code)) {
      if (code == OPTION_BY)
         status = vmt_report_take_by(report);
      else if (code == OPTION_TOP) {
         status = vmt_report_number(&report->options, "top", optarg, &report->top);
         report->top_given = true;
      } else
         status = vmt_report_option(&report->options, code, argv);
   }
   if (!report->top_given)
      report->top = report->options.json ? 0 : DEFAULT_TOP;
   report->options.blame.whole_stacks = report->by == VMT_BY_STACK
                                        || report->by == VMT_BY_SITE
                                        || report->by == VMT_BY_THREAD;
   return status;
}

static int
trouble(const struct vmt_report *report, const char *what)
{
   vmt_complain("%s: %s", report->options.verb, what);
   return VMT_EXIT_TROUBLE;
}

/* Blocks are of who asked for them: neither of who touches them, nor of an area.  */
static bool
knows_blocks(const struct vmt_report *report)
{
   return !report->split && !report->split_by_process && report->by != VMT_BY_AREA
          && report->by != VMT_BY_THREAD;
}

static bool
tracks_heap(const struct vmt_profile *profile)
{
   const json_t *settings = json_object_get(profile->runs[0].header, "settings");
   const char *value = json_string_value(json_object_get(settings, "track-heap"));

   return value && strcmp(value, "yes") == 0;
}

/* The event that orders; sites know LivePeak, which is of no line.  */
static int
take_sort(struct vmt_report *report)
{
   const struct vmt_profile *profile = &report->input.profile;
   const char *wanted = report->options.sort;

   if ((report->by == VMT_BY_SITE || report->split) && profile->n_sites == 1)
      return trouble(report, tracks_heap(profile)
                     ? "the profile has no allocation sites: the program asked for no "
                     "memory before it ended or was cut short; --by=stack shows where "
                     "memory was touched"
                     : "the profile has no allocation sites (--track-heap=yes of the tool "
                     "makes them); --by=stack shows where memory was touched");
   if (report->by == VMT_BY_SITE && (!wanted || strcmp(wanted, "LivePeak") == 0)) {
      report->sort = vmt_events_find(&profile->events, "LivePeak");
      if (report->sort >= 0)
         return VMT_EXIT_OK;
   }
   if (report->by == VMT_BY_PROCESS)
      return vmt_processes_sort(report);
   if (vmt_report_sort_event(profile, &report->options, "Flt", &report->sort))
      return VMT_EXIT_TROUBLE;
   if (profile->events.n && profile->events.roles[report->sort] == VMT_EVENT_SITE
       && !knows_blocks(report))
      return trouble(report, "blocks are of who asked for them: --by=site, line, "
                     "function, object or stack shows them");
   return VMT_EXIT_OK;
}

static int
print(struct vmt_report *report)
{
   struct vmt_output out;

   if (vmt_report_output_open(&out, &report->options))
      return VMT_EXIT_TROUBLE;
   if (report->options.json)
      vmt_report_json(report, out.file);
   else
      vmt_report_text(report, &out);
   return vmt_output_close(&out);
}

int
vmt_verb_report(int argc, char **argv)
{
   struct vmt_report report = { .options.verb = "report" };
   int status = take_options(&report, argc, argv);

   if (status == VMT_EXIT_OK && report.options.help) {
      vmt_report_options_free(&report.options);
      return vmt_output_text(help);
   }
   if (status == VMT_EXIT_OK)
      status = vmt_report_input_load(&report.input, argv + optind, argc - optind,
                                     &report.options);
   if (status == VMT_EXIT_OK) {
      const struct vmt_profile *profile = &report.input.profile;

      report.with_sites = profile->n_sites > 1;
      if (report.input.blame.calls)
         vmt_thread_starts_init(&report.starts, profile, &report.input.blame);
      if (report.by == VMT_BY_SITE && !report.options.json)
         vmt_report_find_line_twins(&report);
      if (take_sort(&report)
          || vmt_report_event_list(profile, &report.options, &report.events))
         status = VMT_EXIT_TROUBLE;
      else
         status = print(&report);
      free(report.line_twin);
      vmt_thread_starts_free(&report.starts);
      vmt_report_input_free(&report.input);
   }
   vmt_report_options_free(&report.options);
   return status;
}
