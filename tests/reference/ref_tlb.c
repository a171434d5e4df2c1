/* The TLBs of each core: level one for instructions, level one for data, and
   a second level for both.  */

#include "ref.h"

#include "pub_tool_libcassert.h"
#include "pub_tool_mallocfree.h"

struct entry {
   Bool valid;
   Addr page;
   ULong used;                          /* when it was last used */
};

struct tlb {
   UInt n_ways, n_sets;
   struct entry *entries;               /* set s is [s * n_ways, ...) */
};

struct core {
   struct tlb itlb, dtlb, stlb;
};

static struct core cores[REF_MAX_CORES];
static ULong now;

/* An access to 512 bytes touches two pages; each fills two TLBs.  */
#define MAX_FILLS 8
static struct {
   struct entry *entry;
   struct entry before;
} fills[MAX_FILLS];
static UInt n_fills;

static void
init(struct tlb *tlb, const struct ref_shape *shape)
{
   tlb->n_ways = shape->n_ways;
   tlb->n_sets = shape->n_entries / shape->n_ways;
   tlb->entries = VG_(calloc)("ref.tlb", shape->n_entries, sizeof(struct entry));
}

void
ref_tlb_init(const struct ref_shape *itlb, const struct ref_shape *dtlb,
             const struct ref_shape *stlb)
{
   UInt i;

   for (i = 0; i < ref_n_cores; i++) {
      init(&cores[i].itlb, itlb);
      init(&cores[i].dtlb, dtlb);
      init(&cores[i].stlb, stlb);
   }
}

static struct entry *
set_of(struct tlb *tlb, Addr page)
{
   return &tlb->entries[(page % tlb->n_sets) * tlb->n_ways];
}

static struct entry *
find(struct tlb *tlb, Addr page)
{
   struct entry *set = set_of(tlb, page);
   UInt way;

   for (way = 0; way < tlb->n_ways; way++)
      if (set[way].valid && set[way].page == page)
         return &set[way];
   return NULL;
}

static void
fill(struct tlb *tlb, Addr page)
{
   struct entry *set = set_of(tlb, page), *victim = &set[0];
   UInt way;

   for (way = 0; way < tlb->n_ways; way++) {
      if (!set[way].valid) {
         victim = &set[way];
         break;
      }
      if (set[way].used < victim->used)
         victim = &set[way];
   }
   tl_assert(n_fills < MAX_FILLS);
   fills[n_fills].entry = victim;
   fills[n_fills++].before = *victim;
   victim->valid = True;
   victim->page = page;
   victim->used = now;
}

void
ref_tlb_undo_fills(void)
{
   while (n_fills > 0) {
      n_fills--;
      *fills[n_fills].entry = fills[n_fills].before;
   }
}

/* An access that its page does not allow is looked up as any other and misses
   as any other, but a walk that ends in a fault for the program gives nothing
   to fill in.  */
static void
touch(struct core *core, enum ref_kind kind, Addr page)
{
   struct tlb *first = kind == REF_FETCH ? &core->itlb : &core->dtlb;
   ULong *misses = kind == REF_FETCH ? &ref_counts.itlb_misses
                                     : &ref_counts.dtlb_misses;
   struct entry *entry = find(first, page);
   Bool allowed;

   now++;
   if (entry != NULL) {
      entry->used = now;
      return;
   }
   (*misses)++;
   allowed = ref_page_allows(page, kind);
   entry = find(&core->stlb, page);
   if (entry != NULL) {
      entry->used = now;
   } else {
      ref_counts.stlb_misses++;
      if (allowed)
         fill(&core->stlb, page);
   }
   if (allowed)
      fill(first, page);
}

void
ref_tlb_access(UInt core, enum ref_kind kind, Addr address, UInt n_bytes)
{
   Addr page, last = (address + n_bytes - 1) / REF_PAGE_BYTES;

   n_fills = 0;
   for (page = address / REF_PAGE_BYTES; page <= last; page++) {
      touch(&cores[core], kind, page);
      /* Where it is refused it ends: the pages above are not looked at.  */
      if (page < last && !ref_page_allows(page, kind))
         break;
   }
}

static void
drop(struct tlb *tlb, Addr first, Addr last)
{
   UInt i;

   for (i = 0; i < tlb->n_sets * tlb->n_ways; i++)
      if (tlb->entries[i].page >= first && tlb->entries[i].page <= last)
         tlb->entries[i].valid = False;
}

static void
drop_from_core(struct core *core, Addr first, Addr last)
{
   drop(&core->itlb, first, last);
   drop(&core->dtlb, first, last);
   drop(&core->stlb, first, last);
}

void
ref_tlb_drop(Addr start, Addr end)
{
   UInt i;

   if (start >= end)
      return;
   for (i = 0; i < ref_n_cores; i++)
      drop_from_core(&cores[i], start / REF_PAGE_BYTES,
                     (end - 1) / REF_PAGE_BYTES);
}

void
ref_tlb_drop_from_others(UInt core, Addr page)
{
   UInt i;

   for (i = 0; i < ref_n_cores; i++)
      if (i != core)
         drop_from_core(&cores[i], page, page);
}
