/* spawn USAGE ENVIRONMENT PROGRAM [ARGS]: runs a program with its addresses not
   randomised and writes what the kernel counted for it into the file USAGE, as JSON.
   The file ENVIRONMENT has the program's environment, as /proc/PID/environ has: perf
   would add variables of its own, and they would move the stack.

   The program is refused clone3, as by Valgrind (docs/VALGRIND-LIMITS.md): the C library
   then takes clone, where a stack for a child is written to by the parent.

   vfork, because the child then has no page table of its own before execve: none of
   its faults is the copying of ours.  What was resident of the memory that execve
   leaves behind, ours, is a floor to the program's ru_maxrss (fs/exec.c, exec_mmap), so
   that this is kept small, by linking it statically: some 0.6 MB.  The exit status is 0
   whatever the program's is.  */

#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/native/environment.h"

static int
complain(const char *what, const char *name)
{
   fprintf(stderr, "spawn: %s %s: %s\n", what, name, strerror(errno));
   return 2;
}

/* From now on, for all that is started.  Whether that could be done.  */
static int
refuse_clone3(void)
{
   struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
   };
   const struct sock_fprog program = { sizeof rules / sizeof rules[0], rules };

   return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
          prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static void
write_usage(FILE *out, const struct rusage *used, int status)
{
   fprintf(out,
           "{\"minflt\": %ld, \"majflt\": %ld, \"maxrss_bytes\": %ld, \"exit\": %d, "
           "\"signal\": %d}\n",
           used->ru_minflt, used->ru_majflt, used->ru_maxrss * 1024,
           WIFEXITED(status) ? WEXITSTATUS(status) : 0,
           WIFSIGNALED(status) ? WTERMSIG(status) : 0);
}

/* The child's number, or -1 with errno set.  By itself, so that vfork has no variables
   of others to clobber.  */
static __attribute__((noinline)) pid_t
start(char **argv, char **environment)
{
   volatile int exec_error = 0;
   pid_t child = vfork();

   if (child == 0) {
      execve(argv[0], argv, environment);
      exec_error = errno;
      _exit(127);
   }
   if (exec_error == 0)
      return child;
   errno = exec_error;
   return -1;
}

int
main(int argc, char **argv)
{
   struct rusage used;
   char **environment;
   int status;
   pid_t child;
   FILE *out;

   if (argc < 4) {
      fputs("usage: spawn USAGE ENVIRONMENT PROGRAM [ARGS]\n", stderr);
      return 2;
   }
   out = fopen(argv[1], "we");
   if (out == NULL)
      return complain("cannot write", argv[1]);
   environment = read_environment(argv[2]);
   if (environment == NULL)
      return complain("cannot read", argv[2]);
   if (personality(ADDR_NO_RANDOMIZE) < 0)
      return complain("cannot fix the addresses of", argv[3]);
   if (!refuse_clone3())
      return complain("cannot refuse clone3 to", argv[3]);
   child = start(argv + 3, environment);
   if (child < 0 || wait4(child, &status, 0, &used) < 0)
      return complain("cannot run", argv[3]);
   write_usage(out, &used, status);
   return fclose(out) == 0 ? 0 : complain("cannot write", argv[1]);
}
