#include "vmtrace/mmu/containers/rangemap.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

#define MAX_RESERVED 8

/* The record follows its node.  A node's priority is not below those of its
   children.  */
struct node {
   struct node *parent, *left, *right;
   uint64_t priority;
};

static struct vmt_range *
range_of(const struct node *node)
{
   return (struct vmt_range *)(node + 1);
}

static struct node *
node_of(const void *record)
{
   return (struct node *)record - 1;
}

static void *
record_of(struct node *node)
{
   return node == NULL ? NULL : node + 1;
}

void
vmt_rangemap_init(struct vmt_rangemap *map, const char *what,
                  uint32_t record_bytes)
{
   vmt_assert_cmp(record_bytes, >=, sizeof(struct vmt_range));
   memset(map, 0, sizeof(*map));
   vmt_pool_init(&map->nodes, what, (uint32_t)sizeof(struct node) + record_bytes);
   map->record_bytes = record_bytes;
}

void
vmt_rangemap_free(struct vmt_rangemap *map)
{
   vmt_pool_free(&map->nodes);
   map->root = NULL;
   map->last = NULL;
   map->n_records = 0;
}

void *
vmt_rangemap_find(struct vmt_rangemap *map, uint64_t key)
{
   struct node *node = map->last;

   if (node != NULL && range_of(node)->start <= key && key < range_of(node)->end)
      return record_of(node);
   node = map->root;
   while (node != NULL) {
      if (key < range_of(node)->start) {
         node = node->left;
      } else if (key >= range_of(node)->end) {
         node = node->right;
      } else {
         map->last = node;
         return record_of(node);
      }
   }
   return NULL;
}

void *
vmt_rangemap_from(struct vmt_rangemap *map, uint64_t key)
{
   struct node *node = map->root, *found = NULL;

   while (node != NULL) {
      if (key < range_of(node)->end) {
         found = node;
         node = node->left;
      } else {
         node = node->right;
      }
   }
   return record_of(found);
}

void *
vmt_rangemap_next(const struct vmt_rangemap *map, const void *record)
{
   struct node *node = node_of(record);

   if (node->right != NULL) {
      node = node->right;
      while (node->left != NULL)
         node = node->left;
      return record_of(node);
   }
   while (node->parent != NULL && node->parent->right == node)
      node = node->parent;
   return record_of(node->parent);
}

void *
vmt_rangemap_prev(const struct vmt_rangemap *map, const void *record)
{
   struct node *node = node_of(record);

   if (node->left != NULL) {
      node = node->left;
      while (node->right != NULL)
         node = node->right;
      return record_of(node);
   }
   while (node->parent != NULL && node->parent->left == node)
      node = node->parent;
   return record_of(node->parent);
}

/* Hangs `child`, which may be NULL, where `node` hangs.  */
static void
replace(struct vmt_rangemap *map, struct node *node, struct node *child)
{
   struct node *parent = node->parent;

   if (parent == NULL)
      map->root = child;
   else if (parent->left == node)
      parent->left = child;
   else
      parent->right = child;
   if (child != NULL)
      child->parent = parent;
}

/* Lifts node above its parent, the order of the ranges staying.  */
static void
rotate_up(struct vmt_rangemap *map, struct node *node)
{
   struct node *parent = node->parent, *inner;

   replace(map, parent, node);
   if (parent->left == node) {
      inner = node->right;
      node->right = parent;
      parent->left = inner;
   } else {
      inner = node->left;
      node->left = parent;
      parent->right = inner;
   }
   if (inner != NULL)
      inner->parent = parent;
   parent->parent = node;
}

void *
vmt_rangemap_insert(struct vmt_rangemap *map, const void *record)
{
   const struct vmt_range *range = record;
   struct node *parent = NULL, *at = map->root, *node;
   bool below = false;

   vmt_assert_cmp(range->start, <, range->end);
   while (at != NULL) {
      parent = at;
      below = range->end <= range_of(at)->start;
      if (!below)
         vmt_assert_cmp(range_of(at)->end, <=, range->start);
      at = below ? at->left : at->right;
   }

   node = vmt_pool_take(&map->nodes);
   if (node == NULL)
      return NULL;
   memcpy(range_of(node), record, map->record_bytes);
   node->priority = vmt_random_next(&map->priorities);
   node->parent = parent;
   if (parent == NULL)
      map->root = node;
   else if (below)
      parent->left = node;
   else
      parent->right = node;
   while (node->parent != NULL && node->parent->priority < node->priority)
      rotate_up(map, node);
   map->n_records++;
   return record_of(node);
}

void
vmt_rangemap_delete(struct vmt_rangemap *map, void *record)
{
   struct node *node = node_of(record);

   while (node->left != NULL && node->right != NULL)
      rotate_up(map, node->left->priority > node->right->priority ? node->left
                                                                  : node->right);
   replace(map, node, node->left != NULL ? node->left : node->right);
   if (map->last == node)
      map->last = NULL;
   map->n_records--;
   vmt_pool_give(&map->nodes, node);
}

enum vmt_status
vmt_rangemap_reserve(struct vmt_rangemap *map, uint32_t n_records)
{
   void *blocks[MAX_RESERVED];
   uint32_t n_taken = 0;

   vmt_assert_cmp(n_records, <=, MAX_RESERVED);
   while (n_taken < n_records) {
      blocks[n_taken] = vmt_pool_take(&map->nodes);
      if (blocks[n_taken] == NULL)
         break;
      n_taken++;
   }
   /* The pool keeps what is given back for the next who takes.  */
   for (uint32_t i = n_taken; i > 0; i--)
      vmt_pool_give(&map->nodes, blocks[i - 1]);
   return n_taken == n_records ? VMT_OK : VMT_NO_MEMORY;
}
