/* What a comparison says of the heap beside its events: how much memory it takes for
   what is live, and what the allocator gives back.

   Of several processes, what is at a peak is that of the one with the largest heap; what is counted over the run is added up.  */

#include "vmtrace/cli/compare.h"

#include "vmtrace/host/memory.h"

static const struct vmt_heap *
heap_at_peak(const struct vmt_profile *profile)
{
   const struct vmt_profile_run *most = NULL;

   for (size_t i = 0; i < profile->n_runs; i++) {
      const struct vmt_profile_run *run = &profile->runs[i];

      if (run->heap.has_pages
          && (!most || run->heap.peak.n_resident > most->heap.peak.n_resident))
         most = run;
   }
   return most ? &most->heap : NULL;
}

static struct vmt_compare_cell
pages_in_bytes(int64_t n_pages)
{
   struct vmt_compare_cell cell = { .known = true };

   cell.known = !__builtin_mul_overflow(n_pages, (int64_t) VMT_HEAP_PAGE_BYTES,
                                        &cell.number);
   return cell;
}

/* ---- at a peak ---- */

static struct vmt_compare_cell
live(const struct vmt_heap *heap)
{
   return (struct vmt_compare_cell){ true, heap->peak.live_bytes };
}

static struct vmt_compare_cell
resident(const struct vmt_heap *heap)
{
   return pages_in_bytes(heap->peak.n_resident);
}

static struct vmt_compare_cell
resident_at_end(const struct vmt_heap *heap)
{
   return pages_in_bytes(heap->now.n_resident);
}

static struct vmt_compare_cell
overhead(const struct vmt_heap *heap)
{
   struct vmt_compare_cell cell = { .known = false };

   cell.known = vmt_heap_overhead(&heap->peak, &cell.number);
   return cell;
}

static struct vmt_compare_cell
straddling(const struct vmt_heap *heap)
{
   return (struct vmt_compare_cell){ true, heap->peak.n_straddling };
}

/* ---- over the run ---- */

static struct vmt_compare_cell
returned(const struct vmt_heap *heap)
{
   return pages_in_bytes(vmt_heap_sum(&heap->returned));
}

static struct vmt_compare_cell
back(const struct vmt_heap *heap)
{
   return (struct vmt_compare_cell){ true, heap->n_back };
}

static struct vmt_compare_cell
calls(const struct vmt_heap *heap)
{
   return (struct vmt_compare_cell){ true, vmt_heap_sum(&heap->calls) };
}

static struct vmt_compare_cell
sum_of(const struct vmt_profile *profile,
       struct vmt_compare_cell (*value)(const struct vmt_heap *heap))
{
   struct vmt_compare_cell sum = { .known = false };

   for (size_t i = 0; i < profile->n_runs; i++)
      if (profile->runs[i].heap.has_pages) {
         struct vmt_compare_cell cell = value(&profile->runs[i].heap);

         sum.known = true;
         sum.number = vmt_wrapping_sum(sum.number, cell.number);
      }
   return sum;
}

void
vmt_compare_add_heap(struct vmt_comparison *comparison)
{
   static const struct {
      const char *name;
      enum vmt_compare_unit unit;
      struct vmt_compare_cell (*value)(const struct vmt_heap *heap);
      bool is_sum;
   } rows[] = {
      { "HeapLive", VMT_COMPARE_BYTES, live, false },
      { "HeapRss", VMT_COMPARE_BYTES, resident, false },
      { "HeapOver", VMT_COMPARE_PERMILLE, overhead, false },
      { "HeapStraddling", VMT_COMPARE_COUNT, straddling, false },
      { "HeapEnd", VMT_COMPARE_BYTES, resident_at_end, false },
      { "HeapReturned", VMT_COMPARE_BYTES, returned, true },
      { "HeapBack", VMT_COMPARE_COUNT, back, true },
      { "HeapCalls", VMT_COMPARE_COUNT, calls, true }
   };

   for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
      struct vmt_compare_row row = vmt_compare_row_new(comparison, VMT_COMPARE_HEAP,
                                                       rows[i].name);

      row.unit = rows[i].unit;
      for (size_t k = 0; k < comparison->n_columns; k++) {
         const struct vmt_profile *profile = &comparison->columns[k].profile;
         const struct vmt_heap *heap = heap_at_peak(profile);

         if (rows[i].is_sum)
            row.cells[k] = sum_of(profile, rows[i].value);
         else if (heap)
            row.cells[k] = rows[i].value(heap);
      }
      vmt_compare_keep_row(comparison, row, vmt_compare_any_known(comparison, &row));
   }
}
