#include "vmtrace/mmu/containers/pagemap.h"

#include "vmtrace/mmu/base/assert.h"

void
vmt_pagemap_init(struct vmt_pagemap *map, const char *what)
{
   vmt_pagemap_init_in(map, NULL, what);
}

void
vmt_pagemap_init_in(struct vmt_pagemap *map, struct vmt_arena *arena, const char *what)
{
   vmt_hashmap_init_in(&map->chunks, arena, what);
   vmt_pool_init_in(&map->blocks, arena, what, sizeof(struct vmt_pagemap_chunk));
   map->n_pages = 0;
   map->last_number = VMT_HASHMAP_NO_KEY;
   map->last = NULL;
}

void
vmt_pagemap_free(struct vmt_pagemap *map)
{
   struct vmt_arena *arena = map->chunks.arena;
   const char *what = map->chunks.what;

   vmt_hashmap_free(&map->chunks);
   vmt_pool_free(&map->blocks);
   vmt_pagemap_init_in(map, arena, what);
}

static uint64_t
bit_of(vmt_vpn page)
{
   return (uint64_t)1 << (page & (VMT_PAGEMAP_PAGES - 1));
}

static struct vmt_pagemap_chunk *
find_chunk(struct vmt_pagemap *map, uint64_t number)
{
   const uint64_t *address;

   if (number == map->last_number)
      return map->last;
   address = vmt_hashmap_find(&map->chunks, number);
   if (address == NULL)
      return NULL;
   map->last_number = number;
   map->last = (struct vmt_pagemap_chunk *)(uintptr_t)*address;
   return map->last;
}

static struct vmt_pagemap_chunk *
make_chunk(struct vmt_pagemap *map, uint64_t number)
{
   struct vmt_pagemap_chunk *chunk = vmt_pool_take(&map->blocks);
   uint64_t *address;

   if (chunk == NULL)
      return NULL;
   if (vmt_hashmap_put(&map->chunks, number, &address) != VMT_OK) {
      vmt_pool_give(&map->blocks, chunk);
      return NULL;
   }
   *address = (uintptr_t)chunk;
   return chunk;
}

uint64_t *
vmt_pagemap_find(struct vmt_pagemap *map, vmt_vpn page)
{
   struct vmt_pagemap_chunk *chunk = find_chunk(map, page >> VMT_PAGEMAP_SHIFT);

   if (chunk == NULL || (chunk->present & bit_of(page)) == 0)
      return NULL;
   return &chunk->values[page & (VMT_PAGEMAP_PAGES - 1)];
}

enum vmt_status
vmt_pagemap_put(struct vmt_pagemap *map, vmt_vpn page, uint64_t **value,
                bool *is_new)
{
   uint64_t number = page >> VMT_PAGEMAP_SHIFT;
   struct vmt_pagemap_chunk *chunk;

   vmt_assert_cmp(page >> 63, ==, 0);
   chunk = find_chunk(map, number);
   if (chunk == NULL && (chunk = make_chunk(map, number)) == NULL)
      return VMT_NO_MEMORY;
   *value = &chunk->values[page & (VMT_PAGEMAP_PAGES - 1)];
   *is_new = (chunk->present & bit_of(page)) == 0;
   if (*is_new) {
      **value = 0;
      chunk->present |= bit_of(page);
      map->n_pages++;
   }
   return VMT_OK;
}

bool
vmt_pagemap_delete(struct vmt_pagemap *map, vmt_vpn page)
{
   uint64_t number = page >> VMT_PAGEMAP_SHIFT;
   struct vmt_pagemap_chunk *chunk = find_chunk(map, number);

   if (chunk == NULL || (chunk->present & bit_of(page)) == 0)
      return false;
   chunk->present &= ~bit_of(page);
   map->n_pages--;
   if (chunk->present == 0) {
      vmt_hashmap_delete(&map->chunks, number);
      vmt_pool_give(&map->blocks, chunk);
      map->last_number = VMT_HASHMAP_NO_KEY;
   }
   return true;
}

uint64_t *
vmt_pagemap_next(const struct vmt_pagemap *map,
                 struct vmt_pagemap_cursor *cursor, vmt_vpn *page)
{
   uint32_t i;

   while (cursor->left == 0) {
      const struct vmt_hashmap_slot *slot =
         vmt_hashmap_next(&map->chunks, &cursor->slot);

      if (slot == NULL)
         return NULL;
      cursor->number = slot->key;
      cursor->chunk = (struct vmt_pagemap_chunk *)(uintptr_t)slot->value;
      cursor->left = cursor->chunk->present;
   }
   i = (uint32_t)__builtin_ctzll(cursor->left);
   cursor->left &= cursor->left - 1;
   *page = cursor->number << VMT_PAGEMAP_SHIFT | i;
   return &cursor->chunk->values[i];
}
