/* The filter in front of the simulated L1 TLBs, which translated code tests
   inline: an access that hits it would change nothing but the recency of one
   TLB entry.

   Model.  A direct-mapped table of pages, indexed by the low bits of the page
   number.  An entry is live only while its page is in the current core's L1
   TLB: load_addr is the page's address while it may be read, store_addr the same
   while it may be written without a fault (present, writable, dirty).  A hit stores the
   access's tick as the entry's stamp, and nothing else happens.  Everything
   that looks at recency takes the larger of the TLB entry's own stamp and the
   filter's, so LRU with the filter is LRU without it, to the last victim.

   FIFO and random replacement do not look at recency: the stamps do no harm.
   Under PLRU a hit on the page used last in its set changes nothing, so there
   only that page of each set is live.

   An access of n bytes at addr hits the entry of its first byte's page if
   addr ^ load_addr, unsigned, is at most the page's size less n: then both bits
   above the page's and room for all bytes agree, and one that straddles pages
   misses by itself.  Where the page is known beforehand, vpn says it all.

   Records.  An entry can have a record, which gets the stamp when the entry's life
   ends: so it is known of some pages when they were accessed last, whether they
   are alive or not (touches.h).

   Ticks: the instruction clock times 64, plus the place of the access within
   its instruction.  Pages here are translation pages (machine config).

   The tables are plain arrays so that generated code can name their addresses.
   Owned by the machine; one filter a machine, for the core that runs.  */

#ifndef VMT_MMU_MACHINE_FILTER_H
#define VMT_MMU_MACHINE_FILTER_H

#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/mechanisms/tlb.h"

#define VMT_FILTER_SHIFT 10
#define VMT_FILTER_ENTRIES (1u << VMT_FILTER_SHIFT)

#define VMT_TICK_SHIFT 6                /* ticks a guest instruction, log2 */

/* An address that no access is near enough to hit.  */
#define VMT_FILTER_NOWHERE (~(vmt_addr)0)

struct vmt_filter_entry {               /* 32 bytes: an index is a shift */
   vmt_addr load_addr, store_addr;      /* or VMT_FILTER_NOWHERE */
   uint64_t stamp;
   vmt_vpn vpn;                         /* VMT_NO_VPN: not live */
};

#define VMT_FILTER_RECORDS 128u
#define VMT_FILTER_RECORD_WORDS (VMT_FILTER_RECORDS / 64)
#define VMT_NO_RECORD VMT_FILTER_RECORDS

struct vmt_filter_side {
   struct vmt_filter_entry entries[VMT_FILTER_ENTRIES];
   uint8_t records[VMT_FILTER_ENTRIES]; /* of each entry that is live */
   uint64_t *stamps;                    /* of the records, and of VMT_NO_RECORD */
   uint64_t live[VMT_FILTER_RECORD_WORDS + 1];  /* bit r: of the entries with record
                                           r the last installed one has not died */
};

struct vmt_filter {
   struct vmt_filter_side data, fetch;  /* fetch: store_addr unused */
   uint64_t stamps[VMT_FILTER_RECORDS + 1];
   uint64_t clock;                      /* tick at which the next straight run
                                           of instructions begins */
   uint64_t deadline;                   /* once clock is there, translated code
                                           must call even on a hit, soon */
};

void vmt_filter_init(struct vmt_filter *filter);

static inline struct vmt_filter_entry *
vmt_filter_entry_of(struct vmt_filter_side *side, vmt_vpn vpn)
{
   return &side->entries[vpn & (VMT_FILTER_ENTRIES - 1)];
}

static inline void
vmt_filter_raise(uint64_t *stamp, uint64_t tick)
{
   if (*stamp < tick)
      *stamp = tick;
}

/* Of an entry that is live.  */
static inline void
vmt_filter_clear_entry(struct vmt_filter_side *side,
                       struct vmt_filter_entry *entry)
{
   uint8_t *record = &side->records[entry - side->entries];

   vmt_filter_raise(&side->stamps[*record], entry->stamp);
   side->live[*record / 64] &= ~((uint64_t)1 << *record % 64);
   *record = VMT_NO_RECORD;
   entry->load_addr = entry->store_addr = VMT_FILTER_NOWHERE;
   entry->vpn = VMT_NO_VPN;
}

/* Ends an entry's life.  The recency it gathered goes back to the TLB, if its
   page is still there; a FIFO's stamps are times of insertion and must stay.  */
static inline void
vmt_filter_kill_entry(struct vmt_filter_side *side,
                      struct vmt_filter_entry *entry, struct vmt_tlb *tlb)
{
   if (entry->vpn == VMT_NO_VPN)
      return;
   if (tlb->shape.policy == VMT_TLB_LRU) {
      struct vmt_tlb_entry *way = vmt_tlb_find(tlb, entry->vpn);

      if (way != NULL && way->stamp < entry->stamp)
         way->stamp = entry->stamp;
   }
   vmt_filter_clear_entry(side, entry);
}

void vmt_filter_kill_set(struct vmt_filter_side *side, struct vmt_tlb *tlb,
                         vmt_vpn vpn);

/* Brings vpn in after an access at tick, which found it in tlb or filled it
   in.  side is one of the filter's two tables, tlb the one it fronts, record the
   page's.  */
static inline void
vmt_filter_install(struct vmt_filter_side *side, struct vmt_tlb *tlb,
                   vmt_vpn vpn, uint32_t page_shift, bool may_store,
                   uint64_t tick, uint32_t record)
{
   struct vmt_filter_entry *entry = vmt_filter_entry_of(side, vpn);

   if (tlb->shape.policy == VMT_TLB_PLRU)
      vmt_filter_kill_set(side, tlb, vpn);
   if (entry->vpn != vpn) {
      vmt_filter_kill_entry(side, entry, tlb);
      entry->vpn = vpn;
      entry->load_addr = vpn << page_shift;
      entry->stamp = 0;
   }
   entry->store_addr = may_store ? vpn << page_shift : VMT_FILTER_NOWHERE;
   side->records[entry - side->entries] = (uint8_t)record;
   side->live[record / 64] |= (uint64_t)1 << record % 64;
   vmt_filter_raise(&entry->stamp, tick);
}

/* Makes the stamps of vpn's set in tlb as recent as the filter knows.  To be
   called before a victim is chosen in that set.  */
static inline void
vmt_filter_sync_set(struct vmt_filter_side *side, struct vmt_tlb *tlb,
                    vmt_vpn vpn)
{
   struct vmt_tlb_entry *way = vmt_tlb_set(tlb, vpn);
   struct vmt_tlb_entry *end = way + tlb->shape.n_ways;

   if (tlb->shape.policy != VMT_TLB_LRU)
      return;
   for (; way < end; way++) {
      const struct vmt_filter_entry *entry =
         vmt_filter_entry_of(side, way->vpn);

      if (entry->vpn == way->vpn && way->stamp < entry->stamp)
         way->stamp = entry->stamp;
   }
}

/* Ends the life of the entry of a page that has left its TLB: its stamp matters
   no more.  */
static inline void
vmt_filter_drop(struct vmt_filter_side *side, vmt_vpn vpn)
{
   struct vmt_filter_entry *entry = vmt_filter_entry_of(side, vpn);

   if (entry->vpn == vpn && vpn != VMT_NO_VPN)
      vmt_filter_clear_entry(side, entry);
}

/* vmt_tlb_insert() under LRU with the filter's recency, in one pass over a set of
   few ways: the way with the smallest stamp goes, and its entry here; empty ways
   have the smallest of all.  vpn must not be in tlb, nor tlb have an index.  */
static inline void
vmt_filter_replace_lru(struct vmt_filter_side *side, struct vmt_tlb *tlb,
                       vmt_vpn vpn, uint64_t tick)
{
   struct vmt_tlb_entry *way = vmt_tlb_set(tlb, vpn), *victim = way;
   struct vmt_tlb_entry *end = way + tlb->shape.n_ways;
   uint64_t smallest = ~(uint64_t)0;

   /* Which way goes is anybody's guess, the processor's too: no branches.  */
   for (; way < end; way++) {
      const struct vmt_filter_entry *entry =
         vmt_filter_entry_of(side, way->vpn);
      uint64_t newer = entry->vpn == way->vpn ? entry->stamp : 0;
      uint64_t stamp = way->stamp > newer ? way->stamp : newer;

      stamp = way->vpn == VMT_NO_VPN ? 0 : stamp;
      victim = stamp < smallest ? way : victim;
      smallest = stamp < smallest ? stamp : smallest;
   }
   if (victim->vpn == VMT_NO_VPN)
      tlb->n_valid++;
   else
      vmt_filter_drop(side, victim->vpn);
   victim->vpn = vpn;
   victim->stamp = tick;
}
/* Ends the life of vpn's entry.  Its stamp goes to tlb if vpn is still there.  */
void vmt_filter_kill(struct vmt_filter_side *side, struct vmt_tlb *tlb,
                     vmt_vpn vpn);

/* The same for every entry (and, above, for all of vpn's set).  */
void vmt_filter_kill_all(struct vmt_filter_side *side, struct vmt_tlb *tlb);
void vmt_filter_kill_all_stores(struct vmt_filter_side *side);

#endif
