/* One translation look-aside buffer: sets of ways, each way a page number and
   a stamp.  What else an owner knows about an entry it keeps in an array beside
   this one, by entry number (entry - tlb->entries).

   Model: set = vpn modulo the number of sets (any number, not only powers of
   two); fully associative when ways = entries.  The replacement policies are
   pure: LRU evicts the smallest stamp, FIFO the oldest insertion, PLRU follows
   one bit per inner node of a binary tree over the ways (ways must be a power
   of two), RANDOM a seeded generator.  An empty way is always filled first, the
   lowest-numbered one; a drop leaves the PLRU tree as it is.  Left out: page
   sizes other than one, address-space tags (a machine has one TLB per core and
   address space), parity.

   The vpn is in pages of the machine's translation page size.  Stamps are given
   by the caller, who owns the clock; they never repeat and only rise, except
   that under LRU the caller may raise vmt_tlb_entry.stamp later than the access
   happened, so long as it is done before the next insert into the set.  Under
   FIFO a stamp is the time of insertion and nobody changes it.

   A TLB of no entries never hits, and inserts into it do nothing.

   Cost: find is O(ways) up to VMT_TLB_SCAN_WAYS, O(1) expected above (an
   index); insert is O(ways).  Owns its arrays.  */

#ifndef VMT_MMU_MECHANISMS_TLB_H
#define VMT_MMU_MECHANISMS_TLB_H

#include "vmtrace/mmu/base/random.h"
#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/hashmap.h"

#define VMT_TLB_SCAN_WAYS 16
#define VMT_TLB_MAX_ENTRIES (1u << 20)

enum vmt_tlb_policy {
   VMT_TLB_LRU,
   VMT_TLB_PLRU,
   VMT_TLB_FIFO,
   VMT_TLB_RANDOM
};

struct vmt_tlb_shape {
   uint32_t n_entries, n_ways;          /* n_entries 0: there is no such TLB */
   enum vmt_tlb_policy policy;
};

struct vmt_tlb_entry {
   vmt_vpn vpn;                         /* VMT_NO_VPN: empty */
   uint64_t stamp;
};

struct vmt_tlb {
   struct vmt_tlb_shape shape;
   uint32_t n_sets, set_mask;           /* set_mask 0: not a power of two */
   struct vmt_tlb_entry *entries;       /* set s holds [s * n_ways, ...) */
   uint64_t *trees;                     /* PLRU: ceil(n_ways / 64) words a set;
                                           node n's bit is bit n, its children
                                           are 2n and 2n + 1, the root is 1; a
                                           set bit: the victim is on the right */
   struct vmt_hashmap index;            /* vpn -> entry number, above
                                           VMT_TLB_SCAN_WAYS */
   struct vmt_random random;
   uint32_t n_valid;
};

/* Whether the shape can be built: ways divides entries, PLRU wants a power of
   two ways, at most 2^20 entries.  NULL, or what is wrong with it.  */
const char *vmt_tlb_shape_fault(const struct vmt_tlb_shape *shape);

enum vmt_status vmt_tlb_init(struct vmt_tlb *tlb,
                             const struct vmt_tlb_shape *shape, uint64_t seed);
void vmt_tlb_free(struct vmt_tlb *tlb);

static inline uint32_t
vmt_tlb_set_of(const struct vmt_tlb *tlb, vmt_vpn vpn)
{
   return tlb->set_mask != 0 || tlb->n_sets == 1
             ? (uint32_t)(vpn & tlb->set_mask)
             : (uint32_t)(vpn % tlb->n_sets);
}

/* The first entry of vpn's set; n_ways of them follow.  */
static inline struct vmt_tlb_entry *
vmt_tlb_set(struct vmt_tlb *tlb, vmt_vpn vpn)
{
   return &tlb->entries[(size_t)vmt_tlb_set_of(tlb, vpn) * tlb->shape.n_ways];
}

struct vmt_tlb_entry *vmt_tlb_find_indexed(const struct vmt_tlb *tlb,
                                           vmt_vpn vpn);

/* The entry that holds vpn, or NULL.  Changes nothing.  */
static inline struct vmt_tlb_entry *
vmt_tlb_find(const struct vmt_tlb *tlb, vmt_vpn vpn)
{
   uint32_t n_ways = tlb->shape.n_ways;
   struct vmt_tlb_entry *entry, *end;

   if (n_ways > VMT_TLB_SCAN_WAYS)
      return vmt_tlb_find_indexed(tlb, vpn);
   entry = &tlb->entries[(size_t)vmt_tlb_set_of(tlb, vpn) * n_ways];
   for (end = entry + n_ways; entry < end; entry++)
      if (entry->vpn == vpn)
         return entry;
   return NULL;
}

void vmt_tlb_touch_tree(struct vmt_tlb *tlb, const struct vmt_tlb_entry *entry);

/* A hit on an entry that vmt_tlb_find() gave, at time stamp.  Under LRU an entry
   that is known to be used later already (its stamp was raised) stays so.  */
static inline void
vmt_tlb_touch(struct vmt_tlb *tlb, struct vmt_tlb_entry *entry, uint64_t stamp)
{
   if (tlb->shape.policy != VMT_TLB_FIFO && entry->stamp < stamp)
      entry->stamp = stamp;
   if (tlb->shape.policy == VMT_TLB_PLRU)
      vmt_tlb_touch_tree(tlb, entry);
}

/* Fills vpn in, which must not be there.  Returns the page number that had to
   go, or VMT_NO_VPN; the new entry has the way of the old one.  Never fails: all
   memory was taken at init.  */
vmt_vpn vmt_tlb_insert(struct vmt_tlb *tlb, vmt_vpn vpn, uint64_t stamp);

/* Drops vpn; whether it was there.  */
bool vmt_tlb_drop(struct vmt_tlb *tlb, vmt_vpn vpn);

/* Drops every entry of [start, end); how many there were.  */
uint32_t vmt_tlb_drop_range(struct vmt_tlb *tlb, vmt_vpn start, vmt_vpn end);

#endif
