/* vmtrace annotate: source listings with a column for each event.  */

#include "vmtrace/cli/annotate.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/memory.h"

static const char help[] =
   "usage: vmtrace annotate [options] FILE... [SOURCE...]\n"
   "\n"
   "Lists the source lines of profiles with their events beside them: of the\n"
   "files with hot lines, or of each SOURCE (a file's name or the end of it),\n"
   "which is shown whole, unless --context is given.\n"
   "\n"
   "options:\n"
   "  --events=EVENT,...     the columns (default: Ir,Dr,Dw,Flt,StlbM, and with a\n"
   "                         limit on memory Evict,Refault,SwapOut,Thrash)\n"
   "  --show=EVENT,...       the same\n"
   "  --sort=EVENT           files with most of EVENT first (default: Flt)\n"
   "  --threshold=PERCENT    a line is hot with this share of an event shown\n"
   "                         (default: 0.5)\n"
   "  --context=N            lines around hot ones (default: 8)\n"
   "  -I, --source-dir=DIR   look for sources below DIR too\n"
   VMT_PHASE_HELP
   VMT_COMMON_HELP_BLAME
   "  --format=text|json\n"
   VMT_COMMON_HELP_DEBUG_DIR
   VMT_COMMON_HELP_OUTPUT
   "  -h, --help             this text\n"
   "\n"
   "exit status: 0, or 2 when the profile cannot be read, a SOURCE is no file of\n"
   "it, or the listing cannot be written.\n";

enum { OPTION_CONTEXT = VMT_OPTION_OWN, OPTION_THRESHOLD };

static int
take_threshold(struct vmt_annotation *annotation)
{
   char *end;

   annotation->threshold_percent = strtod(optarg, &end);
   if (end != optarg && *end == '\0' && annotation->threshold_percent >= 0
       && annotation->threshold_percent <= 100)
      return VMT_EXIT_OK;
   vmt_complain("annotate: --threshold wants a percentage, not %s", optarg);
   return VMT_EXIT_TROUBLE;
}

static void
add_source_dir(struct vmt_annotation *annotation)
{
   annotation->source_dirs = vmt_realloc(annotation->source_dirs,
                                         annotation->n_source_dirs + 1,
                                         sizeof *annotation->source_dirs);
   annotation->source_dirs[annotation->n_source_dirs++] = optarg;
}

static int
take_options(struct vmt_annotation *annotation, int argc, char **argv)
{
   static const struct option long_options[] = {
      VMT_COMMON_LONG_OPTIONS,
      { "show", required_argument, NULL, VMT_OPTION_EVENTS },
      { "context", required_argument, NULL, OPTION_CONTEXT },
      { "threshold", required_argument, NULL, OPTION_THRESHOLD },
      { "source-dir", required_argument, NULL, 'I' },
      VMT_PHASE_LONG_OPTION,
      { NULL, 0, NULL, 0 }
   };
   int code, status = VMT_EXIT_OK;

   while (vmt_report_next_option(status, argc, argv, VMT_COMMON_SHORT_OPTIONS "I:",
                                 long_options, &code))
      if (code == OPTION_CONTEXT) {
         status = vmt_report_number(&annotation->options, "context", optarg,
                                    &annotation->context);
         annotation->context_given = true;
      } else if (code == OPTION_THRESHOLD)
         status = take_threshold(annotation);
      else if (code == 'I')
         add_source_dir(annotation);
      else
         status = vmt_report_option(&annotation->options, code, argv);
   return status;
}

/* The standard columns that the profile has.  */
static void
standard_events(struct vmt_annotation *annotation)
{
   static const char *const names[] = { "Ir", "Dr", "Dw", "Flt", "StlbM" };
   const struct vmt_events *events = &annotation->input.profile.events;

   for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
      int event = vmt_events_find(events, names[i]);

      if (event >= 0)
         annotation->events.events[annotation->events.n++] = event;
   }
   vmt_report_add_limit_events(&annotation->input.profile, &annotation->events);
}

static int
print(struct vmt_annotation *annotation)
{
   struct vmt_output out;
   bool json = annotation->options.json;

   if (vmt_report_output_open(&out, &annotation->options))
      return VMT_EXIT_TROUBLE;
   if (json)
      vmt_annotate_json(annotation, out.file);
   else
      vmt_annotate_text(annotation, &out);
   return vmt_output_close(&out);
}

static int
annotate(struct vmt_annotation *annotation, char **patterns, int n_patterns)
{
   const struct vmt_profile *profile = &annotation->input.profile;
   int status;

   if (vmt_report_sort_event(profile, &annotation->options, "Flt",
                             &annotation->sort)
       || vmt_report_event_list(profile, &annotation->options,
                                &annotation->events))
      return VMT_EXIT_TROUBLE;
   if (annotation->events.n == 0)
      standard_events(annotation);
   vmt_ledger_init(&annotation->ledger, VMT_BY_LINE, profile,
                   &annotation->input.blame);
   annotation->whole = n_patterns > 0 && !annotation->context_given;
   status = vmt_annotation_gather(annotation, patterns, n_patterns);
   if (status == VMT_EXIT_OK)
      status = print(annotation);
   vmt_annotation_free_files(annotation);
   vmt_ledger_free(&annotation->ledger);
   return status;
}

/* The first, and those after it that begin as profiles do: no source does.  */
static int
n_profiles(char **arguments, int n)
{
   int n_files = n > 0;

   while (n_files < n && vmt_profile_begins(arguments[n_files]))
      n_files++;
   return n_files;
}

int
vmt_verb_annotate(int argc, char **argv)
{
   struct vmt_annotation annotation = {
      .options.verb = "annotate", .context = 8, .threshold_percent = 0.5
   };
   int status = take_options(&annotation, argc, argv);
   int n_files = n_profiles(argv + optind, argc - optind);

   if (status == VMT_EXIT_OK && annotation.options.help)
      status = vmt_output_text(help);
   else if (status == VMT_EXIT_OK) {
      status = vmt_report_input_load(&annotation.input, argv + optind, n_files,
                                     &annotation.options);
      if (status == VMT_EXIT_OK) {
         status = annotate(&annotation, argv + optind + n_files,
                           argc - optind - n_files);
         vmt_report_input_free(&annotation.input);
      }
   }
   free(annotation.source_dirs);
   vmt_report_options_free(&annotation.options);
   return status;
}
