/* vmtrace VERB: finds the verb and hands over.  */

#include "vmtrace_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmtrace/cli/output.h"
#include "vmtrace/cli/verbs.h"

/* A verb that opens a file must not get the number of a standard stream that
   our caller closed.  The stand-in cannot be used and is not inherited.  */
static void
occupy_standard_streams(void)
{
   for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
      if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
         open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC);
}

static int
print_overview(void)
{
   struct vmt_output out;
   int status = vmt_output_open(&out, NULL, VMT_COLOR_NEVER, false);

   if (status != VMT_EXIT_OK)
      return status;
   fputs("usage: vmtrace VERB [options] [arguments]\n"
         "\n"
         "A virtual-memory profiler: which source lines fault and miss the TLB.\n"
         "\n"
         "verbs:\n", out.file);
   for (size_t i = 0; i < vmt_n_verbs; i++)
      fprintf(out.file, "  %-10s %s\n", vmt_verbs[i].name, vmt_verbs[i].summary);
   fputs("\n"
         "options:\n"
         "  --help     this text; after a verb, the verb's own\n"
         "  --version  the versions of vmtrace and of the Valgrind it is built for\n"
         "\n"
         "'vmtrace help VERB' tells more; the manual is in vmtrace(1).\n",
         out.file);
   return vmt_output_close(&out);
}

static int
print_version(void)
{
   return vmt_output_text(PACKAGE_STRING " (Valgrind " VALGRIND_VERSION ")\n");
}

static int
unknown_verb(const char *name)
{
   const struct vmt_verb *nearest = vmt_verb_nearest(name);
   const char *what = name[0] == '-' ? "option" : "verb";

   if (nearest != NULL)
      vmt_complain("there is no %s '%s'; did you mean '%s'?", what, name,
                   nearest->name);
   else
      vmt_complain("there is no %s '%s'; 'vmtrace help' lists the verbs", what,
                   name);
   return VMT_EXIT_TROUBLE;
}

int
vmt_verb_help(int argc, char **argv)
{
   char ask[] = "--help";
   char *asked[3] = { NULL, ask, NULL };
   const struct vmt_verb *verb;

   if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
      return print_overview();
   verb = vmt_verb_find(argv[1]);
   if (verb == NULL)
      return unknown_verb(argv[1]);
   if (argc > 2) {
      vmt_complain("help: one verb at a time");
      return VMT_EXIT_TROUBLE;
   }
   asked[0] = argv[1];
   return verb->run(2, asked);
}

int
main(int argc, char **argv)
{
   const struct vmt_verb *verb;

   occupy_standard_streams();
   if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
      return print_overview();
   if (strcmp(argv[1], "--version") == 0)
      return print_version();
   verb = vmt_verb_find(argv[1]);
   if (verb == NULL)
      return unknown_verb(argv[1]);
   return verb->run(argc - 1, argv + 1);
}
