/* spawn FILE PROGRAM [ARGS]: runs a program with its addresses not randomised and
   writes what the kernel counted for it into FILE, as JSON.

   vfork, because the child then has no page table of its own before execve: none of
   its faults is the copying of ours.  What was resident of the memory that execve
   leaves behind, ours, is a floor to the program's ru_maxrss (fs/exec.c, exec_mmap), so
   that this is kept small, by linking it statically: some 0.6 MB.  The exit status is 0
   whatever the program's is.  */

#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static int
complain(const char *what, const char *name)
{
   fprintf(stderr, "spawn: %s %s: %s\n", what, name, strerror(errno));
   return 2;
}

int
main(int argc, char **argv)
{
   struct rusage used;
   volatile int exec_error = 0;
   int status;
   pid_t child;
   FILE *out;

   if (argc < 3) {
      fputs("usage: spawn FILE PROGRAM [ARGS]\n", stderr);
      return 2;
   }
   out = fopen(argv[1], "we");
   if (out == NULL)
      return complain("cannot write", argv[1]);
   if (personality(ADDR_NO_RANDOMIZE) < 0)
      return complain("cannot fix the addresses of", argv[2]);
   child = vfork();
   if (child == 0) {
      execv(argv[2], argv + 2);
      exec_error = errno;
      _exit(127);
   }
   if (child < 0 || wait4(child, &status, 0, &used) < 0)
      return complain("cannot start", argv[2]);
   errno = exec_error;
   if (errno != 0)
      return complain("cannot execute", argv[2]);
   fprintf(out,
           "{\"minflt\": %ld, \"majflt\": %ld, \"maxrss_bytes\": %ld, \"exit\": %d, "
           "\"signal\": %d}\n",
           used.ru_minflt, used.ru_majflt, used.ru_maxrss * 1024,
           WIFEXITED(status) ? WEXITSTATUS(status) : 0,
           WIFSIGNALED(status) ? WTERMSIG(status) : 0);
   return fclose(out) == 0 ? 0 : complain("cannot write", argv[1]);
}
