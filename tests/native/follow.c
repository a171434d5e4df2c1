/* follow REPORT ENVIRONMENT PROGRAM [ARGS]: runs a program and all that it starts, and
   writes what the kernel says of each process at chosen moments into the file REPORT, one
   JSON object a line:

     {"start":PID,"parent":PID,"borrows":BOOL}   a process; borrows: of a vfork, it has the
                                                 memory of its parent until it executes
     {"moment":NAME,"pid":PID,"kb":{NAME:KB,...}}
     {"exec":PID,"name":TEXT}                    it has executed a program: 15 bytes of it
     {"exit":PID,"status":N}                     as wait has it

   Moments are the end of a thread ("end"; the last one is that of its process), a call of
   execve ("exec", which may fail), and where a program asks: getpriority(0x766d7472, N), a
   call that fails and does nothing (programs/moment.h); NAME is then the number N.  The
   thread is stopped meanwhile, all others go on.  kb is what smaps_rollup and status say.

   As with spawn.c, whose notes hold here too: addresses are not randomised, clone3 is
   refused, the environment is that of a file.  To be traced touches no memory.  Linked
   statically, so that it maps no page that they map.  The exit status is 0 whatever the
   program's is.  */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/native/environment.h"

enum { MOMENT = 0x766d7472, MOST_THREADS = 1 << 22 };

static const long OPTIONS =
   PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC |
   PTRACE_O_TRACEEXIT | PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;

static FILE *report;

/* A new thread is stopped at first, and told of by its parent's stop; either comes first.
   It goes on when both have.  */
enum { NEW, HELD, KNOWN };
static unsigned char state[MOST_THREADS];

static int
complain(const char *what, const char *name)
{
   fprintf(stderr, "follow: %s %s: %s\n", what, name, strerror(errno));
   return 2;
}

/* ---- the program ---- */

/* From now on, for all that is started.  Whether that could be done.  */
static bool
filter_calls(void)
{
   struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 6, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execve, 4, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_execveat, 3, 0),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getpriority, 0, 4),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MOMENT, 0, 2),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
   };
   const struct sock_fprog program = { sizeof rules / sizeof rules[0], rules };

   return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
          prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void
become(char **argv, char **environment, const int *go)
{
   char c;

   close(go[1]);
   if (read(go[0], &c, 1) != 1)                 /* until it is traced */
      _exit(127);
   close(go[0]);
   execve(argv[0], argv, environment);
   _exit(complain("cannot run", argv[0]));
}

/* Its process, traced from its execve on; -1 with errno set.  */
static pid_t
start(char **argv, char **environment)
{
   int go[2];
   pid_t child;

   if (pipe(go) != 0)
      return -1;
   child = fork();
   if (child == 0)
      become(argv, environment, go);
   close(go[0]);
   if (child > 0 && ptrace(PTRACE_SEIZE, child, 0, OPTIONS) != 0)
      return -1;
   if (child > 0 && write(go[1], "", 1) != 1)
      return -1;
   close(go[1]);
   return child;
}

/* ---- what the kernel says ---- */

/* The file /proc/PID/NAME; empty if there is none.  */
static const char *
proc_text(pid_t pid, const char *name)
{
   static char text[1 << 14];
   char path[64];
   size_t n_bytes = 0;
   FILE *file;

   snprintf(path, sizeof path, "/proc/%d/%s", pid, name);
   file = fopen(path, "re");
   if (file != NULL) {
      n_bytes = fread(text, 1, sizeof text - 1, file);
      fclose(file);
   }
   text[n_bytes] = '\0';
   return text;
}

static long
status_number(pid_t pid, const char *name)
{
   const char *at = strstr(proc_text(pid, "status"), name);

   return at != NULL ? strtol(at + strlen(name), NULL, 10) : -1;
}

/* The lines `NAME: N kB' of a file.  */
static void
print_kb(const char *text, const char *only, const char **comma)
{
   char name[64];
   long kb;

   for (; text != NULL && *text != '\0'; text = strchr(text, '\n')) {
      text += *text == '\n';
      if (sscanf(text, "%63[A-Za-z_]: %ld kB", name, &kb) != 2)
         continue;
      if (only != NULL && strstr(only, name) == NULL)
         continue;
      fprintf(report, "%s\"%s\":%ld", *comma, name, kb);
      *comma = ",";
   }
}

static void
print_moment(pid_t thread, const char *name)
{
   const pid_t pid = (pid_t)status_number(thread, "\nTgid:");
   const char *comma = "";

   fprintf(report, "{\"moment\":\"%s\",\"pid\":%d,\"kb\":{", name, pid);
   print_kb(proc_text(thread, "smaps_rollup"), NULL, &comma);
   print_kb(proc_text(thread, "status"), "VmPTE VmSwap VmHWM", &comma);
   fputs("}}\n", report);
}

static void
print_asked(pid_t thread)
{
   struct user_regs_struct registers;
   char name[32] = "exec";

   if (ptrace(PTRACE_GETREGS, thread, 0, &registers) != 0)
      return;
   if (registers.orig_rax == SYS_getpriority)
      snprintf(name, sizeof name, "%lld", (long long)registers.rsi);
   print_moment(thread, name);
}

/* Of a child that waits at its first stop, or will.  */
static void
print_start(pid_t thread, int event)
{
   unsigned long child;

   if (ptrace(PTRACE_GETEVENTMSG, thread, 0, &child) != 0 || child >= MOST_THREADS)
      return;
   if (status_number((pid_t)child, "\nTgid:") == (long)child)  /* not a thread */
      fprintf(report, "{\"start\":%lu,\"parent\":%ld,\"borrows\":%s}\n", child,
              status_number(thread, "\nTgid:"),
              event == PTRACE_EVENT_VFORK ? "true" : "false");
   if (state[child] == HELD)
      ptrace(PTRACE_CONT, (pid_t)child, 0, 0);
   state[child] = KNOWN;
}

static void
print_exec(pid_t pid)
{
   const char *name = proc_text(pid, "comm");

   fprintf(report, "{\"exec\":%d,\"name\":\"%.*s\"}\n", pid, (int)strcspn(name, "\n"), name);
}

/* ---- stops ---- */

static bool
is_stop_signal(int number)
{
   return number == SIGSTOP || number == SIGTSTP || number == SIGTTIN || number == SIGTTOU;
}

static void
let_go_on(pid_t thread, int status)
{
   const int event = status >> 16, number = WSTOPSIG(status);

   if (event == PTRACE_EVENT_STOP && is_stop_signal(number))
      ptrace(PTRACE_LISTEN, thread, 0, 0);      /* it is stopped for all, until SIGCONT */
   else
      ptrace(PTRACE_CONT, thread, 0, event == 0 ? (long)number : 0L);
}

static void
stopped(pid_t thread, int status)
{
   if (state[thread] == NEW) {
      state[thread] = HELD;
      return;
   }
   switch (status >> 16) {
   case PTRACE_EVENT_FORK:
   case PTRACE_EVENT_VFORK:
   case PTRACE_EVENT_CLONE:
      print_start(thread, status >> 16);
      break;
   case PTRACE_EVENT_SECCOMP:
      print_asked(thread);
      break;
   case PTRACE_EVENT_EXEC:
      print_exec(thread);
      break;
   case PTRACE_EVENT_EXIT:
      print_moment(thread, "end");
      break;
   default:
      break;
   }
   let_go_on(thread, status);
}

static void
follow(void)
{
   int status;
   pid_t thread;

   while ((thread = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
      if (thread > 0 && WIFSTOPPED(status))
         stopped(thread, status);
      else if (thread > 0) {
         fprintf(report, "{\"exit\":%d,\"status\":%d}\n", thread, status);
         state[thread] = NEW;
      }
   }
}

int
main(int argc, char **argv)
{
   char **environment;
   pid_t child;

   if (argc < 4) {
      fputs("usage: follow REPORT ENVIRONMENT PROGRAM [ARGS]\n", stderr);
      return 2;
   }
   report = fopen(argv[1], "we");
   if (report == NULL)
      return complain("cannot write", argv[1]);
   environment = read_environment(argv[2]);
   if (environment == NULL)
      return complain("cannot read", argv[2]);
   if (personality(ADDR_NO_RANDOMIZE) < 0)
      return complain("cannot fix the addresses of", argv[3]);
   if (!filter_calls())
      return complain("cannot refuse clone3 to", argv[3]);
   fprintf(report, "{\"starter\":%d}\n", getpid());
   fflush(report);                              /* nothing for the child to write again */
   child = start(argv + 3, environment);
   if (child < 0)
      return complain("cannot trace", argv[3]);
   fprintf(report, "{\"start\":%d,\"parent\":%d,\"borrows\":false}\n", child, getpid());
   state[child] = KNOWN;
   follow();
   return fclose(report) == 0 ? 0 : complain("cannot write", argv[1]);
}
