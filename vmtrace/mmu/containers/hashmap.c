#include "vmtrace/mmu/containers/hashmap.h"

#include "vmtrace/mmu/base/assert.h"

#define MIN_SLOTS 8

/* The multiplier is 2^64 divided by the golden ratio (Knuth, TAOCP vol. 3,
   6.4).  The high half is where a product is well mixed, the low half where the
   mask looks.  */
static inline uint64_t
home_of(const struct vmt_hashmap *map, uint64_t key)
{
   uint64_t product = key * 0x9e3779b97f4a7c15u;

   return (product ^ (product >> 32)) & (map->n_slots - 1);
}

/* Where key is, or the free slot where it would go.  */
static struct vmt_hashmap_slot *
probe(const struct vmt_hashmap *map, uint64_t key)
{
   uint64_t i = home_of(map, key);

   while (map->slots[i].key != key && map->slots[i].key != VMT_HASHMAP_NO_KEY)
      i = (i + 1) & (map->n_slots - 1);
   return &map->slots[i];
}

static void
empty_slots(struct vmt_hashmap *map)
{
   for (uint64_t i = 0; i < map->n_slots; i++)
      map->slots[i].key = VMT_HASHMAP_NO_KEY;
}

/* Moves all entries to a table of n_slots, a power of two.  */
static enum vmt_status
rehash(struct vmt_hashmap *map, uint64_t n_slots)
{
   struct vmt_hashmap bigger = *map;
   struct vmt_hashmap_slot *slot;
   uint64_t cursor = 0;

   bigger.n_slots = n_slots;
   bigger.slots = vmt_arena_alloc(map->arena, map->what,
                                   n_slots * sizeof(*bigger.slots));
   if (bigger.slots == NULL)
      return VMT_NO_MEMORY;
   empty_slots(&bigger);
   while ((slot = vmt_hashmap_next(map, &cursor)) != NULL)
      *probe(&bigger, slot->key) = *slot;
   vmt_arena_free(map->arena, map->slots);
   *map = bigger;
   return VMT_OK;
}

void
vmt_hashmap_init(struct vmt_hashmap *map, const char *what)
{
   vmt_hashmap_init_in(map, NULL, what);
}

void
vmt_hashmap_init_in(struct vmt_hashmap *map, struct vmt_arena *arena, const char *what)
{
   map->arena = arena;
   map->slots = NULL;
   map->n_slots = 0;
   map->n_used = 0;
   map->what = what;
}

void
vmt_hashmap_free(struct vmt_hashmap *map)
{
   vmt_arena_free(map->arena, map->slots);
   vmt_hashmap_init_in(map, map->arena, map->what);
}

enum vmt_status
vmt_hashmap_reserve(struct vmt_hashmap *map, uint64_t n_keys)
{
   uint64_t n_slots = map->n_slots != 0 ? map->n_slots : MIN_SLOTS;

   while (n_keys > n_slots / 4 * 3)
      n_slots *= 2;
   return n_slots == map->n_slots ? VMT_OK : rehash(map, n_slots);
}

uint64_t *
vmt_hashmap_find(const struct vmt_hashmap *map, uint64_t key)
{
   struct vmt_hashmap_slot *slot;

   if (map->n_used == 0)
      return NULL;
   slot = probe(map, key);
   return slot->key == key && key != VMT_HASHMAP_NO_KEY ? &slot->value : NULL;
}

enum vmt_status
vmt_hashmap_put(struct vmt_hashmap *map, uint64_t key, uint64_t **value)
{
   struct vmt_hashmap_slot *slot;

   vmt_assert_cmp(key, !=, VMT_HASHMAP_NO_KEY);
   if ((*value = vmt_hashmap_find(map, key)) != NULL)
      return VMT_OK;
   if (vmt_hashmap_reserve(map, map->n_used + 1) != VMT_OK)
      return VMT_NO_MEMORY;
   slot = probe(map, key);
   slot->key = key;
   slot->value = 0;
   map->n_used++;
   *value = &slot->value;
   return VMT_OK;
}

/* An entry after the hole may move into it unless its home lies behind the
   hole: the run from its home to where it is must stay unbroken (Knuth, TAOCP
   vol. 3, 6.4, algorithm R).  */
bool
vmt_hashmap_delete(struct vmt_hashmap *map, uint64_t key)
{
   uint64_t *value = vmt_hashmap_find(map, key);
   uint64_t mask = map->n_slots - 1, hole, i;

   if (value == NULL)
      return false;
   hole = (uint64_t)(probe(map, key) - map->slots);
   for (i = (hole + 1) & mask; map->slots[i].key != VMT_HASHMAP_NO_KEY;
        i = (i + 1) & mask) {
      uint64_t home = home_of(map, map->slots[i].key);

      if (((i - home) & mask) >= ((i - hole) & mask)) {
         map->slots[hole] = map->slots[i];
         hole = i;
      }
   }
   map->slots[hole].key = VMT_HASHMAP_NO_KEY;
   map->n_used--;
   return true;
}

void
vmt_hashmap_clear(struct vmt_hashmap *map)
{
   empty_slots(map);
   map->n_used = 0;
}

struct vmt_hashmap_slot *
vmt_hashmap_next(const struct vmt_hashmap *map, uint64_t *cursor)
{
   while (*cursor < map->n_slots) {
      struct vmt_hashmap_slot *slot = &map->slots[(*cursor)++];

      if (slot->key != VMT_HASHMAP_NO_KEY)
         return slot;
   }
   return NULL;
}
