/* A hash map from pairs of numbers to a small number, for turning what is
   looked up often (ids of a file, pairs of ids) into positions in an array.

   Nothing is ever removed.  Cost: 24 bytes a slot, at most 2/3 of them full.  */

#ifndef VMT_HOST_KEYMAP_H
#define VMT_HOST_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmt_keymap {
   struct vmt_keymap_slot *slots;
   size_t n_slots, n_used;
};

#define VMT_KEYMAP_NONE UINT32_MAX

/* An all-zero struct is an empty map.  */
void vmt_keymap_free(struct vmt_keymap *map);

/* The value of (a, b), or VMT_KEYMAP_NONE.  */
uint32_t vmt_keymap_find(const struct vmt_keymap *map, uint64_t a, uint64_t b);

/* The value of (a, b); when it has none yet, gives it `value` (which is not
   VMT_KEYMAP_NONE) and sets *added.  */
uint32_t vmt_keymap_intern(struct vmt_keymap *map, uint64_t a, uint64_t b,
                           uint32_t value, bool *added);

#endif
