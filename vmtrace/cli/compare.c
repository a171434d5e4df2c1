/* vmtrace compare: profiles, or a program with several allocators, side by side.  */

#include "vmtrace/cli/compare.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/run.h"
#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/memory.h"

static const char help[] =
   "usage: vmtrace compare [options] FILE FILE...\n"
   "       vmtrace compare --allocators=NAME,... [options] [--] PROGRAM [arguments]\n"
   "\n"
   "Shows the totals of profiles side by side, with what changes from the first.\n"
   "With --allocators, runs PROGRAM once with each of them first; the program keeps\n"
   "its input and output.\n"
   "\n"
   "options:\n"
   "  --allocators=NAME,...  glibc (not preloaded), jemalloc, tcmalloc, mimalloc,\n"
   "                         or the path of a library to preload\n"
   "  --keep=DIR             leave the profiles in DIR, as NAME.out\n"
   "  -q, --quiet            no progress line, no closing line\n"
   "  --format=text|json|csv|md\n"
   "                         json: numbers as they are; md: a table for GitHub\n"
   VMT_COMMON_HELP_OUTPUT
   "  -h, --help             this text\n"
   "\n"
   "With --allocators all other options go to Valgrind, as those of vmtrace run do.\n"
   "\n"
   "environment:\n"
   "  VMTRACE_VALGRIND  the Valgrind to use\n"
   "\n"
   "exit status: 0, whatever the program's was; 2 when a profile cannot be read or\n"
   "was not written, no allocator is left, or the output cannot be written; 126\n"
   "when the program cannot be executed, 127 when it is not found.\n";

enum { OPTION_ALLOCATORS = VMT_OPTION_OWN, OPTION_KEEP };
enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV, FORMAT_MD };

struct given {
   struct vmt_report_options common;
   enum format format;
   struct vmt_compare_runs runs;
   char **files;
   int n_files;
};

static int
take_format(struct given *given)
{
   static const char *const names[] = { "text", "json", "csv", "md" };

   for (int i = 0; i < 4; i++)
      if (strcmp(optarg, names[i]) == 0) {
         given->format = (enum format) i;
         return VMT_EXIT_OK;
      }
   vmt_complain("compare: --format cannot be %s; it is text, json, csv or md", optarg);
   return VMT_EXIT_TROUBLE;
}

/* word: the argument that the option is in.  */
static int
take_option(struct given *given, int code, char *word, char **argv)
{
   switch (code) {
   case 'q':
      given->runs.quiet = true;
      return VMT_EXIT_OK;
   case OPTION_ALLOCATORS:
      given->runs.names = optarg;
      return VMT_EXIT_OK;
   case OPTION_KEEP:
      given->runs.keep = optarg;
      return VMT_EXIT_OK;
   case VMT_OPTION_FORMAT:
      return take_format(given);
   case '?':
      given->runs.passed[given->runs.n_passed++] = word;
      return VMT_EXIT_OK;
   default:
      return vmt_report_option(&given->common, code, argv);
   }
}

/* Options that are not ours are told from mistakes by whether there are allocators:
   those for Valgrind are kept until that is known.  */
static int
take_words(struct given *given, int argc, char **argv)
{
   static const struct option long_options[] = {
      { "help", no_argument, NULL, 'h' },
      { "output", required_argument, NULL, 'o' },
      { "quiet", no_argument, NULL, 'q' },
      { "color", required_argument, NULL, VMT_OPTION_COLOR },
      { "format", required_argument, NULL, VMT_OPTION_FORMAT },
      { "allocators", required_argument, NULL, OPTION_ALLOCATORS },
      { "keep", required_argument, NULL, OPTION_KEEP },
      { NULL, 0, NULL, 0 }
   };
   int status = VMT_EXIT_OK;

   opterr = 0;
   optind = 1;
   while (status == VMT_EXIT_OK && optind < argc) {
      char *word = argv[optind];

      if (strcmp(word, "--") == 0) {
         optind++;
         break;
      } else if (word[0] != '-' || word[1] == '\0') {
         if (given->runs.names)
            break;
         given->files[given->n_files++] = argv[optind++];
      } else if (word[1] != '-' && !strchr("hoq", word[1]))
         status = take_option(given, '?', argv[optind++], argv);
      else
         status = take_option(given, getopt_long(argc, argv, "+:ho:q", long_options,
                                                 NULL), word, argv);
   }
   given->runs.program = argv + optind;
   while (!given->runs.names && optind < argc)
      given->files[given->n_files++] = argv[optind++];
   return status;
}

static int
trouble(const char *text, const char *word)
{
   vmt_complain("compare: %s%s; see 'vmtrace help compare'", text, word);
   return VMT_EXIT_TROUBLE;
}

static int
check_files(const struct given *given)
{
   if (given->runs.n_passed)
      return trouble("cannot take ", given->runs.passed[0]);
   if (given->runs.keep)
      return trouble("--keep is for the profiles of --allocators", "");
   if (given->n_files == 0)
      return trouble("which profiles?", "");
   if (given->n_files == 1)
      return trouble("one profile alone has nothing beside it: ", given->files[0]);
   return VMT_EXIT_OK;
}

static int
check_program(const struct given *given)
{
   if (given->n_files)
      return trouble("options come before the program: ", "--allocators");
   if (!given->runs.program[0])
      return trouble("which program?", "");
   for (int i = 0; i < given->runs.n_passed; i++) {
      if (vmt_run_option_check("compare", given->runs.passed[i]))
         return VMT_EXIT_TROUBLE;
      if (vmt_run_option_value(given->runs.passed[i], "--vmtrace-out-file"))
         return trouble("--keep=DIR says where profiles go, not ",
                        "--vmtrace-out-file");
   }
   return VMT_EXIT_OK;
}

/* The part of a path behind its last slash, unless two files have it.  */
static const char *
name_of(const struct given *given, int i)
{
   const char *name = basename(given->files[i]);

   for (int k = 0; k < given->n_files; k++)
      if (k != i && strcmp(basename(given->files[k]), name) == 0)
         return given->files[i];
   return name;
}

static int
load(struct vmt_comparison *comparison, const struct given *given)
{
   for (int i = 0; i < given->n_files; i++)
      if (vmt_compare_add_column(comparison, vmt_strdup(name_of(given, i)), NULL,
                                 &given->files[i], 1))
         return VMT_EXIT_TROUBLE;
   return VMT_EXIT_OK;
}

static int
print(const struct vmt_comparison *comparison, const struct given *given)
{
   struct vmt_output out;

   if (vmt_output_open(&out, given->common.output, given->common.color,
                       given->format == FORMAT_TEXT))
      return VMT_EXIT_TROUBLE;
   if (given->format == FORMAT_JSON)
      vmt_compare_json(comparison, out.file);
   else if (given->format == FORMAT_CSV)
      vmt_compare_csv(comparison, out.file);
   else if (given->format == FORMAT_MD)
      vmt_compare_markdown(comparison, out.file);
   else
      vmt_compare_text(comparison, &out);
   return vmt_output_close(&out);
}

static int
compare(const struct given *given)
{
   struct vmt_comparison comparison = { .n_columns = 0 };
   int status = given->runs.names ? check_program(given) : check_files(given);

   if (status == VMT_EXIT_OK)
      status = given->runs.names ? vmt_compare_run_all(&comparison, &given->runs)
               : load(&comparison, given);
   if (status == VMT_EXIT_OK) {
      vmt_compare_note_all(&comparison);
      vmt_compare_make_rows(&comparison);
      status = print(&comparison, given);
   }
   vmt_compare_free(&comparison);
   return status;
}

int
vmt_verb_compare(int argc, char **argv)
{
   struct given given = { .common = { .verb = "compare" } };
   int status;

   given.files = vmt_calloc((size_t) argc, sizeof *given.files);
   given.runs.passed = vmt_calloc((size_t) argc, sizeof *given.runs.passed);
   status = take_words(&given, argc, argv);
   if (status == VMT_EXIT_OK)
      status = given.common.help ? vmt_output_text(help) : compare(&given);
   free(given.files);
   free(given.runs.passed);
   return status;
}
