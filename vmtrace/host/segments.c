#include "vmtrace/host/segments.h"

#include <stdlib.h>

#include "vmtrace/host/memory.h"

static int
compare(uint64_t a, uint64_t b) {
   return a < b ? -1 : a > b;
}

/* Outer ranges before those inside them.  */
static int
compare_spans(const void *a, const void *b) {
   const struct vmt_span *left = a, *right = b;
   int order = compare(left->low, right->low);
   if (order == 0)
      order = compare(right->high, left->high);
   if (order == 0)
      order = compare(left->depth, right->depth);
   if (order == 0)
      order = compare(left->value, right->value);
   return order;
}

static void
emit(struct vmt_segments *segments, size_t *room, uint64_t start,
     uint32_t value) {
   if (segments->n > 0) {
      struct vmt_segment *last = &segments->all[segments->n - 1];
      if (last->start == start) {
         last->value = value;
         return;
      }
      if (last->value == value)
         return;
   }
   segments->all = vmt_grow(segments->all, segments->n, room,
                            sizeof *segments->all);
   segments->all[segments->n++] = (struct vmt_segment){ start, value };
}

/* Drops the ranges that end at or before limit from the stack, saying what
   holds after each.  */
static void
pop_until(struct vmt_segments *segments, size_t *room, struct vmt_span **stack,
          size_t *depth, uint64_t limit) {
   while (*depth > 0 && stack[*depth - 1]->high <= limit) {
      uint64_t end = stack[--*depth]->high;
      while (*depth > 0 && stack[*depth - 1]->high <= end)
         --*depth;
      emit(segments, room, end,
           *depth > 0 ? stack[*depth - 1]->value : VMT_SEGMENT_GAP);
   }
}

void
vmt_segments_build(struct vmt_segments *segments, struct vmt_span *spans,
                   size_t n) {
   size_t room = 0, depth = 0;
   struct vmt_span **stack = vmt_calloc(n, sizeof *stack);
   *segments = (struct vmt_segments){ .all = NULL };
   qsort(spans, n, sizeof *spans, compare_spans);
   for (size_t i = 0; i < n; i++) {
      if (spans[i].low >= spans[i].high)
         continue;
      pop_until(segments, &room, stack, &depth, spans[i].low);
      emit(segments, &room, spans[i].low, spans[i].value);
      stack[depth++] = &spans[i];
   }
   pop_until(segments, &room, stack, &depth, UINT64_MAX);
   free(stack);
   if (segments->n > 0)
      segments->all = vmt_realloc(segments->all, segments->n,
                                  sizeof *segments->all);
}

void
vmt_segments_free(struct vmt_segments *segments) {
   free(segments->all);
   *segments = (struct vmt_segments){ .all = NULL };
}

uint32_t
vmt_segments_find(struct vmt_segments *segments, uint64_t address) {
   const struct vmt_segment *all = segments->all;
   size_t low = 0, high = segments->n;
   if (high == 0 || address < all[0].start)
      return VMT_SEGMENT_GAP;
   size_t last = segments->last;
   if (all[last].start <= address) {
      /* Here or next to here most of the time.  */
      for (int step = 0; step < 4; step++, last++)
         if (last + 1 == segments->n || address < all[last + 1].start) {
            segments->last = last;
            return all[last].value;
         }
      low = last;
   } else {
      high = last;
   }
   while (high - low > 1) {
      size_t middle = low + (high - low) / 2;
      if (all[middle].start <= address)
         low = middle;
      else
         high = middle;
   }
   segments->last = low;
   return all[low].value;
}
