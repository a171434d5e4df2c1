#include "vmtrace/mmu/mechanisms/blocks_private.h"

#include "vmtrace/mmu/base/port.h"

#define FIRST_CAPACITY 4

/* ---- pages that blocks begin or end on ---- */

struct vmt_block_region *
vmt_blocks_find_region(struct vmt_blocks *blocks, uint64_t number)
{
   const uint64_t *address;

   if (number == blocks->last_region_number)
      return blocks->last_region;
   address = vmt_hashmap_find(&blocks->regions, number);
   if (address == NULL)
      return NULL;
   blocks->last_region_number = number;
   blocks->last_region = (struct vmt_block_region *)(uintptr_t)*address;
   return blocks->last_region;
}

struct vmt_block_region *
vmt_blocks_get_region(struct vmt_blocks *blocks, uint64_t number)
{
   struct vmt_block_region *region = vmt_blocks_find_region(blocks, number);
   uint64_t *address;

   if (region != NULL)
      return region;
   region = vmt_alloc_zeroed("heap pages", sizeof *region);
   if (region == NULL)
      return NULL;
   if (vmt_hashmap_put(&blocks->regions, number, &address) != VMT_OK) {
      vmt_free(region);
      return NULL;
   }
   *address = (uint64_t)(uintptr_t)region;
   return region;
}

struct vmt_region_cursor
vmt_blocks_regions(const struct vmt_blocks *blocks, vmt_vpn start, vmt_vpn end)
{
   uint64_t first = start >> VMT_REGION_SHIFT, last = (end - 1) >> VMT_REGION_SHIFT;

   return (struct vmt_region_cursor){first, last, last - first > blocks->regions.n_slots,
                                     0};
}

static struct vmt_block_region *
next_by_slot(struct vmt_blocks *blocks, struct vmt_region_cursor *cursor,
             uint64_t *number)
{
   const struct vmt_hashmap_slot *slot;

   while ((slot = vmt_hashmap_next(&blocks->regions, &cursor->slot)) != NULL)
      if (slot->key >= cursor->number && slot->key <= cursor->last) {
         *number = slot->key;
         return (struct vmt_block_region *)(uintptr_t)slot->value;
      }
   return NULL;
}

struct vmt_block_region *
vmt_blocks_next_region(struct vmt_blocks *blocks, struct vmt_region_cursor *cursor,
                       uint64_t *number)
{
   struct vmt_block_region *region = NULL;

   if (cursor->by_slot)
      return next_by_slot(blocks, cursor, number);
   while (region == NULL && cursor->number <= cursor->last) {
      *number = cursor->number++;
      region = vmt_blocks_find_region(blocks, *number);
   }
   return region;
}

static struct vmt_block_page *
find_page(struct vmt_blocks *blocks, vmt_vpn vpn)
{
   const struct vmt_block_region *region =
      vmt_blocks_find_region(blocks, vpn >> VMT_REGION_SHIFT);

   return region == NULL ? NULL : region->pages[vpn % VMT_REGION_PAGES];
}

/* The page's record with room for one start more.  */
static struct vmt_block_page *
get_page(struct vmt_blocks *blocks, struct vmt_block_region *region, vmt_vpn vpn)
{
   struct vmt_block_page **place = &region->pages[vpn % VMT_REGION_PAGES];
   struct vmt_block_page *old = *place, *page;
   uint32_t capacity = old == NULL ? FIRST_CAPACITY : 2u * old->capacity;

   if (old != NULL && old->n_starts < old->capacity)
      return old;
   page = vmt_alloc_zeroed("pages with blocks",
                           sizeof *page + capacity * sizeof page->starts[0]);
   if (page == NULL)
      return NULL;
   if (old != NULL)
      memcpy(page, old, sizeof *old + old->n_starts * sizeof old->starts[0]);
   page->capacity = (uint16_t)capacity;
   vmt_free(old);
   *place = page;
   blocks->memos[vpn % VMT_N_BLOCK_MEMOS].vpn = VMT_NO_VPN;
   return page;
}

/* How many of the page's blocks start at offset or before.  */
static uint32_t
n_starts_to(const struct vmt_block_page *page, uint32_t offset)
{
   const struct vmt_block_start *at = page->starts;
   uint32_t n = page->n_starts;

   if (n == 0)
      return 0;
   while (n > 1) {
      uint32_t half = n / 2;

      at += at[half - 1].offset <= offset ? half : 0;
      n -= half;
   }
   return (uint32_t)(at - page->starts) + (at->offset <= offset);
}

/* Moves what is from `from` on to `to`.  */
static void
shift(struct vmt_block_page *page, uint32_t from, uint32_t to)
{
   memmove(page->starts + to, page->starts + from,
           (page->n_starts - from) * sizeof page->starts[0]);
}

static void
add_start(struct vmt_block_page *page, const struct vmt_block *block, uint32_t id)
{
   uint32_t offset = (uint32_t)(block->start % VMT_PAGE_BYTES);
   uint32_t at = n_starts_to(page, offset);
   uint64_t end = offset + (block->end - block->start);

   shift(page, at, at + 1);
   page->starts[at] = (struct vmt_block_start){
      (uint16_t)offset, (uint16_t)(end < VMT_PAGE_BYTES ? end : VMT_PAGE_BYTES), id};
   page->n_starts++;
}

static void
delete_start(struct vmt_block_page *page, uint32_t offset)
{
   uint32_t at = n_starts_to(page, offset);

   shift(page, at, at - 1);
   page->n_starts--;
}

/* The bytes asked for that lie on the page.  */
static uint32_t
bytes_on(const struct vmt_block *block, vmt_vpn vpn)
{
   uint64_t start = vpn << VMT_PAGE_SHIFT, end = start + VMT_PAGE_BYTES;
   uint64_t block_end = block->start + block->n_bytes;

   if (block->start > start)
      start = block->start;
   if (block_end < end)
      end = block_end;
   return end > start ? (uint32_t)(end - start) : 0;
}

static void
note_block(struct vmt_block_page *page, const struct vmt_block *block, vmt_vpn vpn)
{
   page->n_blocks++;
   page->n_bytes = (uint16_t)(page->n_bytes + bytes_on(block, vpn));
   page->sum += block->site;
   page->squares += (uint64_t)block->site * block->site;
}

static void
forget_block(struct vmt_block_page *page, const struct vmt_block *block, vmt_vpn vpn)
{
   page->n_blocks--;
   page->n_bytes = (uint16_t)(page->n_bytes - bytes_on(block, vpn));
   page->sum -= block->site;
   page->squares -= (uint64_t)block->site * block->site;
}

static vmt_vpn
last_page(const struct vmt_block *block)
{
   return (block->end - 1) >> VMT_PAGE_SHIFT;
}

/* ---- blocks ---- */

static uint32_t
new_id(struct vmt_blocks *blocks, const struct vmt_block *block)
{
   uint32_t id = blocks->first_free;
   struct vmt_block *place;

   if (id != 0) {
      place = vmt_blocks_get(blocks, id);
      blocks->first_free = place->next_free;
   } else {
      place = vmt_vector_push(&blocks->blocks);
      if (place == NULL)
         return 0;
      id = blocks->blocks.n_records - 1;
   }
   *place = *block;
   return id;
}

static enum vmt_status
insert_on_page(struct vmt_blocks *blocks, vmt_vpn vpn, uint32_t id, bool starts)
{
   const struct vmt_block *block = vmt_blocks_get(blocks, id);
   struct vmt_block_region *region =
      vmt_blocks_get_region(blocks, vpn >> VMT_REGION_SHIFT);
   struct vmt_block_page *page =
      region == NULL ? NULL : get_page(blocks, region, vpn);

   if (page == NULL)
      return VMT_NO_MEMORY;
   if (starts)
      add_start(page, block, id);
   else
      page->entering = id;
   note_block(page, block, vpn);
   vmt_blocks_recount(blocks, region, vpn % VMT_REGION_PAGES);
   return VMT_OK;
}

static void
delete_from_page(struct vmt_blocks *blocks, vmt_vpn vpn, const struct vmt_block *block,
                 bool starts)
{
   struct vmt_block_region *region =
      vmt_blocks_find_region(blocks, vpn >> VMT_REGION_SHIFT);
   struct vmt_block_page *page = region->pages[vpn % VMT_REGION_PAGES];

   if (starts)
      delete_start(page, (uint32_t)(block->start % VMT_PAGE_BYTES));
   else
      page->entering = 0;
   forget_block(page, block, vpn);
   vmt_blocks_recount(blocks, region, vpn % VMT_REGION_PAGES);
}

static enum vmt_status
insert_wide(struct vmt_blocks *blocks, vmt_vpn start, vmt_vpn end, uint32_t id)
{
   const struct vmt_wide wide = {start, end, id};

   if (vmt_rangemap_insert(&blocks->wide, &wide) == NULL)
      return VMT_NO_MEMORY;
   vmt_blocks_forget_memos(blocks);
   vmt_blocks_recount_wide(blocks, start, end, vmt_blocks_get(blocks, id)->site, true);
   return VMT_OK;
}

static void
free_id(struct vmt_blocks *blocks, uint32_t id)
{
   vmt_blocks_get(blocks, id)->next_free = blocks->first_free;
   blocks->first_free = id;
}

enum vmt_status
vmt_blocks_insert(struct vmt_blocks *blocks, const struct vmt_block *block)
{
   vmt_vpn first = block->start >> VMT_PAGE_SHIFT, last = last_page(block);
   uint32_t id = new_id(blocks, block);

   if (id == 0)
      return VMT_NO_MEMORY;
   if (insert_on_page(blocks, first, id, true) == VMT_OK) {
      if (last == first)
         return VMT_OK;
      if (insert_on_page(blocks, last, id, false) == VMT_OK) {
         if (last == first + 1 || insert_wide(blocks, first + 1, last, id) == VMT_OK)
            return VMT_OK;
         delete_from_page(blocks, last, block, false);
      }
      delete_from_page(blocks, first, block, true);
   }
   free_id(blocks, id);
   return VMT_NO_MEMORY;
}

void
vmt_blocks_delete(struct vmt_blocks *blocks, uint32_t id)
{
   const struct vmt_block *block = vmt_blocks_get(blocks, id);
   vmt_vpn first = block->start >> VMT_PAGE_SHIFT, last = last_page(block);

   delete_from_page(blocks, first, block, true);
   if (last != first)
      delete_from_page(blocks, last, block, false);
   if (last > first + 1) {
      vmt_rangemap_delete(&blocks->wide, vmt_rangemap_find(&blocks->wide, first + 1));
      vmt_blocks_forget_memos(blocks);
      vmt_blocks_recount_wide(blocks, first + 1, last, block->site, false);
   }
   free_id(blocks, id);
}

/* ---- looking up ---- */

uint32_t
vmt_blocks_wide_at(struct vmt_blocks *blocks, vmt_vpn vpn)
{
   const struct vmt_wide *wide =
      blocks->wide.n_records == 0 ? NULL : vmt_rangemap_find(&blocks->wide, vpn);

   return wide == NULL ? 0 : wide->id;
}

uint32_t
vmt_blocks_id_on(const struct vmt_blocks *blocks, const struct vmt_block_page *page,
                 uint64_t addr)
{
   uint32_t offset = (uint32_t)(addr % VMT_PAGE_BYTES);
   uint32_t n = n_starts_to(page, offset);

   if (n != 0)
      return offset < page->starts[n - 1].end ? page->starts[n - 1].id : 0;
   if (page->entering == 0 || addr >= vmt_blocks_get(blocks, page->entering)->end)
      return 0;
   return page->entering;
}

uint32_t
vmt_blocks_id_at(struct vmt_blocks *blocks, uint64_t addr)
{
   const struct vmt_block_page *page = find_page(blocks, addr >> VMT_PAGE_SHIFT);

   return page != NULL && page->n_blocks != 0
             ? vmt_blocks_id_on(blocks, page, addr)
             : vmt_blocks_wide_at(blocks, addr >> VMT_PAGE_SHIFT);
}

/* The first on the page that starts in [from, to), offsets.  */
static uint32_t
first_on(const struct vmt_block_page *page, uint32_t from, uint32_t to)
{
   uint32_t n = from == 0 ? 0 : n_starts_to(page, from - 1);

   return n < page->n_starts && page->starts[n].offset < to ? page->starts[n].id : 0;
}

uint32_t
vmt_blocks_start_in(const struct vmt_block_region *region, uint64_t number,
                    uint64_t start, uint64_t end)
{
   vmt_vpn first = number << VMT_REGION_SHIFT, vpn = start >> VMT_PAGE_SHIFT;
   vmt_vpn last = (end - 1) >> VMT_PAGE_SHIFT;
   uint32_t id = 0;

   if (vpn < first)
      vpn = first;
   for (; vpn <= last && vpn < first + VMT_REGION_PAGES && id == 0; vpn++) {
      const struct vmt_block_page *page = region->pages[vpn % VMT_REGION_PAGES];
      bool is_first = vpn == start >> VMT_PAGE_SHIFT;

      if (page != NULL)
         id = first_on(page, is_first ? (uint32_t)(start % VMT_PAGE_BYTES) : 0,
                       vpn < last ? (uint32_t)VMT_PAGE_BYTES
                                  : (uint32_t)((end - 1) % VMT_PAGE_BYTES) + 1);
   }
   return id;
}

const struct vmt_block *
vmt_blocks_find(struct vmt_blocks *blocks, uint64_t addr)
{
   uint32_t id = vmt_blocks_id_at(blocks, addr);

   return id == 0 ? NULL : vmt_blocks_get(blocks, id);
}
