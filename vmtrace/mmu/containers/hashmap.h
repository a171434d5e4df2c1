/* A map from 64-bit keys to 64-bit values: open addressing, linear probing,
   power-of-two capacity, at most 3/4 full, 16 bytes a slot.

   Every key is allowed but VMT_HASHMAP_NO_KEY.  Owns its slots.  A grow that
   finds no memory returns VMT_NO_MEMORY and leaves the map as it was.  Deletion
   moves later entries back, so there are no tombstones.  Iteration order
   depends on the keys alone (and the order of insertion), never on addresses;
   keys must not come or go while one
   iterates, but as vmt_hashmap_next() says.

   Cost: O(1) expected for all but iteration.  */

#ifndef VMT_MMU_CONTAINERS_HASHMAP_H
#define VMT_MMU_CONTAINERS_HASHMAP_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/arena.h"

#define VMT_HASHMAP_NO_KEY (~(uint64_t)0)

struct vmt_hashmap_slot {
   uint64_t key, value;
};

struct vmt_hashmap {
   struct vmt_hashmap_slot *slots;      /* NULL while empty */
   uint64_t n_slots, n_used;
   const char *what;
   struct vmt_arena *arena;             /* NULL: the port */
};

void vmt_hashmap_init(struct vmt_hashmap *map, const char *what);
void vmt_hashmap_init_in(struct vmt_hashmap *map, struct vmt_arena *arena,
                         const char *what);
void vmt_hashmap_free(struct vmt_hashmap *map);

/* Room for n_keys in all: puts up to that number cannot fail.  */
enum vmt_status vmt_hashmap_reserve(struct vmt_hashmap *map, uint64_t n_keys);

/* The value of key, or NULL.  Good until the next put or delete.  */
uint64_t *vmt_hashmap_find(const struct vmt_hashmap *map, uint64_t key);

/* *value is the place of key's value, 0 if key is new.  */
enum vmt_status vmt_hashmap_put(struct vmt_hashmap *map, uint64_t key,
                                uint64_t **value);
bool vmt_hashmap_delete(struct vmt_hashmap *map, uint64_t key);
void vmt_hashmap_clear(struct vmt_hashmap *map);

/* for (i = 0; (slot = vmt_hashmap_next(map, &i)) != NULL;)
   Who deletes the key that came last, and no other, goes on with i - 1.  */
struct vmt_hashmap_slot *vmt_hashmap_next(const struct vmt_hashmap *map,
                                          uint64_t *cursor);

#endif
