#include "tests/machine/pair.h"

#include "tests/mmu/check.h"

#define N(array) (sizeof(array) / sizeof(*(array)))

static const uint64_t object_bytes[PAIR_N_OBJECTS] = {
   0, (uint64_t)MODEL_OBJECT_PAGES * 4096, 20 * 4096 + 100, 60 * 4096
};

/* ---- configurations ---- */

static const uint32_t l1_shapes[][2] = {
   { 1, 1 }, { 2, 1 }, { 4, 2 }, { 4, 4 }, { 6, 3 }, { 8, 4 }, { 16, 2 }, { 20, 20 },
};
static const uint32_t stlb_shapes[][2] = {
   { 0, 0 }, { 2, 2 }, { 8, 4 }, { 12, 3 }, { 16, 8 }, { 32, 4 },
};

/* What a random TLB throws out the model is told, so nothing else may be missing.  */
static void
choose_shape(struct vmt_tlb_shape *shape, const uint32_t entries_ways[2],
             uint8_t policy, bool may_be_random)
{
   *shape = (struct vmt_tlb_shape){ entries_ways[0], entries_ways[1],
                                    (enum vmt_tlb_policy)(policy % 4) };
   if (vmt_tlb_shape_fault(shape) != NULL ||
       (shape->policy == VMT_TLB_RANDOM && !may_be_random))
      shape->policy = VMT_TLB_LRU;
}

static struct vmt_machine_config
machine_config(const struct pair_config *from)
{
   struct vmt_machine_config config;
   uint32_t stlb = from->shapes / 64 + from->walks / 128 * 4u;

   vmt_machine_config_generic(&config);
   choose_shape(&config.itlb[0], l1_shapes[from->shapes % N(l1_shapes)],
                from->policies, from->memory == 0);
   choose_shape(&config.dtlb[0], l1_shapes[from->shapes / 8 % N(l1_shapes)],
                from->policies / 4, from->memory == 0);
   choose_shape(&config.stlb[0], stlb_shapes[stlb % N(stlb_shapes)],
                from->policies / 16, from->memory == 0);
   config.walk.n_entries[2] = from->walks % 4;
   config.walk.n_entries[3] = from->walks / 4 % 3;
   config.walk.n_entries[4] = from->walks / 16 % 2;
   config.fault_around_bytes = (uint64_t)4096 << from->settings / 4 % 7;
   config.page_shift = from->walks / 32 % 4 == 0 ? 10 : VMT_PAGE_SHIFT;
   return config;
}

static const enum vmt_page_policy policies[] = { VMT_PAGES_LRU, VMT_PAGES_CLOCK,
                                                 VMT_PAGES_FIFO, VMT_PAGES_RANDOM };

/* Under random replacement the model has to be told who goes, so that it cannot say who
   would be next.  */
static void
limit_memory(const struct pair_config *from, struct vmt_settings *settings)
{
   settings->ram_bytes = (uint64_t)4096 * (from->memory / 4 % 32);
   settings->policy = policies[from->memory % 4];
   settings->swap_bytes = VMT_UNLIMITED;
   if (from->swap != 0 && settings->policy != VMT_PAGES_RANDOM)
      settings->swap_bytes = (uint64_t)4096 * ((from->swap - 1u) % 16);
}

static struct vmt_settings
machine_settings(const struct pair_config *from)
{
   struct vmt_settings settings = {
      .n_cores = 1 + from->settings % 3,
      .page_cache_warm = from->settings % 64 < 40,
      .stack_limit_bytes = (uint64_t)4096 * (from->settings % 2 ? 8 : 2048),
   };

   limit_memory(from, &settings);
   return settings;
}

/* ---- folios ---- */

struct folio {
   int object, first, end;
};

#define MAX_FOLIOS 16

/* Of the first file, which is long, and of the short one, whose last page is 20
   as long as nothing is added to it.  */
static const struct folio folios[][MAX_FOLIOS] = {
   { { 0, 0, 0 } },
   { { 1, 0, 16 }, { 1, 16, 32 }, { 1, 32, 48 }, { 1, 48, 64 }, { 1, 64, 80 },
     { 2, 0, 16 }, { 2, 16, 21 } },             /* ends with the file */
   { { 1, 0, 4 }, { 1, 4, 8 }, { 1, 8, 16 }, { 1, 16, 18 }, { 1, 18, 20 },
     { 1, 20, 24 }, { 1, 25, 27 }, { 1, 28, 32 }, { 1, 32, 64 }, { 1, 64, 66 },
     { 2, 0, 8 }, { 2, 8, 16 }, { 2, 16, 20 }, { 2, 20, 22 } },
   { { 1, 0, 64 }, { 1, 64, 128 }, { 2, 0, 16 }, { 2, 16, 32 } },
};

static void
add_folios(struct pair *pair, const struct folio *layout)
{
   for (; layout->object != 0; layout++) {
      CHECK_EQ(vmt_machine_add_folio(&pair->machine, (uint32_t)layout->object,
                                     (uint64_t)layout->first,
                                     (uint64_t)layout->end), VMT_OK);
      model_add_folio(&pair->model.objects[layout->object], layout->first,
                      layout->end);
   }
}

/* ---- life ---- */

static void
init_model_tlb(struct model_tlb *tlb, const struct vmt_tlb_shape *shape)
{
   model_tlb_init(tlb, shape->n_entries, shape->n_ways,
                  (enum model_policy)shape->policy);
}

static void
init_model(struct pair *pair, const struct vmt_machine_config *config,
           const struct vmt_settings *settings)
{
   struct model_machine *model = &pair->model;

   model_machine_init(model, PAIR_PAGES, PAIR_BASE);
   model->n_cores = settings->n_cores;
   model->page_bytes = (uint64_t)1 << config->page_shift;
   model->window_pages = config->fault_around_bytes / 4096;
   model->stack_limit_pages = settings->stack_limit_bytes / 4096;
   model->is_warm = settings->page_cache_warm;
   model->memory.n_frames_set = (int)(settings->ram_bytes / 4096);
   model->memory.n_slots = settings->swap_bytes / 4096;
   model->memory.policy = (enum model_memory_policy)(settings->policy - VMT_PAGES_LRU);
   model_memory_start(model);
   if (model->memory.n_frames != 0)
      model->window_pages = 1;
   for (uint32_t i = 0; i < model->n_cores; i++) {
      struct model_core *core = &model->cores[i];

      init_model_tlb(&core->itlb, &config->itlb[0]);
      init_model_tlb(&core->dtlb, &config->dtlb[0]);
      init_model_tlb(&core->stlb, &config->stlb[0]);
      model_walk_init(&core->walk, config->walk.n_levels, config->walk.index_bits,
                      config->walk.n_entries);
   }
   for (int i = PAIR_FILE; i < PAIR_N_OBJECTS; i++) {
      model->objects[i].n_bytes = object_bytes[i];
      model->objects[i].is_on_device = i != PAIR_MEMORY;
   }
}

/* The model knows what there is, whoever made it.  */
static struct pair *looked_at;

static bool
look(uint64_t addr, uint32_t n_pages, uint8_t *there)
{
   const struct model_machine *model = &looked_at->model;
   int first = (int)((addr >> VMT_PAGE_SHIFT) - PAIR_BASE);

   for (int i = 0; i < (int)n_pages; i++) {
      const struct model_page *area = &model->areas.page[first + i];

      CHECK_EQ(area->object, PAIR_MEMORY);
      there[i] = model->objects[PAIR_MEMORY].cached[area->offset];
   }
   return true;
}

void
pair_init(struct pair *pair, const struct pair_config *from)
{
   struct vmt_machine_config config = machine_config(from);
   struct vmt_settings settings = machine_settings(from);

   looked_at = pair;
   test_look = look;
   pair->tick = 1;
   pair->label = 0;
   pair_init_forks(pair);
   init_model(pair, &config, &settings);
   CHECK_EQ(vmt_machine_init(&pair->machine, &config, &settings), VMT_OK);
   for (int i = PAIR_FILE; i < PAIR_N_OBJECTS; i++)
      CHECK_EQ(vmt_machine_object(&pair->machine, object_bytes[i], i != PAIR_MEMORY), i);
   if (settings.ram_bytes == 0)
      add_folios(pair, folios[from->policies / 64]);
}

void
pair_free(struct pair *pair)
{
   vmt_machine_free(&pair->machine);
   pair_free_forks(pair);
}
