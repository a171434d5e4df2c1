#include "vmtrace/mmu/machine/filter.h"

static void
init_side(struct vmt_filter_side *side, uint64_t *stamps)
{
   uint32_t i;

   for (i = 0; i < VMT_FILTER_ENTRIES; i++) {
      side->entries[i] = (struct vmt_filter_entry){
         VMT_FILTER_NOWHERE, VMT_FILTER_NOWHERE, 0, VMT_NO_VPN};
      side->records[i] = VMT_NO_RECORD;
   }
   for (i = 0; i <= VMT_FILTER_RECORD_WORDS; i++)
      side->live[i] = 0;
   side->stamps = stamps;
}

void
vmt_filter_init(struct vmt_filter *filter)
{
   init_side(&filter->data, filter->stamps);
   init_side(&filter->fetch, filter->stamps);
   filter->clock = 0;
   filter->deadline = ~(uint64_t)0;
}

void
vmt_filter_kill(struct vmt_filter_side *side, struct vmt_tlb *tlb, vmt_vpn vpn)
{
   struct vmt_filter_entry *entry = vmt_filter_entry_of(side, vpn);

   if (entry->vpn == vpn)
      vmt_filter_kill_entry(side, entry, tlb);
}

void
vmt_filter_kill_set(struct vmt_filter_side *side, struct vmt_tlb *tlb,
                    vmt_vpn vpn)
{
   struct vmt_tlb_entry *way = vmt_tlb_set(tlb, vpn);
   struct vmt_tlb_entry *end = way + tlb->shape.n_ways;

   for (; way < end; way++)
      if (way->vpn != VMT_NO_VPN)
         vmt_filter_kill(side, tlb, way->vpn);
}

void
vmt_filter_kill_all(struct vmt_filter_side *side, struct vmt_tlb *tlb)
{
   uint32_t i;

   for (i = 0; i < VMT_FILTER_ENTRIES; i++)
      vmt_filter_kill_entry(side, &side->entries[i], tlb);
}

void
vmt_filter_kill_all_stores(struct vmt_filter_side *side)
{
   uint32_t i;

   for (i = 0; i < VMT_FILTER_ENTRIES; i++)
      side->entries[i].store_addr = VMT_FILTER_NOWHERE;
}
