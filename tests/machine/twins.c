#include "tests/machine/twins.h"

#include <stdio.h>

#include "tests/mmu/check.h"

void
twins_init(struct twins *twins, const struct vmt_machine_config *config,
           const struct vmt_settings *settings)
{
   CHECK_EQ(vmt_machine_init(&twins->filtered, config, settings), VMT_OK);
   CHECK_EQ(vmt_machine_init(&twins->direct, config, settings), VMT_OK);
}

void
twins_free(struct twins *twins)
{
   vmt_machine_free(&twins->filtered);
   vmt_machine_free(&twins->direct);
}

/* ---- TLBs ---- */

/* Way by way, and in each set the order of stamps (under PLRU: the tree).  */
static bool
same_tlb(const struct vmt_tlb *a, const struct vmt_tlb *b)
{
   uint32_t n_ways = a->shape.n_ways;
   bool by_stamp = a->shape.policy == VMT_TLB_LRU ||
                   a->shape.policy == VMT_TLB_FIFO;

   for (uint32_t i = 0; i < a->shape.n_entries; i++)
      if (a->entries[i].vpn != b->entries[i].vpn)
         return false;
   for (uint32_t i = 0; by_stamp && i < a->shape.n_entries; i++)
      for (uint32_t k = i - i % n_ways; k < i; k++)
         if (a->entries[i].vpn != VMT_NO_VPN &&
             a->entries[k].vpn != VMT_NO_VPN &&
             (a->entries[i].stamp < a->entries[k].stamp) !=
                (b->entries[i].stamp < b->entries[k].stamp))
            return false;
   for (uint32_t i = 0; a->trees != NULL && i < a->n_sets; i++)
      if (a->trees[i] != b->trees[i])
         return false;
   return a->random.state == b->random.state;
}

static void
sync_tlbs(struct vmt_machine *machine)
{
   vmt_filter_kill_all(&machine->filter.data, &machine->core->dtlb);
   vmt_filter_kill_all(&machine->filter.fetch, &machine->core->itlb);
}

static const char *
core_difference(const struct vmt_core *a, const struct vmt_core *b)
{
   if (!same_tlb(&a->itlb, &b->itlb))
      return "the L1 instruction TLB";
   if (!same_tlb(&a->dtlb, &b->dtlb))
      return "the L1 data TLB";
   if (!same_tlb(&a->stlb, &b->stlb))
      return "the STLB";
   for (uint32_t level = 2; level <= a->walk.shape.n_levels; level++)
      if (!same_tlb(&a->walk.levels[level], &b->walk.levels[level]))
         return "a walk cache";
   return NULL;
}

/* ---- the ledger ---- */

/* Whose pages were evicted.  */
static uint64_t
n_evicted(const struct vmt_accounting *ledger, uint32_t charge)
{
   uint32_t index = vmt_accounting_get(ledger, charge)->residency;
   const struct vmt_residency *residency;

   if (index == 0)
      return 0;
   residency = vmt_vector_at(&ledger->residencies, index);
   return residency->n_evicted;
}

static const char *
charge_difference(struct vmt_accounting *a, struct vmt_accounting *b,
                  uint32_t charge)
{
   static char text[120];
   const struct vmt_charge *record = vmt_accounting_get(a, charge);
   uint32_t other = vmt_accounting_charge(b, record->stack, record->area,
                                          record->thread, record->site);

   for (int event = 0; event < VMT_N_EVENTS; event++) {
      uint64_t n = vmt_accounting_count(a, charge, (enum vmt_event)event);
      uint64_t n_other = vmt_accounting_count(b, other, (enum vmt_event)event);

      if (n != n_other) {
         snprintf(text, sizeof(text), "%s of site %u: %llu and %llu",
                  vmt_event_names[event], record->stack, (unsigned long long)n,
                  (unsigned long long)n_other);
         return text;
      }
   }
   if (vmt_accounting_peak_pages(a, charge) !=
       vmt_accounting_peak_pages(b, other))
      return "pages of a charge at the peak";
   if (n_evicted(a, charge) != n_evicted(b, other))
      return "pages of a charge that were evicted";
   return NULL;
}

static const char *
ledger_difference(struct vmt_accounting *a, struct vmt_accounting *b)
{
   const char *found = NULL;

   for (int event = 0; event < VMT_N_EVENTS; event++)
      if (a->excluded[event] != b->excluded[event])
         return "events that are excluded";
   for (uint32_t i = 1; found == NULL && i < a->charges.n_records; i++)
      found = charge_difference(a, b, i);
   for (uint32_t i = 1; found == NULL && i < b->charges.n_records; i++)
      found = charge_difference(b, a, i);
   for (int event = 0; found == NULL && event < VMT_N_EVENTS; event++)
      if (a->totals[event] != b->totals[event])
         found = "a total";
   if (found == NULL && (a->n_resident_pages != b->n_resident_pages ||
                         a->n_peak_pages != b->n_peak_pages))
      found = "resident pages";
   return found;
}

/* ---- pages ---- */

static const char *
page_difference(struct vmt_machine *a, struct vmt_machine *b)
{
   vmt_vpn page = 0, other = 0, end = a->pages.n_pages;
   struct vmt_pte *one, *two;

   while ((one = vmt_pagetable_next(&a->pages, &page, end)) != NULL) {
      two = vmt_pagetable_next(&b->pages, &other, end);
      if (two == NULL || page != other || one->bits != two->bits)
         return "a page-table entry";
      page++;
      other++;
   }
   return vmt_pagetable_next(&b->pages, &other, end) != NULL
             ? "a page-table entry" : NULL;
}

const char *
twins_difference(struct twins *twins)
{
   struct vmt_machine *a = &twins->filtered, *b = &twins->direct;
   const char *found = NULL;

   translated_settle(a);
   sync_tlbs(a);
   sync_tlbs(b);
   for (uint32_t i = 0; found == NULL && i < a->settings.n_cores; i++)
      found = core_difference(&a->cores[i], &b->cores[i]);
   if (found == NULL)
      found = page_difference(a, b);
   if (found == NULL)
      found = ledger_difference(&a->ledger, &b->ledger);
   return found;
}
