#include "vmtrace/mmu/containers/ranktree.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

/* A test builds this with small nodes, to see every way of splitting and joining
   them.  */
#ifndef LEAF_ENTRIES
#define LEAF_ENTRIES 64
#define FANOUT 32
#endif

struct leaf {
   uint32_t n;
   struct vmt_ranktree_entry entries[LEAF_ENTRIES];
};

/* Child i holds what is not below lowest[i] and is below lowest[i + 1]; the
   first child also holds what is below lowest[0].  */
struct inner {
   uint32_t n;
   uint32_t n_entries[FANOUT];
   struct vmt_ranktree_entry lowest[FANOUT];
   void *children[FANOUT];
};

/* A node that is to be hung into the tree.  */
struct branch {
   void *node;
   struct vmt_ranktree_entry lowest;
   uint32_t n_entries;
};

void
vmt_ranktree_init(struct vmt_ranktree *tree, const char *what)
{
   vmt_ranktree_init_in(tree, NULL, what);
}

void
vmt_ranktree_init_in(struct vmt_ranktree *tree, struct vmt_arena *arena,
                     const char *what)
{
   tree->root = NULL;
   tree->n_levels = 0;
   tree->n_entries = 0;
   vmt_pool_init_in(&tree->leaves, arena, what, sizeof(struct leaf));
   vmt_pool_init_in(&tree->inners, arena, what, sizeof(struct inner));
}

void
vmt_ranktree_free(struct vmt_ranktree *tree)
{
   vmt_pool_free(&tree->leaves);
   vmt_pool_free(&tree->inners);
   tree->root = NULL;
   tree->n_levels = 0;
   tree->n_entries = 0;
}

/* ---- looking up ---- */

static struct inner *
node_at(const struct vmt_ranktree *tree, uint32_t level)
{
   return tree->path[level].node;
}

/* The leaf where entry is or would be.  *n_above: entries right of that leaf. */
static struct leaf *
descend(struct vmt_ranktree *tree, const struct vmt_ranktree_entry *entry,
        uint64_t *n_above)
{
   void *node = tree->root;

   *n_above = 0;
   for (uint32_t level = tree->n_levels; level > 0; level--) {
      struct inner *inner = node;
      uint32_t child = inner->n - 1;

      while (child > 0 && vmt_ranktree_is_above(&inner->lowest[child], entry))
         *n_above += inner->n_entries[child--];
      tree->path[level].node = inner;
      tree->path[level].child = child;
      node = inner->children[child];
   }
   return node;
}

/* How many entries of the leaf are not above entry.  */
static uint32_t
position(const struct leaf *leaf, const struct vmt_ranktree_entry *entry)
{
   uint32_t start = 0, end = leaf->n;

   while (start < end) {
      uint32_t middle = (start + end) / 2;

      if (vmt_ranktree_is_above(&leaf->entries[middle], entry))
         end = middle;
      else
         start = middle + 1;
   }
   return start;
}

uint64_t
vmt_ranktree_n_above(struct vmt_ranktree *tree,
                     const struct vmt_ranktree_entry *entry)
{
   const struct leaf *leaf;
   uint64_t n_above;

   if (tree->root == NULL)
      return 0;
   leaf = descend(tree, entry, &n_above);
   return n_above + leaf->n - position(leaf, entry);
}

const struct vmt_ranktree_entry *
vmt_ranktree_at(const struct vmt_ranktree *tree, uint64_t n_above)
{
   const struct leaf *leaf;
   const void *node = tree->root;

   vmt_assert_cmp(n_above, <, tree->n_entries);
   for (uint32_t level = tree->n_levels; level > 0; level--) {
      const struct inner *inner = node;
      uint32_t child = inner->n - 1;

      while (n_above >= inner->n_entries[child])
         n_above -= inner->n_entries[child--];
      node = inner->children[child];
   }
   leaf = node;
   return &leaf->entries[leaf->n - 1 - n_above];
}

const struct vmt_ranktree_entry *
vmt_ranktree_lowest(const struct vmt_ranktree *tree)
{
   const void *node = tree->root;

   vmt_assert_cmp(tree->n_entries, >, 0);
   for (uint32_t level = tree->n_levels; level > 0; level--)
      node = ((const struct inner *)node)->children[0];
   return &((const struct leaf *)node)->entries[0];
}

/* ---- parts of nodes ---- */

static void
put_entry(struct leaf *leaf, uint32_t at, const struct vmt_ranktree_entry *entry)
{
   for (uint32_t i = leaf->n; i > at; i--)
      leaf->entries[i] = leaf->entries[i - 1];
   leaf->entries[at] = *entry;
   leaf->n++;
}

static void
cut_entry(struct leaf *leaf, uint32_t at)
{
   leaf->n--;
   for (uint32_t i = at; i < leaf->n; i++)
      leaf->entries[i] = leaf->entries[i + 1];
}

static void
set_child(struct inner *inner, uint32_t at, const struct branch *branch)
{
   inner->n_entries[at] = branch->n_entries;
   inner->lowest[at] = branch->lowest;
   inner->children[at] = branch->node;
}

static struct branch
get_child(const struct inner *inner, uint32_t at)
{
   return (struct branch){ inner->children[at], inner->lowest[at],
                           inner->n_entries[at] };
}

static void
put_child(struct inner *inner, uint32_t at, const struct branch *branch)
{
   for (uint32_t i = inner->n; i > at; i--) {
      struct branch moved = get_child(inner, i - 1);

      set_child(inner, i, &moved);
   }
   set_child(inner, at, branch);
   inner->n++;
}

static void
cut_child(struct inner *inner, uint32_t at)
{
   inner->n--;
   for (uint32_t i = at; i < inner->n; i++) {
      struct branch moved = get_child(inner, i + 1);

      set_child(inner, i, &moved);
   }
}

static uint32_t
count_entries(const struct inner *inner)
{
   uint32_t n = 0;

   for (uint32_t i = 0; i < inner->n; i++)
      n += inner->n_entries[i];
   return n;
}

/* ---- insertion ---- */

/* Takes the nodes that an insertion into a full leaf at the end of the path
   needs: a leaf, an inner node for each full one above it, and a root if all
   are.  */
static enum vmt_status
take_spares(struct vmt_ranktree *tree, struct leaf **leaf,
            struct inner **inners)
{
   uint32_t n_inners = 0, n_taken = 0;

   while (n_inners < tree->n_levels && node_at(tree, n_inners + 1)->n == FANOUT)
      n_inners++;
   if (n_inners == tree->n_levels)
      n_inners++;
   vmt_assert_cmp(n_inners, <=, VMT_RANKTREE_MAX_LEVELS);
   *leaf = vmt_pool_take(&tree->leaves);
   if (*leaf == NULL)
      return VMT_NO_MEMORY;
   while (n_taken < n_inners) {
      inners[n_taken] = vmt_pool_take(&tree->inners);
      if (inners[n_taken] == NULL)
         break;
      n_taken++;
   }
   if (n_taken == n_inners)
      return VMT_OK;
   while (n_taken > 0)
      vmt_pool_give(&tree->inners, inners[--n_taken]);
   vmt_pool_give(&tree->leaves, *leaf);
   return VMT_NO_MEMORY;
}

/* Puts entry into a full leaf or the empty one that takes its upper part, which
   is nothing if the leaf is the tree's last and entry goes to its end.  */
static struct branch
split_leaf(struct leaf *leaf, struct leaf *upper, uint32_t at, bool is_last,
           const struct vmt_ranktree_entry *entry)
{
   uint32_t n_kept = is_last ? LEAF_ENTRIES : LEAF_ENTRIES / 2;

   for (uint32_t i = n_kept; i < LEAF_ENTRIES; i++)
      upper->entries[upper->n++] = leaf->entries[i];
   leaf->n = n_kept;
   if (at < n_kept || (at == n_kept && !is_last))
      put_entry(leaf, at, entry);
   else
      put_entry(upper, at - n_kept, entry);
   return (struct branch){ upper, upper->entries[0], upper->n };
}

/* The same for an inner node and a child.  */
static struct branch
split_inner(struct inner *inner, struct inner *upper, uint32_t at, bool is_last,
            const struct branch *child)
{
   uint32_t n_kept = is_last ? FANOUT : FANOUT / 2;

   for (uint32_t i = n_kept; i < FANOUT; i++) {
      struct branch moved = get_child(inner, i);

      set_child(upper, upper->n++, &moved);
   }
   inner->n = n_kept;
   if (at < n_kept || (at == n_kept && !is_last))
      put_child(inner, at, child);
   else
      put_child(upper, at - n_kept, child);
   return (struct branch){ upper, upper->lowest[0], count_entries(upper) };
}

/* A root above the old one, which has n_entries, and its new neighbour.  */
static void
grow_root(struct vmt_ranktree *tree, struct inner *root, uint32_t n_entries,
          const struct branch *neighbour)
{
   struct branch old = { .node = tree->root, .n_entries = n_entries };

   put_child(root, 0, &old);
   put_child(root, 1, neighbour);
   tree->root = root;
   tree->n_levels++;
}

/* Hangs the upper part of what was split beside its lower part, and splits the
   nodes above as far as they are full.  The counts of the path include what was
   inserted.  */
static void
hang(struct vmt_ranktree *tree, struct branch branch, bool is_last,
     struct inner **spares)
{
   for (uint32_t level = 1; level <= tree->n_levels; level++) {
      struct inner *inner = node_at(tree, level);
      uint32_t child = tree->path[level].child;

      inner->n_entries[child] -= branch.n_entries;
      if (inner->n < FANOUT) {
         put_child(inner, child + 1, &branch);
         return;
      }
      branch = split_inner(inner, *spares++, child + 1, is_last, &branch);
   }
   grow_root(tree, *spares, (uint32_t)tree->n_entries - branch.n_entries,
             &branch);
}

enum vmt_status
vmt_ranktree_insert(struct vmt_ranktree *tree,
                    const struct vmt_ranktree_entry *entry, uint64_t *n_above)
{
   struct inner *spares[VMT_RANKTREE_MAX_LEVELS];
   struct leaf *leaf, *upper = NULL;
   uint32_t at;
   bool is_last;

   vmt_assert_cmp(tree->n_entries, <, UINT32_MAX);
   if (tree->root == NULL &&
       (tree->root = vmt_pool_take(&tree->leaves)) == NULL)
      return VMT_NO_MEMORY;
   leaf = descend(tree, entry, n_above);
   if (leaf->n == LEAF_ENTRIES &&
       take_spares(tree, &upper, spares) != VMT_OK)
      return VMT_NO_MEMORY;

   at = position(leaf, entry);
   if (at > 0)
      vmt_assert(vmt_ranktree_is_above(entry, &leaf->entries[at - 1]));
   *n_above += leaf->n - at;
   is_last = *n_above == 0;
   tree->n_entries++;
   for (uint32_t level = 1; level <= tree->n_levels; level++)
      node_at(tree, level)->n_entries[tree->path[level].child]++;
   if (upper == NULL)
      put_entry(leaf, at, entry);
   else
      hang(tree, split_leaf(leaf, upper, at, is_last, entry), is_last, spares);
   return VMT_OK;
}

/* ---- deletion ---- */

static void
give_node(struct vmt_ranktree *tree, void *node, uint32_t level)
{
   vmt_pool_give(level == 0 ? &tree->leaves : &tree->inners, node);
}

/* Moves the first entries of upper to the end of leaf until there are n, or the
   last of leaf to the front of upper.  */
static void
shift_leaf(struct leaf *leaf, struct leaf *upper, uint32_t n)
{
   while (leaf->n < n) {
      put_entry(leaf, leaf->n, &upper->entries[0]);
      cut_entry(upper, 0);
   }
   while (leaf->n > n)
      put_entry(upper, 0, &leaf->entries[--leaf->n]);
}

/* The same for inner nodes.  */
static void
shift_inner(struct inner *inner, struct inner *upper, uint32_t n)
{
   struct branch moved;

   while (inner->n < n) {
      moved = get_child(upper, 0);
      put_child(inner, inner->n, &moved);
      cut_child(upper, 0);
   }
   while (inner->n > n) {
      moved = get_child(inner, --inner->n);
      put_child(upper, 0, &moved);
   }
}

/* Shares out between children i and i + 1 of a parent at `level` what they
   have, so that n are in the first.  */
static void
shift(struct inner *parent, uint32_t i, uint32_t n, uint32_t level)
{
   uint32_t n_entries = parent->n_entries[i] + parent->n_entries[i + 1];
   struct inner *upper = parent->children[i + 1];
   struct leaf *upper_leaf = parent->children[i + 1];

   if (level == 1) {
      shift_leaf(parent->children[i], upper_leaf, n);
      parent->n_entries[i + 1] = upper_leaf->n;
      parent->lowest[i + 1] = upper_leaf->entries[0];
   } else {
      upper->lowest[0] = parent->lowest[i + 1];
      shift_inner(parent->children[i], upper, n);
      parent->n_entries[i + 1] = count_entries(upper);
      parent->lowest[i + 1] = upper->lowest[0];
   }
   parent->n_entries[i] = n_entries - parent->n_entries[i + 1];
}

/* Entries or children of child i of a parent at `level`.  */
static uint32_t
size_of(const struct inner *parent, uint32_t i, uint32_t level)
{
   return level == 1 ? parent->n_entries[i]
                     : ((const struct inner *)parent->children[i])->n;
}

static void
drop_child(struct vmt_ranktree *tree, struct inner *parent, uint32_t i,
           uint32_t level)
{
   give_node(tree, parent->children[i], level - 1);
   cut_child(parent, i);
}

/* Joins children i and i + 1 of a parent at `level`, which is_last of its level
   or not, if one node can hold both.  If not, and one has become too small, both
   get the same; but the last of its level, to which entries are appended, may be
   small.  Whether they were joined.  */
static bool
join(struct vmt_ranktree *tree, struct inner *parent, uint32_t i, uint32_t level,
     bool is_last)
{
   uint32_t capacity = level == 1 ? LEAF_ENTRIES : FANOUT;
   uint32_t left = size_of(parent, i, level);
   uint32_t right = size_of(parent, i + 1, level);

   if (left + right <= capacity) {
      shift(parent, i, left + right, level);
      drop_child(tree, parent, i + 1, level);
      return true;
   }
   is_last = is_last && i + 2 == parent->n;
   if (left < capacity / 3 || (right < capacity / 3 && !is_last))
      shift(parent, i, (left + right) / 2, level);
   return false;
}

/* After child i of a parent has become smaller: whether the parent has lost a
   child.  */
static bool
shrink(struct vmt_ranktree *tree, struct inner *parent, uint32_t i,
       uint32_t level, bool is_last)
{
   if (parent->n_entries[i] == 0) {
      drop_child(tree, parent, i, level);
      return true;
   }
   return (i > 0 && join(tree, parent, i - 1, level, is_last)) ||
          (i + 1 < parent->n && join(tree, parent, i, level, is_last));
}

/* The lowest level at which the path goes through the last node.  */
static uint32_t
last_level(const struct vmt_ranktree *tree)
{
   uint32_t level = tree->n_levels;

   while (level > 0 && tree->path[level].child + 1 == node_at(tree, level)->n)
      level--;
   return level;
}

static void
lower_root(struct vmt_ranktree *tree)
{
   while (tree->n_levels > 0 && ((struct inner *)tree->root)->n == 1) {
      struct inner *root = tree->root;

      tree->root = root->children[0];
      vmt_pool_give(&tree->inners, root);
      tree->n_levels--;
   }
}

uint64_t
vmt_ranktree_delete(struct vmt_ranktree *tree,
                    const struct vmt_ranktree_entry *entry)
{
   struct leaf *leaf;
   uint64_t n_above;
   uint32_t at, level, last;

   vmt_assert_cmp(tree->n_entries, >, 0);
   leaf = descend(tree, entry, &n_above);
   at = position(leaf, entry);
   n_above += leaf->n - at;
   vmt_assert(at > 0 && !vmt_ranktree_is_above(entry, &leaf->entries[at - 1]));
   last = last_level(tree);
   cut_entry(leaf, at - 1);
   tree->n_entries--;
   for (level = 1; level <= tree->n_levels; level++)
      node_at(tree, level)->n_entries[tree->path[level].child]--;
   for (level = 1; level <= tree->n_levels; level++)
      if (!shrink(tree, node_at(tree, level), tree->path[level].child, level,
                  level >= last))
         break;
   lower_root(tree);
   if (tree->n_entries == 0) {
      give_node(tree, tree->root, tree->n_levels);
      tree->root = NULL;
   }
   return n_above;
}
