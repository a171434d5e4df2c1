#include "tests/reclaim/naive.h"

#include <stdlib.h>

bool
naive_start(struct naive *naive, uint32_t n_pages)
{
   *naive = (struct naive){ .n_pages = n_pages, .last_refaulted = UINT32_MAX };
   naive->pages = calloc(n_pages, sizeof(*naive->pages));
   return naive->pages != NULL;
}

void
naive_end(struct naive *naive)
{
   free(naive->pages);
}

static void
arrive(struct naive *naive, struct naive_page *page, uint32_t version)
{
   page->resident = true;
   page->in_memory = version;
   page->lazy = false;
   naive->n_resident++;
}

static void
leave(struct naive *naive, struct naive_page *page)
{
   page->resident = false;
   naive->n_resident--;
}

/* An anonymous page that nothing names any more.  */
static void
end(struct naive *naive, struct naive_page *page)
{
   if (page->resident)
      leave(naive, page);
   page->swapped = page->evicted = page->lazy = page->locked = false;
   page->in_memory = page->in_swap = 0;
}

const char *
naive_write(struct naive *naive, uint32_t which)
{
   static uint32_t version;
   struct naive_page *page = &naive->pages[which];

   if (!page->resident || page->n_mapped == 0)
      return "a write to a page that is not mapped";
   page->in_memory = ++version;
   page->dirty = true;
   page->lazy = false;
   return NULL;
}

const char *
naive_map(struct naive *naive, uint32_t which, bool was_swap_entry)
{
   struct naive_page *page = &naive->pages[which];

   if (!page->resident)
      return "mapped, but not in memory";
   if (was_swap_entry && page->n_swap_entries-- == 0)
      return "there was no swap entry";
   page->n_mapped++;
   page->accessed = true;
   page->dirty = false;
   if (page->kind == NAIVE_SHMEM)
      page->swapped = false;
   return NULL;
}

const char *
naive_unmap(struct naive *naive, uint32_t which, bool swap_entry)
{
   struct naive_page *page = &naive->pages[which];

   if ((swap_entry ? page->n_swap_entries-- : page->n_mapped--) == 0)
      return "there was no such entry";
   if (page->n_mapped == 0)
      page->accessed = page->dirty = false;
   if (page->kind == NAIVE_ANON && page->n_mapped + page->n_swap_entries == 0)
      end(naive, page);
   return NULL;
}

const char *
naive_forget(struct naive *naive, uint32_t which)
{
   struct naive_page *page = &naive->pages[which];

   if (page->n_mapped != 0)
      return "mapped still";
   end(naive, page);
   page->on_disk = 0;
   return NULL;
}

const char *
naive_make(struct naive *naive, uint32_t which)
{
   struct naive_page *page = &naive->pages[which];

   if (page->resident || page->swapped)
      return "a fresh page, but there was one";
   arrive(naive, page, 0);
   return NULL;
}

const char *
naive_unmapped(struct naive *naive, uint32_t which)
{
   struct naive_page *page = &naive->pages[which];

   if (page->n_mapped == 0)
      return "unmapped, but was not mapped";
   if (page->locked)
      return "unmapped, but locked";
   if (page->kind == NAIVE_ANON && !page->lazy)
      page->n_swap_entries += page->n_mapped;
   page->n_mapped = 0;
   page->accessed = page->dirty = false;
   return NULL;
}

const char *
naive_aged(struct naive *naive, uint32_t which)
{
   struct naive_page *page = &naive->pages[which];

   if (page->n_mapped == 0 || !page->accessed)
      return "aged, but had not been touched";
   page->accessed = false;
   return NULL;
}

const char *
naive_cleaned(struct naive *naive, uint32_t which)
{
   struct naive_page *page = &naive->pages[which];

   if (page->kind != NAIVE_FILE || !page->resident)
      return "written back, but is no file's page in memory";
   page->on_disk = page->in_memory;
   page->dirty = false;
   return NULL;
}

const char *
naive_evicted(struct naive *naive, uint32_t which)
{
   struct naive_page *page = &naive->pages[which];

   if (!page->resident)
      return "evicted, but was not in memory";
   if (page->n_mapped != 0)
      return "evicted, but mapped";
   if (page->lazy) {
      end(naive, page);
      return NULL;
   }
   if (page->kind == NAIVE_FILE ? page->on_disk != page->in_memory
                                : (page->swapped ? page->in_swap : 0) != page->in_memory)
      return "evicted, and its contents are lost";
   page->evicted = page->kind == NAIVE_FILE || page->swapped;
   leave(naive, page);
   return NULL;
}

const char *
naive_swapped_out(struct naive *naive, uint32_t which)
{
   struct naive_page *page = &naive->pages[which];

   if (!page->resident || page->n_mapped != 0 || page->kind == NAIVE_FILE)
      return "swapped out, but cannot be";
   if (naive->keeps_copies && page->kind == NAIVE_ANON && page->swapped &&
       page->in_swap == page->in_memory)
      return "swapped out, but there was a copy already";
   page->swapped = true;
   page->in_swap = page->in_memory;
   return NULL;
}

const char *
naive_swapped_in(struct naive *naive, uint32_t which)
{
   struct naive_page *page = &naive->pages[which];

   if (page->resident || !page->swapped)
      return "swapped in, but was not in swap alone";
   arrive(naive, page, page->in_swap);
   return NULL;
}

const char *
naive_file_read(struct naive *naive, uint32_t which)
{
   struct naive_page *page = &naive->pages[which];

   if (page->resident || page->kind != NAIVE_FILE)
      return "read, but was there";
   arrive(naive, page, page->on_disk);
   return NULL;
}

const char *
naive_refaulted(struct naive *naive, uint32_t which)
{
   struct naive_page *page = &naive->pages[which];

   if (!page->resident || !page->evicted)
      return "refaulted, but had not been evicted";
   page->evicted = false;
   naive->last_refaulted = which;
   return NULL;
}

const char *
naive_restored(struct naive *naive, uint32_t which)
{
   bool just_refaulted = naive->last_refaulted == which;

   naive->last_refaulted = UINT32_MAX;
   return just_refaulted ? NULL : "restored, but did not just refault";
}
