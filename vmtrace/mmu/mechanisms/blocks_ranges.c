#include "vmtrace/mmu/mechanisms/blocks_private.h"

/* ---- direct mappings as their sites see them ---- */

static struct vmt_site *
site_of(struct vmt_blocks *blocks, const struct vmt_heap_range *range)
{
   struct vmt_site *site = vmt_blocks_get_site(blocks, range->site);

   site->has_news = true;
   return site;
}

static void
note_mapped(struct vmt_blocks *blocks, const struct vmt_heap_range *range)
{
   uint64_t n_bytes = range->end - range->start;
   struct vmt_site *site = site_of(blocks, range);

   site->n_allocs++;
   site->n_live++;
   site->n_bytes += n_bytes;
   site->live_bytes += n_bytes;
   if (site->live_bytes > site->peak_bytes)
      site->peak_bytes = site->live_bytes;
}

static void
note_gone(struct vmt_blocks *blocks, const struct vmt_heap_range *range, uint64_t now)
{
   struct vmt_site *site = site_of(blocks, range);

   site->live_bytes -= range->end - range->start;
   if (range->is_rest)
      return;
   site->n_live--;
   site->n_frees++;
   site->lifetime += now - range->born;
}

/* It was the allocator's from the start.  */
static void
unnote(struct vmt_blocks *blocks, const struct vmt_heap_range *range)
{
   uint64_t n_bytes = range->end - range->start;
   struct vmt_site *site = site_of(blocks, range);

   site->live_bytes -= n_bytes;
   site->n_bytes -= n_bytes;
   if (!range->is_rest) {
      site->n_live--;
      site->n_allocs--;
   }
   if (site->n_allocs == 0)
      site->peak_bytes = 0;
}

/* ---- ranges ---- */

static enum vmt_status
insert(struct vmt_blocks *blocks, const struct vmt_heap_range *range)
{
   return vmt_rangemap_insert(&blocks->ranges, range) == NULL ? VMT_NO_MEMORY : VMT_OK;
}

static bool
joins(const struct vmt_heap_range *low, const struct vmt_heap_range *high)
{
   return low->end == high->start && low->site == VMT_OWN_SITE &&
          high->site == VMT_OWN_SITE && low->by_brk == high->by_brk;
}

static void
join_neighbours(struct vmt_blocks *blocks, uint64_t addr)
{
   struct vmt_heap_range *range = vmt_blocks_range(blocks, addr), *other;

   other = vmt_rangemap_prev(&blocks->ranges, range);
   if (other != NULL && joins(other, range)) {
      uint64_t end = range->end;

      vmt_rangemap_delete(&blocks->ranges, range);
      other->end = end;
      range = other;
   }
   other = vmt_rangemap_next(&blocks->ranges, range);
   if (other != NULL && joins(range, other)) {
      uint64_t end = other->end;

      vmt_rangemap_delete(&blocks->ranges, other);
      range->end = end;
   }
}

/* The part of the range that lies in [start, end) goes.  */
static enum vmt_status
cut(struct vmt_blocks *blocks, struct vmt_heap_range *range, uint64_t start,
    uint64_t end, uint64_t now)
{
   struct vmt_heap_range gone = *range, rest = *range;

   gone.start = range->start > start ? range->start : start;
   gone.end = range->end < end ? range->end : end;
   gone.is_rest = range->is_rest || gone.start != range->start ||
                  gone.end != range->end;
   if (range->site != VMT_OWN_SITE)
      note_gone(blocks, &gone, now);
   if (gone.start == range->start && gone.end == range->end) {
      vmt_rangemap_delete(&blocks->ranges, range);
   } else if (gone.start == range->start) {
      range->start = gone.end;
   } else {
      range->end = gone.start;
      rest.start = gone.end;
      rest.is_rest = true;
      if (rest.start < rest.end)
         return insert(blocks, &rest);
   }
   return VMT_OK;
}

enum vmt_status
vmt_blocks_unmap(struct vmt_blocks *blocks, uint64_t start, uint64_t end, uint64_t now)
{
   enum vmt_status status = VMT_OK;
   struct vmt_heap_range *range;

   vmt_blocks_note_peak(blocks);
   while (status == VMT_OK &&
          (range = vmt_rangemap_from(&blocks->ranges, start)) != NULL &&
          range->start < end) {
      vmt_blocks_drop_in(blocks, start > range->start ? start : range->start,
                         end < range->end ? end : range->end, now);
      vmt_blocks_count_range(blocks, start >> VMT_PAGE_SHIFT, end >> VMT_PAGE_SHIFT,
                             false);
      vmt_blocks_forget_memos(blocks);
      status = cut(blocks, range, start, end, now);
   }
   return status;
}

enum vmt_status
vmt_blocks_map(struct vmt_blocks *blocks, uint64_t start, uint64_t end, uint32_t site,
               bool by_brk, uint64_t now)
{
   const struct vmt_heap_range range = {start, end, now, site, by_brk, false};
   enum vmt_status status = vmt_blocks_unmap(blocks, start, end, now);

   vmt_blocks_forget_memos(blocks);
   if (status == VMT_OK)
      status = insert(blocks, &range);
   if (status != VMT_OK)
      return status;
   if (site != VMT_OWN_SITE) {
      note_mapped(blocks, &range);
      return VMT_OK;
   }
   vmt_blocks_count_range(blocks, start >> VMT_PAGE_SHIFT, end >> VMT_PAGE_SHIFT, true);
   join_neighbours(blocks, start);
   return VMT_OK;
}

/* ---- blocks that turn up outside of the heap ---- */

static void
take_over(struct vmt_blocks *blocks, struct vmt_heap_range *range)
{
   unnote(blocks, range);
   range->site = VMT_OWN_SITE;
   vmt_blocks_count_range(blocks, range->start >> VMT_PAGE_SHIFT,
                          range->end >> VMT_PAGE_SHIFT, true);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
   return a < b ? a : b;
}

enum vmt_status
vmt_blocks_claim(struct vmt_blocks *blocks, uint64_t start, uint64_t end, uint64_t now)
{
   uint64_t addr = vmt_page_floor(start), after = vmt_page_ceil(end);
   enum vmt_status status = VMT_OK;

   vmt_blocks_forget_memos(blocks);
   while (addr < after && status == VMT_OK) {
      struct vmt_heap_range *range = vmt_rangemap_from(&blocks->ranges, addr);

      if (range != NULL && range->start <= addr) {
         if (range->site != VMT_OWN_SITE)
            take_over(blocks, range);
         addr = range->end;
      } else {
         uint64_t free_end = range == NULL ? after : least(after, range->start);

         status = vmt_blocks_map(blocks, addr, free_end, VMT_OWN_SITE, false, now);
         addr = free_end;
      }
   }
   return status;
}

/* ---- looking up ---- */

static void
fill_memo(struct vmt_blocks *blocks, struct vmt_block_memo *memo, vmt_vpn vpn)
{
   const struct vmt_block_region *region =
      vmt_blocks_find_region(blocks, vpn >> VMT_REGION_SHIFT);
   const struct vmt_heap_range *range =
      vmt_blocks_range(blocks, vpn << VMT_PAGE_SHIFT);
   uint32_t wide = vmt_blocks_wide_at(blocks, vpn);

   memo->vpn = vpn;
   memo->generation = blocks->generation;
   memo->page = region == NULL ? NULL : region->pages[vpn % VMT_REGION_PAGES];
   memo->site = wide != 0       ? vmt_blocks_get_long(blocks, wide)->site
                : range != NULL ? range->site
                                : VMT_NO_SITE;
}

static const struct vmt_block_memo *
memo_of(struct vmt_blocks *blocks, vmt_vpn vpn)
{
   struct vmt_block_memo *memo = &blocks->memos[vpn % VMT_N_BLOCK_MEMOS];

   if (memo->vpn != vpn || memo->generation != blocks->generation)
      fill_memo(blocks, memo, vpn);
   return memo;
}

uint32_t
vmt_blocks_range_site_at(struct vmt_blocks *blocks, uint64_t addr)
{
   return memo_of(blocks, addr >> VMT_PAGE_SHIFT)->site;
}

uint32_t
vmt_blocks_site_at(struct vmt_blocks *blocks, uint64_t addr)
{
   const struct vmt_block_memo *memo = memo_of(blocks, addr >> VMT_PAGE_SHIFT);
   uint32_t site;

   if (memo->page == NULL || memo->page->n_blocks == 0)
      return memo->site;
   site = vmt_blocks_site_on(blocks, memo->page, addr);
   return site != VMT_NO_SITE ? site : memo->site;
}
