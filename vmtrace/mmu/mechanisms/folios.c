#include "vmtrace/mmu/mechanisms/folios.h"

#include "vmtrace/mmu/base/port.h"

#define MIN_CAPACITY 16

void
vmt_folios_init(struct vmt_folios *folios)
{
   folios->table = NULL;
   folios->n = 0;
   folios->capacity = 0;
}

void
vmt_folios_free(struct vmt_folios *folios)
{
   vmt_free(folios->table);
   vmt_folios_init(folios);
}

static enum vmt_status
reserve_one(struct vmt_folios *folios)
{
   uint32_t capacity = folios->capacity;
   struct vmt_folio *table;

   if (folios->n < capacity)
      return VMT_OK;
   if (capacity > UINT32_MAX / 2)
      return VMT_NO_MEMORY;
   capacity = capacity == 0 ? MIN_CAPACITY : capacity * 2;
   table = vmt_alloc("folios", (size_t)capacity * sizeof *table);
   if (table == NULL)
      return VMT_NO_MEMORY;
   if (folios->n != 0)
      memcpy(table, folios->table, (size_t)folios->n * sizeof *table);
   vmt_free(folios->table);
   folios->table = table;
   folios->capacity = capacity;
   return VMT_OK;
}

/* What was forgotten last keeps its start alone, so its end does not bound the
   next one.  */
enum vmt_status
vmt_folios_add(struct vmt_folios *folios, uint64_t start, uint64_t end)
{
   const struct vmt_folio *last =
      folios->n == 0 ? NULL : &folios->table[folios->n - 1];

   if (end <= start || end - start < 2 ||
       (last != NULL && (start < last->end || start <= last->start)))
      return VMT_BAD_INPUT;
   if (reserve_one(folios) != VMT_OK)
      return VMT_NO_MEMORY;
   folios->table[folios->n++] = (struct vmt_folio){ start, end };
   return VMT_OK;
}

/* How many folios start at or below page.  */
static uint32_t
n_up_to(const struct vmt_folios *folios, uint64_t page)
{
   uint32_t low = 0, high = folios->n;

   while (low < high) {
      uint32_t middle = low + (high - low) / 2;

      if (folios->table[middle].start <= page)
         low = middle + 1;
      else
         high = middle;
   }
   return low;
}

struct vmt_folio
vmt_folios_find_slow(const struct vmt_folios *folios, uint64_t page)
{
   uint32_t n = n_up_to(folios, page);

   if (n > 0 && page < folios->table[n - 1].end)
      return folios->table[n - 1];
   return (struct vmt_folio){ page, page + 1 };
}

void
vmt_folios_drop(struct vmt_folios *folios, uint64_t start, uint64_t end)
{
   uint32_t i = n_up_to(folios, start);

   for (i -= i > 0; i < folios->n && folios->table[i].start < end; i++) {
      struct vmt_folio *folio = &folios->table[i];

      if (start < end && folio->end > start)
         folio->end = folio->start;
   }
}
