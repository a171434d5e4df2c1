#include "vmtrace/mmu/machine/filter.h"

static struct vmt_filter_entry *
entry_of(struct vmt_filter_entry *side, vmt_vpn vpn)
{
   return &side[vpn & (VMT_FILTER_ENTRIES - 1)];
}

static void
clear_side(struct vmt_filter_entry *side)
{
   uint32_t i;

   for (i = 0; i < VMT_FILTER_ENTRIES; i++)
      side[i] = (struct vmt_filter_entry){VMT_NO_VPN, VMT_NO_VPN, 0, 0};
}

void
vmt_filter_init(struct vmt_filter *filter)
{
   clear_side(filter->data);
   clear_side(filter->fetch);
   filter->clock = 0;
}

/* Recency that the filter gathered goes back to the TLB.  A FIFO's stamps are
   times of insertion and must stay.  */
static void
save_stamp(const struct vmt_filter_entry *entry, struct vmt_tlb *tlb)
{
   struct vmt_tlb_entry *way;

   if (entry->load_tag == VMT_NO_VPN || tlb->shape.policy != VMT_TLB_LRU)
      return;
   way = vmt_tlb_find(tlb, entry->load_tag);
   if (way != NULL && way->stamp < entry->stamp)
      way->stamp = entry->stamp;
}

static void
kill_entry(struct vmt_filter_entry *entry, struct vmt_tlb *tlb)
{
   save_stamp(entry, tlb);
   entry->load_tag = entry->store_tag = VMT_NO_VPN;
}

void
vmt_filter_install(struct vmt_filter_entry *side, struct vmt_tlb *tlb,
                   vmt_vpn vpn, bool may_store, uint64_t tick)
{
   struct vmt_filter_entry *entry = entry_of(side, vpn);

   if (tlb->shape.policy == VMT_TLB_PLRU)
      vmt_filter_kill_set(side, tlb, vpn);
   if (entry->load_tag != vpn) {
      kill_entry(entry, tlb);
      entry->load_tag = vpn;
   }
   entry->store_tag = may_store ? vpn : VMT_NO_VPN;
   entry->stamp = tick;
}

void
vmt_filter_sync_set(const struct vmt_filter_entry *side, struct vmt_tlb *tlb,
                    vmt_vpn vpn)
{
   struct vmt_tlb_entry *way = vmt_tlb_set(tlb, vpn);
   struct vmt_tlb_entry *end = way + tlb->shape.n_ways;

   if (tlb->shape.policy != VMT_TLB_LRU)
      return;
   for (; way < end; way++) {
      const struct vmt_filter_entry *entry =
         &side[way->vpn & (VMT_FILTER_ENTRIES - 1)];

      if (entry->load_tag == way->vpn && way->stamp < entry->stamp)
         way->stamp = entry->stamp;
   }
}

void
vmt_filter_kill(struct vmt_filter_entry *side, struct vmt_tlb *tlb, vmt_vpn vpn)
{
   struct vmt_filter_entry *entry = entry_of(side, vpn);

   if (entry->load_tag == vpn)
      kill_entry(entry, tlb);
}

void
vmt_filter_kill_store(struct vmt_filter_entry *side, vmt_vpn vpn)
{
   struct vmt_filter_entry *entry = entry_of(side, vpn);

   if (entry->store_tag == vpn)
      entry->store_tag = VMT_NO_VPN;
}

void
vmt_filter_kill_set(struct vmt_filter_entry *side, struct vmt_tlb *tlb,
                    vmt_vpn vpn)
{
   struct vmt_tlb_entry *way = vmt_tlb_set(tlb, vpn);
   struct vmt_tlb_entry *end = way + tlb->shape.n_ways;

   for (; way < end; way++)
      if (way->vpn != VMT_NO_VPN)
         vmt_filter_kill(side, tlb, way->vpn);
}

void
vmt_filter_kill_all(struct vmt_filter_entry *side, struct vmt_tlb *tlb)
{
   uint32_t i;

   for (i = 0; i < VMT_FILTER_ENTRIES; i++)
      kill_entry(&side[i], tlb);
}

void
vmt_filter_kill_all_stores(struct vmt_filter_entry *side)
{
   uint32_t i;

   for (i = 0; i < VMT_FILTER_ENTRIES; i++)
      side[i].store_tag = VMT_NO_VPN;
}
