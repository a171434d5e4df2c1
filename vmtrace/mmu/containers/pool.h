/* Blocks of one size, taken from slabs of about 64 KiB and given back one by
   one; freed blocks are filled with junk (0xa5) and reused last in, first out.

   Owns its slabs, which go away only with vmt_pool_free().  */

#ifndef VMT_MMU_CONTAINERS_POOL_H
#define VMT_MMU_CONTAINERS_POOL_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/arena.h"

struct vmt_pool {
   void *slabs, *free_blocks;
   uint32_t block_bytes;
   uint64_t n_used_blocks, n_slabs;
   const char *what;
   struct vmt_arena *arena;             /* NULL: the port */
};

/* block_bytes is at least sizeof(void *) and is rounded up to a multiple of 8. */
void vmt_pool_init(struct vmt_pool *pool, const char *what, uint32_t block_bytes);
void vmt_pool_init_in(struct vmt_pool *pool, struct vmt_arena *arena, const char *what,
                      uint32_t block_bytes);
void vmt_pool_free(struct vmt_pool *pool);
void *vmt_pool_take(struct vmt_pool *pool);         /* zeroed; NULL: no memory */
void vmt_pool_give(struct vmt_pool *pool, void *block);

#endif
