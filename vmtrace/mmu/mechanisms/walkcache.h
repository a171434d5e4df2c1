/* Page-structure caches: they remember the upper entries of page walks, so that
   a walk need not load them again (Intel SDM vol. 3A, 4.10.3 "Paging-structure
   caches"; Barr, Cox, Rixner, "Translation caching: skip, don't walk (the page
   table)", ISCA 2010).

   Model: one fully associative LRU cache for each non-leaf level that the
   machine names; an entry of level l is tagged by the page number without the
   index bits of the levels below l (a PDE by address bits 21 and up).  Level 1 is the leaf (PTE) level, level 2
   the one whose entries point to leaf tables (PDE), 3 PDPTE, 4 PML4E, 5 PML5E.
   A walk uses the deepest level that hits, loads the entries below it, and
   fills the caches of every level it loaded; the levels above the one that hit
   are not touched, so they age.  Left out: accessed-bit updates,
   speculative fills, caching of entries that do not point to a table.

   The vpn is in translation pages.  Owns its arrays.  */

#ifndef VMT_MMU_MECHANISMS_WALKCACHE_H
#define VMT_MMU_MECHANISMS_WALKCACHE_H

#include "vmtrace/mmu/mechanisms/tlb.h"

#define VMT_MAX_LEVELS 5

struct vmt_walk_shape {
   uint32_t n_levels;                           /* 1 to VMT_MAX_LEVELS */
   uint32_t index_bits[VMT_MAX_LEVELS + 1];     /* [1] is the leaf level's; 4 to
                                                   16 each, 60 in all */
   uint32_t n_entries[VMT_MAX_LEVELS + 1];      /* [l]: cached entries of level
                                                   l; [1] is unused; 0: none */
};

struct vmt_walkcache {
   struct vmt_walk_shape shape;
   uint32_t tag_shifts[VMT_MAX_LEVELS + 1];     /* index bits below level l */
   struct vmt_tlb levels[VMT_MAX_LEVELS + 1];   /* [2] to [n_levels] */
};

/* NULL, or what is wrong with it.  The page table accepts the same shapes.  */
const char *vmt_walk_shape_fault(const struct vmt_walk_shape *shape);
enum vmt_status vmt_walkcache_init(struct vmt_walkcache *cache,
                                   const struct vmt_walk_shape *shape);
void vmt_walkcache_free(struct vmt_walkcache *cache);

/* Walks for vpn at time stamp; how many table entries had to be loaded, from 1
   to n_levels.  */
uint32_t vmt_walkcache_walk(struct vmt_walkcache *cache, vmt_vpn vpn,
                            uint64_t stamp);

/* Forgets every entry that covers a page of [start, end).  */
void vmt_walkcache_drop_range(struct vmt_walkcache *cache, vmt_vpn start,
                              vmt_vpn end);

#endif
