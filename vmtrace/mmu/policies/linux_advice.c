/* What the program asks for by madvise and mlock, and frames that the kernel takes.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/policies/linux_private.h"

void
vmt_reclaim_cold(struct vmt_reclaim *reclaim, uint64_t page)
{
   uint32_t at = vmt_linux_find(reclaim, page);
   struct vmt_reclaim_frame *frame;

   if (at == VMT_NO_INDEX)
      return;
   frame = vmt_linux_frame(reclaim, at);
   frame->n_young = 0;
   frame->referenced = false;
   if (reclaim->settings.generations) {
      vmt_linux_generation_cold(reclaim, at);
      return;
   }
   if (!frame->active || frame->locked)
      return;
   vmt_linux_isolate(reclaim, at);
   frame->active = false;
   frame->workingset = true;
   vmt_linux_add(reclaim, at);
   reclaim->counts.n_deactivated++;
}

/* madvise_free_pte_range, lru_lazyfree.  */
bool
vmt_reclaim_lazy(struct vmt_reclaim *reclaim, uint64_t page)
{
   uint32_t at = vmt_linux_find(reclaim, page);
   struct vmt_reclaim_frame *frame;

   if (at == VMT_NO_INDEX)
      return false;
   frame = vmt_linux_frame(reclaim, at);
   if (frame->kind != VMT_RECLAIM_ANON || frame->locked || frame->n_mapped != 1 ||
       (frame->slot != VMT_NO_INDEX && !vmt_linux_free_swap(reclaim, at)))
      return false;
   vmt_linux_isolate(reclaim, at);
   frame->n_young = 0;
   frame->dirty = frame->entry_dirty = frame->active = frame->referenced = false;
   frame->lazy = true;
   vmt_linux_add(reclaim, at);
   return true;
}

void
vmt_reclaim_lock(struct vmt_reclaim *reclaim, uint64_t page, bool locked)
{
   uint32_t at = vmt_linux_find(reclaim, page);

   if (at == VMT_NO_INDEX || vmt_linux_frame(reclaim, at)->locked == locked)
      return;
   vmt_linux_isolate(reclaim, at);
   vmt_linux_frame(reclaim, at)->active = false;
   vmt_linux_frame(reclaim, at)->locked = locked;
   vmt_linux_add(reclaim, at);
}

enum vmt_status
vmt_reclaim_page_out(struct vmt_reclaim *reclaim, const uint64_t *pages, uint32_t n)
{
   vmt_linux_begin(reclaim);
   while (n != 0) {
      struct vmt_linux_batch batch = { .ignores_references = true };

      if (!vmt_linux_reserve_shrink(reclaim))
         return VMT_NO_MEMORY;
      for (; n != 0 && batch.n < SWAP_CLUSTER_MAX; pages++, n--) {
         uint32_t at = vmt_linux_find(reclaim, *pages);
         struct vmt_reclaim_frame *frame;

         if (at == VMT_NO_INDEX)
            continue;
         frame = vmt_linux_frame(reclaim, at);
         if (frame->locked || frame->isolated)
            continue;
         vmt_linux_isolate(reclaim, at);
         frame->active = frame->referenced = false;
         frame->n_young = 0;
         batch.frames[batch.n++] = at;
      }
      vmt_linux_shrink_batch(reclaim, &batch);
      vmt_linux_put_back(reclaim, &batch);
      vmt_linux_unplug(reclaim);
   }
   return VMT_OK;
}

/* ---- the kernel's own ---- */

enum vmt_status
vmt_reclaim_take_kernel(struct vmt_reclaim *reclaim, uint64_t n, bool *out_of_memory)
{
   vmt_linux_begin(reclaim);
   *out_of_memory = false;
   for (uint64_t i = 0; i < n; i++) {
      if (!vmt_linux_charge(reclaim, out_of_memory)) {
         reclaim->n_frames_used -= i;
         reclaim->n_kernel_frames -= i;
         return reclaim->status;
      }
      reclaim->n_kernel_frames++;
   }
   return VMT_OK;
}

void
vmt_reclaim_give_kernel(struct vmt_reclaim *reclaim, uint64_t n)
{
   vmt_assert_cmp(n, <=, reclaim->n_kernel_frames);
   reclaim->n_kernel_frames -= n;
   reclaim->n_frames_used -= n;
}
