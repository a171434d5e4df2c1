#include "vmtrace/host/number_map.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

void
vmt_number_map_free(struct vmt_number_map *map) {
   free(map->keys);
   free(map->values);
   *map = (struct vmt_number_map){ .keys = NULL };
}

/* The slot that key is in, or the free one where it belongs.  */
static size_t
slot_of(const struct vmt_number_map *map, uint64_t key) {
   uint64_t hash = key * 0x9e3779b97f4a7c15;
   size_t slot = (size_t)(hash ^ (hash >> 32)) & (map->n_slots - 1);
   while (map->values[slot] != VMT_NUMBER_NONE && map->keys[slot] != key)
      slot = (slot + 1) & (map->n_slots - 1);
   return slot;
}

uint32_t
vmt_number_map_get(const struct vmt_number_map *map, uint64_t key) {
   return map->n_slots == 0 ? (uint32_t)VMT_NUMBER_NONE
                            : map->values[slot_of(map, key)];
}

static void
grow(struct vmt_number_map *map) {
   struct vmt_number_map old = *map;
   map->n_slots = old.n_slots == 0 ? 64 : 2 * old.n_slots;
   map->keys = vmt_calloc(map->n_slots, sizeof *map->keys);
   map->values = vmt_calloc(map->n_slots, sizeof *map->values);
   memset(map->values, 0xff, map->n_slots * sizeof *map->values);
   for (size_t i = 0; i < old.n_slots; i++)
      if (old.values[i] != VMT_NUMBER_NONE) {
         size_t slot = slot_of(map, old.keys[i]);
         map->keys[slot] = old.keys[i];
         map->values[slot] = old.values[i];
      }
   vmt_number_map_free(&old);
}

void
vmt_number_map_put(struct vmt_number_map *map, uint64_t key, uint32_t value) {
   if (map->n >= map->n_slots / 2)
      grow(map);
   size_t slot = slot_of(map, key);
   if (map->values[slot] == VMT_NUMBER_NONE)
      map->n++;
   map->keys[slot] = key;
   map->values[slot] = value;
}
