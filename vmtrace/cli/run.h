/* `vmtrace run`: starts Valgrind on a program and stays beside it.

   run.c reads the options; run_command.c makes Valgrind's of them;
   run_program.c finds the program and Valgrind; run_profile.c knows
   where the profile will be and how far it has got; run_closing.c which profiles there
   are in the end; run_child.c starts, watches and ends.  `vmtrace compare` runs programs with the same parts.  */

#ifndef VMT_CLI_RUN_H
#define VMT_CLI_RUN_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

/* Whether Valgrind could start the program that execvp would.  0 and, unless found is
   NULL, its path in *found, which the caller frees; or VMT_EXIT_NOT_FOUND or
   VMT_EXIT_CANNOT_EXECUTE after complaining in a verb's name.  */
int vmt_run_program_find(const char *verb, const char *program, char **found);

/* The path of the Valgrind to start, whose tool is where Valgrind will look for
   it (VALGRIND_LIB is set if need be).  NULL after complaining.  The caller
   frees it.  */
char *vmt_run_valgrind_find(void);

/* The name that Valgrind's --vmtrace-out-file=pattern gives to process pid: %p,
   %q{VARIABLE} and %% replaced.  NULL when the pattern has something else.  The
   caller frees it.  */
char *vmt_run_profile_path(const char *pattern, pid_t pid);

/* The value of "--name=value", or NULL.  */
const char *vmt_run_option_value(const char *option, const char *name);

/* Whether an option can be handed to Valgrind.  0, or 2 after complaining in the
   name of the verb.  */
int vmt_run_option_check(const char *verb, const char *option);

struct vmt_run_command {
   char **passed;               /* options for Valgrind, n_passed of them */
   int n_passed;
   char **program;              /* NULL-terminated */
   bool quiet;                  /* nothing from Valgrind but errors */
};

/* The words that start the program under Valgrind: an array that the caller frees,
   of words that it does not.  Later options of the same name win.  */
char **vmt_run_argv(char *valgrind, const struct vmt_run_command *command);

/* Whether standard error is a terminal that a line can be repainted on.  */
bool vmt_run_has_terminal(void);

struct vmt_run_state {
   int64_t profile_bytes;       /* -1: no profile yet */
   int64_t instrs;              /* as of the last checkpoint; -1: none yet */
   int64_t rss_pages;
};

/* What the profile at path says of a run in progress.  Never fails.  */
void vmt_run_profile_state(const char *path, struct vmt_run_state *state);

/* Says which profiles a run left that began at start as process pid, and how to see
   them; nothing when there are none, or one and only_many.  */
void vmt_run_closing(const char *pattern, pid_t pid, const struct timespec *start,
                     bool only_many);

/* A variable of the program's environment.  A list ends with one that has no name.  */
struct vmt_run_setting {
   const char *name, *value;
};

struct vmt_run_child {
   char **argv;                 /* argv[0] is Valgrind's path */
   const char *out_pattern;
   bool progress;               /* show a line on the terminal while it runs */
   const char *label;           /* which begins the line: "", or as "glibc: " */
   const char *preload;         /* $LD_PRELOAD of the program; NULL: ours */
   const struct vmt_run_setting *settings;     /* NULL: none */
   const sigset_t *mask;        /* signals that the program has blocked; NULL: ours */
   pid_t pid;                   /* set by vmt_run_child_watch */
};

/* Runs it to its end.  The status as waitpid gives it, or -1 after
   complaining.  */
int vmt_run_child_watch(struct vmt_run_child *child);

/* Ends this process as the child ended: the same exit status, or the same
   signal.  */
void vmt_run_end_as(int wait_status) __attribute__((noreturn));

#endif
