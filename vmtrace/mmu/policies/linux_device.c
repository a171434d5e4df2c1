/* Writes go to one device, in the order in which they were asked for.  It has a
   latency, and is busy for a time with each page; reads wait for what was asked for
   before.  The requests of a pass of reclaim are kept back to its end (struct
   blk_plug of shrink_lruvec), or until there are too many.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/policies/linux_private.h"

/* block/blk-mq.c and blk.h, 6.12: blk_add_rq_to_plug, BLK_MAX_REQUEST_COUNT,
   BLK_PLUG_FLUSH_SIZE (128 KiB).  */
#define MAX_REQUESTS 32
#define FLUSH_PAGES 32

/* mm/filemap.c, folio_end_writeback; mm/swap.c, lru_move_tail.  A page that is off
   its list at that moment is not moved.  */
static void
end_write(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   bool moves = frame->reclaim && !frame->isolated && !frame->dirty && !frame->locked;

   frame->written = false;
   frame->reclaim = false;
   frame->next_write = VMT_NO_INDEX;
   if (!moves)
      return;
   vmt_linux_isolate(reclaim, at);
   frame->active = false;
   vmt_linux_add_tail(reclaim, at);
   reclaim->counts.n_rotated++;
}

void
vmt_linux_wait_until(struct vmt_reclaim *reclaim, uint64_t ns)
{
   if (ns > reclaim->now_ns)
      reclaim->now_ns = ns;
   while (reclaim->device.first != VMT_NO_INDEX) {
      uint32_t at = reclaim->device.first;
      struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

      if (frame->written_ns > reclaim->now_ns)
         break;
      reclaim->device.first = frame->next_write;
      end_write(reclaim, at);
   }
}

void
vmt_linux_spend(struct vmt_reclaim *reclaim, uint64_t ns)
{
   vmt_linux_wait_until(reclaim, reclaim->now_ns + ns);
}

/* When the device is through with n pages more.  */
static uint64_t
use_device(struct vmt_reclaim *reclaim, uint64_t n)
{
   if (reclaim->device.busy_ns < reclaim->now_ns)
      reclaim->device.busy_ns = reclaim->now_ns;
   return reclaim->device.busy_ns += n * reclaim->settings.page_ns;
}

void
vmt_linux_wait_for_read(struct vmt_reclaim *reclaim, uint64_t n)
{
   vmt_linux_spend(reclaim, n * VMT_LINUX_READ_NS);
   vmt_linux_wait_until(reclaim, use_device(reclaim, n) + reclaim->settings.read_ns);
}

void
vmt_linux_unplug(struct vmt_reclaim *reclaim)
{
   uint32_t at = reclaim->device.plugged_first;

   if (at == VMT_NO_INDEX)
      return;
   if (reclaim->device.first == VMT_NO_INDEX)
      reclaim->device.first = at;
   else
      vmt_linux_frame(reclaim, reclaim->device.last)->next_write = at;
   reclaim->device.last = reclaim->device.plugged_last;
   for (; at != VMT_NO_INDEX; at = vmt_linux_frame(reclaim, at)->next_write)
      vmt_linux_frame(reclaim, at)->written_ns =
         use_device(reclaim, 1) + reclaim->settings.write_ns;
   reclaim->device.plugged_first = VMT_NO_INDEX;
   reclaim->device.n_plugged = reclaim->device.n_requests = 0;
}

/* Whether the page goes into the request of the one before it.  */
static bool
merges(struct vmt_reclaim *reclaim, uint32_t slot)
{
   bool merged = reclaim->device.n_plugged != 0 && slot != VMT_NO_INDEX &&
                 slot == reclaim->device.last_slot + 1;

   reclaim->device.last_slot = slot;
   return merged;
}

void
vmt_linux_write(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   vmt_assert(!frame->written);
   if (merges(reclaim, frame->slot)) {
      reclaim->device.last_request_pages++;
   } else {
      if (reclaim->device.n_requests >= MAX_REQUESTS ||
          (reclaim->device.n_requests != 0 &&
           reclaim->device.last_request_pages >= FLUSH_PAGES))
         vmt_linux_unplug(reclaim);
      reclaim->device.n_requests++;
      reclaim->device.last_request_pages = 1;
   }
   frame->written = true;
   frame->dirty = false;
   frame->next_write = VMT_NO_INDEX;
   frame->written_ns = UINT64_MAX;
   if (reclaim->device.plugged_first == VMT_NO_INDEX)
      reclaim->device.plugged_first = at;
   else
      vmt_linux_frame(reclaim, reclaim->device.plugged_last)->next_write = at;
   reclaim->device.plugged_last = at;
   reclaim->device.n_plugged++;
}

void
vmt_linux_wait_for_write(struct vmt_reclaim *reclaim, uint32_t at)
{
   vmt_linux_unplug(reclaim);
   vmt_linux_wait_until(reclaim, vmt_linux_frame(reclaim, at)->written_ns);
   vmt_assert(!vmt_linux_frame(reclaim, at)->written);
}
