#include "vmtrace/host/keymap.h"

#include <stdlib.h>

#include "vmtrace/host/memory.h"

struct vmt_keymap_slot {
   uint64_t a, b;
   uint32_t value_plus_one;     /* 0: the slot is free */
};

/* The finalizer of MurmurHash3 (Austin Appleby, public domain) over both.  */
static uint64_t
mix(uint64_t x)
{
   x ^= x >> 33;
   x *= 0xff51afd7ed558ccdull;
   x ^= x >> 33;
   x *= 0xc4ceb9fe1a85ec53ull;
   return x ^ x >> 33;
}

static struct vmt_keymap_slot *
slot_of(const struct vmt_keymap *map, uint64_t a, uint64_t b)
{
   size_t at = mix(mix(a) + b) & (map->n_slots - 1);

   while (map->slots[at].value_plus_one
          && (map->slots[at].a != a || map->slots[at].b != b))
      at = (at + 1) & (map->n_slots - 1);
   return &map->slots[at];
}

static void
enlarge(struct vmt_keymap *map)
{
   struct vmt_keymap old = *map;

   map->n_slots = old.n_slots ? old.n_slots * 2 : 64;
   map->slots = vmt_calloc(map->n_slots, sizeof *map->slots);
   for (size_t i = 0; i < old.n_slots; i++)
      if (old.slots[i].value_plus_one)
         *slot_of(map, old.slots[i].a, old.slots[i].b) = old.slots[i];
   free(old.slots);
}

void
vmt_keymap_free(struct vmt_keymap *map)
{
   free(map->slots);
   *map = (struct vmt_keymap){ 0 };
}

uint32_t
vmt_keymap_find(const struct vmt_keymap *map, uint64_t a, uint64_t b)
{
   /* A free slot's 0 becomes VMT_KEYMAP_NONE.  */
   return map->n_used ? slot_of(map, a, b)->value_plus_one - 1 : VMT_KEYMAP_NONE;
}

uint32_t
vmt_keymap_intern(struct vmt_keymap *map, uint64_t a, uint64_t b,
                  uint32_t value, bool *added)
{
   struct vmt_keymap_slot *slot;

   if (map->n_used >= map->n_slots / 3 * 2)
      enlarge(map);
   slot = slot_of(map, a, b);
   *added = slot->value_plus_one == 0;
   if (*added) {
      *slot = (struct vmt_keymap_slot){ a, b, value + 1 };
      map->n_used++;
   }
   return slot->value_plus_one - 1;
}
