/* vmtrace export: a profile in other programs' formats.  */

#include "vmtrace/cli/export.h"

#include <getopt.h>
#include <string.h>

#include "vmtrace/cli/verbs.h"

static const char help[] =
   "usage: vmtrace export --to=FORMAT [options] FILE\n"
   "\n"
   "Writes a profile in a format of other programs.\n"
   "\n"
   "options:\n"
   "  --to=csv               a row for each source line\n"
   "  --to=callgrind         for callgrind_annotate and KCachegrind; calls carry\n"
   "                         the events whose call stacks are known (not Ir, Dr\n"
   "                         and Dw), and are not counted\n"
   "  --events=EVENT,...     only these events (default: all, for callgrind those\n"
   "                         that occurred)\n"
   "  --sort=EVENT           csv: most of EVENT first (default: Flt)\n"
   VMT_PHASE_HELP
   VMT_COMMON_HELP_BLAME
   "                         (csv; callgrind's own view has the callers)\n"
   VMT_COMMON_HELP_DEBUG_DIR
   "  -o, --output=FILE      write to FILE\n"
   "  -h, --help             this text\n"
   "\n"
   "exit status: 0, or 2 when the profile cannot be read or the output not be\n"
   "written.\n";

enum { OPTION_TO = VMT_OPTION_OWN };

static const struct {
   const char *name;
   void (*write)(const struct vmt_export *export, FILE *file);
} formats[] = {
   { "csv", vmt_export_csv },
   { "callgrind", vmt_export_callgrind },
   /* Names that are kept for formats to come.  */
   { "pprof", NULL }, { "collapsed", NULL }, { "speedscope", NULL },
   { "sarif", NULL }, { "junit", NULL }, { "github", NULL }, { "sqlite", NULL },
   { "perfetto", NULL }
};

static int
take_format(const char *name, size_t *format)
{
   for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
      if (strcmp(name, formats[i].name) == 0) {
         *format = i;
         if (formats[i].write)
            return VMT_EXIT_OK;
         vmt_complain("export: --to=%s is not available in this version", name);
         return VMT_EXIT_TROUBLE;
      }
   vmt_complain("export: --to cannot be %s; it is csv or callgrind", name);
   return VMT_EXIT_TROUBLE;
}

static int
take_options(struct vmt_export *export, const char **format, int argc, char **argv)
{
   static const struct option long_options[] = {
      VMT_COMMON_LONG_OPTIONS,
      VMT_PHASE_LONG_OPTION,
      { "to", required_argument, NULL, OPTION_TO },
      { NULL, 0, NULL, 0 }
   };
   int code, status = VMT_EXIT_OK;

   while (vmt_report_next_option(status, argc, argv, VMT_COMMON_SHORT_OPTIONS,
                                 long_options, &code))
      if (code == OPTION_TO)
         *format = optarg;
      else
         status = vmt_report_option(&export->options, code, argv);
   return status;
}

/* The events of lines, when --events does not say which: all, or those that
   occurred, for a viewer that shows one column each; all when none did.  */
static void
choose_events(struct vmt_export *export, bool occurred)
{
   const struct vmt_profile *profile = &export->input.profile;

   for (int event = 0; event < (int) profile->events.n; event++)
      if (profile->events.roles[event] != VMT_EVENT_SIZE
          && (!occurred || vmt_profile_total(profile, event)))
         export->events.events[export->events.n++] = event;
   if (occurred && export->events.n == 0)
      choose_events(export, false);
}

static int
write_format(struct vmt_export *export, size_t format)
{
   const struct vmt_profile *profile = &export->input.profile;
   struct vmt_output out;

   if (vmt_report_sort_event(profile, &export->options, "Flt", &export->sort)
       || vmt_report_event_list(profile, &export->options, &export->events))
      return VMT_EXIT_TROUBLE;
   if (export->events.n == 0)
      choose_events(export, formats[format].write == vmt_export_callgrind);
   if (!vmt_profile_complete(profile))
      vmt_complain("export: %s is cut short; what it has is exported",
                   profile->runs[0].file);
   if (vmt_output_open(&out, export->options.output, VMT_COLOR_NEVER, false))
      return VMT_EXIT_TROUBLE;
   formats[format].write(export, out.file);
   return vmt_output_close(&out);
}

static int
export_file(struct vmt_export *export, const char *name, char **files, int n_files)
{
   size_t format = 0;
   int status;

   if (!name) {
      vmt_complain("export: which format? --to=csv or --to=callgrind");
      return VMT_EXIT_TROUBLE;
   }
   status = take_format(name, &format);
   if (status != VMT_EXIT_OK)
      return status;
   if (n_files > 1) {
      vmt_complain("export: one profile at a time");
      return VMT_EXIT_TROUBLE;
   }
   export->options.blame.whole_stacks =
      formats[format].write == vmt_export_callgrind;
   status = vmt_report_input_load(&export->input, files, n_files,
                                  &export->options);
   if (status != VMT_EXIT_OK)
      return status;
   status = write_format(export, format);
   vmt_report_input_free(&export->input);
   return status;
}

int
vmt_verb_export(int argc, char **argv)
{
   struct vmt_export export = { .options.verb = "export" };
   const char *name = NULL;
   int status = take_options(&export, &name, argc, argv);

   if (status == VMT_EXIT_OK && export.options.help)
      status = vmt_output_text(help);
   else if (status == VMT_EXIT_OK)
      status = export_file(&export, name, argv + optind, argc - optind);
   vmt_report_options_free(&export.options);
   return status;
}
