/* Which pages of which objects are in memory: the page cache of files that are
   read from a device, and the pages of tmpfs and shared anonymous objects.

   Model: an object is a number of the caller's; a page is there or not.  The
   folios, their dirtiness and their eviction are left out.  With `warm` every
   page of a file counts as there.  Pages of an object are kept as bitmaps of 64.
   Owns its memory.  Cost: O(1) expected a page.  */

#ifndef VMT_MMU_MECHANISMS_PAGECACHE_H
#define VMT_MMU_MECHANISMS_PAGECACHE_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/hashmap.h"

struct vmt_pagecache {
   struct vmt_hashmap pages;    /* object and page / 64 -> bitmap */
};

void vmt_pagecache_init(struct vmt_pagecache *cache);
void vmt_pagecache_free(struct vmt_pagecache *cache);

bool vmt_pagecache_has(const struct vmt_pagecache *cache, uint64_t object,
                       uint64_t page);
enum vmt_status vmt_pagecache_add(struct vmt_pagecache *cache, uint64_t object,
                                  uint64_t page);

/* The pages [start, end).  */
enum vmt_status vmt_pagecache_add_range(struct vmt_pagecache *cache,
                                        uint64_t object, uint64_t start,
                                        uint64_t end);

/* Forgets the pages [start, end) of object: MADV_REMOVE, hole punching.  */
void vmt_pagecache_drop(struct vmt_pagecache *cache, uint64_t object,
                        uint64_t start, uint64_t end);

/* 64 pages of an object of which there are any.  */
struct vmt_pagecache_word {
   uint32_t object;
   uint64_t first_page;
   uint64_t bits;               /* the lowest is the first page's */
};

/* All of them: for (cursor = 0; vmt_pagecache_next(cache, &cursor, &word);)  */
bool vmt_pagecache_next(const struct vmt_pagecache *cache, uint64_t *cursor,
                        struct vmt_pagecache_word *word);

#endif
