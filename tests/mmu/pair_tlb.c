#include "tests/mmu/pair_tlb.h"

static enum model_policy
model_policy_of(enum vmt_tlb_policy policy)
{
   switch (policy) {
   case VMT_TLB_LRU:
      return MODEL_LRU;
   case VMT_TLB_PLRU:
      return MODEL_PLRU;
   case VMT_TLB_FIFO:
      return MODEL_FIFO;
   case VMT_TLB_RANDOM:
      break;
   }
   return MODEL_RANDOM;
}

void
pair_tlb_init(struct pair_tlb *pair, uint32_t n_entries, uint32_t n_ways,
              enum vmt_tlb_policy policy, uint64_t seed)
{
   struct vmt_tlb_shape shape = { n_entries, n_ways, policy };

   CHECK(vmt_tlb_shape_fault(&shape) == NULL);
   CHECK_EQ(vmt_tlb_init(&pair->tlb, &shape, seed), VMT_OK);
   model_tlb_init(&pair->model, n_entries, n_ways, model_policy_of(policy));
   pair->time = 0;
}

void
pair_tlb_free(struct pair_tlb *pair)
{
   vmt_tlb_free(&pair->tlb);
}

uint64_t
pair_tlb_access(struct pair_tlb *pair, uint64_t page)
{
   struct vmt_tlb_entry *entry = vmt_tlb_find(&pair->tlb, page);
   uint64_t victim, model_victim, time = ++pair->time;
   bool legal;

   CHECK_EQ(entry != NULL, model_tlb_holds(&pair->model, page));
   if (entry != NULL) {
      CHECK_EQ(entry->vpn, page);
      vmt_tlb_touch(&pair->tlb, entry, time);
      model_tlb_use(&pair->model, page, time);
      return VMT_NO_VPN;
   }
   victim = vmt_tlb_insert(&pair->tlb, page, time);
   model_victim = model_tlb_fill(&pair->model, page, time, victim, &legal);
   CHECK(legal);
   CHECK_EQ(victim, model_victim);
   return victim;
}

void
pair_tlb_drop(struct pair_tlb *pair, uint64_t start, uint64_t end)
{
   uint32_t n = model_tlb_drop(&pair->model, start, end);

   if (end == start + 1 && pair->time % 2 == 0)
      CHECK_EQ(vmt_tlb_drop(&pair->tlb, start), n);
   else
      CHECK_EQ(vmt_tlb_drop_range(&pair->tlb, start, end), n);
}

void
pair_tlb_check(struct pair_tlb *pair)
{
   CHECK_EQ(pair->tlb.n_valid, model_tlb_count(&pair->model));
   for (uint32_t i = 0; i < pair->model.n_places; i++) {
      const struct model_place *place = &pair->model.places[i];
      uint32_t number = place->set * pair->model.n_ways + place->way;
      const struct vmt_tlb_entry *entry = &pair->tlb.entries[number];

      if (place->page == MODEL_NONE) {
         CHECK_EQ(entry->vpn, VMT_NO_VPN);
      } else {
         CHECK_EQ(entry->vpn, place->page);
         CHECK(vmt_tlb_find(&pair->tlb, place->page) == entry);
      }
   }
}
