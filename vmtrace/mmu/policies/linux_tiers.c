/* mm/vmscan.c, 6.18: the controller that decides which pages of the oldest generation are
   spared.  Pages that were accessed by read() or write() are of tiers; a tier of which
   more come back than of the first, in proportion to what was looked at, is spared.  */

#include "vmtrace/mmu/policies/linux_private.h"

#define MAX_SWAPPINESS 200u
#define MAX_ACCESSES 4u                 /* BIT(LRU_REFS_WIDTH) */

/* folio_lru_refs.  */
static uint32_t
n_accesses(const struct vmt_reclaim_frame *frame)
{
   return frame->referenced ? frame->n_refs + 1u : 0;
}

/* lru_tier_from_refs.  */
uint32_t
vmt_linux_tier_of(uint32_t n, bool workingset)
{
   static const uint32_t tiers[MAX_ACCESSES + 1] = { 0, 0, 1, 2, 2 };  /* order_base_2 */

   return workingset ? VMT_RECLAIM_N_TIERS - 1 : tiers[n];
}

uint32_t
vmt_linux_tier(const struct vmt_reclaim_frame *frame)
{
   return vmt_linux_tier_of(n_accesses(frame), frame->workingset);
}

bool
vmt_linux_is_saturated(const struct vmt_reclaim_frame *frame)
{
   return n_accesses(frame) + frame->workingset == MAX_ACCESSES + 1;
}

/* sort_folio, inc_min_seq.  */
void
vmt_linux_count_protected(struct vmt_reclaim *reclaim,
                          const struct vmt_reclaim_frame *frame)
{
   bool file = vmt_linux_is_file(frame);

   if (!vmt_linux_is_saturated(frame))
      reclaim->generations.tiers[file][vmt_linux_tier(frame)].n_protected++;
}

struct position {                       /* struct ctrl_pos */
   uint64_t n_refaulted, n_total, gain;
};

/* read_ctrl_pos.  */
static struct position
position_of(const struct vmt_reclaim *reclaim, uint32_t type, uint32_t first,
            uint32_t last, uint64_t gain)
{
   struct position position = { .gain = gain };

   for (uint32_t i = first; i <= last; i++) {
      const struct vmt_reclaim_tier *tier = &reclaim->generations.tiers[type][i];

      position.n_refaulted += tier->average_refaulted + tier->n_refaulted;
      position.n_total += tier->average_total + tier->n_protected + tier->n_evicted;
   }
   return position;
}

/* positive_ctrl_err: few of `other` come back, or no more than of `first`.  */
static bool
is_no_worse(const struct position *other, const struct position *first)
{
   return other->n_refaulted < MIN_LRU_BATCH ||
          other->n_refaulted * (first->n_total + MIN_LRU_BATCH) * first->gain <=
             (first->n_refaulted + 1) * other->n_total * other->gain;
}

/* get_tier_idx.  */
uint32_t
vmt_linux_last_tier(const struct vmt_reclaim *reclaim, uint32_t type)
{
   struct position first = position_of(reclaim, type, 0, 0, 2);
   uint32_t tier = 1;

   for (; tier < VMT_RECLAIM_N_TIERS; tier++) {
      struct position other = position_of(reclaim, type, tier, tier, 3);

      if (!is_no_worse(&other, &first))
         break;
   }
   return tier - 1;
}

/* get_type_to_scan.  */
bool
vmt_linux_prefers_file(const struct vmt_reclaim *reclaim, uint32_t swappiness)
{
   struct position anon, file;

   if (swappiness <= 1 || swappiness >= MAX_SWAPPINESS)
      return swappiness <= 1;
   anon = position_of(reclaim, 0, 0, VMT_RECLAIM_N_TIERS - 1, swappiness);
   file = position_of(reclaim, 1, 0, VMT_RECLAIM_N_TIERS - 1,
                      MAX_SWAPPINESS - swappiness);
   return is_no_worse(&file, &anon);
}

/* reset_ctrl_pos, with carryover.  */
void
vmt_linux_end_tiers(struct vmt_reclaim *reclaim, uint32_t type)
{
   for (uint32_t i = 0; i < VMT_RECLAIM_N_TIERS; i++) {
      struct vmt_reclaim_tier *tier = &reclaim->generations.tiers[type][i];

      tier->average_refaulted = (tier->average_refaulted + tier->n_refaulted) / 2;
      tier->average_total =
         (tier->average_total + tier->n_protected + tier->n_evicted) / 2;
      tier->n_refaulted = tier->n_protected = tier->n_evicted = 0;
   }
}
