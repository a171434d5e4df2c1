#include "tests/machine/pair_compare.h"

#include <string.h>

#include "tests/mmu/check.h"

/* ---- events by name ---- */

static enum vmt_event
event_of(int theirs)
{
   for (int event = 0; event < VMT_N_EVENTS; event++)
      if (strcmp(vmt_event_names[event], model_event_names[theirs]) == 0)
         return (enum vmt_event)event;
   test_fail(__FILE__, __LINE__, "an event by the model's name", 0, 0);
}

/* ---- outcomes ---- */

void
pair_compare_outcome(const struct vmt_outcome *ours,
                     const struct model_outcome *theirs, bool has_label)
{
   uint32_t n_new = 0;

   CHECK_EQ(ours->event, theirs->event == MODEL_NO_EVENT
                            ? VMT_NO_EVENT : event_of(theirs->event));
   CHECK_EQ(ours->n_l1_misses, theirs->n_l1_misses);
   CHECK_EQ(ours->n_stlb_misses, theirs->n_stlb_misses);
   CHECK_EQ(ours->n_walk_refs, theirs->n_walk_refs);
   CHECK_EQ(ours->n_shootdowns, theirs->n_shootdowns);
   CHECK_EQ(ours->is_fetch, theirs->is_fetch);
   CHECK_EQ(ours->n_evicted, theirs->n_evicted);
   CHECK_EQ(ours->n_swapped_out, theirs->n_swapped_out);
   CHECK_EQ(ours->is_refault, theirs->is_refault);
   CHECK_EQ(ours->is_thrash, theirs->is_thrash);
   CHECK_EQ(ours->out_of_memory, theirs->is_out_of_memory);
   if (has_label) {
      CHECK_EQ(ours->label, theirs->label);
      CHECK_EQ(ours->excluded, theirs->is_excluded);
   }
   for (int page = 0; page < PAIR_PAGES; page++)
      if (theirs->is_new[page]) {
         if (n_new++ == 0)
            CHECK_EQ(ours->new_start, PAIR_BASE + page);
         CHECK(ours->new_end > (vmt_vpn)(PAIR_BASE + page));
      }
   CHECK_EQ(ours->n_new_pages, n_new);
}

/* ---- TLBs ---- */

static void
compare_tlb(const struct vmt_tlb *ours, const struct model_tlb *theirs)
{
   uint32_t n_ways = ours->shape.n_ways;

   CHECK_EQ(ours->shape.n_entries, theirs->n_places);
   for (uint32_t i = 0; i < theirs->n_places; i++) {
      const struct model_place *place = &theirs->places[i];
      const struct vmt_tlb_entry *entry =
         &ours->entries[place->set * n_ways + place->way];

      CHECK_EQ(entry->vpn, place->page == MODEL_NONE ? VMT_NO_VPN : place->page);
      if (place->page == MODEL_NONE)
         continue;
      if (theirs->policy == MODEL_LRU)
         CHECK_EQ(entry->stamp, place->used);
      if (theirs->policy == MODEL_FIFO)
         CHECK_EQ(entry->stamp, place->inserted);
   }
}

static void
compare_cores(struct pair *pair)
{
   struct vmt_machine *machine = &pair->machine;

   /* What the filter knows of recency goes to the TLBs.  */
   vmt_filter_kill_all(&machine->filter.data, &machine->core->dtlb);
   vmt_filter_kill_all(&machine->filter.fetch, &machine->core->itlb);
   for (uint32_t i = 0; i < pair->model.n_cores; i++) {
      const struct vmt_core *ours = &machine->cores[i];
      const struct model_core *theirs = &pair->model.cores[i];

      compare_tlb(&ours->itlb, &theirs->itlb);
      compare_tlb(&ours->dtlb, &theirs->dtlb);
      compare_tlb(&ours->stlb, &theirs->stlb);
      for (uint32_t level = 2; level <= theirs->walk.n_levels; level++)
         CHECK_EQ(ours->walk.levels[level].n_valid,
                  model_walk_count(&theirs->walk, level));
   }
}

static uint64_t
victim_of(const struct vmt_tlb *ours, const struct model_tlb *theirs)
{
   if (theirs->policy != MODEL_RANDOM)
      return MODEL_NONE;
   for (uint32_t i = 0; i < theirs->n_places; i++)
      if (theirs->places[i].page != MODEL_NONE &&
          vmt_tlb_find(ours, theirs->places[i].page) == NULL)
         return theirs->places[i].page;
   return MODEL_NONE;
}

void
pair_tell_victims(struct pair *pair)
{
   const struct vmt_core *ours = pair->machine.core;
   struct model_core *theirs = &pair->model.cores[pair->model.core];

   theirs->victims[0] = victim_of(&ours->itlb, &theirs->itlb);
   theirs->victims[1] = victim_of(&ours->dtlb, &theirs->dtlb);
   theirs->victims[2] = victim_of(&ours->stlb, &theirs->stlb);
}

void
pair_tell_next_victim(struct pair *pair)
{
   struct vmt_machine *machine = &pair->machine;
   vmt_vpn page;

   if (machine->settings.ram_bytes == 0 ||
       machine->settings.policy != VMT_PAGES_RANDOM)
      return;
   page = vmt_replacement_candidate(&machine->frames.memory->textbook, 0);
   pair->model.memory.victim = page == VMT_NO_VPN ? -1 : (int)(page - PAIR_BASE);
}

/* ---- pages ---- */

static enum model_sight
sight_of(const struct vmt_pte *pte)
{
   if (pte == NULL || (pte->bits & VMT_PTE_PRESENT) == 0)
      return MODEL_SEES_NOTHING;
   if ((pte->bits & VMT_PTE_ZERO) != 0)
      return MODEL_SEES_ZEROES;
   if ((pte->bits & VMT_PTE_ANON) != 0)
      return MODEL_SEES_FRAME;
   CHECK((pte->bits & (VMT_PTE_FILE | VMT_PTE_SHMEM)) != 0);
   return MODEL_SEES_CACHE;
}

static void
compare_owner(struct pair *pair, uint32_t ours, uint32_t theirs)
{
   const struct model_charge *expected = &pair->model.charges[theirs];
   const struct vmt_charge *charge;

   CHECK_EQ(ours == VMT_NO_CHARGE, theirs == 0);
   if (theirs == 0)
      return;
   charge = vmt_accounting_get(&pair->machine.ledger, ours);
   CHECK_EQ(charge->stack, expected->stack);
   CHECK_EQ(charge->area, expected->label);
   CHECK_EQ(charge->thread, expected->thread);
}

static void
compare_pages(struct pair *pair)
{
   for (int page = 0; page < PAIR_PAGES; page++) {
      const struct model_page *area = &pair->model.areas.page[page];
      const struct model_view *view = &pair->model.views[page];
      const struct vmt_area *ours = vmt_areas_find(
         &pair->machine.areas, (vmt_addr)(PAIR_BASE + page) << VMT_PAGE_SHIFT);
      const struct vmt_pte *pte =
         vmt_pagetable_find(&pair->machine.pages, (vmt_vpn)(PAIR_BASE + page));

      CHECK_EQ(ours != NULL, area->area != 0);
      CHECK_EQ(sight_of(pte), view->is_away ? MODEL_SEES_NOTHING : view->sight);
      if (ours != NULL)
         CHECK_EQ(ours->flags, area->flags);
      if (view->sight == MODEL_SEES_NOTHING || view->is_away)
         continue;
      CHECK_EQ(vmt_pte_allows(pte, VMT_WRITE), view->may_write);
      CHECK_EQ(vmt_pte_allows(pte, VMT_READ), (area->flags & MODEL_PROT) != 0);
      CHECK_EQ(vmt_pte_allows(pte, VMT_FETCH),
               (area->flags & VMT_AREA_EXEC) != 0);
      if (view->sight != MODEL_SEES_ZEROES)
         compare_owner(pair, pte->owner, view->owner);
   }
}

/* ---- the ledger ---- */

static uint64_t
n_evicted_of(const struct vmt_accounting *ledger, uint32_t charge)
{
   uint32_t index = vmt_accounting_get(ledger, charge)->residency;
   const struct vmt_residency *residency;

   if (index == 0)
      return 0;
   residency = vmt_vector_at(&ledger->residencies, index);
   return residency->n_evicted;
}

static void
compare_charge(struct pair *pair, const struct model_charge *expected)
{
   struct vmt_accounting *ledger = &pair->machine.ledger;
   uint32_t charge =
      vmt_accounting_charge(ledger, expected->stack, (uint16_t)expected->label,
                            (uint16_t)expected->thread, 0);

   for (int event = 0; event < MODEL_N_EVENTS; event++)
      CHECK_EQ(vmt_accounting_count(ledger, charge, event_of(event)),
               expected->n[event]);
   CHECK_EQ(vmt_accounting_peak_pages(ledger, charge), expected->n_peak_pages);
   CHECK_EQ(n_evicted_of(ledger, charge), expected->n_evicted);
}

/* Sums over charges are the totals, kinds are the faults, nobody owes pages.  */
static void
check_sums(const struct vmt_accounting *ledger)
{
   uint64_t n_faults = 0;
   int64_t n_peak_pages = 0, n_pages = 0;

   for (int event = 0; event < VMT_N_EVENTS; event++) {
      uint64_t n = 0;

      for (uint32_t i = 1; i < ledger->charges.n_records; i++)
         n += vmt_accounting_count(ledger, i, (enum vmt_event)event);
      CHECK_EQ(n, ledger->totals[event]);
      n_faults += event < VMT_N_FAULT_KINDS ? n : 0;
   }
   CHECK_EQ(n_faults, vmt_accounting_faults(ledger->totals, false) +
                         vmt_accounting_faults(ledger->totals, true));
   for (uint32_t i = 1; i < ledger->charges.n_records; i++) {
      uint32_t index = vmt_accounting_get(ledger, i)->residency;
      int64_t n_at_peak = vmt_accounting_peak_pages(ledger, i);

      CHECK(n_at_peak >= 0);
      n_peak_pages += n_at_peak;
      if (index != 0) {
         const struct vmt_residency *residency =
            vmt_vector_at(&ledger->residencies, index);

         CHECK(residency->n_pages >= 0);
         n_pages += residency->n_pages;
      }
   }
   CHECK_EQ(n_peak_pages, ledger->n_peak_pages);
   CHECK_EQ(n_pages, ledger->n_resident_pages);
}

static void
compare_ledger(struct pair *pair)
{
   const struct vmt_accounting *ledger = &pair->machine.ledger;
   const struct model_machine *model = &pair->model;
   uint64_t n_minor = 0;

   for (int event = 0; event < MODEL_N_EVENTS; event++) {
      CHECK_EQ(ledger->totals[event_of(event)], model->totals[event]);
      CHECK_EQ(ledger->excluded[event_of(event)], model->excluded[event]);
      n_minor += event < MODEL_FileMaj ? model->totals[event] : 0;
   }
   CHECK_EQ(vmt_accounting_faults(ledger->totals, false), n_minor);
   CHECK_EQ(vmt_accounting_faults(ledger->totals, true),
            model->totals[MODEL_FileMaj] + model->totals[MODEL_SwapIn]);
   CHECK_EQ(pair->machine.frames.oom.happened, model->memory.is_out);
   CHECK_EQ(ledger->n_resident_pages, model_machine_resident(model));
   CHECK_EQ(ledger->n_peak_pages, model->n_peak_pages);
   for (uint32_t i = 1; i <= model->n_charges; i++)
      compare_charge(pair, &model->charges[i]);
   check_sums(ledger);
}

/* Frame by frame.  */
void
pair_compare_memory(struct pair *pair)
{
   const struct vmt_replacement *ours = &pair->machine.frames.memory->textbook;
   const struct model_memory *theirs = &pair->model.memory;

   if (theirs->n_frames == 0)
      return;
   CHECK_EQ(ours->n_frames, theirs->is_out ? VMT_NO_FRAME : (uint32_t)theirs->n_frames);
   for (uint32_t i = 0; i < (uint32_t)theirs->n_frames; i++) {
      const struct vmt_frame *frame =
         i < ours->frames.n_records ? vmt_vector_at(&ours->frames, i) : NULL;
      int page = theirs->frames[i].page;

      CHECK_EQ(frame == NULL ? VMT_NO_VPN : frame->page,
               page == MODEL_FREE_FRAME ? VMT_NO_VPN : (vmt_vpn)(PAIR_BASE + page));
   }
   if (theirs->policy == MODEL_MEMORY_CLOCK)
      CHECK_EQ(ours->hand, theirs->hand);
}

void
pair_compare(struct pair *pair)
{
   compare_cores(pair);
   compare_pages(pair);
   compare_ledger(pair);
   pair_check_frames(pair);
}
