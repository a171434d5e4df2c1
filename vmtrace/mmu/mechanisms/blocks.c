#include "vmtrace/mmu/mechanisms/blocks.h"

enum vmt_status
vmt_blocks_init(struct vmt_blocks *blocks)
{
   *blocks = (struct vmt_blocks){0};
   vmt_rangemap_init(&blocks->live, "live blocks", sizeof(struct vmt_block));
   vmt_hashmap_init(&blocks->site_ids, "site ids");
   vmt_hashmap_init(&blocks->note_ids, "site note ids");
   vmt_vector_init(&blocks->sites, "sites", sizeof(struct vmt_site));
   vmt_vector_init(&blocks->notes, "site notes", sizeof(struct vmt_site_note));
   if (vmt_vector_push(&blocks->sites) == NULL ||
       vmt_vector_push(&blocks->notes) == NULL) {
      vmt_blocks_free(blocks);
      return VMT_NO_MEMORY;
   }
   return VMT_OK;
}

void
vmt_blocks_free(struct vmt_blocks *blocks)
{
   vmt_rangemap_free(&blocks->live);
   vmt_hashmap_free(&blocks->site_ids);
   vmt_hashmap_free(&blocks->note_ids);
   vmt_vector_free(&blocks->sites);
   vmt_vector_free(&blocks->notes);
}

/* ---- sites ---- */

uint32_t
vmt_blocks_site(struct vmt_blocks *blocks, uint32_t stack)
{
   const uint64_t *known = vmt_hashmap_find(&blocks->site_ids, stack);
   struct vmt_site *site;
   uint64_t *id;

   if (known != NULL)
      return (uint32_t)*known;
   if (blocks->sites.n_records == VMT_MAX_SITES ||
       vmt_hashmap_reserve(&blocks->site_ids, blocks->site_ids.n_used + 1) != VMT_OK)
      return VMT_NO_SITE;
   site = vmt_vector_push(&blocks->sites);
   if (site == NULL)
      return VMT_NO_SITE;
   site->stack = stack;
   vmt_hashmap_put(&blocks->site_ids, stack, &id);
   *id = blocks->sites.n_records - 1;
   return (uint32_t)*id;
}

/* Before each change of what the site has.  */
static struct vmt_site *
change(struct vmt_blocks *blocks, uint32_t id)
{
   struct vmt_site *site = vmt_blocks_get_site(blocks, id);

   if (site->changed <= blocks->peak_change)
      site->bytes_at_peak = site->live_bytes;
   site->changed = ++blocks->n_changes;
   site->has_news = true;
   return site;
}

uint64_t
vmt_blocks_at_peak(const struct vmt_blocks *blocks, uint32_t id)
{
   const struct vmt_site *site = vmt_blocks_get_site(blocks, id);

   return site->changed <= blocks->peak_change ? site->live_bytes
                                               : site->bytes_at_peak;
}

static void
gain(struct vmt_blocks *blocks, const struct vmt_block *block, uint64_t now)
{
   struct vmt_site *site = change(blocks, block->site);

   site->n_live++;
   site->live_bytes += block->n_bytes;
   blocks->live_bytes += block->n_bytes;
   if (site->live_bytes > site->peak_bytes)
      site->peak_bytes = site->live_bytes;
   if (blocks->live_bytes > blocks->peak_bytes) {
      blocks->peak_bytes = blocks->live_bytes;
      blocks->peak_time = now;
      blocks->peak_change = blocks->n_changes;
   }
}

static void
lose(struct vmt_blocks *blocks, const struct vmt_block *block, uint64_t now)
{
   struct vmt_site *site = change(blocks, block->site);

   site->n_live--;
   site->n_frees++;
   blocks->n_frees++;
   site->live_bytes -= block->n_bytes;
   blocks->live_bytes -= block->n_bytes;
   site->lifetime += now - block->born;
}

/* ---- blocks ---- */

static void
drop_overlapped(struct vmt_blocks *blocks, uint64_t start, uint64_t end, uint64_t now)
{
   struct vmt_block *block;

   while ((block = vmt_rangemap_from(&blocks->live, start)) != NULL &&
          block->start < end) {
      blocks->n_lost++;
      lose(blocks, block, now);
      vmt_rangemap_delete(&blocks->live, block);
   }
}

enum vmt_status
vmt_blocks_add(struct vmt_blocks *blocks, uint64_t start, uint64_t n_bytes,
               uint32_t id, uint32_t thread, uint64_t now)
{
   const struct vmt_block block = {start, start + (n_bytes == 0 ? 1 : n_bytes),
                                   n_bytes, now, id, thread};
   struct vmt_site *site = vmt_blocks_get_site(blocks, id);

   drop_overlapped(blocks, block.start, block.end, now);
   if (vmt_rangemap_insert(&blocks->live, &block) == NULL)
      return VMT_NO_MEMORY;
   gain(blocks, &block, now);
   site->n_allocs++;
   site->n_bytes += n_bytes;
   blocks->n_allocs++;
   blocks->n_bytes += n_bytes;
   return VMT_OK;
}

bool
vmt_blocks_remove(struct vmt_blocks *blocks, uint64_t start, uint64_t now,
                  struct vmt_block *gone)
{
   struct vmt_block *block = vmt_rangemap_find(&blocks->live, start);

   if (block == NULL || block->start != start) {
      blocks->n_unknown++;
      return false;
   }
   *gone = *block;
   lose(blocks, block, now);
   vmt_rangemap_delete(&blocks->live, block);
   return true;
}

enum vmt_status
vmt_blocks_put_back(struct vmt_blocks *blocks, const struct vmt_block *gone,
                    uint64_t now)
{
   struct vmt_site *site = vmt_blocks_get_site(blocks, gone->site);

   drop_overlapped(blocks, gone->start, gone->end, now);
   if (vmt_rangemap_insert(&blocks->live, gone) == NULL)
      return VMT_NO_MEMORY;
   gain(blocks, gone, now);
   site->n_frees--;
   blocks->n_frees--;
   site->lifetime -= now - gone->born;
   return VMT_OK;
}

/* ---- what touched them ---- */

enum vmt_status
vmt_blocks_note(struct vmt_blocks *blocks, uint32_t charge, uint32_t site,
                uint32_t event)
{
   uint64_t key = (uint64_t)charge << 32 | site << 8 | event;
   const uint64_t *known = vmt_hashmap_find(&blocks->note_ids, key);
   struct vmt_site_note *note;
   uint64_t *id;

   if (known != NULL) {
      note = vmt_vector_at(&blocks->notes, (uint32_t)*known);
      note->count++;
      return VMT_OK;
   }
   if (vmt_hashmap_reserve(&blocks->note_ids, blocks->note_ids.n_used + 1) != VMT_OK)
      return VMT_NO_MEMORY;
   note = vmt_vector_push(&blocks->notes);
   if (note == NULL)
      return VMT_NO_MEMORY;
   *note = (struct vmt_site_note){charge, site, event, 1, 0};
   vmt_hashmap_put(&blocks->note_ids, key, &id);
   *id = blocks->notes.n_records - 1;
   return VMT_OK;
}

/* ---- fork ---- */

void
vmt_blocks_start_anew(struct vmt_blocks *blocks, uint64_t now)
{
   uint32_t i;

   for (i = 1; i < blocks->sites.n_records; i++) {
      struct vmt_site *site = vmt_blocks_get_site(blocks, i);

      *site = (struct vmt_site){.stack = site->stack,
                                .n_live = site->n_live,
                                .live_bytes = site->live_bytes,
                                .peak_bytes = site->live_bytes,
                                .has_news = site->n_live != 0};
   }
   blocks->n_allocs = blocks->n_frees = blocks->n_bytes = 0;
   blocks->n_lost = blocks->n_unknown = 0;
   blocks->peak_bytes = blocks->live_bytes;
   blocks->peak_time = now;
   blocks->n_changes = blocks->peak_change = 0;
   vmt_hashmap_clear(&blocks->note_ids);
   vmt_vector_clear(&blocks->notes);
   vmt_vector_push(&blocks->notes);     /* number 0, in memory that is there */
}
