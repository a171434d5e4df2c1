/* `vmtrace run`: starts Valgrind on a program and stays beside it.

   run.c reads the options; run_program.c finds the program and Valgrind;
   run_profile.c knows where the profile will be and how far it has got;
   run_child.c starts, watches and ends.  */

#ifndef VMT_CLI_RUN_H
#define VMT_CLI_RUN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether Valgrind could start the program that execvp would.  0, or
   VMT_EXIT_NOT_FOUND or VMT_EXIT_CANNOT_EXECUTE after complaining.  */
int vmt_run_program_check(const char *program);

/* The path of the Valgrind to start, whose tool is where Valgrind will look for
   it (VALGRIND_LIB is set if need be).  NULL after complaining.  The caller
   frees it.  */
char *vmt_run_valgrind_find(void);

/* The name that Valgrind's --vmtrace-out-file=pattern gives to process pid: %p,
   %q{VARIABLE} and %% replaced.  NULL when the pattern has something else.  The
   caller frees it.  */
char *vmt_run_profile_path(const char *pattern, pid_t pid);

struct vmt_run_state {
   int64_t profile_bytes;       /* -1: no profile yet */
   int64_t instrs;              /* as of the last checkpoint; -1: none yet */
   int64_t rss_pages;
};

/* What the profile at path says of a run in progress.  Never fails.  */
void vmt_run_profile_state(const char *path, struct vmt_run_state *state);

struct vmt_run_child {
   char **argv;                 /* argv[0] is Valgrind's path */
   const char *out_pattern;
   bool progress;               /* show a line on the terminal while it runs */
   pid_t pid;                   /* set by vmt_run_child_watch */
};

/* Runs it to its end.  The status as waitpid gives it, or -1 after
   complaining.  */
int vmt_run_child_watch(struct vmt_run_child *child);

/* Ends this process as the child ended: the same exit status, or the same
   signal.  */
void vmt_run_end_as(int wait_status) __attribute__((noreturn));

#endif
