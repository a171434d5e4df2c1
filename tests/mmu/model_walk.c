#include "tests/mmu/model_walk.h"

#include <stdlib.h>

void
model_walk_init(struct model_walk *walk, uint32_t n_levels,
                const uint32_t *index_bits, const uint32_t *n_entries)
{
   walk->n_levels = n_levels;
   walk->n_paths = 0;
   for (uint32_t level = 1; level <= n_levels; level++) {
      walk->index_bits[level] = index_bits[level];
      walk->n_entries[level] = level == 1 ? 0 : n_entries[level];
   }
}

/* The whole path of page; the last index is the lowest digits of the number. */
static struct model_path
path_of(const struct model_walk *walk, uint64_t page)
{
   struct model_path path = { .level = 1 };

   for (uint32_t level = 1; level <= walk->n_levels; level++) {
      uint64_t n = 1;

      for (uint32_t bit = 0; bit < walk->index_bits[level]; bit++)
         n *= 2;
      path.indices[level] = (uint32_t)(page % n);
      page /= n;
   }
   return path;
}

static bool
leads_through(const struct model_walk *walk, const struct model_path *path,
              const struct model_path *entry)
{
   for (uint32_t level = entry->level; level <= walk->n_levels; level++)
      if (path->indices[level] != entry->indices[level])
         return false;
   return true;
}

static struct model_path *
remembered(struct model_walk *walk, const struct model_path *path, uint32_t level)
{
   for (uint32_t i = 0; i < walk->n_paths; i++)
      if (walk->paths[i].level == level &&
          leads_through(walk, path, &walk->paths[i]))
         return &walk->paths[i];
   return NULL;
}

static void
forget(struct model_walk *walk, struct model_path *entry)
{
   *entry = walk->paths[--walk->n_paths];
}

static void
forget_oldest(struct model_walk *walk, uint32_t level)
{
   struct model_path *oldest = NULL;

   for (uint32_t i = 0; i < walk->n_paths; i++)
      if (walk->paths[i].level == level &&
          (oldest == NULL || walk->paths[i].used < oldest->used))
         oldest = &walk->paths[i];
   forget(walk, oldest);
}

uint32_t
model_walk_count(const struct model_walk *walk, uint32_t level)
{
   uint32_t n = 0;

   for (uint32_t i = 0; i < walk->n_paths; i++)
      n += walk->paths[i].level == level;
   return n;
}

uint32_t
model_walk(struct model_walk *walk, uint64_t page, uint64_t time)
{
   struct model_path path = path_of(walk, page), *known = NULL;
   uint32_t known_level = 2;

   path.used = time;
   for (; known_level <= walk->n_levels; known_level++)
      if ((known = remembered(walk, &path, known_level)) != NULL)
         break;
   if (known != NULL)
      known->used = time;
   for (uint32_t level = 2; level < known_level; level++) {
      if (walk->n_entries[level] == 0)
         continue;
      if (model_walk_count(walk, level) == walk->n_entries[level])
         forget_oldest(walk, level);
      if (walk->n_paths == MODEL_WALK_PATHS)
         abort();
      path.level = level;
      walk->paths[walk->n_paths++] = path;
   }
   return known_level - 1;
}

void
model_walk_drop(struct model_walk *walk, uint64_t start, uint64_t end)
{
   for (uint64_t page = start; page < end; page++) {
      struct model_path path = path_of(walk, page);
      uint32_t i = 0;

      while (i < walk->n_paths)
         if (leads_through(walk, &path, &walk->paths[i]))
            forget(walk, &walk->paths[i]);
         else
            i++;
   }
}
