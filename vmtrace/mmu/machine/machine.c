#include "vmtrace/mmu/machine/machine.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

/* The table that areas and faults live in: 4 KiB pages, as Linux has them on a
   machine that translates smaller ones too.  */
static void
linux_page_table(const struct vmt_machine_config *config,
                 struct vmt_walk_shape *shape)
{
   static const struct vmt_walk_shape four_levels = {
      .n_levels = 4, .index_bits = {0, 9, 9, 9, 9}};

   *shape = config->page_shift == VMT_PAGE_SHIFT && config->va_bits >= 48
               ? config->walk
               : four_levels;
}

static void
free_core(struct vmt_core *core)
{
   vmt_tlb_free(&core->itlb);
   vmt_tlb_free(&core->dtlb);
   vmt_tlb_free(&core->stlb);
   vmt_walkcache_free(&core->walk);
}

static void
free_object(struct vmt_object *object)
{
   vmt_folios_free(&object->folios);
}

static enum vmt_status
init_core(struct vmt_core *core, const struct vmt_machine_config *config,
          uint64_t seed)
{
   enum vmt_status status;

   memset(core, 0, sizeof *core);
   status = vmt_tlb_init(&core->itlb, &config->itlb[VMT_PAGE_4K], seed);
   if (status == VMT_OK)
      status = vmt_tlb_init(&core->dtlb, &config->dtlb[VMT_PAGE_4K], seed + 1);
   if (status == VMT_OK)
      status = vmt_tlb_init(&core->stlb, &config->stlb[VMT_PAGE_4K], seed + 2);
   if (status == VMT_OK)
      status = vmt_walkcache_init(&core->walk, &config->walk);
   return status;
}

enum vmt_status
vmt_machine_init(struct vmt_machine *machine,
                 const struct vmt_machine_config *config,
                 const struct vmt_settings *settings)
{
   struct vmt_walk_shape shape;
   enum vmt_status status = VMT_OK;
   uint32_t i;

   vmt_assert_cmp(settings->n_cores, >=, 1);
   vmt_assert_cmp(settings->n_cores, <=, VMT_MAX_CORES);
   memset(machine, 0, sizeof *machine);
   machine->config = *config;
   machine->settings = *settings;
   machine->generation = 1;
   machine->quick = config->page_shift == VMT_PAGE_SHIFT &&
                    config->dtlb[VMT_PAGE_4K].policy == VMT_TLB_LRU &&
                    config->dtlb[VMT_PAGE_4K].n_ways <= VMT_TLB_SCAN_WAYS &&
                    config->stlb[VMT_PAGE_4K].n_entries != 0 &&
                    settings->curve != VMT_CURVE_EXACT;
   vmt_filter_init(&machine->filter);
   vmt_pagecache_init(&machine->cache);
   vmt_sharing_init(&machine->sharing);
   vmt_vector_init(&machine->objects, "objects", sizeof(struct vmt_object));
   machine->cores = vmt_alloc_zeroed("cores", settings->n_cores *
                                                 sizeof *machine->cores);
   if (machine->cores == NULL)
      return VMT_NO_MEMORY;
   machine->core = machine->cores;

   for (i = 0; i < settings->n_cores && status == VMT_OK; i++)
      status = init_core(&machine->cores[i], config, 3 * (uint64_t)i + 1);
   linux_page_table(config, &shape);
   if (status == VMT_OK)
      status = vmt_pagetable_init(&machine->pages, &shape);
   if (status == VMT_OK)
      status = vmt_areas_init(&machine->areas);
   if (status == VMT_OK)
      status = vmt_accounting_init(&machine->ledger);
   if (status == VMT_OK && vmt_vector_push(&machine->objects) == NULL)
      status = VMT_NO_MEMORY;
   if (status == VMT_OK)
      status = vmt_frames_init(machine);
   if (status == VMT_OK)
      status = vmt_touches_init(&machine->touches, settings->curve,
                                settings->window_instrs, 0);
   if (status == VMT_OK)
      vmt_touches_set_deadline(machine);
   if (status == VMT_OK && settings->has_blocks)
      status = vmt_blocks_init(&machine->blocks);
   if (status != VMT_OK)
      vmt_machine_free(machine);
   return status;
}

void
vmt_machine_free(struct vmt_machine *machine)
{
   uint32_t i;

   for (i = 0; i < machine->settings.n_cores; i++)
      free_core(&machine->cores[i]);
   for (i = 0; i < machine->objects.n_records; i++)
      free_object(vmt_vector_at(&machine->objects, i));
   vmt_free(machine->cores);
   vmt_pagetable_free(&machine->pages);
   vmt_areas_free(&machine->areas);
   vmt_pagecache_free(&machine->cache);
   vmt_sharing_free(&machine->sharing);
   vmt_vector_free(&machine->objects);
   vmt_accounting_free(&machine->ledger);
   vmt_touches_free(&machine->touches);
   vmt_first_touch_free(&machine->first_touch);
   vmt_frames_free(machine);
   if (machine->settings.has_blocks)
      vmt_blocks_free(&machine->blocks);
   memset(machine, 0, sizeof *machine);
}

uint32_t
vmt_machine_object(struct vmt_machine *machine, uint64_t bytes, bool on_device)
{
   struct vmt_object *object = vmt_vector_push(&machine->objects);

   if (object == NULL)
      return 0;
   object->bytes = bytes;
   object->on_device = on_device;
   vmt_folios_init(&object->folios);
   return machine->objects.n_records - 1;
}

void
vmt_machine_set_object_bytes(struct vmt_machine *machine, uint32_t object,
                             uint64_t bytes)
{
   struct vmt_object *record = vmt_vector_at(&machine->objects, object);

   record->bytes = bytes;
}

void
vmt_machine_set_nameless(struct vmt_machine *machine, uint32_t object)
{
   struct vmt_object *record = vmt_vector_at(&machine->objects, object);

   record->lives_by_areas = true;
}

void
vmt_machine_share_object(struct vmt_machine *machine, uint32_t object)
{
   struct vmt_object *record = vmt_vector_at(&machine->objects, object);

   record->is_shared = true;
}

enum vmt_status
vmt_machine_add_folio(struct vmt_machine *machine, uint32_t object,
                      uint64_t start, uint64_t end)
{
   struct vmt_object *record = vmt_vector_at(&machine->objects, object);

   return vmt_folios_add(&record->folios, start, end);
}

void
vmt_machine_switch_core(struct vmt_machine *machine, uint32_t core)
{
   struct vmt_core *next = &machine->cores[core];

   vmt_assert_cmp(core, <, machine->settings.n_cores);
   if (next == machine->core)
      return;
   vmt_machine_advance(machine, vmt_kernel_tick(machine));
   vmt_filter_kill_all(&machine->filter.data, &machine->core->dtlb);
   vmt_filter_kill_all(&machine->filter.fetch, &machine->core->itlb);
   machine->core = next;
}
