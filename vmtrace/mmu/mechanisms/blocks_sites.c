#include "vmtrace/mmu/mechanisms/blocks_private.h"

uint32_t
vmt_blocks_site(struct vmt_blocks *blocks, uint32_t stack, enum vmt_site_kind kind)
{
   uint64_t key = (uint64_t)kind << 32 | stack, *id;
   struct vmt_site *site;

   id = vmt_hashmap_find(&blocks->site_ids, key);
   if (id != NULL)
      return (uint32_t)*id;
   if (blocks->sites.n_records == VMT_MAX_SITES)
      return VMT_NO_SITE;
   site = vmt_vector_push(&blocks->sites);
   if (site == NULL || vmt_hashmap_put(&blocks->site_ids, key, &id) != VMT_OK)
      return VMT_NO_SITE;
   site->stack = stack;
   site->kind = kind;
   *id = blocks->sites.n_records - 1;
   return (uint32_t)*id;
}

/* ---- live bytes ---- */

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

static bool
straddles(const struct vmt_block *block)
{
   return block->n_bytes <= VMT_PAGE_BYTES &&
          block->start >> VMT_PAGE_SHIFT != (block->end - 1) >> VMT_PAGE_SHIFT;
}

void
vmt_site_gain(struct vmt_blocks *blocks, const struct vmt_block *block, uint64_t now)
{
   struct vmt_site *site = change(blocks, block->site);

   site->n_live++;
   site->live_bytes += block->n_bytes;
   blocks->live_bytes += block->n_bytes;
   blocks->now.n_blocks++;
   blocks->now.n_bytes += block->n_bytes;
   blocks->now.n_straddling += straddles(block);
   if (site->live_bytes > site->peak_bytes)
      site->peak_bytes = site->live_bytes;
   if (blocks->live_bytes > blocks->peak_bytes) {
      blocks->peak_bytes = blocks->live_bytes;
      blocks->peak_time = now;
      blocks->peak_change = blocks->n_changes;
   }
}

void
vmt_site_lose(struct vmt_blocks *blocks, const struct vmt_block *block, uint64_t now)
{
   struct vmt_site *site = change(blocks, block->site);

   site->n_live--;
   site->n_frees++;
   blocks->n_frees++;
   site->live_bytes -= block->n_bytes;
   blocks->live_bytes -= block->n_bytes;
   blocks->now.n_blocks--;
   blocks->now.n_bytes -= block->n_bytes;
   blocks->now.n_straddling -= straddles(block);
   site->lifetime += now - block->born;
}

void
vmt_site_count(struct vmt_blocks *blocks, const struct vmt_block *block)
{
   struct vmt_site *site = vmt_blocks_get_site(blocks, block->site);

   site->n_allocs++;
   site->n_bytes += block->n_bytes;
   site->n_straddles += straddles(block);
   blocks->n_allocs++;
   blocks->n_bytes += block->n_bytes;
   blocks->n_straddles += straddles(block);
}

/* ---- pages ---- */

void
vmt_site_keep(struct vmt_blocks *blocks, const struct vmt_page_class *class, int64_t n)
{
   struct vmt_site *site = vmt_blocks_get_site(blocks, class->keeper);

   if (site->pages_changed <= blocks->pages_peak_change) {
      site->kept_at_peak = site->n_kept;
      site->pinned_at_peak = site->n_pinned;
   }
   site->pages_changed = ++blocks->n_changes;
   site->has_news = true;
   site->n_kept += (uint64_t)n;
   if (class->pinned)
      site->n_pinned += (uint64_t)n;
}

void
vmt_blocks_note_peak(struct vmt_blocks *blocks)
{
   const struct vmt_heap_state *now = &blocks->now, *peak = &blocks->at_peak;

   if (now->n_pages < peak->n_pages ||
       (now->n_pages == peak->n_pages && now->n_bytes <= peak->n_bytes))
      return;
   vmt_blocks_settle(blocks);
   blocks->pages_peak_change = blocks->n_changes;
   blocks->at_peak = blocks->now;
}

uint64_t
vmt_blocks_kept_at_peak(const struct vmt_blocks *blocks, uint32_t id)
{
   const struct vmt_site *site = vmt_blocks_get_site(blocks, id);

   return site->pages_changed <= blocks->pages_peak_change ? site->n_kept
                                                           : site->kept_at_peak;
}

uint64_t
vmt_blocks_pinned_at_peak(const struct vmt_blocks *blocks, uint32_t id)
{
   const struct vmt_site *site = vmt_blocks_get_site(blocks, id);

   return site->pages_changed <= blocks->pages_peak_change ? site->n_pinned
                                                           : site->pinned_at_peak;
}
