/* How far down the LRU stack touches found their pages: the curve of faults
   against RAM size, and who has what part in it.

   Model.  A touch with distance d finds its page at depth d of the stack, the top
   being 1; under LRU it faults at every RAM size below d and at none from there
   on.  Distance 0, VMT_FIRST_TOUCH, is that of a page that is new: it faults at
   every size.  So faults at a size are the first touches and those with larger
   distances.

   To whom.  A touch may also be charged to a number of the embedder's, small and
   dense, which has a histogram of its own with eight buckets an octave.  Buckets
   tile the distances: bucket 0 holds first touches, bucket b the distances above
   vmt_distance_bucket_start(b) up to vmt_distance_bucket_start(b + 1), and at
   these sizes the faults of all charges add up to the curve if all touches are
   charged.

   Units: distances and RAM in pages.  Owns its tables.  VMT_NO_MEMORY leaves it
   as it was.

   Cost: O(1).  Memory: 8 bytes for each distance up to the largest; 4 for each
   charge up to the largest, and 72 for each octave of its distances.  */

#ifndef VMT_MMU_CONTAINERS_DISTANCES_H
#define VMT_MMU_CONTAINERS_DISTANCES_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/vector.h"

#define VMT_FIRST_TOUCH 0               /* the distance of a page that is new */

#define VMT_DISTANCE_BUCKETS 241        /* for distances up to 2^32 - 1 */
#define VMT_SHARE_SHIFT 3
#define VMT_SHARE_BUCKETS (1u << VMT_SHARE_SHIFT)

/* Eight buckets of one charge.  */
struct vmt_distance_share {
   uint32_t first_bucket;
   uint32_t next;                       /* index of the charge's next one, 0:
                                           last */
   uint64_t counts[VMT_SHARE_BUCKETS];
};

struct vmt_distances {
   struct vmt_vector counts;            /* uint64_t: touches at each distance */
   struct vmt_vector heads;             /* uint32_t: each charge's first share */
   struct vmt_vector shares;            /* [0]: none */
   uint64_t n_touches;
};

enum vmt_status vmt_distances_init(struct vmt_distances *distances);
void vmt_distances_free(struct vmt_distances *distances);

enum vmt_status vmt_distances_extend(struct vmt_distances *distances,
                                     uint32_t distance);

/* A touch with this distance.  */
static inline enum vmt_status
vmt_distances_count(struct vmt_distances *distances, uint32_t distance)
{
   if (distance >= distances->counts.n_records &&
       vmt_distances_extend(distances, distance) != VMT_OK)
      return VMT_NO_MEMORY;
   ++*(uint64_t *)vmt_vector_at(&distances->counts, distance);
   distances->n_touches++;
   return VMT_OK;
}

/* It, counted or not, is charged to charge.  */
enum vmt_status vmt_distances_charge(struct vmt_distances *distances,
                                     uint32_t charge, uint32_t distance);

/* The share of charge that distance falls in, made if need be, for those who add
   to it often; it stays where it is until vmt_distances_free().  NULL: no
   memory.  */
struct vmt_distance_share *
vmt_distances_share_for(struct vmt_distances *distances, uint32_t charge,
                        uint32_t distance);

/* ---- the curve ---- */

/* Faults under LRU with ram_pages frames.  Cost: O(ram_pages).  */
uint64_t vmt_distances_faults(const struct vmt_distances *distances,
                              uint64_t ram_pages);

struct vmt_curve_point {
   uint64_t ram_pages, n_faults;
};

/* Points of the curve, rising: all sizes to 256, then 128 an octave, last_pages
   the last; every size where buckets meet is among them.

   struct vmt_curve_point point = {0};
   while (vmt_distances_next_point(distances, last_pages, &point))  */
bool vmt_distances_next_point(const struct vmt_distances *distances,
                              uint64_t last_pages,
                              struct vmt_curve_point *point);

/* ---- who is charged ---- */

static inline uint32_t
vmt_distance_bucket(uint32_t distance)
{
   uint32_t last = distance - 1;        /* the largest size at which it faults */
   uint32_t shift;

   if (distance <= VMT_SHARE_BUCKETS)
      return distance;
   shift = 31 - (uint32_t)__builtin_clz(last) - VMT_SHARE_SHIFT;
   return 1 + (shift << VMT_SHARE_SHIFT) + (last >> shift);
}

/* Which of a charge's shares a distance falls in, from 0.  */
static inline uint32_t
vmt_distance_share_number(uint32_t distance)
{
   return vmt_distance_bucket(distance) >> VMT_SHARE_SHIFT;
}

/* Adds to the share if distance falls in it; else false.  */
static inline bool
vmt_distance_share_add(struct vmt_distance_share *share, uint32_t distance)
{
   uint32_t within = vmt_distance_bucket(distance) - share->first_bucket;

   if (within >= VMT_SHARE_BUCKETS)
      return false;
   share->counts[within]++;
   return true;
}

/* For bucket from 1: the largest RAM size at which all of it faults.  */
uint64_t vmt_distance_bucket_start(uint32_t bucket);

/* The first share of charge; NULL: it has none.  */
struct vmt_distance_share *
vmt_distances_share(const struct vmt_distances *distances, uint32_t charge);

/* The next one of the same charge; NULL: no more.  */
struct vmt_distance_share *
vmt_distances_next_share(const struct vmt_distances *distances,
                         const struct vmt_distance_share *share);

#endif
