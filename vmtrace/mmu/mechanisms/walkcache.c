#include "vmtrace/mmu/mechanisms/walkcache.h"

/* 64 address bits, and no teaching machine has pages of fewer than 16 bytes.  */
#define MAX_VPN_BITS 60

static struct vmt_tlb_shape
level_shape(const struct vmt_walk_shape *shape, uint32_t level)
{
   return (struct vmt_tlb_shape){ .n_entries = shape->n_entries[level],
                                  .n_ways = shape->n_entries[level],
                                  .policy = VMT_TLB_LRU };
}

const char *
vmt_walk_shape_fault(const struct vmt_walk_shape *shape)
{
   uint32_t n_bits = 0;

   if (shape->n_levels < 1 || shape->n_levels > VMT_MAX_LEVELS)
      return "a page table has 1 to 5 levels";
   for (uint32_t level = 1; level <= shape->n_levels; level++) {
      struct vmt_tlb_shape cache = level_shape(shape, level);

      if (shape->index_bits[level] < 4 || shape->index_bits[level] > 16)
         return "the index of a page-table level has 4 to 16 bits";
      n_bits += shape->index_bits[level];
      if (level > 1 && vmt_tlb_shape_fault(&cache) != NULL)
         return "a page-walk cache has at most 1048576 entries";
   }
   if (n_bits > MAX_VPN_BITS)
      return "the indices of all page-table levels have at most 60 bits";
   return NULL;
}

enum vmt_status
vmt_walkcache_init(struct vmt_walkcache *cache,
                   const struct vmt_walk_shape *shape)
{
   struct vmt_walkcache made = { .shape = *shape };

   if (vmt_walk_shape_fault(shape) != NULL)
      return VMT_BAD_INPUT;
   for (uint32_t level = 2; level <= shape->n_levels; level++) {
      struct vmt_tlb_shape cache_shape = level_shape(shape, level);

      made.tag_shifts[level] = made.tag_shifts[level - 1] +
                               shape->index_bits[level - 1];
      if (vmt_tlb_init(&made.levels[level], &cache_shape, 0) != VMT_OK) {
         made.shape.n_levels = level - 1;
         vmt_walkcache_free(&made);
         return VMT_NO_MEMORY;
      }
   }
   *cache = made;
   return VMT_OK;
}

void
vmt_walkcache_free(struct vmt_walkcache *cache)
{
   for (uint32_t level = 2; level <= cache->shape.n_levels; level++)
      vmt_tlb_free(&cache->levels[level]);
   cache->shape.n_levels = 0;
}

uint32_t
vmt_walkcache_walk(struct vmt_walkcache *cache, vmt_vpn vpn, uint64_t stamp)
{
   uint32_t level;

   for (level = 2; level <= cache->shape.n_levels; level++) {
      struct vmt_tlb *tlb = &cache->levels[level];
      struct vmt_tlb_entry *entry =
         vmt_tlb_find(tlb, vpn >> cache->tag_shifts[level]);

      if (entry != NULL) {
         vmt_tlb_touch(tlb, entry, stamp);
         break;
      }
   }
   for (uint32_t loaded = level - 1; loaded > 1; loaded--)
      vmt_tlb_insert(&cache->levels[loaded], vpn >> cache->tag_shifts[loaded],
                     stamp);
   return level - 1;
}

void
vmt_walkcache_drop_range(struct vmt_walkcache *cache, vmt_vpn start,
                         vmt_vpn end)
{
   if (start >= end)
      return;
   for (uint32_t level = 2; level <= cache->shape.n_levels; level++) {
      uint32_t shift = cache->tag_shifts[level];

      vmt_tlb_drop_range(&cache->levels[level], start >> shift,
                         ((end - 1) >> shift) + 1);
   }
}
