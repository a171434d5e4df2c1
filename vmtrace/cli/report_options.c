#include "vmtrace/cli/report_options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmtrace/cli/phases.h"
#include "vmtrace/cli/first_touch.h"
#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"

static int
bad_value(const struct vmt_report_options *options, const char *option,
          const char *choices)
{
   vmt_complain("%s: --%s cannot be %s; it is %s", options->verb, option, optarg,
                choices);
   return VMT_EXIT_TROUBLE;
}

static int
take_blame(struct vmt_report_options *options)
{
   if (strcmp(optarg, "leaf") == 0)
      options->blame.mode = VMT_BLAME_LEAF;
   else if (strcmp(optarg, "caller") == 0)
      options->blame.mode = VMT_BLAME_CALLER;
   else
      return bad_value(options, "blame", "leaf or caller");
   return VMT_EXIT_OK;
}

static void
add_debug_dir(struct vmt_blame_options *blame)
{
   blame->debug_dirs = vmt_realloc(blame->debug_dirs, blame->n_debug_dirs + 1,
                                   sizeof *blame->debug_dirs);
   blame->debug_dirs[blame->n_debug_dirs++] = optarg;
}

static int
take_format(struct vmt_report_options *options)
{
   options->json = strcmp(optarg, "json") == 0;
   options->csv = options->has_csv && strcmp(optarg, "csv") == 0;
   return options->json || options->csv || strcmp(optarg, "text") == 0
          ? VMT_EXIT_OK
          : bad_value(options, "format", options->has_csv ? "text, json or csv"
                      : "text or json");
}

bool
vmt_report_next_option(int status, int argc, char **argv, const char *letters,
                       const struct option *longs, int *code)
{
   if (status != VMT_EXIT_OK)
      return false;
   opterr = 0;
   *code = getopt_long(argc, argv, letters, longs, NULL);
   return *code != -1;
}

int
vmt_report_output_open(struct vmt_output *out, const struct vmt_report_options *options)
{
   return vmt_output_open(out, options->output, options->color,
                          !options->json && !options->csv);
}

int
vmt_report_option(struct vmt_report_options *options, int code, char **argv)
{
   switch (code) {
   case 'h':
      options->help = true;
      return VMT_EXIT_OK;
   case 'o':
      options->output = optarg;
      return VMT_EXIT_OK;
   case VMT_OPTION_BLAME:
      return take_blame(options);
   case VMT_OPTION_COLOR:
      return vmt_color_mode_parse(optarg, &options->color) ? VMT_EXIT_OK
             : bad_value(options, "color", "auto, always or never");
   case VMT_OPTION_DEBUG_DIR:
      add_debug_dir(&options->blame);
      return VMT_EXIT_OK;
   case VMT_OPTION_EVENTS:
      options->event_names = optarg;
      return VMT_EXIT_OK;
   case VMT_OPTION_FORMAT:
      return take_format(options);
   case VMT_OPTION_PHASE:
      options->phase = optarg;
      return VMT_EXIT_OK;
   case VMT_OPTION_SORT:
      options->sort = optarg;
      return VMT_EXIT_OK;
   case '?':
   case ':':
      return vmt_verb_bad_option(code, argv);
   default:
      return -1;
   }
}

void
vmt_report_options_free(struct vmt_report_options *options)
{
   free(options->blame.debug_dirs);
}

int
vmt_report_number(const struct vmt_report_options *options, const char *name,
                  const char *text, size_t *number)
{
   char *end;
   unsigned long value;

   errno = 0;
   value = strtoul(text, &end, 10);
   if (text[0] < '0' || text[0] > '9' || *end || errno) {
      vmt_complain("%s: --%s wants a number, not %s", options->verb, name, text);
      return VMT_EXIT_TROUBLE;
   }
   *number = value;
   return VMT_EXIT_OK;
}

int
vmt_report_profile_load(struct vmt_profile *profile, char **files, int n_files,
                        const struct vmt_report_options *options)
{
   if (n_files == 0) {
      vmt_complain("%s: which profile? see 'vmtrace help %s'", options->verb,
                   options->verb);
      return VMT_EXIT_TROUBLE;
   }
   vmt_profile_init(profile);
   profile->phase = options->phase;
   for (int i = 0; i < n_files; i++)
      if (vmt_profile_read(profile, files[i])) {
         vmt_complain("%s", profile->trouble);
         vmt_profile_free(profile);
         return VMT_EXIT_TROUBLE;
      }
   if (vmt_phases_check(profile, options)) {
      vmt_profile_free(profile);
      return VMT_EXIT_TROUBLE;
   }
   vmt_profile_finish(profile);
   return VMT_EXIT_OK;
}

int
vmt_report_input_load(struct vmt_report_input *input, char **files, int n_files,
                      const struct vmt_report_options *options)
{
   struct vmt_blame_options blame = options->blame;

   if (vmt_report_profile_load(&input->profile, files, n_files, options))
      return VMT_EXIT_TROUBLE;
   /* Who asked for memory that was not there is told with its callers.  */
   for (size_t i = 0; i < input->profile.n_runs; i++)
      blame.whole_stacks |= input->profile.runs[i].pressure.oom.happened;
   blame.whole_stacks |= vmt_first_touch_is_worth_telling(&input->profile);
   vmt_blame_init(&input->blame, &input->profile, &blame);
   return VMT_EXIT_OK;
}

void
vmt_report_input_free(struct vmt_report_input *input)
{
   vmt_blame_free(&input->blame);
   vmt_profile_free(&input->profile);
}

/* Says which events there are.  */
static int
no_such_event(const struct vmt_profile *profile,
              const struct vmt_report_options *options, const char *name)
{
   char known[1024] = "";

   if (vmt_report_is_limit_event(name)) {
      vmt_complain("%s: the profile has no event %s" VMT_REPORT_NO_LIMIT,
                   options->verb, name);
      return VMT_EXIT_TROUBLE;
   }
   for (size_t i = 0; i < profile->events.n; i++)
      if (strlen(known) + strlen(profile->events.names[i]) + 2 < sizeof known) {
         strcat(known, " ");
         strcat(known, profile->events.names[i]);
      }
   vmt_complain("%s: the profile has no event %s; it has%s", options->verb, name,
                known);
   return VMT_EXIT_TROUBLE;
}

int
vmt_report_sort_event(const struct vmt_profile *profile,
                      const struct vmt_report_options *options,
                      const char *standard, int *event)
{
   *event = vmt_events_find(&profile->events,
                            options->sort ? options->sort : standard);
   if (*event < 0 && options->sort)
      return no_such_event(profile, options, options->sort);
   if (*event < 0)
      *event = 0;
   if (profile->events.n && profile->events.roles[*event] == VMT_EVENT_SIZE) {
      vmt_complain("%s: %s is of a whole run, of no line", options->verb,
                   profile->events.names[*event]);
      return VMT_EXIT_TROUBLE;
   }
   return VMT_EXIT_OK;
}

void
vmt_report_add_event(struct vmt_event_list *list, int event)
{
   for (size_t i = 0; i < list->n; i++)
      if (list->events[i] == event)
         return;
   if (event >= 0)
      list->events[list->n++] = event;
}

void
vmt_report_add_limit_events(const struct vmt_profile *profile,
                            struct vmt_event_list *list)
{
   for (size_t i = 0; i < VMT_N_LIMIT_EVENTS; i++) {
      int event = vmt_events_find(&profile->events, vmt_limit_events[i]);

      if (vmt_profile_total(profile, event))
         vmt_report_add_event(list, event);
   }
}

bool
vmt_report_is_limit_event(const char *name)
{
   for (size_t i = 0; i < VMT_N_LIMIT_EVENTS; i++)
      if (strcmp(name, vmt_limit_events[i]) == 0)
         return true;
   return false;
}

int
vmt_report_event_list(const struct vmt_profile *profile,
                      const struct vmt_report_options *options,
                      struct vmt_event_list *list)
{
   char *names, *rest, *name;

   list->n = 0;
   if (!options->event_names)
      return VMT_EXIT_OK;
   rest = names = vmt_strdup(options->event_names);
   while ((name = strsep(&rest, ",")) != NULL) {
      int event = vmt_events_find(&profile->events, name);

      if (event < 0) {
         no_such_event(profile, options, *name ? name : "with an empty name");
         free(names);
         return VMT_EXIT_TROUBLE;
      }
      vmt_report_add_event(list, event);
   }
   free(names);
   return VMT_EXIT_OK;
}

#define FILE_COLUMNS 36

char *
vmt_report_file_name(const char *file)
{
   char *here = getcwd(NULL, 0), *name;
   size_t n = here ? strlen(here) : 0;
   const char *from = file;

   if (n > 1 && strncmp(file, here, n) == 0 && file[n] == '/' && file[n + 1])
      from = file + n + 1;
   free(here);
   name = vmt_escape_line(from);
   if (strlen(name) > FILE_COLUMNS && strchr(name, '/')) {
      /* The first slash from which on it fits, else the last one.  */
      const char *slash = strchr(name + strlen(name) - FILE_COLUMNS, '/');
      char *cut = vmt_format("...%s", slash ? slash : strrchr(name, '/'));

      free(name);
      name = cut;
   }
   return name;
}
