#include "vmtrace/cli/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "vmtrace/cli/output.h"
#include "vmtrace/cli/verbs.h"

static const char help[] =
   "usage: vmtrace run [options] [--] PROGRAM [arguments]\n"
   "\n"
   "Runs PROGRAM under Valgrind's vmtrace tool.  The program keeps its input,\n"
   "output and exit status.\n"
   "\n"
   "options:\n"
   "  -q, --quiet                    no progress line, no closing line, and nothing\n"
   "                                 from Valgrind but errors\n"
   "  -h, --help                     this text\n"
   "\n"
   "All other options go to Valgrind; vmtrace-tool(1) explains them.  The tool's:\n"
   "      --vmtrace-out-file=FILE    the profile [vmtrace.out.%p]\n"
   "      --machine=PRESET|FILE      the machine to simulate [generic]\n"
   "      --itlb=ENTRIES,WAYS        its first-level TLB for instructions\n"
   "      --dtlb=ENTRIES,WAYS        its first-level TLB for data\n"
   "      --stlb=ENTRIES,WAYS        its second-level TLB, shared by both\n"
   "      --cores=NUMBER             its cores [1]\n"
   "      --layout=native|valgrind   where brk and mmap place things [native]\n"
   "      --fault-around=SIZE        what one fault on a file maps [the\n"
   "                                 machine's: 64K]\n"
   "      --page-cache=warm|cold     whether files are in memory at first [warm]\n"
   "      --fault-log=FILE           every page fault, in order [none]\n"
   "      --folios=none|FILE         large folios in the page cache [none]\n"
   "      --mrc=fast|exact|no        the memory-size curve [fast]\n"
   "      --ws-window=INSTRUCTIONS   window of the working set [1000000]\n"
   "      --track-heap=yes|no        watch the program's allocator [yes]\n"
   "      --count-atstart=yes|no     whether all counts, or what the program asks for\n"
   "                                 (vmtrace.h) [yes]\n"
   "      --ram=SIZE                 memory of the machine [unlimited]\n"
   "      --swap=SIZE|none           ... and its swap [unlimited]\n"
   "      --reclaim=POLICY           who must go: linux, mglru, lru, clock, fifo,\n"
   "                                 random [linux]\n"
   "      --swap-latency=US          what a page from a device takes [50]\n"
   "      --summary=yes|no           print totals and top lines at exit [yes]\n"
   "      --top=NUMBER               how many lines the summary shows [10]\n"
   "Valgrind's own that matter here:\n"
   "      --trace-children=yes|no    profile executed programs too [no]\n"
   "      --num-callers=NUMBER       depth of call stacks [12]\n"
   "      --fair-sched=no|yes|try    'yes' makes threads repeatable [yes]\n"
   "\n"
   "environment:\n"
   "  VMTRACE_VALGRIND  the Valgrind to use\n"
   "\n"
   "exit status: the program's; 126 when it cannot be executed, 127 when it is\n"
   "not found, 2 when vmtrace cannot start it.\n";

struct run_options {
   const char *out_pattern;
   bool quiet;
   bool tool_tells;             /* the tool's summary is on standard error */
   char **passed;               /* for Valgrind, n_passed of them */
   int n_passed;
   char **program;              /* NULL-terminated */
};

/* One option.  0, or 2 after complaining.  */
static int
take_option(struct run_options *options, char *option)
{
   const char *value;

   if (strcmp(option, "-q") == 0 || strcmp(option, "--quiet") == 0) {
      options->quiet = true;
      return VMT_EXIT_OK;
   }
   if (vmt_run_option_check("run", option) != VMT_EXIT_OK)
      return VMT_EXIT_TROUBLE;
   value = vmt_run_option_value(option, "--vmtrace-out-file");
   if (value != NULL)
      options->out_pattern = value;
   value = vmt_run_option_value(option, "--summary");
   if (value != NULL)
      options->tool_tells = strcmp(value, "no") != 0;
   if (strncmp(option, "--log-", 6) == 0)
      options->tool_tells = false;
   options->passed[options->n_passed++] = option;
   return VMT_EXIT_OK;
}

static int
take_options(struct run_options *options, int argc, char **argv)
{
   int i, status = VMT_EXIT_OK;

   for (i = 1; i < argc && argv[i][0] == '-' && status == VMT_EXIT_OK; i++) {
      if (strcmp(argv[i], "--") == 0) {
         i++;
         break;
      }
      status = take_option(options, argv[i]);
   }
   options->program = argv + i;
   if (status == VMT_EXIT_OK && i == argc) {
      vmt_complain("run: which program? see 'vmtrace help run'");
      return VMT_EXIT_TROUBLE;
   }
   return status;
}

/* Runs the program; returns only after trouble.  */
static int
run(const struct run_options *options)
{
   struct vmt_run_child child = {
      .out_pattern = options->out_pattern,
      .progress = !options->quiet && vmt_run_has_terminal(), .label = ""
   };
   struct vmt_run_command command = {
      .passed = options->passed, .n_passed = options->n_passed,
      .program = options->program, .quiet = options->quiet
   };
   int status = vmt_run_program_find("run", options->program[0], NULL);
   struct timespec start;
   char *valgrind;

   if (status != VMT_EXIT_OK)
      return status;
   valgrind = vmt_run_valgrind_find();
   if (valgrind == NULL)
      return VMT_EXIT_TROUBLE;
   child.argv = vmt_run_argv(valgrind, &command);
   /* As files are dated.  */
   clock_gettime(CLOCK_REALTIME_COARSE, &start);
   status = vmt_run_child_watch(&child);
   free(child.argv);
   free(valgrind);
   if (status < 0)
      return VMT_EXIT_TROUBLE;
   /* The tool's summary of each process says where its own profile is.  */
   if (!options->quiet)
      vmt_run_closing(options->out_pattern, child.pid, &start, options->tool_tells);
   vmt_run_end_as(status);
}

int
vmt_verb_run(int argc, char **argv)
{
   struct run_options options = { .out_pattern = "vmtrace.out.%p",
                                  .tool_tells = true };
   int status;

   if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0))
      return vmt_output_text(help);
   options.passed = calloc((size_t)argc, sizeof *options.passed);
   if (options.passed == NULL) {
      vmt_complain("out of memory");
      return VMT_EXIT_TROUBLE;
   }
   status = take_options(&options, argc, argv);
   if (status == VMT_EXIT_OK)
      status = run(&options);
   free(options.passed);
   return status;
}
