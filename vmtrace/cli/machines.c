/* vmtrace machines: the presets as a table, or one machine's settings.  */

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/machines_presets.h"
#include "vmtrace/cli/machines_print.h"
#include "vmtrace/cli/output.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/cli/verbs.h"

static const char help[] =
   "usage: vmtrace machines [options] [NAME]\n"
   "\n"
   "Lists the machines that --machine=NAME simulates.  With NAME, shows its\n"
   "settings as a machine file.  NAME is a preset, 'host' (this computer's\n"
   "processor, by CPUID) or a machine file.\n"
   "\n"
   "options:\n"
   "      --format=text|json         how to print it [text]\n"
   "  -o, --output=FILE              where to print it [standard output]\n"
   "      --color=auto|always|never  whether to use colours [auto]\n"
   "  -h, --help                     this text\n";

struct machines_options {
   const char *path;
   enum vmt_color_mode color;
   bool json;
};

/* Takes the object.  */
static int
print_json(json_t *object, struct vmt_output *out)
{
   if (object == NULL) {
      vmt_complain("out of memory");
      vmt_output_close(out);
      return VMT_EXIT_TROUBLE;
   }
   json_dumpf(object, out->file, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
   fputc('\n', out->file);
   json_decref(object);
   return vmt_output_close(out);
}

/* --- The verb --- */

static int
show_machine(const struct machines_options *options, const char *name)
{
   struct vmt_preset preset;
   struct vmt_output out;
   int status = vmt_preset_load(name, &preset);

   if (status != VMT_EXIT_OK)
      return status;
   status = vmt_output_open(&out, options->path, options->color, true);
   if (status == VMT_EXIT_OK && options->json)
      status = print_json(vmt_machine_json(&preset), &out);
   else if (status == VMT_EXIT_OK) {
      vmt_processor_print(out.file, &preset);
      vmt_kernel_print(out.file, &preset.config);
      status = vmt_output_close(&out);
   }
   vmt_preset_free(&preset);
   return status;
}

static int
print_list(const struct machines_options *options, const struct vmt_preset *presets,
           size_t n_presets)
{
   static const struct vmt_table_column columns[] = {
      { "name", false }, { "itlb", true }, { "dtlb", true }, { "stlb", true },
      { "machine", false }
   };
   struct vmt_table table;
   struct vmt_output out;
   json_t *array;
   char shape[VMT_SHAPE_BYTES];
   int status = vmt_output_open(&out, options->path, options->color, true);

   if (status != VMT_EXIT_OK)
      return status;
   if (options->json) {
      array = json_array();
      for (size_t i = 0; i < n_presets; i++)
         json_array_append_new(array, vmt_machine_json(&presets[i]));
      return print_json(json_pack("{s:o}", "machines", array), &out);
   }
   vmt_table_init(&table, columns, sizeof columns / sizeof columns[0]);
   for (size_t i = 0; i < n_presets; i++) {
      const struct vmt_machine_config *config = &presets[i].config;

      vmt_table_cell(&table, "%s", config->name);
      vmt_table_cell(&table, "%s", vmt_shape_text(&config->itlb[0], shape));
      vmt_table_cell(&table, "%s", vmt_shape_text(&config->dtlb[0], shape));
      vmt_table_cell(&table, "%s", vmt_shape_text(&config->stlb[0], shape));
      vmt_table_cell(&table, "%s", config->title);
   }
   vmt_table_print(&table, &out);
   vmt_table_free(&table);
   return vmt_output_close(&out);
}

static int
list_machines(const struct machines_options *options)
{
   struct vmt_preset *presets;
   char **names;
   size_t n_names, n_loaded = 0;
   int status = vmt_preset_names(&names, &n_names);

   if (status != VMT_EXIT_OK)
      return status;
   presets = calloc(n_names + 1, sizeof *presets);
   if (presets == NULL) {
      vmt_complain("out of memory");
      status = VMT_EXIT_TROUBLE;
   }
   while (status == VMT_EXIT_OK && n_loaded < n_names) {
      status = vmt_preset_load(names[n_loaded], &presets[n_loaded]);
      n_loaded += status == VMT_EXIT_OK;
   }
   if (status == VMT_EXIT_OK)
      status = print_list(options, presets, n_loaded);
   for (size_t i = 0; i < n_loaded; i++)
      vmt_preset_free(&presets[i]);
   free(presets);
   vmt_preset_names_free(names, n_names);
   return status;
}

/* 0, 2 after complaining, or -1: help was asked for.  */
static int
take_options(struct machines_options *options, int argc, char **argv)
{
   enum { FORMAT = 256, COLOR };
   static const struct option names[] = {
      { "format", required_argument, NULL, FORMAT },
      { "output", required_argument, NULL, 'o' },
      { "color", required_argument, NULL, COLOR },
      { "help", no_argument, NULL, 'h' },
      { NULL, 0, NULL, 0 }
   };
   int code;

   opterr = 0;
   while ((code = getopt_long(argc, argv, ":o:h", names, NULL)) != -1) {
      if (code == 'o')
         options->path = optarg;
      else if (code == 'h')
         return -1;
      else if (code == FORMAT && (strcmp(optarg, "json") == 0 || strcmp(optarg, "text") == 0))
         options->json = optarg[0] == 'j';
      else if (code == COLOR && vmt_color_mode_parse(optarg, &options->color))
         continue;
      else if (code == FORMAT || code == COLOR) {
         vmt_complain("machines: --%s cannot be '%s'; see 'vmtrace help machines'",
                      code == FORMAT ? "format" : "color", optarg);
         return VMT_EXIT_TROUBLE;
      } else
         return vmt_verb_bad_option(code, argv);
   }
   return VMT_EXIT_OK;
}

int
vmt_verb_machines(int argc, char **argv)
{
   struct machines_options options = { .color = VMT_COLOR_AUTO };
   int status = take_options(&options, argc, argv);

   if (status < 0)
      return vmt_output_text(help);
   if (status != VMT_EXIT_OK)
      return status;
   if (argc - optind > 1) {
      vmt_complain("machines: one name at a time");
      return VMT_EXIT_TROUBLE;
   }
   return optind < argc ? show_machine(&options, argv[optind])
                        : list_machines(&options);
}
