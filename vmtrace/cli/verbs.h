/* The verbs of `vmtrace VERB [options] [arguments]`.

   A verb is a function that is called with argv[0] the verb's name, parses its
   own options with getopt_long (--help among them), prints through output.h and
   returns the exit status.  To add one: declare it here and give it a row in
   verbs.c; --help, `help` and the completions' test follow from the row.  */

#ifndef VMT_CLI_VERBS_H
#define VMT_CLI_VERBS_H

#include <stddef.h>

enum {
   VMT_EXIT_OK = 0,
   VMT_EXIT_TROUBLE = 2,        /* bad usage, bad file, failed output */
   VMT_EXIT_CANNOT_EXECUTE = 126,
   VMT_EXIT_NOT_FOUND = 127
};

struct vmt_verb {
   const char *name;
   const char *summary;         /* half a line, for the list of verbs */
   int (*run)(int argc, char **argv);
};

extern const struct vmt_verb vmt_verbs[];
extern const size_t vmt_n_verbs;

/* NULL when there is no such verb.  */
const struct vmt_verb *vmt_verb_find(const char *name);

/* The verb whose name is closest to a mistyped one, or NULL when none is
   close.  */
const struct vmt_verb *vmt_verb_nearest(const char *name);

/* For '?' and ':' from getopt_long, called with opterr = 0 and a short-option
   string that starts with ':'.  Complains; returns VMT_EXIT_TROUBLE.  */
int vmt_verb_bad_option(int code, char **argv);

int vmt_verb_help(int argc, char **argv);
int vmt_verb_run(int argc, char **argv);
int vmt_verb_machines(int argc, char **argv);
int vmt_verb_report(int argc, char **argv);
int vmt_verb_annotate(int argc, char **argv);
int vmt_verb_curve(int argc, char **argv);
int vmt_verb_timeline(int argc, char **argv);
int vmt_verb_compare(int argc, char **argv);
int vmt_verb_export(int argc, char **argv);
int vmt_verb_calibrate(int argc, char **argv);

#endif
