/* spawns: programs started in the three ways: posix_spawn (vfork), fork and exec, system(3);
   the second with an argument list of many pages.  */

#include "pages.h"
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { N_ARGUMENTS = 3000 };

extern char **environ;

static int
wait_for(pid_t child)
{
   int status;

   if (waitpid(child, &status, 0) < 0)
      give_up("waitpid");
   return WEXITSTATUS(status);
}

static int
spawn(const char *program)
{
   char *const arguments[] = { (char *)program, NULL };
   pid_t child;

   if (posix_spawn(&child, program, NULL, NULL, arguments, environ) != 0)
      give_up(program);
   return wait_for(child);
}

static int
fork_and_exec(char *program)
{
   static char *arguments[N_ARGUMENTS + 2], argument[] = "an argument of some length";
   pid_t child;

   arguments[0] = program;
   for (size_t i = 1; i <= N_ARGUMENTS; i++)
      arguments[i] = argument;
   child = fork();
   if (child < 0)
      give_up("fork");
   if (child == 0) {
      execv(program, arguments);
      _exit(127);
   }
   return wait_for(child);
}

int
main(void)
{
   int sum = 0;

   for (int i = 0; i < 3; i++)
      sum += spawn(i % 2 == 0 ? "/bin/true" : "/bin/false");
   sum += fork_and_exec((char []){ "/bin/true" });
   sum += WEXITSTATUS(system("exit 5"));
   printf("%d\n", sum);
   return 0;
}
