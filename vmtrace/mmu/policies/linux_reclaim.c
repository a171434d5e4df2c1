#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/policies/linux_private.h"

void
vmt_reclaim_defaults(struct vmt_reclaim_settings *settings)
{
   *settings = (struct vmt_reclaim_settings){
      .device = VMT_SWAP_SOLID, .swappiness = 60, .page_cluster = 3,
      .read_ns = 50000, .write_ns = 65000, .page_ns = 1000
   };
}

enum vmt_status
vmt_reclaim_init(struct vmt_reclaim *reclaim, const struct vmt_reclaim_settings *settings)
{
   enum vmt_status status;

   memset(reclaim, 0, sizeof(*reclaim));
   if (settings->swappiness > 200 || settings->page_cluster > 5 ||
       settings->n_frames == 0 || settings->n_frames >= VMT_NO_INDEX)
      return VMT_BAD_INPUT;
   reclaim->settings = *settings;
   vmt_hashmap_init_in(&reclaim->pages, settings->arena, "reclaim pages");
   vmt_vector_init_in(&reclaim->frames, settings->arena, "reclaim frames",
                      sizeof(struct vmt_reclaim_frame));
   reclaim->first_free = VMT_NO_INDEX;
   for (uint32_t i = 0; i < VMT_RECLAIM_N_LISTS; i++)
      reclaim->lists[i].head = reclaim->lists[i].tail = VMT_NO_INDEX;
   vmt_linux_generations_init(reclaim);
   reclaim->device.first = reclaim->device.last = VMT_NO_INDEX;
   reclaim->device.plugged_first = reclaim->device.plugged_last = VMT_NO_INDEX;
   status = vmt_linux_swap_init(reclaim);
   if (status != VMT_OK)
      vmt_reclaim_free(reclaim);
   return status;
}

void
vmt_reclaim_free(struct vmt_reclaim *reclaim)
{
   vmt_linux_swap_free(reclaim);
   vmt_hashmap_free(&reclaim->pages);
   vmt_vector_free(&reclaim->frames);
   vmt_arena_free(reclaim->settings.arena, reclaim->events);
   memset(reclaim, 0, sizeof(*reclaim));
}

void
vmt_reclaim_set_frames(struct vmt_reclaim *reclaim, uint64_t n_frames)
{
   vmt_assert(n_frames != 0 && n_frames < VMT_NO_INDEX);
   reclaim->settings.n_frames = n_frames;
}

void
vmt_reclaim_run(struct vmt_reclaim *reclaim, uint64_t ns)
{
   vmt_linux_spend(reclaim, ns);
}

/* ---- faults ---- */

/* A frame, charged for, for a page that is not in memory; its shadow is dealt with.
   VMT_NO_INDEX: no memory.  */
static uint32_t
bring_in(struct vmt_reclaim *reclaim, uint64_t page, enum vmt_reclaim_kind kind,
         uint32_t charge)
{
   uint64_t *place, shadow = 0;
   bool refaults = false;
   uint32_t at = VMT_NO_INDEX;

   if (vmt_linux_reserve_events(reclaim, 3) &&
       vmt_hashmap_put(&reclaim->pages, page, &place) == VMT_OK) {
      refaults = vmt_linux_where(*place) == VMT_LINUX_SHADOW;
      shadow = vmt_linux_number(*place);
      at = vmt_linux_take_frame(reclaim, page, kind, charge);
      if (at == VMT_NO_INDEX && !refaults)
         vmt_hashmap_delete(&reclaim->pages, page);
   }
   if (at == VMT_NO_INDEX) {
      reclaim->n_frames_used--;
      reclaim->status = VMT_NO_MEMORY;
      return VMT_NO_INDEX;
   }
   if (kind == VMT_RECLAIM_FILE) {
      vmt_linux_note(reclaim, vmt_linux_frame(reclaim, at), VMT_RECLAIM_FILE_READ);
      reclaim->counts.n_file_read++;
   }
   if (refaults)
      vmt_linux_refault(reclaim, at, shadow);
   vmt_linux_add_new(reclaim, at);
   return at;
}

/* page_cache_ra_unbounded: pages of a file, in order, that are not in memory, until there
   is no frame.  They are locked until all are read.  How many there are.  */
static uint64_t
read_pages(struct vmt_reclaim *reclaim, uint64_t start, uint64_t n, uint64_t mark,
           uint32_t charge)
{
   uint64_t n_read = 0;

   for (uint64_t page = start; page < start + n; page++) {
      uint32_t at;

      if (vmt_linux_find(reclaim, page) != VMT_NO_INDEX)
         continue;
      if (!vmt_linux_charge_read_ahead(reclaim))
         break;
      at = bring_in(reclaim, page, VMT_RECLAIM_FILE, charge);
      if (at == VMT_NO_INDEX)
         break;
      vmt_linux_frame(reclaim, at)->pinned = true;
      vmt_linux_frame(reclaim, at)->read_ahead = page == mark;
      n_read++;
   }
   return n_read;
}

static void
unpin(struct vmt_reclaim *reclaim, uint64_t start, uint64_t n)
{
   for (uint64_t page = start; page < start + n; page++) {
      uint32_t at = vmt_linux_find(reclaim, page);

      if (at != VMT_NO_INDEX)
         vmt_linux_frame(reclaim, at)->pinned = false;
   }
}

/* filemap_fault: the read-ahead, and the page itself if it was not in it.  */
static void
read_file(struct vmt_reclaim *reclaim, const struct vmt_reclaim_request *request,
          struct vmt_reclaim_result *result)
{
   uint64_t n_read = read_pages(reclaim, request->read_start, request->n_read,
                                request->read_mark, request->charge);

   if (reclaim->status == VMT_OK &&
       vmt_linux_find(reclaim, request->page) == VMT_NO_INDEX &&
       vmt_linux_charge(reclaim, &result->out_of_memory)) {
      bring_in(reclaim, request->page, VMT_RECLAIM_FILE, request->charge);
      n_read++;
   }
   vmt_linux_wait_for_read(reclaim, n_read);
   unpin(reclaim, request->read_start, request->n_read);
   result->outcome = VMT_RECLAIM_READ;
}

/* do_swap_page, once the page is in the swap cache.  */
static void
map_from_cache(struct vmt_reclaim *reclaim, uint32_t at,
               const struct vmt_reclaim_request *request)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   vmt_assert(frame->slot != VMT_NO_INDEX);
   if (frame->kind == VMT_RECLAIM_SHMEM) {      /* shmem_swapin_folio */
      if (frame->written)
         vmt_linux_wait_for_write(reclaim, at);
      vmt_linux_slot(reclaim, frame->slot)->n_entries = 0;
      vmt_linux_leave_cache(reclaim, at);
      return;
   }
   vmt_assert(vmt_linux_slot(reclaim, frame->slot)->n_entries != 0);
   vmt_linux_slot(reclaim, frame->slot)->n_entries--;
   /* should_try_to_free_swap.  */
   if (reclaim->settings.device == VMT_SWAP_MEMORY || vmt_linux_swap_is_full(reclaim) ||
       (request->write && frame->n_mapped == 0))
      vmt_linux_free_swap(reclaim, at);
}

static void
find_in_memory(struct vmt_reclaim *reclaim, uint32_t at,
               const struct vmt_reclaim_request *request,
               struct vmt_reclaim_result *result)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   if (frame->slot == VMT_NO_INDEX) {
      vmt_assert(frame->kind != VMT_RECLAIM_ANON);
      result->outcome = VMT_RECLAIM_CACHED;
      result->marked = frame->read_ahead;
      frame->read_ahead = false;
      return;
   }
   result->outcome = VMT_RECLAIM_SWAP_HIT;
   vmt_linux_read_ahead_hit(reclaim, frame,
                            frame->kind == VMT_RECLAIM_ANON ? request->area : NULL);
   map_from_cache(reclaim, at, request);
}

enum vmt_status
vmt_reclaim_fault(struct vmt_reclaim *reclaim, const struct vmt_reclaim_request *request,
                  struct vmt_reclaim_result *result)
{
   const uint64_t *place = vmt_hashmap_find(&reclaim->pages, request->page);
   enum vmt_linux_where where = place != NULL ? vmt_linux_where(*place) : 0;
   uint32_t number = place != NULL ? (uint32_t)vmt_linux_number(*place) : 0;

   memset(result, 0, sizeof(*result));
   vmt_linux_begin(reclaim);
   reclaim->in_fault = !request->no_recency;            /* lru_gen_enter_fault */
   vmt_linux_spend(reclaim, VMT_LINUX_FAULT_NS);
   if (where == VMT_LINUX_FRAME) {
      find_in_memory(reclaim, number, request, result);
   } else if (where == VMT_LINUX_SLOT) {
      result->outcome = VMT_RECLAIM_SWAP_IN;
      number = vmt_linux_swap_in(reclaim, request, number, &result->out_of_memory);
      if (reclaim->status == VMT_OK)
         map_from_cache(reclaim, number, request);
   } else if (request->kind == VMT_RECLAIM_FILE) {
      read_file(reclaim, request, result);
   } else {
      result->outcome = VMT_RECLAIM_NEW;
      if (vmt_linux_charge(reclaim, &result->out_of_memory))
         bring_in(reclaim, request->page, request->kind, request->charge);
   }
   if (reclaim->status == VMT_OK)
      vmt_linux_map(reclaim, vmt_linux_find(reclaim, request->page), request);
   return reclaim->status;
}

enum vmt_status
vmt_reclaim_read(struct vmt_reclaim *reclaim, uint64_t start, uint64_t n, uint64_t mark,
                 uint32_t charge)
{
   vmt_linux_begin(reclaim);
   read_pages(reclaim, start, n, mark, charge);
   unpin(reclaim, start, n);
   return reclaim->status;
}

enum vmt_status
vmt_reclaim_fault_read(struct vmt_reclaim *reclaim,
                       const struct vmt_reclaim_request *request)
{
   vmt_linux_begin(reclaim);
   reclaim->in_fault = !request->no_recency;
   read_pages(reclaim, request->read_start, request->n_read, request->read_mark,
              request->charge);
   unpin(reclaim, request->read_start, request->n_read);
   return reclaim->status;
}

/* ---- what there is ---- */

enum vmt_reclaim_place
vmt_reclaim_where(const struct vmt_reclaim *reclaim, uint64_t page)
{
   static const enum vmt_reclaim_place places[] = {
      VMT_RECLAIM_NOWHERE, VMT_RECLAIM_IN_MEMORY, VMT_RECLAIM_IN_SWAP,
      VMT_RECLAIM_EVICTED_FILE
   };
   const uint64_t *place = vmt_hashmap_find(&reclaim->pages, page);

   return places[place != NULL ? vmt_linux_where(*place) : 0];
}

uint32_t
vmt_reclaim_n_mapped(const struct vmt_reclaim *reclaim, uint64_t page)
{
   uint32_t at = vmt_linux_find(reclaim, page);

   return at == VMT_NO_INDEX ? 0 : vmt_linux_frame(reclaim, at)->n_mapped;
}

const struct vmt_reclaim_frame *
vmt_reclaim_next(const struct vmt_reclaim *reclaim, uint32_t *cursor)
{
   while (*cursor < reclaim->frames.n_records) {
      const struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, (*cursor)++);

      if (frame->in_use)
         return frame;
   }
   return NULL;
}
