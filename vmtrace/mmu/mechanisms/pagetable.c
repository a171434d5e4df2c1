#include "vmtrace/mmu/mechanisms/pagetable.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

struct vmt_pagetable_node {
   uint64_t n_children;
   void *children[];            /* tables; on the leaf level chunks */
};

/* The way from the root down to a page: path[l] is its table of level l.  */
struct path {
   struct vmt_pagetable_node *tables[VMT_MAX_LEVELS + 1];
   struct vmt_pte *chunk;
   uint32_t absent_level;       /* whose slot for the page is empty; 0: none */
};

static size_t
node_bytes(const struct vmt_pagetable *table, uint32_t level)
{
   return sizeof(struct vmt_pagetable_node) +
          table->n_slots[level] * sizeof(void *);
}

static struct vmt_pagetable_node *
make_node(struct vmt_pagetable *table, uint32_t level)
{
   struct vmt_pagetable_node *node =
      level == 1 ? vmt_pool_take(&table->leaves)
                 : vmt_alloc_zeroed("pagetable.tables", node_bytes(table, level));

   if (node != NULL)
      table->n_tables[level]++;
   return node;
}

static void
free_node(struct vmt_pagetable *table, uint32_t level,
          struct vmt_pagetable_node *node)
{
   table->n_tables[level]--;
   if (level == 1)
      vmt_pool_give(&table->leaves, node);
   else
      vmt_free(node);
}

static void **
slot_of(const struct vmt_pagetable *table, uint32_t level,
        struct vmt_pagetable_node *node, vmt_vpn vpn)
{
   return &node->children[vpn >> table->slot_shift[level] &
                          (table->n_slots[level] - 1)];
}

/* Goes down towards vpn as far as there are tables.  */
static inline void
descend(const struct vmt_pagetable *table, vmt_vpn vpn, struct path *path)
{
   struct vmt_pagetable_node *node = table->root;
   uint32_t level = table->shape.n_levels;

   for (; node != NULL && level > 0; level--) {
      path->tables[level] = node;
      node = *slot_of(table, level, node, vpn);
   }
   path->chunk = (void *)node;
   path->absent_level = node == NULL ? level + 1 : 0;
}

static struct vmt_pte *
remember(struct vmt_pagetable *table, vmt_vpn vpn, struct vmt_pte *chunk)
{
   table->last_chunk_vpn = vpn - vpn % VMT_PTE_CHUNK;
   table->last_chunk = chunk;
   return &chunk[vpn % VMT_PTE_CHUNK];
}

static void
forget(struct vmt_pagetable *table)
{
   table->last_chunk_vpn = VMT_NO_VPN;
   table->last_chunk = NULL;
}

enum vmt_status
vmt_pagetable_init(struct vmt_pagetable *table,
                   const struct vmt_walk_shape *shape)
{
   struct vmt_pagetable made = { .shape = *shape };
   uint32_t n_bits = 0;

   if (vmt_walk_shape_fault(shape) != NULL)
      return VMT_BAD_INPUT;
   for (uint32_t level = 1; level <= shape->n_levels; level++) {
      made.slot_shift[level] = n_bits;
      made.n_slots[level] = (uint64_t)1 << shape->index_bits[level];
      n_bits += shape->index_bits[level];
   }
   made.slot_shift[1] = 4;
   made.n_slots[1] /= VMT_PTE_CHUNK;
   made.n_pages = (uint64_t)1 << n_bits;
   vmt_pool_init(&made.chunks, "pagetable.chunks",
                 VMT_PTE_CHUNK * sizeof(struct vmt_pte));
   vmt_pool_init(&made.leaves, "pagetable.leaves",
                 (uint32_t)node_bytes(&made, 1));
   forget(&made);
   made.root = make_node(&made, shape->n_levels);
   if (made.root == NULL)
      return VMT_NO_MEMORY;
   *table = made;
   return VMT_OK;
}

void
vmt_pagetable_free(struct vmt_pagetable *table)
{
   if (table->root == NULL)
      return;
   vmt_pagetable_clear(table, 0, table->n_pages);
   free_node(table, table->shape.n_levels, table->root);
   table->root = NULL;
   vmt_pool_free(&table->leaves);
   vmt_pool_free(&table->chunks);
}

struct vmt_pte *
vmt_pagetable_find_slow(struct vmt_pagetable *table, vmt_vpn vpn)
{
   struct path path;

   vmt_assert_cmp(vpn, <, table->n_pages);
   descend(table, vpn, &path);
   return path.chunk != NULL ? remember(table, vpn, path.chunk) : NULL;
}

/* Builds the missing part of the way to vpn from its chunk upwards and hangs it
   in last, so that when memory runs out there is only that part to give back.  */
static enum vmt_status
build_way(struct vmt_pagetable *table, vmt_vpn vpn, struct path *path)
{
   struct vmt_pagetable_node *node;
   void *child = path->chunk = vmt_pool_take(&table->chunks);
   uint32_t level;

   if (child == NULL)
      return VMT_NO_MEMORY;
   for (level = 1; level < path->absent_level; level++) {
      if ((node = make_node(table, level)) == NULL) {
         while (--level > 0)
            free_node(table, level, path->tables[level]);
         vmt_pool_give(&table->chunks, path->chunk);
         return VMT_NO_MEMORY;
      }
      *slot_of(table, level, node, vpn) = child;
      node->n_children = 1;
      child = path->tables[level] = node;
   }
   *slot_of(table, level, path->tables[level], vpn) = child;
   path->tables[level]->n_children++;
   return VMT_OK;
}

struct vmt_pte *
vmt_pagetable_get_slow(struct vmt_pagetable *table, vmt_vpn vpn)
{
   struct path path;

   vmt_assert_cmp(vpn, <, table->n_pages);
   descend(table, vpn, &path);
   if (path.chunk == NULL && build_way(table, vpn, &path) != VMT_OK)
      return NULL;
   return remember(table, vpn, path.chunk);
}

/* From a page whose way ends in an empty slot: the first page of the next slot
   of the same table that is not empty, the end of that table, or a page that is
   not below end.  */
static vmt_vpn
skip_absent(const struct vmt_pagetable *table, const struct path *path,
            vmt_vpn vpn, vmt_vpn end)
{
   uint32_t level = path->absent_level, shift = table->slot_shift[level];
   const struct vmt_pagetable_node *node = path->tables[level];
   uint64_t mask = table->n_slots[level] - 1;
   uint64_t slot = (vpn >> shift) + 1;

   while ((slot & mask) != 0 && node->children[slot & mask] == NULL &&
          slot << shift < end)
      slot++;
   return slot << shift;
}

struct vmt_pte *
vmt_pagetable_next(struct vmt_pagetable *table, vmt_vpn *vpn, vmt_vpn end)
{
   vmt_vpn page = *vpn;

   if (end > table->n_pages)
      end = table->n_pages;
   while (page < end) {
      struct path path;
      vmt_vpn chunk_end;

      descend(table, page, &path);
      if (path.chunk == NULL) {
         page = skip_absent(table, &path, page, end);
         continue;
      }
      chunk_end = page - page % VMT_PTE_CHUNK + VMT_PTE_CHUNK;
      for (; page < chunk_end && page < end; page++)
         if (path.chunk[page % VMT_PTE_CHUNK].bits != 0) {
            *vpn = page;
            return remember(table, page, path.chunk);
         }
   }
   return NULL;
}

static bool
chunk_is_empty(const struct vmt_pte *chunk)
{
   uint64_t bits = 0;

   for (uint32_t i = 0; i < VMT_PTE_CHUNK; i++)
      bits |= chunk[i].bits;
   return bits == 0;
}

/* Takes the chunk at the end of path away, and each table that has nothing left
   in it; the root stays.  */
static void
prune(struct vmt_pagetable *table, struct path *path, vmt_vpn vpn)
{
   vmt_pool_give(&table->chunks, path->chunk);
   for (uint32_t level = 1;; level++) {
      struct vmt_pagetable_node *node = path->tables[level];

      *slot_of(table, level, node, vpn) = NULL;
      if (--node->n_children != 0 || level == table->shape.n_levels)
         return;
      free_node(table, level, node);
   }
}

void
vmt_pagetable_clear(struct vmt_pagetable *table, vmt_vpn start, vmt_vpn end)
{
   vmt_vpn vpn = start;

   forget(table);
   if (end > table->n_pages)
      end = table->n_pages;
   while (vpn < end) {
      struct path path;
      vmt_vpn chunk_end;

      descend(table, vpn, &path);
      if (path.chunk == NULL) {
         vpn = skip_absent(table, &path, vpn, end);
         continue;
      }
      chunk_end = vpn - vpn % VMT_PTE_CHUNK + VMT_PTE_CHUNK;
      if (chunk_end > end)
         chunk_end = end;
      memset(&path.chunk[vpn % VMT_PTE_CHUNK], 0,
             (chunk_end - vpn) * sizeof(struct vmt_pte));
      if (chunk_is_empty(path.chunk))
         prune(table, &path, vpn);
      vpn = chunk_end;
   }
}
