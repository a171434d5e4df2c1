/* What `curve` and `timeline` have in common: their options, the one profile that
   they read, and tables of a number that each charge has beside its events.  */

#ifndef VMT_CLI_MEMORY_VIEW_H
#define VMT_CLI_MEMORY_VIEW_H

#include <getopt.h>

#include "vmtrace/cli/report.h"

enum {
   VMT_OPTION_BY = VMT_OPTION_OWN, VMT_OPTION_TOP,
   VMT_OPTION_MEMORY_OWN        /* a verb's own start here */
};

#define VMT_MEMORY_LONG_OPTIONS                                                \
   { "help", no_argument, NULL, 'h' },                                         \
   { "output", required_argument, NULL, 'o' },                                 \
   { "blame", required_argument, NULL, VMT_OPTION_BLAME },                     \
   { "by", required_argument, NULL, VMT_OPTION_BY },                           \
   { "color", required_argument, NULL, VMT_OPTION_COLOR },                     \
   { "debug-dir", required_argument, NULL, VMT_OPTION_DEBUG_DIR },             \
   { "format", required_argument, NULL, VMT_OPTION_FORMAT },                   \
   { "top", required_argument, NULL, VMT_OPTION_TOP }

#define VMT_MEMORY_HELP                                                        \
   "  --by=line|function|object|stack|area|thread\n"                           \
   "                         what a row of the table is (default: line)\n"     \
   "  --top=N                at most N rows, 0 for all (default: 20; json, csv:\n"\
   "                         all)\n"                                           \
   VMT_COMMON_HELP_BLAME                                                       \
   "  --format=text|json|csv\n"                                                \
   VMT_COMMON_HELP_DEBUG_DIR                                                   \
   VMT_COMMON_HELP_OUTPUT                                                      \
   "  -h, --help             this text\n"                                      \
   "\n"                                                                        \
   "exit status: 0, or 2 when the profile cannot be read, has not what is asked\n"\
   "for, or the output cannot be written.\n"

struct vmt_memory_view {
   struct vmt_report report;
   const struct vmt_profile_run *run;
   bool has_blame;
};

/* With verb: how a view begins.  */
struct vmt_memory_view vmt_memory_view_new(const char *verb);

/* One option that getopt_long returned.  0, or 2 after complaining.  */
int vmt_memory_option(struct vmt_memory_view *view, int code, char **argv);

/* Reads the one profile.  0, or 2 after complaining, with nothing to free but
   the options.  */
int vmt_memory_load(struct vmt_memory_view *view, char **files, int n_files);
void vmt_memory_free(struct vmt_memory_view *view);

/* The whole verb after its options, which gave status: its help, or load, find and
   print, which are given the view.  */
int vmt_memory_verb(struct vmt_memory_view *view, int status, int argc, char **argv,
                    const char *help, int (*find)(struct vmt_memory_view *view),
                    int (*print)(struct vmt_memory_view *view));

/* Says why the profile has not what was asked for; `option` made it with other
   values than `no`, or is NULL.  Returns 2.  */
int vmt_memory_missing(const struct vmt_memory_view *view, const char *what,
                       const char *option);

/* The same of what takes a limit on memory.  */
int vmt_memory_no_limit(const struct vmt_memory_view *view, const char *what);

/* Starts a table of `name`, in place of the profile's events: what the view's
   table shows is what vmt_memory_add adds from then on.  0, or 2 after
   complaining.  */
int vmt_memory_begin(struct vmt_memory_view *view, const char *name);
void vmt_memory_add(struct vmt_memory_view *view, uint32_t charge, int64_t number);

/* Looks lines up, after the last addition.  */
void vmt_memory_resolve(struct vmt_memory_view *view);

/* The table as comma-separated values: what a row is, and the number.  */
void vmt_memory_csv(const struct vmt_memory_view *view, FILE *file);

/* "{" and the members that all JSON of these verbs begins with.  */
void vmt_memory_json_head(const struct vmt_memory_view *view, FILE *file);

/* The instructions of the run.  */
int64_t vmt_memory_instrs(const struct vmt_memory_view *view);

/* Of the pages that profiles count.  */
#define VMT_MEMORY_PAGE_BYTES 4096

/* A label and what follows it, in lines that fit.  Frees text.  */
void vmt_memory_print_labelled(const struct vmt_output *out, const char *label,
                               char *text);

/* Text in lines that fit, each but the first after `indent` blanks.  */
void vmt_memory_print_wrapped(const struct vmt_output *out, size_t indent,
                              const char *text);

#endif
