/* An ordered set of pairs (key, value) that knows how many of them are above a
   given one: an order-statistic tree.

   A B+ tree (Comer, "The ubiquitous B-tree", Computing Surveys 1979) whose
   inner nodes count the entries below each child.  Pairs are ordered by key,
   equal keys by value, so keys may repeat and pairs may not; where a pair is
   does not depend on when it came.  Two neighbours under one parent that fit
   into one node are joined when one of them loses an entry, and no node but the
   last of its level is ever less than a third full; entries that come in rising
   order leave full nodes behind.

   Owns its nodes; the pools keep the memory of the largest size until
   vmt_ranktree_free().  An insertion that finds no memory returns VMT_NO_MEMORY
   and leaves the tree as it was.

   Cost: O(log n), least near the top: an entry's depth is the same everywhere,
   but nodes are searched from their upper end.  Memory: 17 bytes an entry if all
   came in order and stayed, 23 to 26 as measured where they come and go, never
   more than 54.  At most 2^32 - 1 entries.  */

#ifndef VMT_MMU_CONTAINERS_RANKTREE_H
#define VMT_MMU_CONTAINERS_RANKTREE_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/pool.h"

struct vmt_ranktree_entry {
   uint64_t key, value;
};

/* 2^32 entries need ten with ten children a node, which is a third of them.  */
#define VMT_RANKTREE_MAX_LEVELS 20

struct vmt_ranktree {
   void *root;                          /* NULL while empty */
   uint32_t n_levels;                   /* of inner nodes; 0: the root is a
                                           leaf */
   uint64_t n_entries;
   struct vmt_pool leaves, inners;

   /* The way of the last search: at level l, from n_levels down to 1, the
      inner node and which of its children.  */
   struct {
      void *node;
      uint32_t child;
   } path[VMT_RANKTREE_MAX_LEVELS + 1];
};

static inline bool
vmt_ranktree_is_above(const struct vmt_ranktree_entry *one,
                      const struct vmt_ranktree_entry *other)
{
   return one->key > other->key ||
          (one->key == other->key && one->value > other->value);
}

void vmt_ranktree_init(struct vmt_ranktree *tree, const char *what);
void vmt_ranktree_init_in(struct vmt_ranktree *tree, struct vmt_arena *arena,
                          const char *what);
void vmt_ranktree_free(struct vmt_ranktree *tree);

/* Adds entry, which must not be there; *n_above is how many are above it.  */
enum vmt_status vmt_ranktree_insert(struct vmt_ranktree *tree,
                                    const struct vmt_ranktree_entry *entry,
                                    uint64_t *n_above);

/* Takes entry out, which must be there; how many are above it.  */
uint64_t vmt_ranktree_delete(struct vmt_ranktree *tree,
                             const struct vmt_ranktree_entry *entry);

/* How many entries are above entry, which need not be there itself.  */
uint64_t vmt_ranktree_n_above(struct vmt_ranktree *tree,
                              const struct vmt_ranktree_entry *entry);

/* The entry that n_above others are above; n_above must be below n_entries.  */
const struct vmt_ranktree_entry *
vmt_ranktree_at(const struct vmt_ranktree *tree, uint64_t n_above);

/* The lowest entry; the tree must not be empty.  */
const struct vmt_ranktree_entry *
vmt_ranktree_lowest(const struct vmt_ranktree *tree);

#endif
