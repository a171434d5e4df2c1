/* What Valgrind is started with.  */

#include "vmtrace/cli/run.h"

#include <string.h>

#include "vmtrace/cli/output.h"
#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/memory.h"

const char *
vmt_run_option_value(const char *option, const char *name)
{
   size_t n = strlen(name);

   return strncmp(option, name, n) == 0 && option[n] == '=' ? option + n + 1 : NULL;
}

/* Valgrind's options carry their value with them; a long one that does not
   would turn the value into the program.  */
static bool
lacks_value(const char *option)
{
   static const char *const bare[] = {
      "--verbose", "--version", "--help-debug", "--help-dyn-options"
   };

   if (strncmp(option, "--", 2) != 0 || strchr(option, '=') != NULL)
      return false;
   for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++)
      if (strcmp(option, bare[i]) == 0)
         return false;
   return true;
}

int
vmt_run_option_check(const char *verb, const char *option)
{
   const char *tool = vmt_run_option_value(option, "--tool");

   if (lacks_value(option)) {
      vmt_complain("%s: %s needs a value: %s=...; see 'vmtrace help run'", verb,
                   option, option);
      return VMT_EXIT_TROUBLE;
   }
   if (tool != NULL && strcmp(tool, "vmtrace") != 0) {
      vmt_complain("%s: runs the tool vmtrace, not %s", verb, tool);
      return VMT_EXIT_TROUBLE;
   }
   return VMT_EXIT_OK;
}

char **
vmt_run_argv(char *valgrind, const struct vmt_run_command *command)
{
   size_t n_words = 0, n = 0;
   char **argv;

   while (command->program[n_words] != NULL)
      n_words++;
   /* Three of ours, -q, "--" and the end.  */
   argv = vmt_calloc(n_words + (size_t)command->n_passed + 6, sizeof *argv);
   argv[n++] = valgrind;
   argv[n++] = (char *)"--tool=vmtrace";
   argv[n++] = (char *)"--fair-sched=yes";
   if (command->quiet)
      argv[n++] = (char *)"-q";
   for (int i = 0; i < command->n_passed; i++)
      argv[n++] = command->passed[i];
   argv[n++] = (char *)"--";
   for (char **word = command->program; *word != NULL; word++)
      argv[n++] = *word;
   return argv;
}
