/* Which generation a page is of: include/linux/mm_inline.h, and the functions of
   mm/vmscan.c, swap.c and workingset.c that begin with lru_gen, 6.18.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/policies/linux_private.h"

/* LRU_REFS_WIDTH: MAX_NR_TIERS - 2 bits.  */
#define REFS_SHIFT 2
#define MAX_REFS ((1u << REFS_SHIFT) - 1)

/* lru_gen_init_lruvec.  */
void
vmt_linux_generations_init(struct vmt_reclaim *reclaim)
{
   reclaim->generations.newest = VMT_LINUX_MIN_GENERATIONS + 1;
   for (uint32_t i = 0; i < VMT_RECLAIM_N_GENERATIONS; i++)
      for (uint32_t type = 0; type < 2; type++) {
         struct vmt_reclaim_list *list = &reclaim->generations.lists[i][type];

         list->head = list->tail = VMT_NO_INDEX;
      }
}

/* lru_gen_folio_seq.  */
uint64_t
vmt_linux_sequence_for(const struct vmt_reclaim *reclaim,
                       const struct vmt_reclaim_frame *frame, bool at_once)
{
   bool file = vmt_linux_is_file(frame);
   uint64_t oldest = reclaim->generations.oldest[file], sequence;
   uint32_t age;

   if (frame->active)
      age = VMT_LINUX_MIN_GENERATIONS - frame->workingset;
   else if (at_once)
      age = VMT_RECLAIM_N_GENERATIONS;
   else if ((!file && frame->slot == VMT_NO_INDEX) ||
            (frame->reclaim && (frame->dirty || frame->written)))
      age = VMT_LINUX_MIN_GENERATIONS;
   else
      age = VMT_RECLAIM_N_GENERATIONS - frame->workingset;
   sequence = reclaim->generations.newest + 1 - age;
   return sequence > oldest ? sequence : oldest;
}

/* lru_gen_add_folio.  */
void
vmt_linux_enter_generation(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame,
                           bool at_once)
{
   uint64_t sequence = vmt_linux_sequence_for(reclaim, frame, at_once);

   frame->generation = frame->listed = vmt_linux_generation(sequence) & 3;
   frame->active = false;
   reclaim->generations.n_pages[frame->generation][vmt_linux_is_file(frame)]++;
}

void
vmt_linux_leave_generation(struct vmt_reclaim *reclaim,
                           const struct vmt_reclaim_frame *frame)
{
   reclaim->generations.n_pages[frame->generation][vmt_linux_is_file(frame)]--;
}

static void
move_to(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame, uint64_t sequence)
{
   vmt_linux_leave_generation(reclaim, frame);
   frame->generation = vmt_linux_generation(sequence) & 3;
   reclaim->generations.n_pages[frame->generation][vmt_linux_is_file(frame)]++;
}

static void
clear_refs(struct vmt_reclaim_frame *frame)
{
   frame->referenced = false;
   frame->n_refs = 0;
}

/* lru_gen_set_refs.  */
bool
vmt_linux_set_refs(struct vmt_reclaim_frame *frame)
{
   bool again = frame->referenced || frame->workingset;

   clear_refs(frame);
   if (again)
      frame->workingset = true;
   else
      frame->referenced = true;
   return again;
}

/* folio_update_gen.  */
void
vmt_linux_promote(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame)
{
   if (vmt_linux_set_refs(frame))
      move_to(reclaim, frame, reclaim->generations.newest);
}

/* folio_inc_gen.  */
void
vmt_linux_spare(struct vmt_reclaim *reclaim, struct vmt_reclaim_frame *frame,
                bool to_be_freed)
{
   if (!vmt_linux_is_oldest(reclaim, frame))
      return;
   move_to(reclaim, frame, reclaim->generations.oldest[vmt_linux_is_file(frame)] + 1);
   clear_refs(frame);
   if (to_be_freed)
      frame->reclaim = true;
}

/* lru_gen_inc_refs.  */
void
vmt_linux_generation_accessed(struct vmt_reclaim_frame *frame)
{
   if (frame->locked)
      return;
   if (!frame->referenced) {
      clear_refs(frame);
      frame->referenced = true;
   } else if (frame->n_refs == MAX_REFS) {
      frame->workingset = true;
   } else {
      frame->n_refs = (frame->n_refs + 1u) & MAX_REFS;
   }
}

/* folio_deactivate, lru_gen_clear_refs, lru_deactivate.  */
void
vmt_linux_generation_cold(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   if (frame->locked)
      return;
   clear_refs(frame);
   frame->workingset = false;
   if (vmt_linux_is_oldest(reclaim, frame))
      return;
   vmt_linux_isolate(reclaim, at);
   vmt_linux_add(reclaim, at);
   reclaim->counts.n_deactivated++;
}

/* ---- shadow entries: the generation, how often it was accessed, workingset ---- */

/* lru_gen_eviction.  */
uint64_t
vmt_linux_generation_eviction(struct vmt_reclaim *reclaim,
                              const struct vmt_reclaim_frame *frame)
{
   struct vmt_reclaim_generations *generations = &reclaim->generations;
   bool file = vmt_linux_is_file(frame);
   uint64_t token = generations->oldest[file] << REFS_SHIFT;

   if (frame->referenced)
      token |= frame->n_refs;
   generations->tiers[file][vmt_linux_tier(frame)].n_evicted++;
   return token << 1 | frame->workingset;
}

/* lru_gen_test_recent.  */
static bool
is_recent(const struct vmt_reclaim *reclaim, uint64_t sequence)
{
   return reclaim->generations.newest - sequence < VMT_RECLAIM_N_GENERATIONS;
}

/* lru_gen_refault, but for the accesses that it gives back: they do not count while
   the page is not referenced, and are forgotten when it is.  */
void
vmt_linux_generation_refault(struct vmt_reclaim *reclaim, uint32_t at, uint64_t shadow)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   bool file = vmt_linux_is_file(frame);
   uint64_t token = shadow >> 1;
   uint32_t n_refs = token & MAX_REFS;
   bool workingset = shadow & 1;

   if (!is_recent(reclaim, token >> REFS_SHIFT))
      return;
   vmt_linux_note(reclaim, frame, VMT_RECLAIM_RESTORED);
   reclaim->generations.tiers[file][vmt_linux_tier_of(n_refs + 1, workingset)]
      .n_refaulted++;
   if (reclaim->in_fault)
      reclaim->counts.n_refaults_activated[file]++;
   if (workingset) {
      frame->workingset = true;
      reclaim->counts.n_refaults_restored[file]++;
   }
}
