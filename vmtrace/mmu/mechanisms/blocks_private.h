/* What the files of blocks.h share.  */

#ifndef VMT_MMU_MECHANISMS_BLOCKS_PRIVATE_H
#define VMT_MMU_MECHANISMS_BLOCKS_PRIVATE_H

#include "vmtrace/mmu/mechanisms/blocks.h"

#define VMT_REGION_SHIFT 6              /* of pages */
#define VMT_REGION_PAGES (1u << VMT_REGION_SHIFT)

/* How a resident page of the heap is counted.  */
struct vmt_page_class {
   uint32_t keeper;                     /* VMT_NO_SITE: none, or several */
   uint8_t fullness;
   bool pinned;
};

/* A block that starts on a page.  end is 4096 if it goes on behind the page, which only
   the last on a page can; else the bytes asked for are end - offset.  */
struct vmt_block_start {
   uint32_t end;
   uint32_t site;
   uint64_t born;
};

/* A page that a block begins or ends on.  That all its blocks are of one site shows in
   the sum of their sites and the sum of the squares: n times this is the square of
   that (Cauchy and Schwarz's inequality, with equality for equal numbers alone).  */
struct vmt_block_page {
   uint64_t sum, squares;
   uint32_t entering, leaving;          /* long blocks: the one that goes on from the
                                           page before, to the page behind; 0: none */
   uint16_t n_blocks, n_bytes;          /* that lie here, the bytes that do */
   uint16_t n_starts, capacity;
   struct vmt_page_class counted;       /* as, if the page is counted */
   bool is_stale;                       /* ... which has to be done anew */
   uint16_t offsets[];                  /* of starts, rising; behind them is what is
                                           known of each */
};

static inline struct vmt_block_start *
vmt_block_starts(struct vmt_block_page *page)
{
   return (struct vmt_block_start *)(void *)(page->offsets + page->capacity);
}

struct vmt_block_region {
   uint64_t resident, counted, returned;        /* bit i: page i is */
   struct vmt_block_page *pages[VMT_REGION_PAGES];
};

/* A block that does not end on the page that it starts on.  */
struct vmt_long_block {
   uint64_t start, end, n_bytes;
   uint32_t site, next_free;
};

/* A long block's pages but for the first and last, which are its own.  */
struct vmt_wide {
   uint64_t start, end;                 /* vpns */
   uint32_t id;
};

struct vmt_heap_range {
   uint64_t start, end;
   uint64_t born;
   uint32_t site;                       /* VMT_OWN_SITE: of the heap */
   bool by_brk;
   bool is_rest;                        /* of a mapping that was cut in two: counts
                                           as no mapping of its own */
};

static inline struct vmt_long_block *
vmt_blocks_get_long(const struct vmt_blocks *blocks, uint32_t id)
{
   return vmt_vector_at(&blocks->long_blocks, id);
}

/* ---- blocks_table.c: where blocks are ---- */

struct vmt_block_region *vmt_blocks_find_region(struct vmt_blocks *blocks,
                                                uint64_t number);
/* Made if need be; NULL: no memory.  */
struct vmt_block_region *vmt_blocks_get_region(struct vmt_blocks *blocks,
                                               uint64_t number);

/* Puts the block in, or takes it out.  The pages' counts are kept up.  */
enum vmt_status vmt_blocks_insert(struct vmt_blocks *blocks,
                                  const struct vmt_block *block);
void vmt_blocks_delete(struct vmt_blocks *blocks, const struct vmt_block *block);

/* The site of the block that addr lies in, which is on the page; VMT_NO_SITE: no
   block.  */
uint32_t vmt_blocks_site_on(const struct vmt_blocks *blocks,
                            struct vmt_block_page *page, uint64_t addr);

/* A block that starts in [start, end) on a page of the region.  False: none does.  */
bool vmt_blocks_start_in(const struct vmt_blocks *blocks,
                         const struct vmt_block_region *region, uint64_t number,
                         uint64_t start, uint64_t end, struct vmt_block *found);

/* struct vmt_region_cursor cursor = vmt_blocks_regions(blocks, start, end);
   while ((region = vmt_blocks_next_region(blocks, &cursor, &number)) != NULL)
   for those that have pages of [start, end), vpns; none may be made meanwhile.  */
struct vmt_region_cursor {
   uint64_t number, last;
   bool by_slot;                        /* more numbers than regions: in no order */
   uint64_t slot;
};

struct vmt_region_cursor vmt_blocks_regions(const struct vmt_blocks *blocks,
                                            vmt_vpn start, vmt_vpn end);
struct vmt_block_region *vmt_blocks_next_region(struct vmt_blocks *blocks,
                                                struct vmt_region_cursor *cursor,
                                                uint64_t *number);

/* The long block that holds all of the page, and begins and ends on others; 0: none.  */
uint32_t vmt_blocks_wide_at(struct vmt_blocks *blocks, vmt_vpn vpn);

/* Puts the block in, if it is on one page that has room for it, and nothing else is
   there.  */
bool vmt_blocks_insert_short(struct vmt_blocks *blocks, const struct vmt_block *block);

/* Takes out the block that starts there.  False: none does.  */
bool vmt_blocks_take(struct vmt_blocks *blocks, uint64_t start, struct vmt_block *gone);

/* Drops all blocks that have a byte in [start, end).  */
void vmt_blocks_drop_in(struct vmt_blocks *blocks, uint64_t start, uint64_t end,
                        uint64_t now);

/* ---- blocks_sites.c ---- */

void vmt_site_gain(struct vmt_blocks *blocks, const struct vmt_block *block,
                   uint64_t now);
void vmt_site_lose(struct vmt_blocks *blocks, const struct vmt_block *block,
                   uint64_t now);
/* It is one that was allocated.  */
void vmt_site_count(struct vmt_blocks *blocks, const struct vmt_block *block);
/* A page is (no more) kept by the class's keeper.  */
void vmt_site_keep(struct vmt_blocks *blocks, const struct vmt_page_class *class,
                   int64_t n);

/* ---- blocks_pages.c ---- */

/* What lives on a page with a record has changed.  */
void vmt_blocks_recount(struct vmt_blocks *blocks, struct vmt_block_region *region,
                        uint32_t index);
/* Pages [start, end), on which no other block is, have become a wide block's of the
   site, or have been.  */
void vmt_blocks_recount_wide(struct vmt_blocks *blocks, vmt_vpn start, vmt_vpn end,
                             uint32_t site, bool comes);
/* Resident pages of [start, end) belong to the heap from now on, or do not.  */
void vmt_blocks_count_range(struct vmt_blocks *blocks, vmt_vpn start, vmt_vpn end,
                            bool belong);

/* ---- blocks_ranges.c ---- */

/* The range that addr lies in, or NULL.  */
static inline struct vmt_heap_range *
vmt_blocks_range(struct vmt_blocks *blocks, uint64_t addr)
{
   return vmt_rangemap_find(&blocks->ranges, addr);
}

/* [start, end) holds a block: the pages are of the heap.  */
enum vmt_status vmt_blocks_claim(struct vmt_blocks *blocks, uint64_t start,
                                 uint64_t end, uint64_t now);

/* What a memo of a page says may be wrong.  */
static inline void
vmt_blocks_forget_memos(struct vmt_blocks *blocks)
{
   blocks->generation++;
}

#endif
