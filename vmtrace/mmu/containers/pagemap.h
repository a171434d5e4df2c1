/* A map from page numbers to 64-bit values, for pages that come in runs: eight
   neighbours share a chunk, and a hash map knows the chunks.

   Every page is allowed below 2^63.  Owns its chunks; a value stays where it is
   until its page is deleted.  A put that finds no memory returns VMT_NO_MEMORY
   and leaves the map as it was.  Iteration order depends on the pages (and the
   order of insertion) alone; pages must not come or go while one iterates.

   Cost: O(1) expected, without hashing for a page in the chunk asked for last.
   Memory: 72 bytes a chunk and 21 to 43 in the hash map, so 12 to 15 bytes a
   page of long runs, and 115 for a page that has no neighbour.  */

#ifndef VMT_MMU_CONTAINERS_PAGEMAP_H
#define VMT_MMU_CONTAINERS_PAGEMAP_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/pool.h"

#define VMT_PAGEMAP_SHIFT 3
#define VMT_PAGEMAP_PAGES (1u << VMT_PAGEMAP_SHIFT)

struct vmt_pagemap_chunk {
   uint64_t values[VMT_PAGEMAP_PAGES];
   uint64_t present;                    /* bit i: values[i] is there */
};

struct vmt_pagemap {
   struct vmt_hashmap chunks;           /* page / 8 -> its chunk's address */
   struct vmt_pool blocks;
   uint64_t n_pages;
   uint64_t last_number;                /* of the chunk asked for last, or
                                           VMT_HASHMAP_NO_KEY */
   struct vmt_pagemap_chunk *last;
};

void vmt_pagemap_init(struct vmt_pagemap *map, const char *what);
void vmt_pagemap_init_in(struct vmt_pagemap *map, struct vmt_arena *arena,
                         const char *what);
void vmt_pagemap_free(struct vmt_pagemap *map);

/* The value of page, or NULL.  */
uint64_t *vmt_pagemap_find(struct vmt_pagemap *map, vmt_vpn page);

/* *value is the place of page's value, and *is_new says whether page has just
   come, with 0.  */
enum vmt_status vmt_pagemap_put(struct vmt_pagemap *map, vmt_vpn page,
                                uint64_t **value, bool *is_new);
bool vmt_pagemap_delete(struct vmt_pagemap *map, vmt_vpn page);

struct vmt_pagemap_cursor {
   uint64_t slot, number;               /* in chunks, and of the chunk */
   struct vmt_pagemap_chunk *chunk;
   uint64_t left;                       /* pages of it that are still to come */
};

/* struct vmt_pagemap_cursor cursor = {0};
   while ((value = vmt_pagemap_next(map, &cursor, &page)) != NULL)  */
uint64_t *vmt_pagemap_next(const struct vmt_pagemap *map,
                           struct vmt_pagemap_cursor *cursor, vmt_vpn *page);

#endif
