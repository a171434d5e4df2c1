/* Limited memory on the model machine, seen access by access: one array of frames, looked
   through from one end to the other.  */

#include "tests/machine/model_machine.h"

#include <stdlib.h>
#include <string.h>

static int
frame_of(const struct model_memory *memory, int page)
{
   for (int i = 0; i < memory->n_frames; i++)
      if (memory->frames[i].page == page)
         return i;
   return -1;
}

void
model_memory_start(struct model_machine *machine)
{
   struct model_memory *memory = &machine->memory;

   memory->n_touches = memory->n_freed = 0;
   memory->hand = 0;
   memory->is_out = false;
   memory->n_frames = memory->n_frames_set;
   for (int i = 0; i < MODEL_MAX_FRAMES; i++)
      memory->frames[i] = (struct model_frame){ .page = MODEL_FREE_FRAME };
}

void
model_memory_forget(struct model_machine *machine, int page)
{
   struct model_memory *memory = &machine->memory;
   int frame = frame_of(memory, page);

   if (frame < 0)
      return;
   memory->frames[frame] = (struct model_frame){ .page = MODEL_FREE_FRAME,
                                                 .freed = ++memory->n_freed };
}

void
model_memory_rename(struct model_machine *machine, int from, int to)
{
   int frame = frame_of(&machine->memory, from);

   if (frame >= 0)
      machine->memory.frames[frame].page = to;
}

/* ---- swap ---- */

static bool
has_contents(const struct model_machine *machine, int page)
{
   const struct model_page *area = &machine->areas.page[page];

   return machine->views[page].sight == MODEL_SEES_FRAME ||
          (machine->views[page].sight == MODEL_SEES_CACHE &&
           area->backing == MODEL_SHMEM);
}

static bool
may_go(const struct model_machine *machine, int page)
{
   uint64_t n_saved = 0;

   if (!has_contents(machine, page) || machine->views[page].is_saved)
      return true;
   for (int i = 0; i < machine->areas.n_pages; i++)
      n_saved += machine->views[i].is_saved;
   return n_saved < machine->memory.n_slots;
}

static bool
any_may_go(const struct model_machine *machine)
{
   for (int i = 0; i < machine->memory.n_frames; i++)
      if (may_go(machine, machine->memory.frames[i].page))
         return true;
   return false;
}

/* ---- victims ---- */

/* The frame of the page that was used (loaded) first, of those that may go or of
   all.  */
static int
oldest(const struct model_machine *machine, bool by_load)
{
   const struct model_memory *memory = &machine->memory;
   int found = -1;

   for (int i = 0; i < memory->n_frames; i++) {
      const struct model_frame *frame = &memory->frames[i];
      uint64_t when = by_load ? frame->loaded : frame->used;

      if (!may_go(machine, frame->page))
         continue;
      if (found < 0 || when < (by_load ? memory->frames[found].loaded
                                       : memory->frames[found].used))
         found = i;
   }
   return found;
}

static void
turn(struct model_memory *memory)
{
   while (memory->frames[memory->hand].is_referenced) {
      memory->frames[memory->hand].is_referenced = false;
      memory->hand = (memory->hand + 1) % memory->n_frames;
   }
}

/* The hand stays at a page that has to stay only if all have to.  */
static int
under_hand(struct model_machine *machine)
{
   struct model_memory *memory = &machine->memory;
   int found;

   turn(memory);
   if (!any_may_go(machine))
      return -1;
   while (!may_go(machine, memory->frames[memory->hand].page)) {
      memory->hand = (memory->hand + 1) % memory->n_frames;
      turn(memory);
   }
   found = memory->hand;
   memory->hand = (found + 1) % memory->n_frames;
   return found;
}

static int
choose(struct model_machine *machine)
{
   switch (machine->memory.policy) {
   case MODEL_MEMORY_LRU:
      return oldest(machine, false);
   case MODEL_MEMORY_FIFO:
      return oldest(machine, true);
   case MODEL_MEMORY_CLOCK:
      return under_hand(machine);
   default:
      return frame_of(&machine->memory, machine->memory.victim);
   }
}

static void
evict(struct model_machine *machine, int page, struct model_outcome *outcome)
{
   struct model_view *view = &machine->views[page];

   outcome->n_evicted++;
   outcome->n_shootdowns += (uint32_t)model_drop(machine, page, 1, true);
   if (has_contents(machine, page) && !view->is_saved) {
      outcome->n_swapped_out++;
      view->is_saved = true;
   }
   if (view->sight != MODEL_SEES_ZEROES && view->owner != 0)
      machine->charges[view->owner].n_evicted++;
   view->is_away = view->is_evicted = true;
   view->evicted = ++machine->memory.n_evicted;
}

/* One that became free last, else the first that never had a page.  */
static int
free_frame(const struct model_memory *memory)
{
   int found = -1;

   for (int i = 0; i < memory->n_frames; i++)
      if (memory->frames[i].page == MODEL_FREE_FRAME &&
          (found < 0 || memory->frames[i].freed > memory->frames[found].freed))
         found = i;
   return found;
}

static int
take_frame(struct model_machine *machine, struct model_outcome *outcome)
{
   struct model_memory *memory = &machine->memory;
   int frame = free_frame(memory);

   if (frame >= 0)
      return frame;
   frame = memory->is_out ? -1 : choose(machine);
   if (frame < 0) {
      outcome->is_out_of_memory = !memory->is_out;
      memory->is_out = true;
      if (memory->n_frames == MODEL_MAX_FRAMES)
         abort();
      return memory->n_frames++;
   }
   evict(machine, memory->frames[frame].page, outcome);
   return frame;
}

/* ---- touches ---- */

void
model_memory_touch(struct model_machine *machine, int page, bool is_write,
                   struct model_outcome *outcome)
{
   struct model_memory *memory = &machine->memory;
   int frame = frame_of(memory, page);

   if (memory->n_frames == 0)
      return;
   memory->n_touches++;
   if (is_write)
      machine->views[page].is_saved = false;
   if (frame < 0) {
      frame = take_frame(machine, outcome);
      memory->frames[frame] = (struct model_frame){ .page = page,
                                                    .loaded = memory->n_touches };
   }
   memory->frames[frame].used = memory->n_touches;
   memory->frames[frame].is_referenced = true;
}

bool
model_memory_is_recent(const struct model_machine *machine, int page)
{
   return machine->memory.n_evicted - machine->views[page].evicted <=
          (uint64_t)machine->memory.n_frames_set;
}
