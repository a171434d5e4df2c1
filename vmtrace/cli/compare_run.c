/* One program, run under the tool once with each allocator.

   The profiles go into one folder, DIR/NAME.out, where a process that the program
   forks has a profile of its own beside it, DIR/NAME.out.PID, or so: all of them are
   one column.  */

#include "vmtrace/cli/compare.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmtrace/cli/processes.h"
#include "vmtrace/cli/run.h"
#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/memory.h"

#define FULL_BYTES 65536

struct work {
   struct vmt_comparison *comparison;
   const struct vmt_compare_runs *runs;
   struct vmt_compare_allocators allocators;
   char *valgrind;
   char *folder;
   bool made_folder;            /* it is temporary */
   off_t input_start;           /* of standard input; -1: it cannot be rewound */
   sigset_t mask;               /* as it was before signals were held */
};

struct paths {
   char **list;
   size_t n, capacity;
};

/* ---- signals ---- */

static const int stopping[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

#define N_STOPPING (sizeof stopping / sizeof stopping[0])

/* What ends this process, a complaint that nobody reads included, waits while there is
   a folder to remove.  */
static void
hold_signals(struct work *work)
{
   sigset_t held;

   sigemptyset(&held);
   sigaddset(&held, SIGPIPE);
   for (size_t i = 0; i < N_STOPPING; i++)
      sigaddset(&held, stopping[i]);
   sigprocmask(SIG_BLOCK, &held, &work->mask);
}

/* Whether one came between two runs; in a run it goes to the program.  */
static bool
is_stopped(void)
{
   sigset_t pending;

   sigpending(&pending);
   for (size_t i = 0; i < N_STOPPING; i++)
      if (sigismember(&pending, stopping[i]) == 1)
         return true;
   return false;
}

/* Whether somebody wanted the program to stop.  */
static bool
was_stopped(int status)
{
   for (size_t i = 0; i < N_STOPPING; i++)
      if (WIFSIGNALED(status) && WTERMSIG(status) == stopping[i])
         return true;
   return false;
}

/* ---- the profiles ---- */

static int
compare_paths(const void *a, const void *b)
{
   return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The files DIR/NAME.out and what begins so and has a dot next, in order; all files
   of the folder with a name that is NULL.  */
static struct paths
list_profiles(const struct work *work, const char *name)
{
   struct paths paths = { .n = 0 };
   char *start = name ? vmt_format("%s.out", name) : vmt_strdup("");
   size_t length = strlen(start);
   DIR *folder = opendir(work->folder);
   struct dirent *entry;

   while (folder && (entry = readdir(folder)) != NULL) {
      const char *rest = entry->d_name + length;

      if (strncmp(entry->d_name, start, length) != 0
          || (name && *rest != '\0' && *rest != '.')
          || strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
         continue;
      paths.list = vmt_grow(paths.list, paths.n, &paths.capacity, sizeof *paths.list);
      paths.list[paths.n++] = vmt_format("%s/%s", work->folder, entry->d_name);
   }
   if (folder)
      closedir(folder);
   if (paths.n)
      qsort(paths.list, paths.n, sizeof *paths.list, compare_paths);
   free(start);
   return paths;
}

static void
free_paths(struct paths *paths)
{
   for (size_t i = 0; i < paths->n; i++)
      free(paths->list[i]);
   free(paths->list);
}

/* A profile that is there is replaced; those of other processes would be taken for
   a part of this run.  */
static int
clear_profiles(const struct work *work, const char *name)
{
   struct paths paths = list_profiles(work, name);
   int status = VMT_EXIT_OK;

   for (size_t i = 0; i < paths.n && status == VMT_EXIT_OK; i++) {
      const char *end = strrchr(paths.list[i], '/') + 1 + strlen(name);

      if (strcmp(end, ".out") == 0 && unlink(paths.list[i]) == 0)
         continue;
      vmt_complain("compare: --keep: %s is there already; remove it, or choose another "
                   "folder", paths.list[i]);
      status = VMT_EXIT_TROUBLE;
   }
   free_paths(&paths);
   return status;
}

/* A path that holds wherever the program goes.  */
static int
open_kept(struct work *work)
{
   const char *keep = work->runs->keep;
   int status = VMT_EXIT_OK;

   if ((mkdir(keep, 0777) != 0 && errno != EEXIST)
       || !(work->folder = realpath(keep, NULL))) {
      vmt_complain("compare: cannot make the folder %s: %s", keep, strerror(errno));
      return VMT_EXIT_TROUBLE;
   }
   for (size_t i = 0; i < work->allocators.n && status == VMT_EXIT_OK; i++)
      status = clear_profiles(work, work->allocators.list[i].name);
   return status;
}

static int
make_folder(struct work *work)
{
   const char *parent = getenv("TMPDIR");

   if (work->runs->keep)
      return open_kept(work);
   work->folder = vmt_format("%s/vmtrace-compare.XXXXXX",
                             parent && parent[0] ? parent : "/tmp");
   if (!mkdtemp(work->folder)) {
      vmt_complain("compare: cannot make the folder %s: %s", work->folder,
                   strerror(errno));
      return VMT_EXIT_TROUBLE;
   }
   work->made_folder = true;
   return VMT_EXIT_OK;
}

static void
drop_folder(struct work *work)
{
   if (work->made_folder) {
      struct paths paths = list_profiles(work, NULL);

      for (size_t i = 0; i < paths.n; i++)
         unlink(paths.list[i]);
      free_paths(&paths);
      rmdir(work->folder);
   }
   free(work->folder);
   free(work->valgrind);
   vmt_compare_free_allocators(&work->allocators);
}

/* ---- one run ---- */

/* The tool's name for the profile: a percent sign stands for itself.  */
static char *
out_pattern(const struct work *work, const char *name)
{
   char *path = vmt_format("%s/%s.out", work->folder, name);
   char *pattern = vmt_calloc(2 * strlen(path) + 1, 1), *end = pattern;

   for (const char *c = path; *c; c++) {
      if (*c == '%')
         *end++ = '%';
      *end++ = *c;
   }
   free(path);
   return pattern;
}

/* Before what is preloaded already, to win.  NULL: as it is.  */
static char *
preload_text(const struct vmt_compare_allocator *allocator)
{
   const char *inherited = getenv("LD_PRELOAD");

   if (!allocator->library)
      return NULL;
   return inherited && inherited[0] ? vmt_format("%s:%s", allocator->library, inherited)
          : vmt_strdup(allocator->library);
}

/* NULL: none, or the user has set one of them, and knows why.  */
static const struct vmt_run_setting *
settings_of(const struct vmt_compare_allocator *allocator)
{
   const struct vmt_run_setting *one = allocator->settings;

   for (; one && one->name; one++)
      if (getenv(one->name))
         return NULL;
   return allocator->settings;
}

/* The status as waitpid gives it, or -1 after complaining.  */
static int
start(const struct work *work, size_t i)
{
   const struct vmt_compare_runs *runs = work->runs;
   const struct vmt_compare_allocator *allocator = &work->allocators.list[i];
   char *pattern = out_pattern(work, allocator->name);
   char *option = vmt_format("--vmtrace-out-file=%s", pattern);
   char *label = vmt_format("%s (%zu of %zu): ", allocator->name, i + 1,
                            work->allocators.n);
   char *preload = preload_text(allocator);
   char **passed = vmt_calloc((size_t) runs->n_passed + 1, sizeof *passed);
   struct vmt_run_command command = { .passed = passed,
                                      .n_passed = runs->n_passed + 1,
                                      .program = runs->program, .quiet = true };
   struct vmt_run_child child = { .out_pattern = pattern, .label = label,
                                  .progress = !runs->quiet && vmt_run_has_terminal(),
                                  .preload = preload,
                                  .settings = settings_of(allocator),
                                  .mask = &work->mask };
   int status;

   for (int k = 0; k < runs->n_passed; k++)
      passed[k] = runs->passed[k];
   passed[runs->n_passed] = option;
   child.argv = vmt_run_argv(work->valgrind, &command);
   if (work->input_start >= 0)
      lseek(STDIN_FILENO, work->input_start, SEEK_SET);
   status = vmt_run_child_watch(&child);
   free(child.argv);
   free(passed);
   free(preload);
   free(label);
   free(option);
   free(pattern);
   return status;
}

static void
tell_status(const char *name, int status)
{
   if (WIFSIGNALED(status))
      vmt_complain("compare: with %s the program was ended by signal %d", name,
                   WTERMSIG(status));
   else if (WEXITSTATUS(status) != 0)
      vmt_complain("compare: with %s the program's exit status was %d", name,
                   WEXITSTATUS(status));
}

/* A program that is linked statically, or has privileges, or runs under a loader of
   its own, does not get what is preloaded.  */
static void
check_loaded(struct vmt_comparison *comparison)
{
   const struct vmt_compare_column *column =
      &comparison->columns[comparison->n_columns - 1];
   char resolved[PATH_MAX];

   if (!column->library || !realpath(column->library, resolved))
      return;
   if (strcmp(column->name, "glibc") == 0)
      vmt_compare_note(comparison, vmt_strdup("the program is linked with another "
                                              "allocator; glibc's comes before it, "
                                              "preloaded"));
   for (size_t i = 0; i < column->profile.n_objects; i++)
      if (column->profile.objects[i].path
          && (strcmp(column->profile.objects[i].path, resolved) == 0
              || strcmp(column->profile.objects[i].path, column->library) == 0))
         return;
   vmt_complain("compare: %s was not loaded: its numbers are those of the program's "
                "own allocator (is it linked statically?)", column->name);
   vmt_compare_note(comparison, vmt_format("%s was not loaded: its numbers are those of "
                                           "the program's own allocator", column->name));
}

static void
note_settings(struct vmt_comparison *comparison,
              const struct vmt_compare_allocator *allocator)
{
   const struct vmt_run_setting *one = settings_of(allocator);

   if (one)
      vmt_compare_note(comparison,
                       vmt_format("%s gives memory back by the clock; as a program takes "
                                  "some 40 times as long here, it was given 40 times as "
                                  "much time: %s=%s", allocator->name, one->name,
                                  one->value));
}

/* Whether there is no room for a profile's end.  */
static bool
is_full(const struct work *work)
{
   struct statvfs at;

   return statvfs(work->folder, &at) == 0
          && (uint64_t) at.f_bavail * at.f_frsize < FULL_BYTES;
}

/* The profile of a program that came to its end has one, but where it could not be
   written: what is missing is not known then, and the column would be of less.  */
static int
check_whole(const struct work *work, const char *name)
{
   const struct vmt_comparison *comparison = work->comparison;
   const struct vmt_compare_column *column =
      &comparison->columns[comparison->n_columns - 1];

   if (vmt_process_last(&column->profile, 0)->end)
      return VMT_EXIT_OK;
   vmt_complain("compare: the profile with %s could not be written to its end%s%s%s", name,
                is_full(work) ? ": " : " in ", work->folder,
                is_full(work) ? " is full; make room, or --keep=DIR elsewhere" : "");
   return VMT_EXIT_TROUBLE;
}

static int
take_profiles(const struct work *work, const struct vmt_compare_allocator *allocator)
{
   struct paths paths = list_profiles(work, allocator->name);
   int status;

   if (paths.n == 0) {
      if (is_full(work))
         vmt_complain("compare: no profile was written with %s: %s is full; make room, or "
                      "--keep=DIR elsewhere", allocator->name, work->folder);
      else
         vmt_complain("compare: no profile was written with %s: Valgrind could not run "
                      "the program ('vmtrace run' says more)", allocator->name);
      return VMT_EXIT_TROUBLE;
   }
   status = vmt_compare_add_column(work->comparison, vmt_strdup(allocator->name),
                                   allocator->library ? vmt_strdup(allocator->library)
                                   : NULL, paths.list, (int) paths.n);
   free_paths(&paths);
   if (status == VMT_EXIT_OK) {
      check_loaded(work->comparison);
      note_settings(work->comparison, allocator);
   }
   return status;
}

static int
run_one(struct work *work, size_t i)
{
   const struct vmt_compare_allocator *allocator = &work->allocators.list[i];
   int ended = start(work, i), status;

   if (ended < 0)
      return VMT_EXIT_TROUBLE;
   if (was_stopped(ended)) {
      drop_folder(work);
      vmt_run_end_as(ended);
   }
   status = take_profiles(work, allocator);
   if (status == VMT_EXIT_OK && WIFEXITED(ended))
      status = check_whole(work, allocator->name);
   /* Without a profile it was Valgrind's end, not the program's.  */
   if (status == VMT_EXIT_OK)
      tell_status(allocator->name, ended);
   return status;
}

static int
prepare(struct work *work)
{
   char *program = NULL;
   int status = vmt_run_program_find("compare", work->runs->program[0], &program);

   if (status == VMT_EXIT_OK)
      status = vmt_compare_find_allocators(&work->allocators, work->runs->names, program);
   free(program);
   if (status != VMT_EXIT_OK)
      return status;
   work->valgrind = vmt_run_valgrind_find();
   return work->valgrind ? make_folder(work) : VMT_EXIT_TROUBLE;
}

/* Each run is to read the same; of a pipe the first would leave nothing.  */
static void
remember_input(struct work *work)
{
   struct stat st;

   work->input_start = -1;
   if (fstat(STDIN_FILENO, &st) != 0)
      return;
   if (S_ISREG(st.st_mode))
      work->input_start = lseek(STDIN_FILENO, 0, SEEK_CUR);
   else if ((S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode)) && work->allocators.n > 1
            && !work->runs->quiet)
      vmt_complain("compare: standard input is a pipe, which only the first run can "
                   "read; give the program a file, as <FILE or </dev/null");
}

int
vmt_compare_run_all(struct vmt_comparison *comparison,
                    const struct vmt_compare_runs *runs)
{
   struct work work = { .comparison = comparison, .runs = runs };
   int status;

   hold_signals(&work);
   status = prepare(&work);

   if (status == VMT_EXIT_OK) {
      remember_input(&work);
      for (size_t i = 0; i < work.allocators.n && status == VMT_EXIT_OK && !is_stopped();
           i++)
         status = run_one(&work, i);
   }
   if (status == VMT_EXIT_OK && runs->keep && !runs->quiet)
      vmt_complain("the profiles are in %s", runs->keep);
   drop_folder(&work);
   /* One that was held ends this process here.  */
   sigprocmask(SIG_SETMASK, &work.mask, NULL);
   return status;
}
