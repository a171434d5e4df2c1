/* The pages touched last, which the fast curve keeps apart from the others.  */

#include "vmtrace/mmu/machine/touches_private.h"

/* How many open pages are pushed down at once.  More: less work a touch; fewer: pages
   that are touched again soon stay.  Which number it is does not matter.  */
#define MIN_PUSHED (VMT_OPEN_PAGES / 5)
#define MAX_PUSHED (VMT_OPEN_PAGES * 2 / 5)

_Static_assert(VMT_OPEN_PAGES == VMT_FILTER_RECORDS, "a record each");

/* Records by when their pages were accessed last: the stamp, above the record's
   number.  */
struct order {
   uint64_t keys[VMT_OPEN_PAGES];
   uint32_t n;
};

static bool
is_set(const uint64_t *bits, uint32_t record)
{
   return (bits[record / 64] >> record % 64 & 1) != 0;
}

static void
set_free(struct vmt_touches *touches, uint32_t record)
{
   touches->free_records[record / 64] |= (uint64_t)1 << record % 64;
}

/* There is one.  */
static uint32_t
take_free(struct vmt_touches *touches)
{
   uint32_t word = 0, record;

   while (touches->free_records[word] == 0)
      word++;
   record = word * 64 + (uint32_t)__builtin_ctzll(touches->free_records[word]);
   touches->free_records[word] &= touches->free_records[word] - 1;
   return record;
}

static uint32_t
record_of_key(uint64_t key)
{
   return (uint32_t)(key % VMT_FILTER_RECORDS);
}

/* When the translation pages of an open page were accessed last through one of the
   filter's sides, as far as they are alive there; 0: they are not.  */
static uint64_t
last_stamp_of(const struct vmt_machine *machine, struct vmt_filter_side *side,
              vmt_vpn page)
{
   vmt_vpn vpn = vmt_touches_first_vpn(machine, page);
   vmt_vpn end = vmt_touches_first_vpn(machine, page + 1);
   uint64_t stamp = 0;

   for (; vpn < end; vpn++) {
      const struct vmt_filter_entry *entry = vmt_filter_entry_of(side, vpn);

      if (entry->vpn == vpn)
         vmt_filter_raise(&stamp, entry->stamp);
   }
   return stamp;
}

static inline uint64_t
last_stamp_on(const struct vmt_machine *machine, struct vmt_filter_side *side,
              uint32_t record)
{
   vmt_vpn page = machine->touches.open[record].page;

   if (machine->config.page_shift != VMT_PAGE_SHIFT)
      return last_stamp_of(machine, side, page);
   return !is_set(side->live, record)
             ? 0
             : vmt_filter_entry_of(side, page)->stamp;
}

/* When the page of a record was accessed last.  */
static uint64_t
last_stamp_of_record(struct vmt_machine *machine, uint32_t record)
{
   uint64_t stamp = machine->filter.stamps[record];

   vmt_filter_raise(&stamp,
                    last_stamp_on(machine, &machine->filter.data, record));
   vmt_filter_raise(&stamp,
                    last_stamp_on(machine, &machine->filter.fetch, record));
   return stamp;
}

static void
find_order(struct vmt_machine *machine, struct order *order)
{
   uint32_t word;

   order->n = 0;
   for (word = 0; word < VMT_FILTER_RECORD_WORDS; word++) {
      uint64_t rest = ~machine->touches.free_records[word];

      for (; rest != 0; rest &= rest - 1) {
         uint32_t record = word * 64 + (uint32_t)__builtin_ctzll(rest);

         order->keys[order->n++] =
            last_stamp_of_record(machine, record) * VMT_FILTER_RECORDS + record;
      }
   }
}

static void
swap_keys(uint64_t *a, uint64_t *b)
{
   uint64_t kept = *a;

   *a = *b;
   *b = kept;
}

/* Brings the keys of [low, high) that are smaller than the pivot to the front; where
   they end.  Which ones they are is anybody's guess, the processor's too: no
   branches.  */
static uint32_t
partition(uint64_t *keys, uint32_t low, uint32_t high, uint64_t pivot)
{
   uint32_t end = low, i;

   for (i = low; i < high; i++) {
      uint64_t key = keys[i];

      keys[i] = keys[end];
      keys[end] = key;
      end += key < pivot;
   }
   return end;
}

/* The second smallest of five: of so many, most likely between a fifth and two.  */
static uint64_t
sample(const uint64_t *keys, uint32_t n)
{
   uint64_t first = ~(uint64_t)0, second = first;
   uint32_t i;

   for (i = 0; i < 5; i++) {
      uint64_t key = keys[(2 * i + 1) * n / 10];

      second = key < first ? first : key < second ? key : second;
      first = key < first ? key : first;
   }
   return second;
}

/* Brings the oldest to the front: at least MIN_PUSHED and at most MAX_PUSHED, of more
   than that.  How many.  (After Hoare, "Algorithm 65: find", CACM 1961.)  */
static uint32_t
select_oldest(struct order *order)
{
   uint64_t pivot = sample(order->keys, order->n);
   uint32_t low = 0, high = order->n;

   for (;;) {
      uint32_t end = partition(order->keys, low, high, pivot);

      if (end >= MIN_PUSHED && end <= MAX_PUSHED)
         return end;
      if (end > MAX_PUSHED)
         high = end;
      else if (end > low)
         low = end;
      else
         low = partition(order->keys, low, high, pivot + 1);
      if (low >= MIN_PUSHED)
         return low;
      pivot = order->keys[low + (high - low) / 3];
   }
}

static void
renumber(struct vmt_machine *machine)
{
   const struct vmt_stack_epochs *epochs = &machine->touches.epochs;
   vmt_vpn vpn = 0;
   struct vmt_pte *pte;

   while ((pte = vmt_pagetable_next(&machine->pages, &vpn,
                                    machine->pages.n_pages)) != NULL) {
      if (pte->touched < VMT_OPEN)
         pte->touched = vmt_stack_epochs_renumbered(epochs, pte->touched);
      vpn++;
   }
}

/* The page with the record is not open any more.  */
static void
close_page(struct vmt_machine *machine, uint32_t record, uint32_t epoch)
{
   struct vmt_touches *touches = &machine->touches;
   struct vmt_filter *filter = &machine->filter;
   struct vmt_open_page *open = &touches->open[record];
   bool one = machine->config.page_shift == VMT_PAGE_SHIFT;

   set_free(touches, record);
   if (open->pte == NULL)
      return;
   open->pte->touched = epoch;
   if (!one || is_set(filter->data.live, record))
      vmt_touches_kill_data(machine, open->page);
   if (!one || is_set(filter->fetch.live, record))
      vmt_touches_kill_fetch(machine, open->page);
}

static uint32_t
count_holes(const struct vmt_touches *touches, const struct order *order,
            uint32_t n)
{
   uint32_t n_holes = 0, i;

   for (i = 0; i < n; i++)
      n_holes += touches->open[record_of_key(order->keys[i])].pte == NULL;
   return n_holes;
}

/* The first n of the order are pushed down.  */
static void
push_down(struct vmt_machine *machine, const struct order *order, uint32_t n)
{
   struct vmt_touches *touches = &machine->touches;
   uint32_t n_holes = count_holes(touches, order, n), epoch, i;
   bool all_change;

   if (n == 0)
      return;
   vmt_touches_must_be(vmt_stack_epochs_push(&touches->epochs, n - n_holes,
                                             n_holes, &epoch, &all_change));
   if (all_change) {
      renumber(machine);
      touches->before_window = epoch - 1;
   }
   for (i = 0; i < n; i++)
      close_page(machine, record_of_key(order->keys[i]), epoch);
}

static void
make_room(struct vmt_machine *machine)
{
   struct order order;

   find_order(machine, &order);
   push_down(machine, &order, select_oldest(&order));
}

/* A touch fills the uppermost hole.  */
static void
drop_newest_hole(struct vmt_machine *machine)
{
   struct vmt_touches *touches = &machine->touches;
   uint64_t latest = 0;
   uint32_t newest = VMT_NO_RECORD, record;

   for (record = 0; record < VMT_FILTER_RECORDS; record++)
      if (!is_set(touches->free_records, record) &&
          touches->open[record].pte == NULL &&
          machine->filter.stamps[record] >= latest) {
         latest = machine->filter.stamps[record];
         newest = record;
      }
   set_free(touches, newest);
}

uint32_t
vmt_touches_open_page(struct vmt_machine *machine, vmt_vpn page,
                      struct vmt_pte *pte, uint64_t tick)
{
   struct vmt_touches *touches = &machine->touches;
   uint32_t distance, record;

   if (vmt_stack_epochs_is_full(&touches->epochs))
      make_room(machine);
   if (touches->epochs.n_open_holes != 0)
      drop_newest_hole(machine);
   distance = (uint32_t)vmt_stack_epochs_touch(&touches->epochs, pte->touched);
   record = take_free(touches);
   touches->open[record] = (struct vmt_open_page){page, pte};
   machine->filter.stamps[record] = tick;
   pte->touched = VMT_OPEN + record;
   return distance;
}

void
vmt_touches_push_older(struct vmt_machine *machine, uint64_t start)
{
   struct order order;
   uint32_t n_old = 0, i;

   find_order(machine, &order);
   for (i = 0; i < order.n; i++)
      if (order.keys[i] / VMT_FILTER_RECORDS < start)
         swap_keys(&order.keys[i], &order.keys[n_old++]);
   push_down(machine, &order, n_old);
}

void
vmt_touches_own_open(struct vmt_machine *machine)
{
   struct vmt_touches *touches = &machine->touches;
   uint32_t record;

   for (record = 0; record < VMT_FILTER_RECORDS; record++) {
      const struct vmt_open_page *open = &touches->open[record];

      if (!is_set(touches->free_records, record) && open->pte != NULL)
         vmt_touches_must_be(
            vmt_touches_own(touches, open->page, open->pte->owner));
   }
}
