/* Numbers by number: a hash map from 64-bit keys to 32-bit values.  */

#ifndef VMT_HOST_NUMBER_MAP_H
#define VMT_HOST_NUMBER_MAP_H

#include <stddef.h>
#include <stdint.h>

enum { VMT_NUMBER_NONE = UINT32_MAX };

struct vmt_number_map {
   uint64_t *keys;
   uint32_t *values;            /* VMT_NUMBER_NONE: the slot is free */
   size_t n;
   size_t n_slots;              /* 0 or a power of two */
};

void vmt_number_map_free(struct vmt_number_map *map);

/* The value of key, or VMT_NUMBER_NONE.  */
uint32_t vmt_number_map_get(const struct vmt_number_map *map, uint64_t key);

/* value is not VMT_NUMBER_NONE; one that key had is replaced.  */
void vmt_number_map_put(struct vmt_number_map *map, uint64_t key,
                        uint32_t value);

#endif
