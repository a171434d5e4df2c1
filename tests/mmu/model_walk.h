/* Page-structure caches that remember whole paths: an entry of level l is the
   list of indices that a walk took from the top down to l.

   It includes nothing of the code it checks.  */

#ifndef TESTS_MMU_MODEL_WALK_H
#define TESTS_MMU_MODEL_WALK_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_WALK_LEVELS 5
#define MODEL_WALK_PATHS 256

struct model_path {
   uint32_t level;                              /* of its last index */
   uint32_t indices[MODEL_WALK_LEVELS + 1];     /* [l]: taken on level l */
   uint64_t used;
};

struct model_walk {
   uint32_t n_levels;
   uint32_t index_bits[MODEL_WALK_LEVELS + 1];
   uint32_t n_entries[MODEL_WALK_LEVELS + 1];
   uint32_t n_paths;
   struct model_path paths[MODEL_WALK_PATHS];
};

/* All three arrays are indexed by level; [0] is unused.  */
void model_walk_init(struct model_walk *walk, uint32_t n_levels,
                     const uint32_t *index_bits, const uint32_t *n_entries);

/* How many entries a walk for page loads.  */
uint32_t model_walk(struct model_walk *walk, uint64_t page, uint64_t time);

/* Looks at each page of [start, end), so keep it small.  */
void model_walk_drop(struct model_walk *walk, uint64_t start, uint64_t end);

/* How many entries of level are remembered.  */
uint32_t model_walk_count(const struct model_walk *walk, uint32_t level);

#endif
