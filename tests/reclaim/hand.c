#include "tests/reclaim/hand.h"

#include "tests/mmu/check.h"
#include "tests/reclaim/invariants.h"
#include "vmtrace/mmu/policies/linux_private.h"

void
hand_start(struct vmt_reclaim *reclaim, uint64_t n_frames, uint64_t n_slots,
           enum vmt_swap_device device)
{
   struct vmt_reclaim_settings settings;

   vmt_reclaim_defaults(&settings);
   settings.n_frames = n_frames;
   settings.n_slots = n_slots;
   settings.device = device;
   CHECK_EQ(vmt_reclaim_init(reclaim, &settings), VMT_OK);
}

void
hand_start_generations(struct vmt_reclaim *reclaim, uint64_t n_frames, uint64_t n_slots,
                       enum vmt_swap_device device)
{
   hand_start(reclaim, n_frames, n_slots, device);
   reclaim->settings.generations = true;
}

void
hand_end(struct vmt_reclaim *reclaim)
{
   check_invariants(reclaim);
   vmt_reclaim_free(reclaim);
}

static enum vmt_reclaim_outcome
fault(struct vmt_reclaim *reclaim, uint64_t page, bool write, bool executable)
{
   struct vmt_reclaim_request request = {
      .page = page, .write = write, .executable = executable,
      .kind = page >= FIRST_FILE_PAGE ? VMT_RECLAIM_FILE : VMT_RECLAIM_ANON
   };
   struct vmt_reclaim_result result;

   CHECK_EQ(vmt_reclaim_fault(reclaim, &request, &result), VMT_OK);
   CHECK(!result.out_of_memory);
   return result.outcome;
}

enum vmt_reclaim_outcome
hand_fault(struct vmt_reclaim *reclaim, uint64_t page, bool write)
{
   return fault(reclaim, page, write, false);
}

enum vmt_reclaim_outcome
hand_fault_executable(struct vmt_reclaim *reclaim, uint64_t page)
{
   return fault(reclaim, page, false, true);
}

void
hand_fault_range(struct vmt_reclaim *reclaim, uint64_t start, uint64_t end)
{
   for (; start < end; start++)
      hand_fault(reclaim, start, start < FIRST_FILE_PAGE);
}

void
hand_read(struct vmt_reclaim *reclaim, uint64_t start, uint64_t n)
{
   CHECK_EQ(vmt_reclaim_read(reclaim, start, n, VMT_NO_PAGE, 0), VMT_OK);
}

void
hand_read_singly(struct vmt_reclaim *reclaim, uint64_t start, uint64_t n)
{
   for (uint64_t page = start; page < start + n; page++)
      hand_read(reclaim, page, 1);
}

void
hand_page_out(struct vmt_reclaim *reclaim, uint64_t start, uint64_t n)
{
   uint64_t pages[600];

   CHECK(n <= 600);
   for (uint64_t i = 0; i < n; i++)
      pages[i] = start + i;
   CHECK_EQ(vmt_reclaim_page_out(reclaim, pages, (uint32_t)n), VMT_OK);
}

uint32_t
hand_n_events(const struct vmt_reclaim *reclaim, enum vmt_reclaim_change change)
{
   uint32_t n = 0;

   for (uint32_t i = 0; i < reclaim->n_events; i++)
      n += reclaim->events[i].change == change;
   return n;
}

void
hand_check_events(const struct vmt_reclaim *reclaim, enum vmt_reclaim_change change,
                  uint64_t start, uint64_t end)
{
   for (uint32_t i = 0; i < reclaim->n_events; i++)
      if (reclaim->events[i].change == change)
         CHECK_EQ(reclaim->events[i].page, start++);
   CHECK_EQ(start, end);
}

void
hand_check_where(const struct vmt_reclaim *reclaim, uint64_t start, uint64_t end,
                 enum vmt_reclaim_place place)
{
   for (; start < end; start++)
      CHECK_EQ(vmt_reclaim_where(reclaim, start), place);
}

const struct vmt_reclaim_frame *
hand_frame(const struct vmt_reclaim *reclaim, uint64_t page)
{
   uint32_t at = vmt_linux_find(reclaim, page);

   CHECK(at != VMT_NO_INDEX);
   return vmt_linux_frame(reclaim, at);
}

void
hand_check_generation(const struct vmt_reclaim *reclaim, uint64_t page, uint64_t sequence)
{
   CHECK_EQ(hand_frame(reclaim, page)->generation, vmt_linux_generation(sequence));
}

void
hand_check_sequences(const struct vmt_reclaim *reclaim, uint64_t newest,
                     uint64_t oldest_anon, uint64_t oldest_file)
{
   CHECK_EQ(reclaim->generations.newest, newest);
   CHECK_EQ(reclaim->generations.oldest[0], oldest_anon);
   CHECK_EQ(reclaim->generations.oldest[1], oldest_file);
}
