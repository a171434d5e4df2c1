#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/policies/linux_private.h"

bool
vmt_linux_reserve_events(struct vmt_reclaim *reclaim, uint32_t n)
{
   struct vmt_reclaim_event *events;
   uint64_t capacity = reclaim->events_capacity;

   if (reclaim->n_events + (uint64_t)n <= capacity)
      return true;
   capacity = 2 * capacity + n;
   if (capacity > UINT32_MAX)
      return false;
   events = vmt_arena_alloc(reclaim->settings.arena, "reclaim events",
                            capacity * sizeof(*events));
   if (events == NULL)
      return false;
   if (reclaim->n_events != 0)
      memcpy(events, reclaim->events, reclaim->n_events * sizeof(*events));
   vmt_arena_free(reclaim->settings.arena, reclaim->events);
   reclaim->events = events;
   reclaim->events_capacity = (uint32_t)capacity;
   return true;
}

void
vmt_linux_note(struct vmt_reclaim *reclaim, const struct vmt_reclaim_frame *frame,
               enum vmt_reclaim_change change)
{
   if (frame->page == VMT_NO_PAGE)
      return;
   vmt_assert_cmp(reclaim->n_events, <, reclaim->events_capacity);
   reclaim->events[reclaim->n_events++] = (struct vmt_reclaim_event){
      .page = frame->page, .charge = frame->charge, .change = change
   };
}

uint32_t
vmt_linux_take_frame(struct vmt_reclaim *reclaim, uint64_t page,
                     enum vmt_reclaim_kind kind, uint32_t charge)
{
   uint32_t at = reclaim->first_free;
   struct vmt_reclaim_frame *frame;

   if (at != VMT_NO_INDEX) {
      frame = vmt_linux_frame(reclaim, at);
      reclaim->first_free = frame->next;
   } else {
      at = reclaim->frames.n_records;
      frame = vmt_vector_push(&reclaim->frames);
      if (frame == NULL)
         return VMT_NO_INDEX;
   }
   *frame = (struct vmt_reclaim_frame){
      .page = page, .charge = charge, .kind = kind, .in_use = true, .isolated = true,
      .slot = VMT_NO_INDEX, .next = VMT_NO_INDEX, .previous = VMT_NO_INDEX,
      .next_write = VMT_NO_INDEX
   };
   vmt_linux_set_place(reclaim, page, vmt_linux_place(VMT_LINUX_FRAME, at));
   return at;
}

void
vmt_linux_give_frame(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   vmt_assert(frame->in_use && frame->isolated && !frame->written);
   vmt_assert_cmp(frame->slot, ==, VMT_NO_INDEX);
   memset(frame, 0, sizeof(*frame));
   frame->page = VMT_NO_PAGE;
   frame->next = reclaim->first_free;
   reclaim->first_free = at;
   reclaim->n_frames_used--;
}

uint32_t
vmt_linux_find(const struct vmt_reclaim *reclaim, uint64_t page)
{
   const uint64_t *place = vmt_hashmap_find(&reclaim->pages, page);

   if (place == NULL || vmt_linux_where(*place) != VMT_LINUX_FRAME)
      return VMT_NO_INDEX;
   return (uint32_t)vmt_linux_number(*place);
}

void
vmt_linux_set_place(struct vmt_reclaim *reclaim, uint64_t page, uint64_t place)
{
   uint64_t *value = vmt_hashmap_find(&reclaim->pages, page);

   vmt_assert(value != NULL);
   *value = place;
}

/* ---- lists ---- */

static struct vmt_reclaim_list *
list_of(struct vmt_reclaim *reclaim, const struct vmt_reclaim_frame *frame)
{
   if (frame->locked)
      return &reclaim->lists[VMT_RECLAIM_UNEVICTABLE];
   if (reclaim->settings.generations)
      return &reclaim->generations.lists[frame->listed][vmt_linux_is_file(frame)];
   return &reclaim->lists[(vmt_linux_is_file(frame) ? VMT_RECLAIM_INACTIVE_FILE
                                                    : VMT_RECLAIM_INACTIVE_ANON) +
                          frame->active];
}

static void
link_head(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   struct vmt_reclaim_list *list = list_of(reclaim, frame);

   frame->previous = VMT_NO_INDEX;
   frame->next = list->head;
   if (list->head != VMT_NO_INDEX)
      vmt_linux_frame(reclaim, list->head)->previous = at;
   else
      list->tail = at;
   list->head = at;
   list->n++;
}

static void
link_tail(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   struct vmt_reclaim_list *list = list_of(reclaim, frame);

   frame->next = VMT_NO_INDEX;
   frame->previous = list->tail;
   if (list->tail != VMT_NO_INDEX)
      vmt_linux_frame(reclaim, list->tail)->next = at;
   else
      list->head = at;
   list->tail = at;
   list->n++;
}

static void
unlink_frame(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);
   struct vmt_reclaim_list *list = list_of(reclaim, frame);

   if (frame->previous != VMT_NO_INDEX)
      vmt_linux_frame(reclaim, frame->previous)->next = frame->next;
   else
      list->head = frame->next;
   if (frame->next != VMT_NO_INDEX)
      vmt_linux_frame(reclaim, frame->next)->previous = frame->previous;
   else
      list->tail = frame->previous;
   list->n--;
}

/* lruvec_add_folio, lruvec_add_folio_tail.  */
static void
add(struct vmt_reclaim *reclaim, uint32_t at, bool to_tail)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   vmt_assert(frame->isolated);
   frame->isolated = false;
   if (reclaim->settings.generations && !frame->locked)
      vmt_linux_enter_generation(reclaim, frame, to_tail);
   if (to_tail)
      link_tail(reclaim, at);
   else
      link_head(reclaim, at);
}

void
vmt_linux_add(struct vmt_reclaim *reclaim, uint32_t at)
{
   add(reclaim, at, false);
}

void
vmt_linux_add_tail(struct vmt_reclaim *reclaim, uint32_t at)
{
   add(reclaim, at, true);
}

/* folio_add_lru.  */
void
vmt_linux_add_new(struct vmt_reclaim *reclaim, uint32_t at)
{
   if (reclaim->settings.generations && reclaim->in_fault)
      vmt_linux_frame(reclaim, at)->active = true;
   add(reclaim, at, false);
}

void
vmt_linux_isolate(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   vmt_assert(!frame->isolated);
   unlink_frame(reclaim, at);
   if (reclaim->settings.generations && !frame->locked)
      vmt_linux_leave_generation(reclaim, frame);
   frame->isolated = true;
}

void
vmt_linux_relist(struct vmt_reclaim *reclaim, uint32_t at, bool to_tail)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   vmt_assert(!frame->isolated && !frame->locked);
   unlink_frame(reclaim, at);
   frame->listed = frame->generation;
   if (to_tail)
      link_tail(reclaim, at);
   else
      link_head(reclaim, at);
}

/* mm/swap.c, lru_activate and workingset_activation.  */
void
vmt_linux_activate(struct vmt_reclaim *reclaim, uint32_t at)
{
   struct vmt_reclaim_frame *frame = vmt_linux_frame(reclaim, at);

   if (frame->active || frame->locked)
      return;
   vmt_linux_isolate(reclaim, at);
   frame->active = true;
   vmt_linux_add(reclaim, at);
   reclaim->counts.n_activated++;
   reclaim->age++;
}
