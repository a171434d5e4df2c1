/* An ordered map from ranges [start, end) that do not overlap to records whose
   first two members are those uint64_t ends.

   A treap (Seidel, Aragon, "Randomized search trees", Algorithmica 1996): a
   search tree by address that is at the same time a heap by a random number of
   each node, which keeps its depth at O(log n) whatever the order of the
   operations.  The numbers come from a fixed seed.  Nodes know their parent, so
   that a walk needs no stack; the last hit is remembered.

   Owns its copies of the records; a record stays where it is until it is
   deleted.  The caller may change a record in place, its ends too, as long as
   the order of the ranges stays.  Ranges are never empty.

   Cost: O(log n) each; a step to the neighbour is O(1) amortised.  */

#ifndef VMT_MMU_CONTAINERS_RANGEMAP_H
#define VMT_MMU_CONTAINERS_RANGEMAP_H

#include "vmtrace/mmu/base/random.h"
#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/pool.h"

struct vmt_range {
   uint64_t start, end;
};

struct vmt_rangemap {
   struct vmt_pool nodes;
   void *root, *last;
   uint32_t record_bytes;
   uint64_t n_records;
   struct vmt_random priorities;
};

void vmt_rangemap_init(struct vmt_rangemap *map, const char *what,
                       uint32_t record_bytes);
void vmt_rangemap_free(struct vmt_rangemap *map);

/* The record whose range holds key, or NULL.  */
void *vmt_rangemap_find(struct vmt_rangemap *map, uint64_t key);

/* The first record whose end is above key, or NULL.  */
void *vmt_rangemap_from(struct vmt_rangemap *map, uint64_t key);

/* The neighbours of a record that this map gave, or NULL.  */
void *vmt_rangemap_next(const struct vmt_rangemap *map, const void *record);
void *vmt_rangemap_prev(const struct vmt_rangemap *map, const void *record);

/* Copies *record in; its range must be free.  NULL when there is no memory.  */
void *vmt_rangemap_insert(struct vmt_rangemap *map, const void *record);
void vmt_rangemap_delete(struct vmt_rangemap *map, void *record);

/* Makes sure that the next n_records insertions find memory, whatever is
   deleted in between; n_records is at most 8.  */
enum vmt_status vmt_rangemap_reserve(struct vmt_rangemap *map,
                                     uint32_t n_records);

#endif
