/* Address ranges that nest, flattened so that one binary search finds the
   innermost range at an address. */

#ifndef VMT_HOST_SEGMENTS_H
#define VMT_HOST_SEGMENTS_H

#include <stddef.h>
#include <stdint.h>

/* [low, high) belongs to value.  Of two ranges that are equal, the deeper one
   is the inner; of two that overlap without nesting, the one that starts later
   wins where both are.  */
struct vmt_span {
   uint64_t low;
   uint64_t high;
   uint32_t depth;
   uint32_t value;
};

enum { VMT_SEGMENT_GAP = UINT32_MAX };

/* From start up to the start of the next segment, value holds.  */
struct vmt_segment {
   uint64_t start;
   uint32_t value;              /* VMT_SEGMENT_GAP: no range is here */
};

struct vmt_segments {
   struct vmt_segment *all;     /* ascending; the last one is a gap */
   size_t n;
   size_t last;                 /* where the last search ended */
};

/* Sorts spans in place; they are not needed afterwards.  */
void vmt_segments_build(struct vmt_segments *segments, struct vmt_span *spans,
                        size_t n);
void vmt_segments_free(struct vmt_segments *segments);

/* The value at address, or VMT_SEGMENT_GAP.  Rising addresses are fastest.  */
uint32_t vmt_segments_find(struct vmt_segments *segments, uint64_t address);

#endif
