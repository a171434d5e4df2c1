#include "tests/mmu/model_tlb.h"

#include <stdlib.h>

void
model_tlb_init(struct model_tlb *tlb, uint32_t n_entries, uint32_t n_ways,
               enum model_policy policy)
{
   if (n_entries > MODEL_TLB_PLACES)
      abort();
   tlb->policy = policy;
   tlb->n_ways = n_ways;
   tlb->n_sets = n_entries == 0 ? 0 : n_entries / n_ways;
   tlb->n_places = 0;
   for (uint32_t set = 0; set < tlb->n_sets; set++)
      for (uint32_t way = 0; way < n_ways; way++)
         tlb->places[tlb->n_places++] =
            (struct model_place){ set, way, MODEL_NONE, 0, 0 };
}

static struct model_place *
place_of(const struct model_tlb *tlb, uint64_t page)
{
   for (uint32_t i = 0; i < tlb->n_places; i++)
      if (tlb->places[i].page == page)
         return (struct model_place *)&tlb->places[i];
   return NULL;
}

bool
model_tlb_holds(const struct model_tlb *tlb, uint64_t page)
{
   return place_of(tlb, page) != NULL;
}

uint32_t
model_tlb_count(const struct model_tlb *tlb)
{
   uint32_t n = 0;

   for (uint32_t i = 0; i < tlb->n_places; i++)
      n += tlb->places[i].page != MODEL_NONE;
   return n;
}

void
model_tlb_use(struct model_tlb *tlb, uint64_t page, uint64_t time)
{
   place_of(tlb, page)->used = time;
}

static struct model_place *
place_at(struct model_tlb *tlb, uint32_t set, uint32_t way)
{
   for (uint32_t i = 0; i < tlb->n_places; i++)
      if (tlb->places[i].set == set && tlb->places[i].way == way)
         return &tlb->places[i];
   abort();
}

static uint64_t
latest_use(struct model_tlb *tlb, uint32_t set, uint32_t from, uint32_t to)
{
   uint64_t latest = 0;

   for (uint32_t way = from; way < to; way++)
      if (place_at(tlb, set, way)->used > latest)
         latest = place_at(tlb, set, way)->used;
   return latest;
}

static struct model_place *
plru_victim(struct model_tlb *tlb, uint32_t set)
{
   uint32_t from = 0, to = tlb->n_ways;

   while (to - from > 1) {
      uint32_t middle = (from + to) / 2;

      if (latest_use(tlb, set, from, middle) <= latest_use(tlb, set, middle, to))
         to = middle;
      else
         from = middle;
   }
   return place_at(tlb, set, from);
}

static struct model_place *
oldest(struct model_tlb *tlb, uint32_t set)
{
   struct model_place *least = NULL;

   for (uint32_t way = 0; way < tlb->n_ways; way++) {
      struct model_place *place = place_at(tlb, set, way);
      uint64_t time = tlb->policy == MODEL_FIFO ? place->inserted : place->used;

      if (least == NULL ||
          time < (tlb->policy == MODEL_FIFO ? least->inserted : least->used))
         least = place;
   }
   return least;
}

static struct model_place *
empty_place(struct model_tlb *tlb, uint32_t set)
{
   for (uint32_t way = 0; way < tlb->n_ways; way++)
      if (place_at(tlb, set, way)->page == MODEL_NONE)
         return place_at(tlb, set, way);
   return NULL;
}

uint64_t
model_tlb_fill(struct model_tlb *tlb, uint64_t page, uint64_t time,
               uint64_t random_victim, bool *legal)
{
   struct model_place *place;
   uint64_t victim;
   uint32_t set;

   *legal = true;
   if (tlb->n_sets == 0)
      return MODEL_NONE;
   set = (uint32_t)(page % tlb->n_sets);
   place = empty_place(tlb, set);
   if (place == NULL && tlb->policy == MODEL_RANDOM) {
      place = random_victim != MODEL_NONE ? place_of(tlb, random_victim) : NULL;
      *legal = place != NULL && place->set == set;
      if (!*legal)
         return MODEL_NONE;
   } else if (place == NULL) {
      place = tlb->policy == MODEL_PLRU ? plru_victim(tlb, set)
                                        : oldest(tlb, set);
   }
   victim = place->page;
   place->page = page;
   place->inserted = place->used = time;
   return victim;
}

uint32_t
model_tlb_drop(struct model_tlb *tlb, uint64_t start, uint64_t end)
{
   uint32_t n = 0;

   for (uint32_t i = 0; i < tlb->n_places; i++)
      if (tlb->places[i].page != MODEL_NONE && tlb->places[i].page >= start &&
          tlb->places[i].page < end) {
         tlb->places[i].page = MODEL_NONE;
         n++;
      }
   return n;
}
