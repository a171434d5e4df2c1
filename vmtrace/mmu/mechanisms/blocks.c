#include "vmtrace/mmu/mechanisms/blocks_private.h"

#include "vmtrace/mmu/base/port.h"

enum vmt_status
vmt_blocks_init(struct vmt_blocks *blocks)
{
   memset(blocks, 0, sizeof *blocks);
   blocks->generation = 1;
   blocks->last_region_number = VMT_HASHMAP_NO_KEY;
   vmt_vector_init(&blocks->long_blocks, "long blocks", sizeof(struct vmt_long_block));
   vmt_hashmap_init(&blocks->regions, "regions of blocks");
   vmt_rangemap_init(&blocks->wide, "wide blocks", sizeof(struct vmt_wide));
   vmt_rangemap_init(&blocks->ranges, "heap ranges", sizeof(struct vmt_heap_range));
   vmt_hashmap_init(&blocks->site_ids, "site ids");
   vmt_vector_init(&blocks->sites, "sites", sizeof(struct vmt_site));
   if (vmt_vector_push(&blocks->long_blocks) == NULL ||
       vmt_vector_push(&blocks->sites) == NULL ||
       vmt_blocks_site(blocks, 0, VMT_SITE_OWN) != VMT_OWN_SITE) {
      vmt_blocks_free(blocks);
      return VMT_NO_MEMORY;
   }
   return VMT_OK;
}

static void
free_region(struct vmt_block_region *region)
{
   uint32_t i;

   for (i = 0; i < VMT_REGION_PAGES; i++)
      vmt_free(region->pages[i]);
   vmt_free(region);
}

void
vmt_blocks_free(struct vmt_blocks *blocks)
{
   struct vmt_hashmap_slot *slot;
   uint64_t i = 0;

   while ((slot = vmt_hashmap_next(&blocks->regions, &i)) != NULL)
      free_region((struct vmt_block_region *)(uintptr_t)slot->value);
   vmt_vector_free(&blocks->long_blocks);
   vmt_hashmap_free(&blocks->regions);
   vmt_rangemap_free(&blocks->wide);
   vmt_rangemap_free(&blocks->ranges);
   vmt_hashmap_free(&blocks->site_ids);
   vmt_vector_free(&blocks->sites);
}

static void
lose(struct vmt_blocks *blocks, const struct vmt_block *block, uint64_t now)
{
   blocks->n_lost++;
   vmt_site_lose(blocks, block, now);
   vmt_blocks_delete(blocks, block);
}

void
vmt_blocks_drop_in(struct vmt_blocks *blocks, uint64_t start, uint64_t end,
                   uint64_t now)
{
   struct vmt_region_cursor cursor = vmt_blocks_regions(
      blocks, start >> VMT_PAGE_SHIFT, ((end - 1) >> VMT_PAGE_SHIFT) + 1);
   const struct vmt_block_region *region;
   struct vmt_block block;
   uint64_t number;

   if (vmt_blocks_find(blocks, start, &block))
      lose(blocks, &block, now);
   while ((region = vmt_blocks_next_region(blocks, &cursor, &number)) != NULL)
      while (vmt_blocks_start_in(blocks, region, number, start, end, &block))
         lose(blocks, &block, now);
}

static bool
is_in_heap(struct vmt_blocks *blocks, const struct vmt_block *block)
{
   const struct vmt_heap_range *range = vmt_blocks_range(blocks, block->start);

   return range != NULL && range->site == VMT_OWN_SITE && block->end <= range->end;
}

static enum vmt_status
put_slowly(struct vmt_blocks *blocks, const struct vmt_block *block, uint64_t now)
{
   enum vmt_status status = VMT_OK;

   vmt_blocks_drop_in(blocks, block->start, block->end, now);
   if (!is_in_heap(blocks, block))
      status = vmt_blocks_claim(blocks, block->start, block->end, now);
   return status == VMT_OK ? vmt_blocks_insert(blocks, block) : status;
}

static enum vmt_status
put(struct vmt_blocks *blocks, const struct vmt_block *block, uint64_t now)
{
   enum vmt_status status = VMT_OK;

   vmt_blocks_note_peak(blocks);
   if (!is_in_heap(blocks, block) || !vmt_blocks_insert_short(blocks, block))
      status = put_slowly(blocks, block, now);
   if (status == VMT_OK)
      vmt_site_gain(blocks, block, now);
   if (block->n_bytes != 0)
      blocks->now.time = now;
   return status;
}

/* An end beyond that of all memory is brought to it.  */
static uint64_t
end_of(uint64_t start, uint64_t n_bytes)
{
   uint64_t end = start + (n_bytes == 0 ? 1 : n_bytes);

   return end > start ? end : ~(uint64_t)0;
}

enum vmt_status
vmt_blocks_add(struct vmt_blocks *blocks, uint64_t start, uint64_t n_bytes,
               uint32_t site, uint64_t now)
{
   const struct vmt_block block = {.start = start,
                                   .end = end_of(start, n_bytes),
                                   .n_bytes = n_bytes,
                                   .born = now,
                                   .site = site};
   enum vmt_status status = put(blocks, &block, now);

   if (status == VMT_OK)
      vmt_site_count(blocks, &block);
   return status;
}

bool
vmt_blocks_remove(struct vmt_blocks *blocks, uint64_t start, uint64_t now,
                  struct vmt_block *gone)
{
   vmt_blocks_note_peak(blocks);
   if (!vmt_blocks_take(blocks, start, gone)) {
      blocks->n_unknown++;
      return false;
   }
   vmt_site_lose(blocks, gone, now);
   return true;
}

enum vmt_status
vmt_blocks_put_back(struct vmt_blocks *blocks, const struct vmt_block *gone,
                    uint64_t now)
{
   struct vmt_site *site = vmt_blocks_get_site(blocks, gone->site);
   bool was_counted = now >= blocks->counted_since;
   enum vmt_status status =
      put(blocks, gone, was_counted ? now : blocks->counted_since);

   if (status != VMT_OK || !was_counted)
      return status;
   site->n_frees--;
   blocks->n_frees--;
   site->lifetime -= now - gone->born;
   return VMT_OK;
}

/* ---- fork ---- */

static void
forget_counts(struct vmt_site *site)
{
   *site = (struct vmt_site){.stack = site->stack,
                             .kind = site->kind,
                             .n_live = site->n_live,
                             .live_bytes = site->live_bytes,
                             .peak_bytes = site->live_bytes,
                             .has_news = site->n_live != 0};
}

static void
forget_residency(struct vmt_blocks *blocks)
{
   struct vmt_hashmap_slot *slot;
   uint64_t i = 0;

   while ((slot = vmt_hashmap_next(&blocks->regions, &i)) != NULL) {
      struct vmt_block_region *region =
         (struct vmt_block_region *)(uintptr_t)slot->value;

      region->resident = region->counted = region->returned = 0;
   }
   blocks->now = (struct vmt_heap_state){.n_blocks = blocks->now.n_blocks,
                                         .n_bytes = blocks->now.n_bytes,
                                         .n_straddling = blocks->now.n_straddling};
}

void
vmt_blocks_start_anew(struct vmt_blocks *blocks, uint64_t now)
{
   uint32_t i;

   vmt_blocks_settle(blocks);
   for (i = 1; i < blocks->sites.n_records; i++)
      forget_counts(vmt_blocks_get_site(blocks, i));
   forget_residency(blocks);
   blocks->n_allocs = blocks->n_frees = blocks->n_bytes = blocks->n_straddles = 0;
   blocks->n_lost = blocks->n_unknown = 0;
   blocks->peak_bytes = blocks->live_bytes;
   blocks->counted_since = blocks->peak_time = now;
   blocks->n_changes = blocks->peak_change = 0;
   blocks->pages_peak_change = 0;
   memset(&blocks->at_peak, 0, sizeof blocks->at_peak);
   memset(&blocks->returned, 0, sizeof blocks->returned);
}
