#include "tests/mmu/model_pages.h"

#include <stdlib.h>

void
model_pages_init(struct model_pages *model, uint32_t n_levels,
                 const uint32_t *index_bits)
{
   model->n_levels = n_levels;
   for (uint32_t level = 1; level <= n_levels; level++)
      model->index_bits[level] = index_bits[level];
   model->n_pages = model->n_groups = 0;
}

/* How many pages of the list lie below page.  */
static uint32_t
n_below(const struct model_pages *model, uint64_t page)
{
   uint32_t n = 0;

   while (n < model->n_pages && model->pages[n].page < page)
      n++;
   return n;
}

const struct model_page *
model_pages_next(const struct model_pages *model, uint64_t start, uint64_t end)
{
   uint32_t i = n_below(model, start);

   return i < model->n_pages && model->pages[i].page < end ? &model->pages[i]
                                                           : NULL;
}

const struct model_page *
model_pages_find(const struct model_pages *model, uint64_t page)
{
   return model_pages_next(model, page, page + 1);
}

bool
model_pages_asked(const struct model_pages *model, uint64_t page)
{
   for (uint32_t i = 0; i < model->n_groups; i++)
      if (model->groups[i] == page / 16)
         return true;
   return false;
}

void
model_pages_ask(struct model_pages *model, uint64_t page)
{
   uint32_t i = model->n_groups;

   if (model_pages_asked(model, page))
      return;
   if (model->n_groups++ == MODEL_PAGES_MAX)
      abort();
   for (; i > 0 && model->groups[i - 1] > page / 16; i--)
      model->groups[i] = model->groups[i - 1];
   model->groups[i] = page / 16;
}

static void
remove_page(struct model_pages *model, uint32_t i)
{
   for (model->n_pages--; i < model->n_pages; i++)
      model->pages[i] = model->pages[i + 1];
}

void
model_pages_set(struct model_pages *model, uint64_t page, uint64_t bits,
                uint32_t owner)
{
   uint32_t place = n_below(model, page);

   if (model_pages_find(model, page) != NULL)
      remove_page(model, place);
   if (bits == 0)
      return;
   if (model->n_pages++ == MODEL_PAGES_MAX)
      abort();
   for (uint32_t i = model->n_pages - 1; i > place; i--)
      model->pages[i] = model->pages[i - 1];
   model->pages[place] = (struct model_page){ page, bits, owner };
}

void
model_pages_clear(struct model_pages *model, uint64_t start, uint64_t end)
{
   uint32_t n_kept = 0;

   if (start >= end)
      return;
   while (model_pages_next(model, start, end) != NULL)
      remove_page(model, n_below(model, start));
   for (uint32_t i = 0; i < model->n_groups; i++) {
      uint64_t first = model->groups[i] * 16;

      if (first + 16 <= start || first >= end ||
          model_pages_next(model, first, first + 16) != NULL)
         model->groups[n_kept++] = model->groups[i];
   }
   model->n_groups = n_kept;
}

/* The groups are sorted, so those of one table are neighbours.  */
uint64_t
model_pages_tables(const struct model_pages *model, uint32_t level)
{
   uint64_t pages_per_table = 1, n = 0;

   if (level == model->n_levels)
      return 1;
   for (uint32_t below = 1; below <= level; below++)
      for (uint32_t bit = 0; bit < model->index_bits[below]; bit++)
         pages_per_table *= 2;
   for (uint32_t i = 0; i < model->n_groups; i++)
      n += i == 0 || model->groups[i] * 16 / pages_per_table !=
                        model->groups[i - 1] * 16 / pages_per_table;
   return n;
}
