#include "vmtrace/cli/machines_print.h"

static const char *const policy_names[] = {
   [VMT_TLB_LRU] = "lru", [VMT_TLB_PLRU] = "plru",
   [VMT_TLB_FIFO] = "fifo", [VMT_TLB_RANDOM] = "random"
};

static const char *const size_names[VMT_N_PAGE_SIZES] = { "4k", "2m", "1g" };

/* --- As a machine file --- */

const char *
vmt_shape_text(const struct vmt_tlb_shape *shape, char buffer[VMT_SHAPE_BYTES])
{
   bool plain = shape->policy == VMT_TLB_LRU;

   if (shape->n_entries == 0)
      return "none";
   snprintf(buffer, VMT_SHAPE_BYTES, "%u,%u%s%s", shape->n_entries, shape->n_ways,
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
   char buffer[VMT_SHAPE_BYTES];

   fprintf(file, "%s = %s\n", name, vmt_shape_text(&shapes[VMT_PAGE_4K], buffer));
   if (shared_2m)
      fprintf(file, "%s.2m = shared\n", name);
   for (int size = VMT_PAGE_2M; size < VMT_N_PAGE_SIZES; size++)
      if (shapes[size].n_entries != 0)
         fprintf(file, "%s.%s = %s\n", name, size_names[size],
                 vmt_shape_text(&shapes[size], buffer));
}

void
vmt_processor_print(FILE *file, const struct vmt_preset *preset)
{
   const struct vmt_machine_config *config = &preset->config;
   const struct vmt_walk_shape *walk = &config->walk;

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
}

void
vmt_kernel_print(FILE *file, const struct vmt_machine_config *config)
{
   char buffer[SIZE_BYTES];

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

json_t *
vmt_machine_json(const struct vmt_preset *preset)
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
