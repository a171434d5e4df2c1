#include "vmtrace/host/heap.h"

#include <stdlib.h>

const char *const vmt_site_kinds[VMT_N_SITE_KINDS] = {
   [VMT_SITE_NONE] = "none", [VMT_SITE_MALLOC] = "malloc", [VMT_SITE_MMAP] = "mmap",
   [VMT_SITE_BRK] = "brk", [VMT_SITE_ALLOCATOR] = "allocator"
};

const struct vmt_site_number_about vmt_site_numbers[VMT_N_SITE_NUMBERS] = {
   [VMT_SITE_ALLOCS] = { "allocs", "Allocs" },
   [VMT_SITE_FREES] = { "frees", "Frees" },
   [VMT_SITE_BYTES] = { "bytes", "AllocBytes" },
   [VMT_SITE_LIFETIME] = { "lifetime", NULL },
   [VMT_SITE_LIVE_BLOCKS] = { "live_blocks", NULL },
   [VMT_SITE_LIVE_BYTES] = { "live_bytes", "LiveBytes" },
   [VMT_SITE_PEAK_BYTES] = { "peak_bytes", "LivePeak" },
   [VMT_SITE_BYTES_AT_PEAK] = { "bytes_at_peak", NULL },
   [VMT_SITE_STRADDLES] = { "straddles", "Straddles" },
   [VMT_SITE_KEPT_PAGES] = { "kept_pages", NULL },
   [VMT_SITE_KEPT_PAGES_AT_PEAK] = { "kept_pages_at_peak", "KeptPages" },
   [VMT_SITE_PINNED_PAGES] = { "pinned_pages", NULL },
   [VMT_SITE_PINNED_PAGES_AT_PEAK] = { "pinned_pages_at_peak", "PinnedPages" },
   [VMT_SITE_CALL_FAULTS] = { NULL, "CallFlt" },
};

void
vmt_heap_free(struct vmt_heap *heap)
{
   free(heap->returned.list);
   free(heap->calls.list);
}

/* A damaged file may say anything: never undefined behaviour.  */
int64_t
vmt_heap_sum(const struct vmt_heap_counts *counts)
{
   uint64_t sum = 0;

   for (size_t i = 0; i < counts->n; i++)
      sum += (uint64_t) counts->list[i].n;
   return (int64_t) sum;
}

bool
vmt_heap_overhead(const struct vmt_heap_pages *pages, int64_t *permille)
{
   double live_bytes = (double) pages->live_bytes;
   double bytes = (double) pages->n_resident * VMT_HEAP_PAGE_BYTES;

   if (pages->live_bytes <= 0)
      return false;
   *permille = (int64_t) ((bytes - live_bytes) / live_bytes * 1000
                          + (bytes < live_bytes ? -0.5 : 0.5));
   return true;
}
