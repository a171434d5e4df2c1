#include "vmtrace/mmu/mechanisms/pagecache.h"

#include "vmtrace/mmu/base/assert.h"

/* Objects have 24 bits, pages of an object 46 (2^58 bytes).  */
#define OBJECT_SHIFT 40

static uint64_t
key_of(uint64_t object, uint64_t page)
{
   vmt_assert_cmp(object, <, (uint64_t)1 << 24);
   vmt_assert_cmp(page >> 6, <, (uint64_t)1 << OBJECT_SHIFT);
   return object << OBJECT_SHIFT | page >> 6;
}

static uint64_t
bit_of(uint64_t page)
{
   return (uint64_t)1 << (page & 63);
}

void
vmt_pagecache_init(struct vmt_pagecache *cache)
{
   vmt_hashmap_init(&cache->pages, "page cache");
}

void
vmt_pagecache_free(struct vmt_pagecache *cache)
{
   vmt_hashmap_free(&cache->pages);
}

bool
vmt_pagecache_has(const struct vmt_pagecache *cache, uint64_t object,
                  uint64_t page)
{
   const uint64_t *bits = vmt_hashmap_find(&cache->pages, key_of(object, page));

   return bits != NULL && (*bits & bit_of(page)) != 0;
}

enum vmt_status
vmt_pagecache_add(struct vmt_pagecache *cache, uint64_t object, uint64_t page)
{
   uint64_t *bits;
   enum vmt_status status =
      vmt_hashmap_put(&cache->pages, key_of(object, page), &bits);

   if (status == VMT_OK)
      *bits |= bit_of(page);
   return status;
}

enum vmt_status
vmt_pagecache_add_range(struct vmt_pagecache *cache, uint64_t object,
                        uint64_t start, uint64_t end)
{
   enum vmt_status status = VMT_OK;

   for (; start < end && status == VMT_OK; start++)
      status = vmt_pagecache_add(cache, object, start);
   return status;
}

void
vmt_pagecache_drop(struct vmt_pagecache *cache, uint64_t object,
                   uint64_t start, uint64_t end)
{
   uint64_t page = start;

   while (page < end) {
      uint64_t word_end = (page | 63) + 1;
      uint64_t *bits = vmt_hashmap_find(&cache->pages, key_of(object, page));

      for (; page < end && page < word_end; page++)
         if (bits != NULL)
            *bits &= ~bit_of(page);
      if (bits != NULL && *bits == 0)
         vmt_hashmap_delete(&cache->pages, key_of(object, page - 1));
   }
}

bool
vmt_pagecache_next(const struct vmt_pagecache *cache, uint64_t *cursor,
                   struct vmt_pagecache_word *word)
{
   const struct vmt_hashmap_slot *slot = vmt_hashmap_next(&cache->pages, cursor);

   if (slot == NULL)
      return false;
   word->object = (uint32_t)(slot->key >> OBJECT_SHIFT);
   word->first_page = (slot->key & (((uint64_t)1 << OBJECT_SHIFT) - 1)) << 6;
   word->bits = slot->value;
   return true;
}
