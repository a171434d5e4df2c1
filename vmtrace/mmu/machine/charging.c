/* What an outcome comes to, and whose it is.  */

#include "vmtrace/mmu/machine/machine.h"

#include "vmtrace/mmu/base/port.h"

/* The pages without owner that the outcome made resident.  How many there are:
   reclaim may have taken some since.  */
static uint32_t
own_pages(struct vmt_machine *machine, const struct vmt_outcome *outcome,
          uint32_t charge)
{
   vmt_vpn vpn = outcome->new_start;
   struct vmt_pte *pte;
   uint32_t n = 0;

   while ((pte = vmt_pagetable_next(&machine->pages, &vpn, outcome->new_end)) !=
          NULL) {
      if (pte->owner == VMT_NO_CHARGE && (pte->bits & VMT_PTE_PRESENT) != 0 &&
          (pte->bits & VMT_PTE_ZERO) == 0) {
         pte->owner = charge;
         n++;
      }
      vpn++;
   }
   return n;
}

/* A page that nobody owns, like the zero page, is the charge's.  */
static enum vmt_status
own_touch(struct vmt_machine *machine, const struct vmt_outcome *outcome,
          uint32_t charge)
{
   const struct vmt_pte *pte;

   if (!outcome->is_touch_of_new)
      return VMT_OK;
   pte = vmt_pagetable_find(&machine->pages, outcome->page);
   return vmt_touches_own(&machine->touches, outcome->page,
                          pte->owner != VMT_NO_CHARGE ? pte->owner : charge);
}

enum vmt_status
vmt_machine_charge_touch(struct vmt_machine *machine, uint32_t touch,
                         uint32_t charge)
{
   return touch == VMT_NOT_CHARGED
             ? VMT_OK
             : vmt_distances_charge(&machine->touches.distances,
                                    vmt_accounting_get(&machine->ledger, charge)->line,
                                    touch - 1);
}

/* What an outcome comes to.  */
struct event_count {
   enum vmt_event event;
   uint32_t n;
};

#define N_COUNTS 9

static void
counts_of(const struct vmt_outcome *outcome, struct event_count counts[N_COUNTS])
{
   const struct event_count all[N_COUNTS] = {
      {outcome->event, outcome->event != VMT_NO_EVENT},
      {outcome->is_fetch ? VMT_EV_ItlbM : VMT_EV_DtlbM, outcome->n_l1_misses},
      {VMT_EV_StlbM, outcome->n_stlb_misses},
      {VMT_EV_WalkRef, outcome->n_walk_refs},
      {VMT_EV_Shoot, outcome->n_shootdowns},
      {VMT_EV_Evict, outcome->n_evicted},
      {VMT_EV_SwapOut, outcome->n_swapped_out},
      {VMT_EV_Refault, outcome->is_refault},
      {VMT_EV_Thrash, outcome->is_thrash}};

   memcpy(counts, all, sizeof all);
}

static void
add_excluded(struct vmt_accounting *ledger, const struct vmt_outcome *outcome)
{
   struct event_count counts[N_COUNTS];
   uint32_t i;

   counts_of(outcome, counts);
   for (i = 0; i < N_COUNTS; i++)
      if (counts[i].n != 0)
         ledger->excluded[counts[i].event] += counts[i].n;
}

static enum vmt_status
add_counts(struct vmt_accounting *ledger, const struct vmt_outcome *outcome,
           uint32_t charge)
{
   struct event_count counts[N_COUNTS];
   enum vmt_status status = VMT_OK;
   uint32_t i;

   counts_of(outcome, counts);
   for (i = 0; i < N_COUNTS; i++)
      if (counts[i].n != 0)
         status |= vmt_accounting_add(ledger, charge, counts[i].event, counts[i].n);
   return status;
}

enum vmt_status
vmt_machine_charge(struct vmt_machine *machine,
                   const struct vmt_outcome *outcome, uint32_t charge)
{
   struct vmt_accounting *ledger = &machine->ledger;
   enum vmt_status status = VMT_OK;

   if (outcome->excluded) {
      add_excluded(ledger, outcome);
      return VMT_OK;
   }
   if (outcome->n_new_pages != 0) {
      uint32_t n_pages = own_pages(machine, outcome, charge);

      status = vmt_accounting_own(ledger, charge, n_pages);
   }
   status |= own_touch(machine, outcome, charge);
   status |= vmt_machine_charge_touch(machine, outcome->touch, charge);
   status |= add_counts(ledger, outcome, charge);
   if (outcome->event == VMT_EV_ForkCow)
      status |= vmt_sharing_note_copies(machine, vmt_accounting_get(ledger, charge)->line,
                                        outcome->copied_from, 1);
   if (outcome->out_of_memory)
      vmt_frames_note_oom(machine, charge);
   if (machine->frames.no_memory)
      status = VMT_NO_MEMORY;
   return status == VMT_OK && !machine->blocks.no_memory &&
                !machine->first_touch.no_memory
             ? VMT_OK
             : VMT_NO_MEMORY;
}

/* The pages that the outcome made resident, where from still owns them.  */
static enum vmt_status
give_pages(struct vmt_machine *machine, const struct vmt_outcome *outcome,
           uint32_t from, uint32_t to)
{
   vmt_vpn vpn = outcome->new_start;
   enum vmt_status status = VMT_OK;
   struct vmt_pte *pte;

   for (; outcome->n_new_pages != 0 &&
          (pte = vmt_pagetable_next(&machine->pages, &vpn, outcome->new_end)) != NULL;
        vpn++) {
      if (pte->owner != from || (pte->bits & VMT_PTE_PRESENT) == 0)
         continue;
      pte->owner = to;
      status |= vmt_accounting_own(&machine->ledger, from, -1);
      status |= vmt_accounting_own(&machine->ledger, to, 1);
   }
   return status;
}

enum vmt_status
vmt_machine_recharge(struct vmt_machine *machine, const struct vmt_outcome *outcome,
                     uint32_t from, uint32_t to)
{
   struct event_count counts[N_COUNTS];
   enum vmt_status status = give_pages(machine, outcome, from, to);
   uint32_t i;

   counts_of(outcome, counts);
   for (i = 0; i < N_COUNTS; i++)
      if (counts[i].n != 0)
         status |= vmt_accounting_move(&machine->ledger, from, to, counts[i].event,
                                       counts[i].n);
   return status == VMT_OK ? VMT_OK : VMT_NO_MEMORY;
}
