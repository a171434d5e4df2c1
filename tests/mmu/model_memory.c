#include "tests/mmu/model_memory.h"

#include <stdlib.h>

void
model_memory_init(struct model_memory *memory, enum model_replacement policy,
                  uint32_t n_frames, uint64_t seed,
                  const struct model_event *future, uint64_t n_future)
{
   if (n_frames == 0 || n_frames > MODEL_MEMORY_FRAMES)
      abort();
   memory->policy = policy;
   memory->n_frames = n_frames;
   for (uint32_t i = 0; i < n_frames; i++) {
      memory->frames[i].page = MODEL_NO_PAGE;
      memory->frames[i].loaded = memory->frames[i].used = 0;
      memory->frames[i].freed = 0;
      memory->frames[i].referenced = memory->frames[i].dirty = false;
   }
   memory->now = 0;
   memory->hand = 0;
   memory->random = seed;
   memory->future = future;
   memory->n_future = n_future;
}

/* The page's frame, or n_frames.  */
static uint32_t
frame_of(const struct model_memory *memory, uint64_t page)
{
   uint32_t i = 0;

   while (i < memory->n_frames && memory->frames[i].page != page)
      i++;
   return i;
}

bool
model_memory_holds(const struct model_memory *memory, uint64_t page)
{
   return frame_of(memory, page) < memory->n_frames;
}

/* The free frame that is to be used, or n_frames.  */
static uint32_t
free_frame(const struct model_memory *memory)
{
   uint32_t best = memory->n_frames;

   for (uint32_t i = 0; i < memory->n_frames; i++)
      if (memory->frames[i].page == MODEL_NO_PAGE &&
          (best == memory->n_frames ||
           memory->frames[i].freed > memory->frames[best].freed))
         best = i;
   return best;
}

static uint32_t
least_used(const struct model_memory *memory)
{
   uint32_t best = 0;

   for (uint32_t i = 1; i < memory->n_frames; i++)
      if (memory->frames[i].used < memory->frames[best].used)
         best = i;
   return best;
}

static uint32_t
first_loaded(const struct model_memory *memory)
{
   uint32_t best = 0;

   for (uint32_t i = 1; i < memory->n_frames; i++)
      if (memory->frames[i].loaded < memory->frames[best].loaded)
         best = i;
   return best;
}

static uint32_t
under_the_hand(struct model_memory *memory)
{
   uint32_t victim;

   for (;;) {
      victim = memory->hand;
      memory->hand = memory->hand + 1 == memory->n_frames ? 0 : memory->hand + 1;
      if (!memory->frames[victim].referenced)
         return victim;
      memory->frames[victim].referenced = false;
   }
}

static uint32_t
drawn(struct model_memory *memory)
{
   uint64_t z = memory->random += 0x9e3779b97f4a7c15u;

   z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
   z = (z ^ z >> 27) * 0x94d049bb133111ebu;
   return (uint32_t)((z ^ z >> 31) % memory->n_frames);
}

/* How many events from now until page is touched, for ever if it is removed
   first or never touched.  */
static uint64_t
time_to_touch(const struct model_memory *memory, uint64_t page)
{
   for (uint64_t i = memory->now + 1; i < memory->n_future; i++)
      if (memory->future[i].page == page)
         return memory->future[i].remove ? UINT64_MAX : i - memory->now;
   return UINT64_MAX;
}

static uint32_t
farthest(const struct model_memory *memory)
{
   uint32_t best = 0;

   for (uint32_t i = 1; i < memory->n_frames; i++)
      if (time_to_touch(memory, memory->frames[i].page) >
          time_to_touch(memory, memory->frames[best].page))
         best = i;
   return best;
}

static uint32_t
victim_frame(struct model_memory *memory)
{
   switch (memory->policy) {
   case MODEL_REPLACE_LRU:
      return least_used(memory);
   case MODEL_REPLACE_CLOCK:
      return under_the_hand(memory);
   case MODEL_REPLACE_FIFO:
      return first_loaded(memory);
   case MODEL_REPLACE_RANDOM:
      return drawn(memory);
   case MODEL_REPLACE_OPT:
      break;
   }
   return farthest(memory);
}

struct model_touch
model_memory_touch(struct model_memory *memory, uint64_t page, bool write)
{
   struct model_touch touch = { .frame = frame_of(memory, page),
                                .victim = MODEL_NO_PAGE };

   touch.hit = touch.frame < memory->n_frames;
   if (!touch.hit)
      touch.frame = free_frame(memory);
   if (touch.frame == memory->n_frames) {
      touch.frame = victim_frame(memory);
      touch.evicts = true;
      touch.victim = memory->frames[touch.frame].page;
      touch.victim_dirty = memory->frames[touch.frame].dirty;
   }
   memory->now++;
   if (!touch.hit) {
      memory->frames[touch.frame].page = page;
      memory->frames[touch.frame].loaded = memory->now;
      memory->frames[touch.frame].dirty = false;
   }
   memory->frames[touch.frame].used = memory->now;
   memory->frames[touch.frame].referenced = true;
   if (write)
      memory->frames[touch.frame].dirty = true;
   return touch;
}

void
model_memory_remove(struct model_memory *memory, uint64_t page)
{
   uint32_t frame = frame_of(memory, page);

   memory->now++;
   if (frame == memory->n_frames)
      return;
   memory->frames[frame].page = MODEL_NO_PAGE;
   memory->frames[frame].freed = memory->now;
}
