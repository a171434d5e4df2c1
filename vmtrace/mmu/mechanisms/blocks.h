/* The live blocks of a program's allocator, the sites that they come from, and what
   they make of the pages of the heap.

   A block is [start, end) of memory that the program asked for and has not given
   back; one of 0 bytes takes up one, so that it can be found.  A site is a call
   stack that memory was asked for at: blocks, or (direct) mappings.  Blocks do not
   overlap: where a new one does, what it lies over was given back unseen; it is
   dropped, and counted as lost.

   The heap is made of ranges: what the allocator mapped, a direct mapping in which a
   block turns up, and the pages of a block that turns up elsewhere.  What of it is in
   no live block is the allocator's own (VMT_OWN_SITE).

   Of pages, 4 KiB each: those of the heap that are resident are counted by how full
   of live bytes they are.  A site keeps a page if all live blocks on it are the
   site's, and pins it if there is only one, of at most VMT_SMALL_BYTES.  A
   block straddles if it lies on two pages and would fit into one.  A page is back if
   it comes where one was given back to the kernel.

   Times are the embedder's clock.  There are two peaks: of live bytes, the earliest of
   equal ones; and of the heap's resident pages, of equal ones that with the most live
   bytes.  What there was at a peak is noted with the first change to less, so what
   grows costs nothing.

   Owns its tables; VMT_NO_MEMORY leaves them as they were, but that overlapped blocks
   are gone.  Cost: O(1) for
   a block, but that the starts of a page's blocks are sorted; O(log n) for one that
   holds a whole page (n: of these) and O(1) for each of its resident pages.  Memory:
   18 bytes a block, in lists of a page's that double from 4; 32 more for one on several
   pages, 56 if it holds a whole one; 48 for a page that one begins or ends on; 8 to
   10 a page.  */

#ifndef VMT_MMU_MECHANISMS_BLOCKS_H
#define VMT_MMU_MECHANISMS_BLOCKS_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/rangemap.h"
#include "vmtrace/mmu/containers/vector.h"

#define VMT_NO_SITE 0u
#define VMT_OWN_SITE 1u                 /* the allocator's own memory */
#define VMT_MAX_SITES (1u << 24)

#define VMT_SMALL_BYTES 512u            /* an eighth of a page */
#define VMT_N_FULLNESSES 11             /* 0: nothing live; i: up to i tenths */

struct vmt_block {
   uint64_t start, end;
   uint64_t n_bytes;                    /* asked for */
   uint64_t born;
   uint32_t site;
};

enum vmt_site_kind {
   VMT_SITE_MALLOC,
   VMT_SITE_MMAP,
   VMT_SITE_BRK,
   VMT_SITE_OWN
};

struct vmt_site {
   uint32_t stack;
   enum vmt_site_kind kind;
   uint64_t n_allocs, n_frees, n_bytes; /* bytes of all that were allocated */
   uint64_t lifetime;                   /* sum over those that are gone */
   uint64_t n_live, live_bytes, peak_bytes;
   uint64_t n_straddles;                /* of n_allocs */
   uint64_t changed, bytes_at_peak;     /* before its first change after that */
   uint64_t n_kept, n_pinned;           /* pages */
   uint64_t pages_changed, kept_at_peak, pinned_at_peak;
   bool has_news;                       /* a reader's: set at each change */
};

/* The heap at a time: live blocks, and resident pages.  */
struct vmt_heap_state {
   uint64_t time;                       /* when a page, or a block of any bytes, came last */
   uint64_t n_blocks, n_bytes, n_straddling;
   uint64_t n_pages, fullness[VMT_N_FULLNESSES], n_pinned;
};

/* How pages go.  */
enum vmt_leave {
   VMT_LEAVE_EVICTED,
   VMT_LEAVE_MOVED,
   VMT_LEAVE_UNMAPPED,
   VMT_LEAVE_ADVISED
};

/* Pages that were given back to the kernel, came again, and by how many system
   calls the allocator has asked for all that: the embedder counts these.  */
struct vmt_returned {
   uint64_t n_by_brk, n_by_unmap, n_by_advice;
   uint64_t n_back;
   uint64_t n_calls;
};

struct vmt_block_page;
struct vmt_block_region;

/* What is known of a page: good while its generation is the table's.  */
struct vmt_block_memo {
   vmt_vpn vpn;
   uint32_t generation;
   uint32_t site;                       /* where no block is */
   struct vmt_block_page *page;         /* NULL: no block begins or ends there */
};

#define VMT_N_BLOCK_MEMOS 4096

/* A page that has changed since it was counted.  */
struct vmt_stale_page {
   struct vmt_block_region *region;
   uint32_t index;                      /* in it */
};

#define VMT_MAX_STALE 256

struct vmt_blocks {
   struct vmt_vector long_blocks;       /* that lie on several pages; number 0: none */
   uint32_t first_free;
   struct vmt_hashmap regions;          /* of 64 pages: its address */
   struct vmt_block_region *last_region;
   uint64_t last_region_number;
   struct vmt_rangemap wide;            /* blocks that hold a whole page within */
   struct vmt_rangemap ranges;
   struct vmt_block_memo memos[VMT_N_BLOCK_MEMOS];
   uint32_t generation;

   struct vmt_hashmap site_ids;
   struct vmt_vector sites;
   uint64_t n_allocs, n_frees, n_bytes, n_straddles;
   uint64_t live_bytes, peak_bytes, peak_time;
   uint64_t n_changes, peak_change;
   uint64_t n_lost, n_unknown;          /* overlapped; frees of no block's start */
   uint64_t counted_since;              /* by all of these: the fork, or 0 */

   uint64_t pages_peak_change;
   struct vmt_heap_state now, at_peak;  /* now: of pages, and of sites' pages, as of
                                           the last vmt_blocks_settle() */
   struct vmt_stale_page stale[VMT_MAX_STALE];
   uint32_t n_stale;
   struct vmt_returned returned;
   bool no_memory;                      /* a page came and was not noted */
};

enum vmt_status vmt_blocks_init(struct vmt_blocks *blocks);
void vmt_blocks_free(struct vmt_blocks *blocks);

/* ---- sites (blocks_sites.c) ---- */

/* The site of a call stack, made if new; VMT_NO_SITE: no memory.  */
uint32_t vmt_blocks_site(struct vmt_blocks *blocks, uint32_t stack,
                         enum vmt_site_kind kind);

static inline struct vmt_site *
vmt_blocks_get_site(const struct vmt_blocks *blocks, uint32_t site)
{
   return vmt_vector_at(&blocks->sites, site);
}

/* Bytes of the site that were live when those of all were at their peak.  */
uint64_t vmt_blocks_at_peak(const struct vmt_blocks *blocks, uint32_t site);

/* Counts the pages that have changed: before anything of pages is read.  */
void vmt_blocks_settle(struct vmt_blocks *blocks);

/* Brings at_peak and the sites' pages at the peak up to date.  */
void vmt_blocks_note_peak(struct vmt_blocks *blocks);
uint64_t vmt_blocks_kept_at_peak(const struct vmt_blocks *blocks, uint32_t site);
uint64_t vmt_blocks_pinned_at_peak(const struct vmt_blocks *blocks, uint32_t site);

/* ---- blocks (blocks.c) ---- */

enum vmt_status vmt_blocks_add(struct vmt_blocks *blocks, uint64_t start,
                               uint64_t n_bytes, uint32_t site, uint64_t now);

/* The block that starts there is given back; *gone is what it was.  False: there is
   none.  */
bool vmt_blocks_remove(struct vmt_blocks *blocks, uint64_t start, uint64_t now,
                       struct vmt_block *gone);

/* That was not so: the block is still there.  `now` as of the removal, which may have
   been before a fork.  */
enum vmt_status vmt_blocks_put_back(struct vmt_blocks *blocks,
                                    const struct vmt_block *gone, uint64_t now);

/* The block that addr lies in.  False: none.  */
bool vmt_blocks_find(struct vmt_blocks *blocks, uint64_t addr, struct vmt_block *found);

/* In a forked child: what is live stays so, all that was counted was the parent's, and
   no page is resident.  */
void vmt_blocks_start_anew(struct vmt_blocks *blocks, uint64_t now);

/* ---- ranges (blocks_ranges.c) ---- */

/* Memory of [start, end), whole pages, was mapped at a site; VMT_OWN_SITE: by the
   allocator.  */
enum vmt_status vmt_blocks_map(struct vmt_blocks *blocks, uint64_t start, uint64_t end,
                               uint32_t site, bool by_brk, uint64_t now);

/* It is gone, or no memory of that kind.  */
enum vmt_status vmt_blocks_unmap(struct vmt_blocks *blocks, uint64_t start,
                                 uint64_t end, uint64_t now);

/* The site of what is at addr: of a block's, a direct mapping's, VMT_OWN_SITE, or
   VMT_NO_SITE.  */
uint32_t vmt_blocks_site_at(struct vmt_blocks *blocks, uint64_t addr);

/* addr will be looked up soon.  */
static inline void
vmt_blocks_expect(const struct vmt_blocks *blocks, uint64_t addr)
{
   const struct vmt_block_memo *memo =
      &blocks->memos[(addr >> VMT_PAGE_SHIFT) % VMT_N_BLOCK_MEMOS];

   if (memo->page != NULL) {
      __builtin_prefetch(memo->page);
      __builtin_prefetch((const char *)memo->page + 64);
   }
}

/* The same without the blocks that begin or end on the page.  */
uint32_t vmt_blocks_range_site_at(struct vmt_blocks *blocks, uint64_t addr);

/* ---- pages (blocks_pages.c) ---- */

/* A page is resident from now on (or no_memory is set); is no more.  */
void vmt_blocks_page_came(struct vmt_blocks *blocks, vmt_vpn vpn, uint64_t now);
void vmt_blocks_page_left(struct vmt_blocks *blocks, vmt_vpn vpn, enum vmt_leave how);

/* Pages of the heap that are resident in [start, end).  */
uint64_t vmt_blocks_n_resident(struct vmt_blocks *blocks, uint64_t start,
                               uint64_t end);

#endif
