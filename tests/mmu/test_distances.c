/* Histograms of stack distances; what they are histograms of is checked in
   test_stack_distance.c and tests/machine/test_touches.c.  */

#include "tests/mmu/check.h"
#include "vmtrace/mmu/containers/distances.h"

static struct vmt_distances distances;

/* Buckets of eight an octave: each distance alone up to 16, then pairs,
   fours.  */
static void
test_buckets(void)
{
   CHECK_EQ(vmt_distance_bucket(VMT_FIRST_TOUCH), 0);
   for (uint32_t distance = 1; distance <= 16; distance++)
      CHECK_EQ(vmt_distance_bucket(distance), distance);
   CHECK_EQ(vmt_distance_bucket(17), 17);
   CHECK_EQ(vmt_distance_bucket(18), 17);
   CHECK_EQ(vmt_distance_bucket(19), 18);
   CHECK_EQ(vmt_distance_bucket(32), 24);
   CHECK_EQ(vmt_distance_bucket(33), 25);
   CHECK_EQ(vmt_distance_bucket(36), 25);
   CHECK_EQ(vmt_distance_bucket(37), 26);
   CHECK_EQ(vmt_distance_bucket(UINT32_MAX), VMT_DISTANCE_BUCKETS - 1);
   CHECK_EQ(vmt_distance_bucket_start(1), 0);
   CHECK_EQ(vmt_distance_bucket_start(17), 16);
   CHECK_EQ(vmt_distance_bucket_start(25), 32);
   CHECK_ASSERTS(vmt_distance_bucket_start(0));
   for (uint32_t bucket = 1; bucket < VMT_DISTANCE_BUCKETS; bucket++) {
      uint64_t start = vmt_distance_bucket_start(bucket);
      uint64_t next = vmt_distance_bucket_start(bucket + 1);

      CHECK(start < next);
      CHECK_EQ(vmt_distance_bucket((uint32_t)start + 1), bucket);
      if (next > UINT32_MAX)
         next = UINT32_MAX;
      CHECK_EQ(vmt_distance_bucket((uint32_t)next), bucket);
   }
   CHECK_EQ(vmt_distance_bucket_start(VMT_DISTANCE_BUCKETS), (uint64_t)1 << 32);
}

/* The points of a large curve: all sizes to 256, 128 an octave, the peak; all
   of them the curve's, and each size where buckets meet among them.  Cyclic
   touches: every distance is the number of pages.  */
static void
test_points(void)
{
   static const uint64_t peaks[] = { 1, 255, 256, 257, 300, 1000, 5000, 70001 };

   for (uint32_t i = 0; i < sizeof(peaks) / sizeof(*peaks); i++) {
      struct vmt_curve_point point = { 0 };
      uint64_t peak = peaks[i], n_points = 0, last = 0;
      uint32_t bucket = 2;

      CHECK_EQ(vmt_distances_init(&distances), VMT_OK);
      for (uint64_t k = 0; k < 2 * peak; k++)
         CHECK_EQ(vmt_distances_count(&distances, k < peak ? 0 : (uint32_t)peak),
                  VMT_OK);
      while (vmt_distances_next_point(&distances, peak, &point)) {
         uint64_t step = point.ram_pages - last;

         CHECK(step == 1 || (last >= 256 && step * 128 <= last));
         CHECK_EQ(point.n_faults, point.ram_pages < peak ? 2 * peak : peak);
         bucket += point.ram_pages == vmt_distance_bucket_start(bucket);
         last = point.ram_pages;
         n_points++;
      }
      CHECK_EQ(last, peak);
      CHECK(n_points >= (peak < 256 ? peak : 256));
      CHECK(n_points <= 256 + 128 * 9);         /* 9 octaves to 131072 */
      CHECK(vmt_distance_bucket_start(bucket) > peak);
      vmt_distances_free(&distances);
      CHECK_EQ(test_n_blocks(), 0);
   }
}

/* Nothing but first touches: each faults at any size, and no more is known of
   sizes than the caller says.  */
static void
test_first_touches(void)
{
   struct vmt_curve_point point = { 0 };

   CHECK_EQ(vmt_distances_init(&distances), VMT_OK);
   CHECK(!vmt_distances_next_point(&distances, 0, &point));
   for (int i = 0; i < 5; i++)
      CHECK_EQ(vmt_distances_count(&distances, VMT_FIRST_TOUCH), VMT_OK);
   CHECK_EQ(vmt_distances_faults(&distances, 1), 5);
   CHECK_EQ(vmt_distances_faults(&distances, UINT32_MAX), 5);
   CHECK(vmt_distances_next_point(&distances, 1, &point));
   CHECK_EQ(point.n_faults, 5);
   CHECK(vmt_distances_share(&distances, 0) == NULL);
   vmt_distances_free(&distances);
}

static uint64_t
n_charged(uint32_t charge)
{
   const struct vmt_distance_share *share = vmt_distances_share(&distances, charge);
   uint64_t n = 0;

   for (; share != NULL; share = vmt_distances_next_share(&distances, share))
      for (uint32_t i = 0; i < VMT_SHARE_BUCKETS; i++)
         n += share->counts[i];
   return n;
}

/* Each allocation of each call fails once, and leaves the counts as they were. */
static void
test_no_memory(void)
{
   uint32_t n_failures = 0;

   for (uint64_t nth = 1;; nth++) {
      test_fail_nth(nth);
      if (vmt_distances_init(&distances) == VMT_OK)
         break;
      CHECK(test_fail_came());
      CHECK_EQ(test_n_blocks(), 0);
   }
   for (uint32_t i = 0; i < 20000; i++) {
      uint32_t distance = i * 7 % 30000, charge = i % 9000;
      uint64_t n_before = n_charged(charge);

      for (uint64_t n = 0;; n++) {
         test_fail_each(n);
         if (vmt_distances_count(&distances, distance) == VMT_OK)
            break;
         n_failures++;
         CHECK_EQ(distances.n_touches, i);
      }
      for (uint64_t n = 0;; n++) {
         test_fail_each(n);
         if (vmt_distances_charge(&distances, charge, distance) == VMT_OK)
            break;
         n_failures++;
         CHECK_EQ(n_charged(charge), n_before);
      }
      test_fail_nth(0);
      CHECK_EQ(distances.n_touches, i + 1);
      CHECK_EQ(n_charged(charge), n_before + 1);
   }
   CHECK(n_failures > 10);
   vmt_distances_free(&distances);
   CHECK_EQ(test_n_blocks(), 0);
}

int
main(void)
{
   test_begin("test_distances");
   test_buckets();
   test_points();
   test_first_touches();
   test_no_memory();
   return test_end();
}
