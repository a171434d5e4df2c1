/* The parent beside a running program.

   It stays in the program's process group, so that the terminal's own signals
   (Ctrl-C, Ctrl-\, Ctrl-Z, hang-up) reach the program from the kernel, as they
   would without us; the parent must only outlive them.  What another process
   sends to the parent alone is passed on.  */

#include "vmtrace/cli/run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "vmtrace/cli/output.h"
#include "vmtrace/cli/verbs.h"

static const int passed_on[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2 };
#define N_PASSED_ON (sizeof passed_on / sizeof passed_on[0])

/* A full-screen or line-editing program, or the shell while we are in the
   background, owns the terminal: a line of ours would spoil it.  */
static bool
terminal_is_free(void)
{
   struct termios settings;

   return tcgetpgrp(STDERR_FILENO) == getpgrp() &&
          tcgetattr(STDERR_FILENO, &settings) == 0 &&
          (settings.c_lflag & ICANON) != 0 && (settings.c_lflag & ECHO) != 0;
}

static void
erase_line(bool *painted)
{
   if (*painted)
      fputs("\r\033[K", stderr);
   *painted = false;
}

/* "; 12.3 M instructions" and the like, in the unit that suits.  */
static void
print_scaled(FILE *text, const char *before, int64_t number, const char *what,
             double step)
{
   static const char *const units[] = { "", "K", "M", "G", "T" };
   double scaled = (double)number;
   size_t unit = 0;

   while (scaled >= step && unit + 1 < sizeof units / sizeof units[0]) {
      scaled /= step;
      unit++;
   }
   fprintf(text, unit == 0 ? "%s%.0f %s%s" : "%s%.1f %s%s", before, scaled,
           units[unit], what);
}

static void
paint_line(const char *label, const char *profile, int64_t elapsed_s, bool *painted)
{
   struct vmt_run_state state = { -1, -1, -1 };
   struct winsize size = { 0 };
   char line[512] = "";
   FILE *text = fmemopen(line, sizeof line, "w");

   if (text == NULL)
      return;
   if (profile != NULL)
      vmt_run_profile_state(profile, &state);
   fprintf(text, "vmtrace: %s%" PRId64 " s", label, elapsed_s);
   if (state.instrs >= 0) {
      print_scaled(text, ", ", state.instrs, " instructions", 1000);
      print_scaled(text, ", ", state.rss_pages * 4096, "B resident", 1024);
   }
   if (state.profile_bytes >= 0)
      print_scaled(text, ", profile ", state.profile_bytes, "B", 1024);
   fclose(text);
   if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 &&
       size.ws_col < sizeof line)
      line[size.ws_col - 1] = '\0';
   fprintf(stderr, "\r%s\033[K", line);
   *painted = true;
}

bool
vmt_run_has_terminal(void)
{
   const char *term = getenv("TERM");

   return isatty(STDERR_FILENO) && term != NULL && strcmp(term, "dumb") != 0;
}

static int64_t
now_s(void)
{
   struct timespec now;

   clock_gettime(CLOCK_MONOTONIC, &now);
   return now.tv_sec;
}

/* Waits for the child's end.  The signals of `waited` are blocked.  */
static int
watch(const struct vmt_run_child *child, const sigset_t *waited)
{
   static const struct timespec second = { .tv_sec = 1 };
   char *profile = vmt_run_profile_path(child->out_pattern, child->pid);
   int64_t start_s = now_s();
   bool painted = false;
   int status;

   while (waitpid(child->pid, &status, WNOHANG) == 0) {
      siginfo_t info;
      int signal = child->progress ? sigtimedwait(waited, &info, &second)
                                   : sigwaitinfo(waited, &info);

      if (signal < 0 && errno == EAGAIN && terminal_is_free())
         paint_line(child->label, profile, now_s() - start_s, &painted);
      else if (signal > 0 && signal != SIGCHLD && info.si_code <= 0)
         kill(child->pid, signal);
   }
   erase_line(&painted);
   free(profile);
   return status;
}

int
vmt_run_child_watch(struct vmt_run_child *child)
{
   struct sigaction plain = { .sa_handler = SIG_DFL }, inherited;
   sigset_t waited, mask;
   int status;

   sigemptyset(&waited);
   sigaddset(&waited, SIGCHLD);
   for (size_t i = 0; i < N_PASSED_ON; i++)
      sigaddset(&waited, passed_on[i]);
   /* A caller that ignores SIGCHLD would leave us without a status.  */
   sigaction(SIGCHLD, &plain, &inherited);
   sigprocmask(SIG_BLOCK, &waited, &mask);
   fflush(NULL);
   child->pid = fork();
   if (child->pid == 0) {
      sigaction(SIGCHLD, &inherited, NULL);
      sigprocmask(SIG_SETMASK, child->mask ? child->mask : &mask, NULL);
      if (child->preload != NULL)
         setenv("LD_PRELOAD", child->preload, 1);
      for (const struct vmt_run_setting *one = child->settings; one && one->name; one++)
         setenv(one->name, one->value, 1);
      execv(child->argv[0], child->argv);
      vmt_complain("run: cannot execute %s: %s", child->argv[0], strerror(errno));
      _exit(VMT_EXIT_CANNOT_EXECUTE);
   }
   if (child->pid < 0) {
      vmt_complain("run: cannot start Valgrind: %s", strerror(errno));
      status = -1;
   } else
      status = watch(child, &waited);
   sigprocmask(SIG_SETMASK, &mask, NULL);
   return status;
}

void
vmt_run_end_as(int wait_status)
{
   if (WIFSIGNALED(wait_status)) {
      int signal = WTERMSIG(wait_status);
      struct sigaction plain = { .sa_handler = SIG_DFL };
      struct rlimit no_core = { 0, 0 };
      sigset_t only;

      /* One core file, the program's, is enough.  */
      setrlimit(RLIMIT_CORE, &no_core);
      sigaction(signal, &plain, NULL);
      sigemptyset(&only);
      sigaddset(&only, signal);
      sigprocmask(SIG_UNBLOCK, &only, NULL);
      raise(signal);
      exit(128 + signal);
   }
   exit(WEXITSTATUS(wait_status));
}
