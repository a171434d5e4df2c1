/* vmtrace machines: the presets as a table, or one machine's settings.  */

#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/machines_presets.h"
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

static const char *const policy_names[] = {
   [VMT_TLB_LRU] = "lru", [VMT_TLB_PLRU] = "plru",
   [VMT_TLB_FIFO] = "fifo", [VMT_TLB_RANDOM] = "random"
};

static const char *const size_names[VMT_N_PAGE_SIZES] = { "4k", "2m", "1g" };

/* --- As a machine file --- */

/* "entries,ways[,policy]" or "none", in a buffer of SHAPE_BYTES.  */
#define SHAPE_BYTES 48

static const char *
shape_text(const struct vmt_tlb_shape *shape, char buffer[SHAPE_BYTES])
{
   bool plain = shape->policy == VMT_TLB_LRU;

   if (shape->n_entries == 0)
      return "none";
   snprintf(buffer, SHAPE_BYTES, "%u,%u%s%s", shape->n_entries, shape->n_ways,
            plain ? "" : ",", plain ? "" : policy_names[shape->policy]);
   return buffer;
}

/* "64K": with the largest unit that divides it, in a buffer of SIZE_BYTES.  */
#define SIZE_BYTES 24

static const char *
size_text(uint64_t bytes, char buffer[SIZE_BYTES])
{
   static const char units[] = { '\0', 'K', 'M', 'G' };
   size_t unit = 0;

   for (; unit + 1 < sizeof units && bytes % 1024 == 0; unit++)
      bytes /= 1024;
   snprintf(buffer, SIZE_BYTES, "%llu%c", (unsigned long long)bytes, units[unit]);
   return buffer;
}

/* Base pages always, larger ones only where there are entries for them.  */
static void
print_tlb(FILE *file, const char *name, const struct vmt_tlb_shape *shapes,
          bool shared_2m)
{
   char buffer[SHAPE_BYTES];

   fprintf(file, "%s = %s\n", name, shape_text(&shapes[VMT_PAGE_4K], buffer));
   if (shared_2m)
      fprintf(file, "%s.2m = shared\n", name);
   for (int size = VMT_PAGE_2M; size < VMT_N_PAGE_SIZES; size++)
      if (shapes[size].n_entries != 0)
         fprintf(file, "%s.%s = %s\n", name, size_names[size],
                 shape_text(&shapes[size], buffer));
}

static void
print_machine(FILE *file, const struct vmt_preset *preset)
{
   const struct vmt_machine_config *config = &preset->config;
   const struct vmt_walk_shape *walk = &config->walk;
   char buffer[SIZE_BYTES];

   fprintf(file, "name = %s\ntitle = %s\n", config->name, config->title);
   for (size_t i = 0; i < preset->n_sources; i++)
      fprintf(file, "source = %s\n", preset->sources[i]);
   fprintf(file, "va_bits = %u\npa_bits = %u\npage_bytes = %u\n", config->va_bits,
           config->pa_bits, 1u << config->page_shift);
   print_tlb(file, "itlb", config->itlb, false);
   print_tlb(file, "dtlb", config->dtlb, false);
   print_tlb(file, "stlb", config->stlb, config->stlb_shared_2m);
   fputs("levels = ", file);
   for (uint32_t level = walk->n_levels; level >= 1; level--)
      fprintf(file, "%u%s", walk->index_bits[level], level > 1 ? "," : "\n");
   fputs("walk_cache = ", file);
   for (uint32_t level = walk->n_levels; level >= 2; level--)
      fprintf(file, "%u%s", walk->n_entries[level], level > 2 ? "," : "");
   fputs(walk->n_levels < 2 ? "none\n" : "\n", file);
   fprintf(file, "fault_around = %s\n",
           size_text(config->fault_around_bytes, buffer));
}

/* --- As JSON --- */

static json_t *
tlb_json(const struct vmt_tlb_shape *shapes, bool shared_2m)
{
   json_t *tlb = json_object();

   for (int size = 0; size < VMT_N_PAGE_SIZES; size++)
      if (shapes[size].n_entries != 0)
         json_object_set_new(tlb, size_names[size],
                             json_pack("{s:i, s:i, s:s}",
                                       "entries", (int)shapes[size].n_entries,
                                       "ways", (int)shapes[size].n_ways,
                                       "policy", policy_names[shapes[size].policy]));
   if (shared_2m)
      json_object_set_new(tlb, "2m", json_string("shared"));
   return tlb;
}

static json_t *
machine_json(const struct vmt_preset *preset)
{
   const struct vmt_machine_config *config = &preset->config;
   json_t *sources = json_array(), *levels = json_array(), *cache = json_array();

   for (size_t i = 0; i < preset->n_sources; i++)
      json_array_append_new(sources, json_string(preset->sources[i]));
   for (uint32_t level = config->walk.n_levels; level >= 1; level--)
      json_array_append_new(levels, json_integer(config->walk.index_bits[level]));
   for (uint32_t level = config->walk.n_levels; level >= 2; level--)
      json_array_append_new(cache, json_integer(config->walk.n_entries[level]));
   return json_pack("{s:s, s:s, s:o, s:i, s:i, s:i, s:o, s:o, s:o, s:o, s:o, s:I}",
                    "name", config->name, "title", config->title,
                    "sources", sources,
                    "va_bits", (int)config->va_bits,
                    "pa_bits", (int)config->pa_bits,
                    "page_bytes", 1 << config->page_shift,
                    "itlb", tlb_json(config->itlb, false),
                    "dtlb", tlb_json(config->dtlb, false),
                    "stlb", tlb_json(config->stlb, config->stlb_shared_2m),
                    "levels", levels, "walk_cache", cache,
                    "fault_around",
                    (json_int_t)config->fault_around_bytes);
}

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
      status = print_json(machine_json(&preset), &out);
   else if (status == VMT_EXIT_OK) {
      print_machine(out.file, &preset);
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
   char shape[SHAPE_BYTES];
   int status = vmt_output_open(&out, options->path, options->color, true);

   if (status != VMT_EXIT_OK)
      return status;
   if (options->json) {
      array = json_array();
      for (size_t i = 0; i < n_presets; i++)
         json_array_append_new(array, machine_json(&presets[i]));
      return print_json(json_pack("{s:o}", "machines", array), &out);
   }
   vmt_table_init(&table, columns, sizeof columns / sizeof columns[0]);
   for (size_t i = 0; i < n_presets; i++) {
      const struct vmt_machine_config *config = &presets[i].config;

      vmt_table_cell(&table, "%s", config->name);
      vmt_table_cell(&table, "%s", shape_text(&config->itlb[0], shape));
      vmt_table_cell(&table, "%s", shape_text(&config->dtlb[0], shape));
      vmt_table_cell(&table, "%s", shape_text(&config->stlb[0], shape));
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
