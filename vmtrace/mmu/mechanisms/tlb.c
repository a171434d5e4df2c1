#include "vmtrace/mmu/mechanisms/tlb.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

static bool
is_power_of_two(uint32_t n)
{
   return n != 0 && (n & (n - 1)) == 0;
}

const char *
vmt_tlb_shape_fault(const struct vmt_tlb_shape *shape)
{
   if (shape->n_entries == 0)
      return NULL;
   if (shape->n_entries > VMT_TLB_MAX_ENTRIES)
      return "a TLB has at most 1048576 entries";
   if (shape->n_ways == 0 || shape->n_entries % shape->n_ways != 0)
      return "the number of entries is not a multiple of the number of ways";
   if ((uint32_t)shape->policy > VMT_TLB_RANDOM)
      return "no such TLB replacement policy";
   if (shape->policy == VMT_TLB_PLRU && !is_power_of_two(shape->n_ways))
      return "pseudo-LRU needs a power of two ways";
   return NULL;
}

static bool
has_index(const struct vmt_tlb *tlb)
{
   return tlb->shape.n_ways > VMT_TLB_SCAN_WAYS;
}

static uint32_t
tree_words(const struct vmt_tlb *tlb)
{
   return (tlb->shape.n_ways + 63) / 64;
}

/* Also a TLB of no entries has an array, so that a set always has an address. */
static enum vmt_status
take_arrays(struct vmt_tlb *tlb)
{
   uint32_t n_entries = tlb->shape.n_entries;

   tlb->entries = vmt_alloc("tlb.entries",
                            (n_entries + 1) * sizeof(*tlb->entries));
   if (tlb->entries == NULL)
      return VMT_NO_MEMORY;
   for (uint32_t i = 0; i <= n_entries; i++)
      tlb->entries[i] = (struct vmt_tlb_entry){ .vpn = VMT_NO_VPN };
   if (tlb->shape.policy == VMT_TLB_PLRU) {
      size_t n_words = (size_t)tlb->n_sets * tree_words(tlb);

      tlb->trees = vmt_alloc_zeroed("tlb.trees", n_words * sizeof(*tlb->trees));
      if (tlb->trees == NULL)
         return VMT_NO_MEMORY;
   }
   return has_index(tlb) ? vmt_hashmap_reserve(&tlb->index, n_entries) : VMT_OK;
}

enum vmt_status
vmt_tlb_init(struct vmt_tlb *tlb, const struct vmt_tlb_shape *shape,
             uint64_t seed)
{
   struct vmt_tlb made = { .shape = *shape, .n_sets = 1 };

   if (vmt_tlb_shape_fault(shape) != NULL)
      return VMT_BAD_INPUT;
   if (shape->n_entries == 0)
      made.shape = (struct vmt_tlb_shape){ .policy = VMT_TLB_LRU };
   else
      made.n_sets = shape->n_entries / shape->n_ways;
   if (is_power_of_two(made.n_sets))
      made.set_mask = made.n_sets - 1;
   made.random.state = seed;
   vmt_hashmap_init(&made.index, "tlb.index");
   if (take_arrays(&made) != VMT_OK) {
      vmt_tlb_free(&made);
      return VMT_NO_MEMORY;
   }
   *tlb = made;
   return VMT_OK;
}

void
vmt_tlb_free(struct vmt_tlb *tlb)
{
   vmt_free(tlb->entries);
   vmt_free(tlb->trees);
   vmt_hashmap_free(&tlb->index);
   tlb->entries = NULL;
   tlb->trees = NULL;
   tlb->n_valid = 0;
}

struct vmt_tlb_entry *
vmt_tlb_find_indexed(const struct vmt_tlb *tlb, vmt_vpn vpn)
{
   const uint64_t *number = vmt_hashmap_find(&tlb->index, vpn);

   return number != NULL ? &tlb->entries[*number] : NULL;
}

static uint64_t *
tree_of(const struct vmt_tlb *tlb, uint32_t set)
{
   return &tlb->trees[(size_t)set * tree_words(tlb)];
}

/* Turns every node on the way from entry's leaf to the root away from it.  The
   leaves are the nodes n_ways ... 2 * n_ways - 1.  */
void
vmt_tlb_touch_tree(struct vmt_tlb *tlb, const struct vmt_tlb_entry *entry)
{
   uint32_t n_ways = tlb->shape.n_ways;
   uint32_t number = (uint32_t)(entry - tlb->entries);
   uint64_t *tree = tree_of(tlb, number / n_ways);

   for (uint32_t node = n_ways + number % n_ways; node > 1; node /= 2) {
      uint32_t parent = node / 2;
      uint64_t bit = (uint64_t)1 << (parent % 64);

      if (node % 2 == 0)
         tree[parent / 64] |= bit;
      else
         tree[parent / 64] &= ~bit;
   }
}

static uint32_t
tree_victim(const struct vmt_tlb *tlb, uint32_t set)
{
   const uint64_t *tree = tree_of(tlb, set);
   uint32_t n_ways = tlb->shape.n_ways, node = 1;

   while (node < n_ways)
      node = 2 * node + (uint32_t)(tree[node / 64] >> (node % 64) & 1);
   return node - n_ways;
}

static struct vmt_tlb_entry *
smallest_stamp(struct vmt_tlb_entry *entries, uint32_t n_ways)
{
   struct vmt_tlb_entry *least = entries;

   for (uint32_t way = 1; way < n_ways; way++)
      if (entries[way].stamp < least->stamp)
         least = &entries[way];
   return least;
}

static struct vmt_tlb_entry *
first_empty(struct vmt_tlb_entry *entries, uint32_t n_ways)
{
   for (uint32_t way = 0; way < n_ways; way++)
      if (entries[way].vpn == VMT_NO_VPN)
         return &entries[way];
   return NULL;
}

/* The way of vpn's set that is to be filled.  */
static struct vmt_tlb_entry *
choose(struct vmt_tlb *tlb, vmt_vpn vpn)
{
   uint32_t n_ways = tlb->shape.n_ways;
   struct vmt_tlb_entry *set = vmt_tlb_set(tlb, vpn), *empty = NULL;

   if (tlb->n_valid < tlb->shape.n_entries)
      empty = first_empty(set, n_ways);
   if (empty != NULL)
      return empty;
   switch (tlb->shape.policy) {
   case VMT_TLB_PLRU:
      return &set[tree_victim(tlb, vmt_tlb_set_of(tlb, vpn))];
   case VMT_TLB_RANDOM:
      return &set[vmt_random_below(&tlb->random, n_ways)];
   case VMT_TLB_LRU:
   case VMT_TLB_FIFO:
      break;
   }
   return smallest_stamp(set, n_ways);
}

/* Puts vpn (VMT_NO_VPN: nothing) in the place of what entry held.  */
static vmt_vpn
replace(struct vmt_tlb *tlb, struct vmt_tlb_entry *entry, vmt_vpn vpn)
{
   vmt_vpn old = entry->vpn;

   entry->vpn = vpn;
   tlb->n_valid += (uint32_t)(vpn != VMT_NO_VPN) - (uint32_t)(old != VMT_NO_VPN);
   if (!has_index(tlb))
      return old;
   if (old != VMT_NO_VPN)
      vmt_hashmap_delete(&tlb->index, old);
   if (vpn != VMT_NO_VPN) {
      uint64_t *number;

      if (vmt_hashmap_put(&tlb->index, vpn, &number) != VMT_OK)
         vmt_assert(!"the index was reserved at init");
      *number = (uint64_t)(entry - tlb->entries);
   }
   return old;
}

vmt_vpn
vmt_tlb_insert(struct vmt_tlb *tlb, vmt_vpn vpn, uint64_t stamp)
{
   struct vmt_tlb_entry *entry;
   vmt_vpn old;

   if (tlb->shape.n_entries == 0)
      return VMT_NO_VPN;
   entry = choose(tlb, vpn);
   old = replace(tlb, entry, vpn);
   entry->stamp = stamp;
   if (tlb->shape.policy == VMT_TLB_PLRU)
      vmt_tlb_touch_tree(tlb, entry);
   return old;
}

bool
vmt_tlb_drop(struct vmt_tlb *tlb, vmt_vpn vpn)
{
   struct vmt_tlb_entry *entry = vmt_tlb_find(tlb, vpn);

   if (entry == NULL)
      return false;
   replace(tlb, entry, VMT_NO_VPN);
   return true;
}

/* Few pages are looked up one by one, many by a pass over the entries: which is
   cheaper depends on what a lookup costs.  */
uint32_t
vmt_tlb_drop_range(struct vmt_tlb *tlb, vmt_vpn start, vmt_vpn end)
{
   uint32_t n_before = tlb->n_valid;
   uint32_t few = has_index(tlb) ? tlb->shape.n_entries / 4 : tlb->n_sets / 2;

   if (n_before == 0 || start >= end)
      return 0;
   if (end - start <= few) {
      for (vmt_vpn vpn = start; vpn < end; vpn++)
         vmt_tlb_drop(tlb, vpn);
   } else {
      for (uint32_t i = 0; i < tlb->shape.n_entries; i++)
         if (tlb->entries[i].vpn >= start && tlb->entries[i].vpn < end)
            replace(tlb, &tlb->entries[i], VMT_NO_VPN);
   }
   return n_before - tlb->n_valid;
}
