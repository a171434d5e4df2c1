#include "vmtrace/mmu/containers/pool.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

#define SLAB_BYTES 65536
#define JUNK 0xa5

/* Blocks follow the head.  Those never taken yet are counted, not linked: a
   slab's pages are touched as its blocks are.  Only the newest slab has any.  */
struct slab {
   struct slab *next;
   uint64_t n_carved_blocks;
};

struct free_block {
   struct free_block *next;
};

static uint64_t
blocks_per_slab(const struct vmt_pool *pool)
{
   uint64_t n_blocks = (SLAB_BYTES - sizeof(struct slab)) / pool->block_bytes;

   return n_blocks != 0 ? n_blocks : 1;
}

void
vmt_pool_init(struct vmt_pool *pool, const char *what, uint32_t block_bytes)
{
   vmt_pool_init_in(pool, NULL, what, block_bytes);
}

void
vmt_pool_init_in(struct vmt_pool *pool, struct vmt_arena *arena, const char *what,
                 uint32_t block_bytes)
{
   vmt_assert_cmp(block_bytes, >=, sizeof(void *));
   pool->slabs = NULL;
   pool->free_blocks = NULL;
   pool->block_bytes = (block_bytes + 7) & ~(uint32_t)7;
   pool->n_used_blocks = 0;
   pool->n_slabs = 0;
   pool->what = what;
   pool->arena = arena;
}

void
vmt_pool_free(struct vmt_pool *pool)
{
   struct slab *slab = pool->slabs;

   while (slab != NULL) {
      struct slab *next = slab->next;

      vmt_arena_free(pool->arena, slab);
      slab = next;
   }
   pool->slabs = NULL;
   pool->free_blocks = NULL;
   pool->n_used_blocks = 0;
   pool->n_slabs = 0;
}

/* A block of the newest slab, or of a new one.  */
static void *
carve(struct vmt_pool *pool)
{
   struct slab *slab = pool->slabs;
   uint64_t n_blocks = blocks_per_slab(pool);

   if (slab == NULL || slab->n_carved_blocks == n_blocks) {
      slab = vmt_arena_alloc(pool->arena, pool->what,
                             sizeof(*slab) + n_blocks * pool->block_bytes);
      if (slab == NULL)
         return NULL;
      slab->next = pool->slabs;
      slab->n_carved_blocks = 0;
      pool->slabs = slab;
      pool->n_slabs++;
   }
   return (char *)(slab + 1) + slab->n_carved_blocks++ * pool->block_bytes;
}

void *
vmt_pool_take(struct vmt_pool *pool)
{
   struct free_block *block = pool->free_blocks;

   if (block != NULL)
      pool->free_blocks = block->next;
   else if ((block = carve(pool)) == NULL)
      return NULL;
   pool->n_used_blocks++;
   memset(block, 0, pool->block_bytes);
   return block;
}

void
vmt_pool_give(struct vmt_pool *pool, void *block)
{
   struct free_block *freed = block;

   vmt_assert_cmp(pool->n_used_blocks, >, 0);
   pool->n_used_blocks--;
   memset(block, JUNK, pool->block_bytes);
   freed->next = pool->free_blocks;
   pool->free_blocks = freed;
}
