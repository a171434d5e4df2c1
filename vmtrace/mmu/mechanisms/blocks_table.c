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

/* The page's record with room for one start more.  The capacity is a multiple of 4, so
   that what is behind the offsets is aligned.  */
static struct vmt_block_page *
get_page(struct vmt_blocks *blocks, struct vmt_block_region *region, vmt_vpn vpn)
{
   struct vmt_block_page **place = &region->pages[vpn % VMT_REGION_PAGES];
   struct vmt_block_page *old = *place, *page;
   uint32_t capacity = old == NULL ? FIRST_CAPACITY : 2u * old->capacity;

   if (old != NULL && old->n_starts < old->capacity)
      return old;
   page = vmt_alloc_zeroed("pages with blocks",
                           sizeof *page + capacity * (sizeof page->offsets[0] +
                                                      sizeof(struct vmt_block_start)));
   if (page == NULL)
      return NULL;
   if (old != NULL)
      memcpy(page, old, sizeof *old + old->n_starts * sizeof old->offsets[0]);
   page->capacity = (uint16_t)capacity;
   if (old != NULL)
      memcpy(vmt_block_starts(page), vmt_block_starts(old),
             old->n_starts * sizeof(struct vmt_block_start));
   vmt_free(old);
   *place = page;
   blocks->memos[vpn % VMT_N_BLOCK_MEMOS] = (struct vmt_block_memo){.vpn = VMT_NO_VPN};
   return page;
}

/* How many of the page's blocks start at offset or before.  */
static uint32_t
n_starts_to(const struct vmt_block_page *page, uint32_t offset)
{
   const uint16_t *at = page->offsets;
   uint32_t n = page->n_starts;

   if (n == 0)
      return 0;
   while (n > 1) {
      uint32_t half = n / 2;

      at += at[half - 1] <= offset ? half : 0;
      n -= half;
   }
   return (uint32_t)(at - page->offsets) + (*at <= offset);
}

/* Valgrind's memmove goes byte by byte.  */
static void
open_gap(struct vmt_block_page *page, uint32_t at)
{
   struct vmt_block_start *starts = vmt_block_starts(page);
   uint32_t i;

   for (i = page->n_starts; i > at; i--) {
      page->offsets[i] = page->offsets[i - 1];
      starts[i] = starts[i - 1];
   }
}

static void
close_gap(struct vmt_block_page *page, uint32_t at)
{
   struct vmt_block_start *starts = vmt_block_starts(page);
   uint32_t i;

   for (i = at + 1; i < page->n_starts; i++) {
      page->offsets[i - 1] = page->offsets[i];
      starts[i - 1] = starts[i];
   }
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

/* As the page's block number `at`.  */
static void
add_start_at(struct vmt_block_page *page, uint32_t at, const struct vmt_block *block)
{
   uint32_t offset = (uint32_t)(block->start % VMT_PAGE_BYTES);

   open_gap(page, at);
   page->offsets[at] = (uint16_t)offset;
   vmt_block_starts(page)[at] = (struct vmt_block_start){
      offset + bytes_on(block, block->start >> VMT_PAGE_SHIFT), block->site,
      block->born};
   page->n_starts++;
}

static void
add_start(struct vmt_block_page *page, const struct vmt_block *block, uint32_t long_id)
{
   add_start_at(page, n_starts_to(page, (uint32_t)(block->start % VMT_PAGE_BYTES)),
                block);
   if (long_id != 0)
      page->leaving = long_id;
}

static void
delete_start_at(struct vmt_block_page *page, uint32_t at)
{
   close_gap(page, at);
   page->n_starts--;
}

static void
delete_start(struct vmt_block_page *page, const struct vmt_block *block, bool is_long)
{
   delete_start_at(page,
                   n_starts_to(page, (uint32_t)(block->start % VMT_PAGE_BYTES)) - 1);
   if (is_long)
      page->leaving = 0;
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
first_page(const struct vmt_block *block)
{
   return block->start >> VMT_PAGE_SHIFT;
}

static vmt_vpn
last_page(const struct vmt_block *block)
{
   return (block->end - 1) >> VMT_PAGE_SHIFT;
}

/* ---- blocks ---- */

static enum vmt_status
insert_on_page(struct vmt_blocks *blocks, vmt_vpn vpn, const struct vmt_block *block,
               uint32_t long_id)
{
   struct vmt_block_region *region =
      vmt_blocks_get_region(blocks, vpn >> VMT_REGION_SHIFT);
   struct vmt_block_page *page =
      region == NULL ? NULL : get_page(blocks, region, vpn);

   if (page == NULL)
      return VMT_NO_MEMORY;
   if (vpn == first_page(block))
      add_start(page, block, long_id);
   else
      page->entering = long_id;
   note_block(page, block, vpn);
   vmt_blocks_recount(blocks, region, vpn % VMT_REGION_PAGES);
   return VMT_OK;
}

static void
delete_from_page(struct vmt_blocks *blocks, vmt_vpn vpn, const struct vmt_block *block,
                 bool is_long)
{
   struct vmt_block_region *region =
      vmt_blocks_find_region(blocks, vpn >> VMT_REGION_SHIFT);
   struct vmt_block_page *page = region->pages[vpn % VMT_REGION_PAGES];

   if (vpn == first_page(block))
      delete_start(page, block, is_long);
   else
      page->entering = 0;
   forget_block(page, block, vpn);
   vmt_blocks_recount(blocks, region, vpn % VMT_REGION_PAGES);
}

static uint32_t
new_long(struct vmt_blocks *blocks, const struct vmt_block *block)
{
   uint32_t id = blocks->first_free;
   struct vmt_long_block *place;

   if (id != 0) {
      place = vmt_blocks_get_long(blocks, id);
      blocks->first_free = place->next_free;
   } else {
      place = vmt_vector_push(&blocks->long_blocks);
      if (place == NULL)
         return 0;
      id = blocks->long_blocks.n_records - 1;
   }
   *place = (struct vmt_long_block){block->start, block->end, block->n_bytes,
                                    block->site, 0};
   return id;
}

static void
free_long(struct vmt_blocks *blocks, uint32_t id)
{
   vmt_blocks_get_long(blocks, id)->next_free = blocks->first_free;
   blocks->first_free = id;
}

static enum vmt_status
insert_wide(struct vmt_blocks *blocks, const struct vmt_block *block, uint32_t id)
{
   const struct vmt_wide wide = {first_page(block) + 1, last_page(block), id};

   if (wide.start == wide.end)
      return VMT_OK;
   if (vmt_rangemap_insert(&blocks->wide, &wide) == NULL)
      return VMT_NO_MEMORY;
   vmt_blocks_forget_memos(blocks);
   vmt_blocks_recount_wide(blocks, wide.start, wide.end, block->site, true);
   return VMT_OK;
}

static void
delete_wide(struct vmt_blocks *blocks, const struct vmt_block *block)
{
   vmt_vpn start = first_page(block) + 1, end = last_page(block);

   if (start == end)
      return;
   vmt_rangemap_delete(&blocks->wide, vmt_rangemap_find(&blocks->wide, start));
   vmt_blocks_forget_memos(blocks);
   vmt_blocks_recount_wide(blocks, start, end, block->site, false);
}

static enum vmt_status
insert_long(struct vmt_blocks *blocks, const struct vmt_block *block)
{
   uint32_t id = new_long(blocks, block);

   if (id == 0)
      return VMT_NO_MEMORY;
   if (insert_on_page(blocks, first_page(block), block, id) == VMT_OK) {
      if (insert_on_page(blocks, last_page(block), block, id) == VMT_OK) {
         if (insert_wide(blocks, block, id) == VMT_OK)
            return VMT_OK;
         delete_from_page(blocks, last_page(block), block, true);
      }
      delete_from_page(blocks, first_page(block), block, true);
   }
   free_long(blocks, id);
   return VMT_NO_MEMORY;
}

enum vmt_status
vmt_blocks_insert(struct vmt_blocks *blocks, const struct vmt_block *block)
{
   return first_page(block) == last_page(block)
             ? insert_on_page(blocks, first_page(block), block, 0)
             : insert_long(blocks, block);
}

void
vmt_blocks_delete(struct vmt_blocks *blocks, const struct vmt_block *block)
{
   vmt_vpn first = first_page(block), last = last_page(block);
   bool is_long = first != last;

   if (is_long) {
      free_long(blocks, find_page(blocks, first)->leaving);
      delete_from_page(blocks, last, block, true);
      delete_wide(blocks, block);
   }
   delete_from_page(blocks, first, block, is_long);
}

/* ---- looking up ---- */

uint32_t
vmt_blocks_wide_at(struct vmt_blocks *blocks, vmt_vpn vpn)
{
   const struct vmt_wide *wide =
      blocks->wide.n_records == 0 ? NULL : vmt_rangemap_find(&blocks->wide, vpn);

   return wide == NULL ? 0 : wide->id;
}

/* The offset is in the page's nth block.  One of no bytes takes up one.  */
static bool
covers(struct vmt_block_page *page, uint32_t nth, uint32_t offset)
{
   return offset < vmt_block_starts(page)[nth].end || offset == page->offsets[nth];
}

static uint32_t
entering_at(const struct vmt_blocks *blocks, const struct vmt_block_page *page,
            uint64_t addr)
{
   return page->entering != 0 &&
                addr < vmt_blocks_get_long(blocks, page->entering)->end
             ? page->entering
             : 0;
}

uint32_t
vmt_blocks_site_on(const struct vmt_blocks *blocks, struct vmt_block_page *page,
                   uint64_t addr)
{
   uint32_t offset = (uint32_t)(addr % VMT_PAGE_BYTES), id;
   uint32_t n = n_starts_to(page, offset);

   if (n != 0)
      return covers(page, n - 1, offset) ? vmt_block_starts(page)[n - 1].site
                                         : VMT_NO_SITE;
   id = entering_at(blocks, page, addr);
   return id != 0 ? vmt_blocks_get_long(blocks, id)->site : VMT_NO_SITE;
}

/* The page's ith block.  */
static struct vmt_block
get_block(const struct vmt_blocks *blocks, struct vmt_block_page *page, vmt_vpn vpn,
          uint32_t i)
{
   const struct vmt_block_start *start = &vmt_block_starts(page)[i];
   struct vmt_block block = {
      .start = (vpn << VMT_PAGE_SHIFT) + page->offsets[i],
      .n_bytes = start->end - page->offsets[i],
      .born = start->born,
      .site = start->site};

   if (page->leaving != 0 && i + 1 == page->n_starts) {
      const struct vmt_long_block *whole = vmt_blocks_get_long(blocks, page->leaving);

      block.n_bytes = whole->n_bytes;
      block.end = whole->end;
   } else {
      block.end = block.start + (block.n_bytes == 0 ? 1 : block.n_bytes);
   }
   return block;
}

bool
vmt_blocks_find(struct vmt_blocks *blocks, uint64_t addr, struct vmt_block *found)
{
   vmt_vpn vpn = addr >> VMT_PAGE_SHIFT;
   struct vmt_block_page *page = find_page(blocks, vpn);
   uint32_t offset = (uint32_t)(addr % VMT_PAGE_BYTES), n = 0, id;

   if (page != NULL && page->n_blocks != 0) {
      n = n_starts_to(page, offset);
      if (n != 0 && !covers(page, n - 1, offset))
         return false;
      id = n != 0 ? 0 : entering_at(blocks, page, addr);
   } else {
      id = vmt_blocks_wide_at(blocks, vpn);
   }
   if (id != 0) {
      vpn = vmt_blocks_get_long(blocks, id)->start >> VMT_PAGE_SHIFT;
      page = find_page(blocks, vpn);
      n = page->n_starts;
   }
   if (n == 0)
      return false;
   *found = get_block(blocks, page, vpn, n - 1);
   return true;
}

/* ---- short blocks, in one look ---- */

/* Where on the page one at offsets [start, end) would be, if nothing is there.  */
static bool
is_clear(const struct vmt_blocks *blocks, struct vmt_block_page *page,
         const struct vmt_block *block, uint32_t *at)
{
   uint32_t offset = (uint32_t)(block->start % VMT_PAGE_BYTES);

   *at = n_starts_to(page, (uint32_t)((block->end - 1) % VMT_PAGE_BYTES));
   if (*at == 0)
      return entering_at(blocks, page, block->start) == 0;
   return page->offsets[*at - 1] < offset && !covers(page, *at - 1, offset);
}

bool
vmt_blocks_insert_short(struct vmt_blocks *blocks, const struct vmt_block *block)
{
   vmt_vpn vpn = first_page(block);
   struct vmt_block_region *region =
      vmt_blocks_find_region(blocks, vpn >> VMT_REGION_SHIFT);
   struct vmt_block_page *page =
      region == NULL ? NULL : region->pages[vpn % VMT_REGION_PAGES];
   uint32_t at;

   if (page == NULL || last_page(block) != vpn || page->n_starts == page->capacity ||
       (page->n_blocks == 0 && vmt_blocks_wide_at(blocks, vpn) != 0) ||
       !is_clear(blocks, page, block, &at))
      return false;
   add_start_at(page, at, block);
   note_block(page, block, vpn);
   vmt_blocks_recount(blocks, region, vpn % VMT_REGION_PAGES);
   return true;
}

bool
vmt_blocks_take(struct vmt_blocks *blocks, uint64_t start, struct vmt_block *gone)
{
   vmt_vpn vpn = start >> VMT_PAGE_SHIFT;
   struct vmt_block_region *region =
      vmt_blocks_find_region(blocks, vpn >> VMT_REGION_SHIFT);
   struct vmt_block_page *page =
      region == NULL ? NULL : region->pages[vpn % VMT_REGION_PAGES];
   uint32_t offset = (uint32_t)(start % VMT_PAGE_BYTES);
   uint32_t n = page == NULL ? 0 : n_starts_to(page, offset);

   if (n == 0 || page->offsets[n - 1] != offset)
      return false;
   *gone = get_block(blocks, page, vpn, n - 1);
   if (last_page(gone) != vpn) {
      vmt_blocks_delete(blocks, gone);
      return true;
   }
   delete_start_at(page, n - 1);
   forget_block(page, gone, vpn);
   vmt_blocks_recount(blocks, region, vpn % VMT_REGION_PAGES);
   return true;
}

/* ---- what starts in a range ---- */

/* The first of the page's starts in [from, to), offsets; n_starts: none.  */
static uint32_t
first_on(const struct vmt_block_page *page, uint32_t from, uint32_t to)
{
   uint32_t n = from == 0 ? 0 : n_starts_to(page, from - 1);

   return n < page->n_starts && page->offsets[n] < to ? n : page->n_starts;
}

bool
vmt_blocks_start_in(const struct vmt_blocks *blocks,
                    const struct vmt_block_region *region, uint64_t number,
                    uint64_t start, uint64_t end, struct vmt_block *found)
{
   vmt_vpn first = number << VMT_REGION_SHIFT, vpn = start >> VMT_PAGE_SHIFT;
   vmt_vpn last = (end - 1) >> VMT_PAGE_SHIFT;

   if (vpn < first)
      vpn = first;
   for (; vpn <= last && vpn < first + VMT_REGION_PAGES; vpn++) {
      struct vmt_block_page *page = region->pages[vpn % VMT_REGION_PAGES];
      bool is_first = vpn == start >> VMT_PAGE_SHIFT;
      uint32_t i;

      if (page == NULL)
         continue;
      i = first_on(page, is_first ? (uint32_t)(start % VMT_PAGE_BYTES) : 0,
                   vpn < last ? (uint32_t)VMT_PAGE_BYTES
                              : (uint32_t)((end - 1) % VMT_PAGE_BYTES) + 1);
      if (i == page->n_starts)
         continue;
      *found = get_block(blocks, page, vpn, i);
      return true;
   }
   return false;
}
