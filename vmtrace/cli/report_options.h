/* What the verbs that read profiles have in common: their options and the
   profiles they read.  */

#ifndef VMT_CLI_REPORT_OPTIONS_H
#define VMT_CLI_REPORT_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "vmtrace/cli/output.h"
#include "vmtrace/host/blame.h"
#include "vmtrace/host/profile.h"

/* Codes of long options that have no letter.  */
enum {
   VMT_OPTION_BLAME = 256,
   VMT_OPTION_COLOR,
   VMT_OPTION_DEBUG_DIR,
   VMT_OPTION_EVENTS,
   VMT_OPTION_FORMAT,
   VMT_OPTION_SORT,
   VMT_OPTION_PHASE,            /* of those verbs that list VMT_PHASE_LONG_OPTION */
   VMT_OPTION_OWN               /* a verb's own start here */
};

#define VMT_COMMON_SHORT_OPTIONS ":ho:"
#define VMT_COMMON_LONG_OPTIONS                                                \
   { "help", no_argument, NULL, 'h' },                                         \
   { "output", required_argument, NULL, 'o' },                                 \
   { "blame", required_argument, NULL, VMT_OPTION_BLAME },                     \
   { "color", required_argument, NULL, VMT_OPTION_COLOR },                     \
   { "debug-dir", required_argument, NULL, VMT_OPTION_DEBUG_DIR },             \
   { "events", required_argument, NULL, VMT_OPTION_EVENTS },                   \
   { "format", required_argument, NULL, VMT_OPTION_FORMAT },                   \
   { "sort", required_argument, NULL, VMT_OPTION_SORT }

#define VMT_PHASE_LONG_OPTION { "phase", required_argument, NULL, VMT_OPTION_PHASE }

/* Their help, one line each.  */
#define VMT_PHASE_HELP                                                         \
   "  --phase=NAME           what was counted in this phase alone\n"
#define VMT_COMMON_HELP_BLAME                                                  \
   "  --blame=leaf|caller    charge events to the line they happened on, or to\n"\
   "                         the first line above it that is in no system\n"   \
   "                         library or header (default: caller, where there\n"\
   "                         are lines)\n"
#define VMT_COMMON_HELP_DEBUG_DIR                                              \
   "  --debug-dir=DIR        look for separate debug files below DIR too\n"
#define VMT_COMMON_HELP_OUTPUT                                                 \
   "  -o, --output=FILE      write to FILE\n"                                  \
   "  --color=auto|always|never\n"

/* Columns: positions of events.  */
struct vmt_event_list {
   int events[VMT_EVENTS_MAX];
   size_t n;
};

struct vmt_report_options {
   const char *verb;
   const char *output;          /* NULL: standard output */
   enum vmt_color_mode color;
   bool json, csv, help;
   bool has_csv;                /* --format=csv is one */
   const char *sort;            /* NULL: the default */
   const char *event_names;     /* NULL: the default */
   const char *phase;           /* NULL: the whole run */
   struct vmt_blame_options blame;
};

struct option;

/* The next option by getopt_long into *code; false when there is none, or status is
   not 0.  */
bool vmt_report_next_option(int status, int argc, char **argv, const char *letters,
                            const struct option *longs, int *code);

/* Opens what the options say to print to; for a pager unless it is for a program.
   0, or 2 after complaining.  */
int vmt_report_output_open(struct vmt_output *out,
                           const struct vmt_report_options *options);

/* One option that getopt_long returned, with optarg.  0; 2 after complaining;
   -1 when it is none of the common ones.  */
int vmt_report_option(struct vmt_report_options *options, int code, char **argv);
void vmt_report_options_free(struct vmt_report_options *options);

/* A number of at least 0.  0, or 2 after complaining.  */
int vmt_report_number(const struct vmt_report_options *options, const char *name,
                      const char *text, size_t *number);

struct vmt_report_input {
   struct vmt_profile profile;
   struct vmt_blame blame;
};

/* Reads alone.  0, or 2 after complaining, with nothing to free.  */
int vmt_report_profile_load(struct vmt_profile *profile, char **files, int n_files,
                            const struct vmt_report_options *options);

/* Reads and looks up.  0, or 2 after complaining, with nothing to free.  */
int vmt_report_input_load(struct vmt_report_input *input, char **files,
                          int n_files, const struct vmt_report_options *options);
void vmt_report_input_free(struct vmt_report_input *input);

/* The event of --sort, or `standard`, or, when the profile does not have that,
   its first.  0, or 2 after complaining.  */
int vmt_report_sort_event(const struct vmt_profile *profile,
                          const struct vmt_report_options *options,
                          const char *standard, int *event);

/* Puts an event at the end unless it is in the list or -1; and those of
   vmt_limit_events that happened.  */
void vmt_report_add_event(struct vmt_event_list *list, int event);
void vmt_report_add_limit_events(const struct vmt_profile *profile,
                                 struct vmt_event_list *list);

/* Whether an event happens with a limit on memory alone; what to say where it did
   not for want of one.  */
bool vmt_report_is_limit_event(const char *name);
#define VMT_REPORT_NO_LIMIT                                                    \
   ": memory had no limit (--ram=SIZE of the tool sets one)"

/* The events of --events; list->n is 0 when it was not given.  0, or 2 after
   complaining.  */
int vmt_report_event_list(const struct vmt_profile *profile,
                          const struct vmt_report_options *options,
                          struct vmt_event_list *list);

/* A file's name as it is best shown: relative to the current folder where it is
   below it, its last parts when it is long; safe to print.  To be freed.  */
char *vmt_report_file_name(const char *file);

#endif
