#include "vmtrace/mmu/mechanisms/blocks_private.h"

static const struct vmt_page_class empty = {VMT_NO_SITE, 0, false};

static bool
is_of_one_site(const struct vmt_block_page *page)
{
   return (unsigned __int128)page->squares * page->n_blocks ==
          (unsigned __int128)page->sum * page->sum;
}

/* 0, or the tenth that so many live bytes are in.  */
static uint8_t
fullness(uint32_t n_bytes)
{
   return (uint8_t)((n_bytes * (VMT_N_FULLNESSES - 1) + VMT_PAGE_BYTES - 1) >>
                    VMT_PAGE_SHIFT);
}

/* The bytes of the page's only block, on all its pages.  */
static uint64_t
bytes_of_only(const struct vmt_blocks *blocks, const struct vmt_block_page *page)
{
   uint32_t id = page->entering != 0 ? page->entering : page->leaving;

   return id != 0 ? vmt_blocks_get_long(blocks, id)->n_bytes : page->n_bytes;
}

static struct vmt_page_class
class_of(const struct vmt_blocks *blocks, const struct vmt_block_page *page)
{
   if (page->n_blocks == 0)
      return empty;
   return (struct vmt_page_class){
      page->n_blocks == 1       ? (uint32_t)page->sum
      : is_of_one_site(page)    ? (uint32_t)(page->sum / page->n_blocks)
                                : VMT_NO_SITE,
      fullness(page->n_bytes),
      page->n_blocks == 1 && bytes_of_only(blocks, page) <= VMT_SMALL_BYTES};
}

/* n pages more of the class.  */
static void
count(struct vmt_blocks *blocks, const struct vmt_page_class *class, int64_t n)
{
   blocks->now.fullness[class->fullness] += (uint64_t)n;
   if (class->pinned)
      blocks->now.n_pinned += (uint64_t)n;
   if (class->keeper != VMT_NO_SITE)
      vmt_site_keep(blocks, class, n);
}

static bool
is_counted(const struct vmt_block_region *region, uint32_t index)
{
   return (region->counted >> index & 1) != 0;
}

/* What comes and goes between two readers is not counted.  */
void
vmt_blocks_recount(struct vmt_blocks *blocks, struct vmt_block_region *region,
                   uint32_t index)
{
   struct vmt_block_page *page = region->pages[index];

   if (page->is_stale || !is_counted(region, index))
      return;
   if (blocks->n_stale == VMT_MAX_STALE)
      vmt_blocks_settle(blocks);
   page->is_stale = true;
   blocks->stale[blocks->n_stale++] = (struct vmt_stale_page){region, index};
}

static void
settle_page(struct vmt_blocks *blocks, struct vmt_block_page *page)
{
   const struct vmt_page_class class = class_of(blocks, page);

   page->is_stale = false;
   if (class.keeper == page->counted.keeper &&
       class.fullness == page->counted.fullness &&
       class.pinned == page->counted.pinned)
      return;
   count(blocks, &page->counted, -1);
   count(blocks, &class, 1);
   page->counted = class;
}

void
vmt_blocks_settle(struct vmt_blocks *blocks)
{
   uint32_t i;

   for (i = 0; i < blocks->n_stale; i++) {
      struct vmt_block_page *page = blocks->stale[i].region->pages[blocks->stale[i].index];

      if (page->is_stale)
         settle_page(blocks, page);
   }
   blocks->n_stale = 0;
}

/* Bits of the region's pages that are in [start, end).  */
static uint64_t
bits_of(uint64_t number, vmt_vpn start, vmt_vpn end)
{
   vmt_vpn first = number << VMT_REGION_SHIFT;
   uint64_t bits = ~(uint64_t)0;

   if (start > first)
      bits &= ~(uint64_t)0 << (start - first);
   if (end < first + VMT_REGION_PAGES)
      bits &= ~(uint64_t)0 >> (first + VMT_REGION_PAGES - end);
   return bits;
}

static uint64_t
n_counted(struct vmt_blocks *blocks, vmt_vpn start, vmt_vpn end)
{
   struct vmt_region_cursor cursor = vmt_blocks_regions(blocks, start, end);
   const struct vmt_block_region *region;
   uint64_t number, bits, n = 0;

   while ((region = vmt_blocks_next_region(blocks, &cursor, &number)) != NULL)
      for (bits = region->counted & bits_of(number, start, end); bits != 0;
           bits &= bits - 1)
         n++;
   return n;
}

uint64_t
vmt_blocks_n_resident(struct vmt_blocks *blocks, uint64_t start, uint64_t end)
{
   return n_counted(blocks, start >> VMT_PAGE_SHIFT, end >> VMT_PAGE_SHIFT);
}

void
vmt_blocks_recount_wide(struct vmt_blocks *blocks, vmt_vpn start, vmt_vpn end,
                        uint32_t site, bool comes)
{
   const struct vmt_page_class full = {site, VMT_N_FULLNESSES - 1, false};
   uint64_t n = n_counted(blocks, start, end);

   if (n == 0)
      return;
   count(blocks, comes ? &empty : &full, -(int64_t)n);
   count(blocks, comes ? &full : &empty, (int64_t)n);
}

/* ---- residency ---- */

static struct vmt_page_class
class_now(struct vmt_blocks *blocks, struct vmt_block_page *page, vmt_vpn vpn)
{
   uint32_t id;

   if (page != NULL && page->n_blocks != 0)
      return class_of(blocks, page);
   id = vmt_blocks_wide_at(blocks, vpn);
   if (id == 0)
      return empty;
   return (struct vmt_page_class){vmt_blocks_get_long(blocks, id)->site,
                                  VMT_N_FULLNESSES - 1, false};
}

static void
set_counted(struct vmt_blocks *blocks, struct vmt_block_region *region, vmt_vpn vpn,
            bool counted)
{
   uint32_t index = vpn % VMT_REGION_PAGES;
   struct vmt_block_page *page = region->pages[index];
   struct vmt_page_class class;

   if (page != NULL && page->is_stale)
      settle_page(blocks, page);
   class = class_now(blocks, page, vpn);
   region->counted ^= (uint64_t)1 << index;
   blocks->now.n_pages += counted ? 1 : ~(uint64_t)0;
   count(blocks, &class, counted ? 1 : -1);
   if (page != NULL)
      page->counted = page->n_blocks != 0 ? class : empty;
}

static bool
is_of_heap(struct vmt_blocks *blocks, vmt_vpn vpn)
{
   const struct vmt_heap_range *range =
      vmt_blocks_range(blocks, vpn << VMT_PAGE_SHIFT);

   return range != NULL && range->site == VMT_OWN_SITE;
}

void
vmt_blocks_page_came(struct vmt_blocks *blocks, vmt_vpn vpn, uint64_t now)
{
   struct vmt_block_region *region =
      vmt_blocks_get_region(blocks, vpn >> VMT_REGION_SHIFT);
   uint64_t bit = (uint64_t)1 << vpn % VMT_REGION_PAGES;

   blocks->no_memory |= region == NULL;
   if (region == NULL || (region->resident & bit) != 0)
      return;
   region->resident |= bit;
   if (is_of_heap(blocks, vpn)) {
      blocks->now.time = now;
      set_counted(blocks, region, vpn, true);
      blocks->returned.n_back += (region->returned & bit) != 0;
   }
   region->returned &= ~bit;
}

static void
note_returned(struct vmt_blocks *blocks, vmt_vpn vpn, enum vmt_leave how)
{
   const struct vmt_heap_range *range =
      vmt_blocks_range(blocks, vpn << VMT_PAGE_SHIFT);

   if (how == VMT_LEAVE_ADVISED)
      blocks->returned.n_by_advice++;
   else if (range != NULL && range->by_brk)
      blocks->returned.n_by_brk++;
   else
      blocks->returned.n_by_unmap++;
}

void
vmt_blocks_page_left(struct vmt_blocks *blocks, vmt_vpn vpn, enum vmt_leave how)
{
   struct vmt_block_region *region =
      vmt_blocks_find_region(blocks, vpn >> VMT_REGION_SHIFT);
   uint64_t bit = (uint64_t)1 << vpn % VMT_REGION_PAGES;

   if (region == NULL || (region->resident & bit) == 0)
      return;
   vmt_blocks_note_peak(blocks);
   region->resident &= ~bit;
   if ((region->counted & bit) == 0)
      return;
   set_counted(blocks, region, vpn, false);
   if (how == VMT_LEAVE_UNMAPPED || how == VMT_LEAVE_ADVISED) {
      region->returned |= bit;
      note_returned(blocks, vpn, how);
   }
}

/* Those pages of the region that have to be counted (no more).  */
static uint64_t
to_change(const struct vmt_block_region *region, bool belong)
{
   return belong ? region->resident & ~region->counted : region->counted;
}

void
vmt_blocks_count_range(struct vmt_blocks *blocks, vmt_vpn start, vmt_vpn end,
                       bool belong)
{
   struct vmt_region_cursor cursor = vmt_blocks_regions(blocks, start, end);
   struct vmt_block_region *region;
   uint64_t number, bits;

   while ((region = vmt_blocks_next_region(blocks, &cursor, &number)) != NULL) {
      bits = to_change(region, belong) & bits_of(number, start, end);
      for (; bits != 0; bits &= bits - 1)
         set_counted(blocks, region,
                     (number << VMT_REGION_SHIFT) + (uint32_t)__builtin_ctzll(bits),
                     belong);
   }
}
