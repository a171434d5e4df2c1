#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "behave.h"

char **behave_argv;
int behave_argc;

void
say(const char *what, long value)
{
   printf("%s: %ld\n", what, value);
   fflush(stdout);
}

void
check(const char *what, int holds)
{
   printf("%s: %s\n", what, holds ? "yes" : "no");
   fflush(stdout);
}

static const struct {
   const char *name;
   void (*run)(void);
} cases[] = {
   {"signals", case_signals},     {"faults", case_faults},
   {"mend", case_mend},          
   {"memory", case_memory},       {"heap", case_heap},
   {"image", case_image},         {"saved-state", case_saved_state},
   {"stack", case_stack},         {"overflow", case_overflow},
   {"jit", case_jit},             {"no-memory", case_no_memory},
   {"limit", case_limit},         {"threads", case_threads},
   {"workers", case_workers},     {"processes", case_processes},
   {"arguments", case_arguments}, {"renamed", case_renamed},
   {"own-name", case_own_name},
};

/* behave end HOW NUMBER: the ways of ending.  */
static int
end(const char *how, int number)
{
   if (strcmp(how, "exit") == 0)
      exit(number);
   if (strcmp(how, "_exit") == 0)
      _exit(number);
   if (strcmp(how, "return") == 0)
      return number;
   if (strcmp(how, "signal") == 0)
      kill(getpid(), number);
   if (strcmp(how, "abort") == 0)
      abort();
   if (strcmp(how, "null") == 0)
      *(volatile char *)0 = 1;
   if (strcmp(how, "jump") == 0)
      ((void (*)(void))(intptr_t)16)();
   if (strcmp(how, "thread") == 0)
      syscall(SYS_exit, number);
   if (strcmp(how, "trap") == 0)
      __builtin_trap();
   /* Writes to what may be closed or full.  */
   if (strcmp(how, "write") == 0) {
      ssize_t to_out = write(1, "out\n", 4), to_err = write(2, "err\n", 4);

      return (to_out == 4 ? 1 : 2) + (to_err == 4 ? 10 : 20);
   }
   return 99;
}

int
main(int argc, char **argv)
{
   behave_argc = argc, behave_argv = argv;
   if (argc == 4 && strcmp(argv[1], "end") == 0)
      return end(argv[2], atoi(argv[3]));
   for (int i = 1; i < argc; i++) {
      size_t k;

      for (k = 0; k < sizeof cases / sizeof cases[0]; k++)
         if (strcmp(argv[i], cases[k].name) == 0)
            break;
      if (k == sizeof cases / sizeof cases[0])
         break;                 /* the rest is for the case itself */
      printf("-- %s\n", cases[k].name);
      fflush(stdout);
      cases[k].run();
   }
   return 0;
}
