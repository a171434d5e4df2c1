/* The large folios of one file: which of its pages the page cache keeps in one
   piece, and a fault therefore maps together.

   A folio is pages [start, start + n_pages) of the file, two or more.  A page of
   none of them is a folio by itself.  That a folio is a power of two of pages at a
   multiple of its size is not needed here.  Left out: that folios come and go with
   memory pressure and with what is written; they can only be forgotten.

   Owns its table.  Cost: O(log n) to find, O(1) to add and O(1) to find where
   there are none; forgetting is O(log n) and the folios concerned.  */

#ifndef VMT_MMU_MECHANISMS_FOLIOS_H
#define VMT_MMU_MECHANISMS_FOLIOS_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"

struct vmt_folio {
   uint64_t start, end;         /* pages of the file; end == start: forgotten */
};

struct vmt_folios {
   struct vmt_folio *table;     /* by rising start; none overlap */
   uint32_t n, capacity;
};

void vmt_folios_init(struct vmt_folios *folios);
void vmt_folios_free(struct vmt_folios *folios);

/* VMT_BAD_INPUT, and nothing changes: fewer than two pages, or not above all that
   were added before.  */
enum vmt_status vmt_folios_add(struct vmt_folios *folios, uint64_t start,
                               uint64_t end);

struct vmt_folio vmt_folios_find_slow(const struct vmt_folios *folios,
                                      uint64_t page);

/* The folio that page is in.  */
static inline struct vmt_folio
vmt_folios_find(const struct vmt_folios *folios, uint64_t page)
{
   if (folios->n == 0)
      return (struct vmt_folio){ page, page + 1 };
   return vmt_folios_find_slow(folios, page);
}

/* Forgets each folio that has one of the pages [start, end).  */
void vmt_folios_drop(struct vmt_folios *folios, uint64_t start, uint64_t end);

#endif
