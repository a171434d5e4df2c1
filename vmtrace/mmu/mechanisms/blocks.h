/* The live blocks of a program's allocator, and the sites that they come from.

   A block is [start, end) of memory that the program asked for and has not given
   back; one of 0 bytes takes up one, so that it can be found.  A site is a call
   stack that blocks were allocated at.  Blocks do not overlap: where a new one does,
   what it lies over was given back unseen; it is dropped, and counted as lost.

   Times are the embedder's clock.  Peaks are of bytes; the earliest of equal ones
   counts.  What each site had at the peak of all is noted when the site changes
   after it, so a new peak costs nothing.

   Owns its tables; VMT_NO_MEMORY leaves them as they were, but that overlapped blocks
   are gone.  Cost: O(log n) of live blocks each, O(1) expected for sites and notes;
   80 bytes a block.  */

#ifndef VMT_MMU_MECHANISMS_BLOCKS_H
#define VMT_MMU_MECHANISMS_BLOCKS_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/rangemap.h"
#include "vmtrace/mmu/containers/vector.h"

#define VMT_NO_SITE 0u                  /* sites are numbered from 1 */
#define VMT_MAX_SITES (1u << 24)

struct vmt_block {
   uint64_t start, end;
   uint64_t n_bytes;                    /* asked for */
   uint64_t born;
   uint32_t site, thread;
};

struct vmt_site {
   uint32_t stack;
   uint64_t n_allocs, n_frees, n_bytes; /* bytes of all that were allocated */
   uint64_t lifetime;                   /* sum over those that are gone */
   uint64_t n_live, live_bytes, peak_bytes;
   uint64_t changed, bytes_at_peak;     /* before its first change after that */
   bool has_news;                       /* a reader's: set at each change */
};

/* So many events of a charge touched blocks of a site.  */
struct vmt_site_note {
   uint32_t charge, site, event;
   uint64_t count, reported;
};

struct vmt_blocks {
   struct vmt_rangemap live;            /* of struct vmt_block */
   struct vmt_hashmap site_ids, note_ids;
   struct vmt_vector sites, notes;      /* number 0 is none */
   uint64_t n_allocs, n_frees, n_bytes;
   uint64_t live_bytes, peak_bytes, peak_time;
   uint64_t n_changes, peak_change;
   uint64_t n_lost, n_unknown;          /* overlapped; frees of no block's start */
};

enum vmt_status vmt_blocks_init(struct vmt_blocks *blocks);
void vmt_blocks_free(struct vmt_blocks *blocks);

/* The site of a call stack, made if new; VMT_NO_SITE: no memory.  */
uint32_t vmt_blocks_site(struct vmt_blocks *blocks, uint32_t stack);

static inline struct vmt_site *
vmt_blocks_get_site(const struct vmt_blocks *blocks, uint32_t site)
{
   return vmt_vector_at(&blocks->sites, site);
}

enum vmt_status vmt_blocks_add(struct vmt_blocks *blocks, uint64_t start,
                               uint64_t n_bytes, uint32_t site, uint32_t thread,
                               uint64_t now);

/* The block that starts there is given back; *gone is what it was.  False: there is
   none.  */
bool vmt_blocks_remove(struct vmt_blocks *blocks, uint64_t start, uint64_t now,
                       struct vmt_block *gone);

/* That was not so: the block is still there.  `now` as of the removal.  */
enum vmt_status vmt_blocks_put_back(struct vmt_blocks *blocks,
                                    const struct vmt_block *gone, uint64_t now);

/* The block that addr lies in, or NULL.  */
static inline const struct vmt_block *
vmt_blocks_find(struct vmt_blocks *blocks, uint64_t addr)
{
   return vmt_rangemap_find(&blocks->live, addr);
}

/* Bytes of the site that were live when those of all were at their peak.  */
uint64_t vmt_blocks_at_peak(const struct vmt_blocks *blocks, uint32_t site);

/* One more event of the charge touched a block of the site.  */
enum vmt_status vmt_blocks_note(struct vmt_blocks *blocks, uint32_t charge,
                                uint32_t site, uint32_t event);

/* In a forked child: what is live stays so, all that was counted was the parent's. */
void vmt_blocks_start_anew(struct vmt_blocks *blocks, uint64_t now);

#endif
