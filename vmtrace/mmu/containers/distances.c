#include "vmtrace/mmu/containers/distances.h"

#include "vmtrace/mmu/base/assert.h"

#define POINT_SHIFT 7                   /* points of the curve an octave */

static uint32_t
log2_of(uint64_t n)
{
   return 63 - (uint32_t)__builtin_clzll(n);
}

enum vmt_status
vmt_distances_init(struct vmt_distances *distances)
{
   distances->n_touches = 0;
   vmt_vector_init(&distances->counts, "distances.counts", sizeof(uint64_t));
   vmt_vector_init(&distances->heads, "distances.heads", sizeof(uint32_t));
   vmt_vector_init(&distances->shares, "distances.shares",
                   sizeof(struct vmt_distance_share));

   /* Distance 0 is there from the first; share 0 is none.  */
   if (vmt_vector_push(&distances->counts) == NULL ||
       vmt_vector_push(&distances->shares) == NULL) {
      vmt_distances_free(distances);
      return VMT_NO_MEMORY;
   }
   return VMT_OK;
}

void
vmt_distances_free(struct vmt_distances *distances)
{
   vmt_vector_free(&distances->counts);
   vmt_vector_free(&distances->heads);
   vmt_vector_free(&distances->shares);
}

/* ---- buckets ---- */

uint64_t
vmt_distance_bucket_start(uint32_t bucket)
{
   const uint32_t n_buckets = VMT_SHARE_BUCKETS;
   uint32_t octave, within;

   vmt_assert_cmp(bucket, >, 0);
   octave = (bucket - 1) / n_buckets;
   within = (bucket - 1) % n_buckets;
   if (octave == 0)
      return within;
   return (uint64_t)(n_buckets + within) << (octave - 1);
}

/* ---- counting ---- */

static enum vmt_status
extend(struct vmt_vector *vector, uint32_t index)
{
   while (vector->n_records <= index)
      if (vmt_vector_push(vector) == NULL)
         return VMT_NO_MEMORY;
   return VMT_OK;
}

static uint64_t *
count_at(const struct vmt_distances *distances, uint64_t distance)
{
   return vmt_vector_at(&distances->counts, (uint32_t)distance);
}

enum vmt_status
vmt_distances_extend(struct vmt_distances *distances, uint32_t distance)
{
   return extend(&distances->counts, distance);
}

static struct vmt_distance_share *
share_at(const struct vmt_distances *distances, uint32_t index)
{
   return index == 0 ? NULL : vmt_vector_at(&distances->shares, index);
}

static struct vmt_distance_share *
add_share(struct vmt_distances *distances, uint32_t *head, uint32_t first_bucket)
{
   struct vmt_distance_share *share = vmt_vector_push(&distances->shares);

   if (share == NULL)
      return NULL;
   share->first_bucket = first_bucket;
   share->next = *head;
   *head = distances->shares.n_records - 1;
   return share;
}

struct vmt_distance_share *
vmt_distances_share_for(struct vmt_distances *distances, uint32_t charge,
                        uint32_t distance)
{
   uint32_t bucket = vmt_distance_bucket(distance), *head;
   uint32_t first_bucket = bucket - bucket % VMT_SHARE_BUCKETS;
   struct vmt_distance_share *share;

   if (extend(&distances->heads, charge) != VMT_OK)
      return NULL;
   head = vmt_vector_at(&distances->heads, charge);
   share = share_at(distances, *head);
   while (share != NULL && share->first_bucket != first_bucket)
      share = share_at(distances, share->next);
   return share != NULL ? share : add_share(distances, head, first_bucket);
}

enum vmt_status
vmt_distances_charge(struct vmt_distances *distances, uint32_t charge,
                     uint32_t distance)
{
   struct vmt_distance_share *share =
      vmt_distances_share_for(distances, charge, distance);

   if (share == NULL)
      return VMT_NO_MEMORY;
   vmt_distance_share_add(share, distance);
   return VMT_OK;
}

/* ---- reading ---- */

/* How many touches have distances of (from, to].  */
static uint64_t
sum_of(const struct vmt_distances *distances, uint64_t from, uint64_t to)
{
   uint64_t largest = distances->counts.n_records - 1, n = 0;

   if (to > largest)
      to = largest;
   for (uint64_t distance = from + 1; distance <= to; distance++)
      n += *count_at(distances, distance);
   return n;
}

uint64_t
vmt_distances_faults(const struct vmt_distances *distances, uint64_t ram_pages)
{
   return distances->n_touches - sum_of(distances, 0, ram_pages);
}

bool
vmt_distances_next_point(const struct vmt_distances *distances,
                         uint64_t last_pages, struct vmt_curve_point *point)
{
   uint64_t old = point->ram_pages, step = 1;

   if (old >= last_pages)
      return false;
   if (old == 0)
      point->n_faults = distances->n_touches;
   else if (old >> POINT_SHIFT != 0)
      step = (uint64_t)1 << (log2_of(old) - POINT_SHIFT);
   point->ram_pages = old + step < last_pages ? old + step : last_pages;
   point->n_faults -= sum_of(distances, old, point->ram_pages);
   return true;
}

struct vmt_distance_share *
vmt_distances_share(const struct vmt_distances *distances, uint32_t charge)
{
   const uint32_t *head;

   if (charge >= distances->heads.n_records)
      return NULL;
   head = vmt_vector_at(&distances->heads, charge);
   return share_at(distances, *head);
}

struct vmt_distance_share *
vmt_distances_next_share(const struct vmt_distances *distances,
                         const struct vmt_distance_share *share)
{
   return share_at(distances, share->next);
}
