#include "vmtrace/mmu/machine/touches.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/machine.h"

#define NEVER (~(uint64_t)0)
#define NEVER_KNOWN (~(uint32_t)0)

/* How many open pages are pushed down at once.  More: less work a touch; fewer: pages
   that are touched again soon stay.  Which number it is does not matter.  */
#define MIN_PUSHED (VMT_OPEN_PAGES / 5)
#define MAX_PUSHED (VMT_OPEN_PAGES * 2 / 5)

_Static_assert(VMT_OPEN_PAGES == VMT_FILTER_RECORDS, "a record each");

/* ---- life ---- */

static enum vmt_status
init_curve(struct vmt_touches *touches)
{
   switch (touches->curve) {
   case VMT_CURVE_NO:
      touches->known = touches->windows ? 1 : VMT_NO_EPOCH;
      return VMT_OK;
   case VMT_CURVE_FAST:
      touches->known = VMT_OPEN;
      memset(touches->free_records, 0xff, sizeof touches->free_records);
      if (vmt_stack_epochs_init(&touches->epochs) != VMT_OK)
         return VMT_NO_MEMORY;
      break;
   case VMT_CURVE_EXACT:
      touches->known = NEVER_KNOWN;
      touches->top = VMT_NO_VPN;
      vmt_stack_distance_init(&touches->stack);
      break;
   }
   return vmt_distances_init(&touches->distances);
}

enum vmt_status
vmt_touches_init(struct vmt_touches *touches, enum vmt_curve curve,
                 uint64_t window_instrs, uint64_t start_instrs)
{
   memset(touches, 0, sizeof *touches);
   touches->curve = curve;
   touches->windows = window_instrs != 0;
   touches->start_instrs = start_instrs;
   vmt_timeline_init(&touches->timeline);
   if (init_curve(touches) == VMT_OK &&
       (window_instrs == 0 ||
        vmt_working_set_init(&touches->set, window_instrs,
                             VMT_MAX_WINDOW_SAMPLES) == VMT_OK))
      return VMT_OK;
   vmt_touches_free(touches);
   return VMT_NO_MEMORY;
}

void
vmt_touches_free(struct vmt_touches *touches)
{
   if (touches->curve == VMT_CURVE_FAST)
      vmt_stack_epochs_free(&touches->epochs);
   if (touches->curve == VMT_CURVE_EXACT)
      vmt_stack_distance_free(&touches->stack);
   if (touches->curve != VMT_CURVE_NO)
      vmt_distances_free(&touches->distances);
   if (touches->windows)
      vmt_working_set_free(&touches->set);
   memset(touches, 0, sizeof *touches);
}

uint64_t
vmt_touches_peak_pages(const struct vmt_touches *touches)
{
   return touches->curve == VMT_CURVE_FAST ? touches->epochs.n_peak_places
                                           : touches->stack.n_peak_pages;
}

uint64_t
vmt_touches_instrs(const struct vmt_touches *touches, uint64_t tick)
{
   return vmt_instrs_at(tick) - touches->start_instrs;
}

static void
must_be(enum vmt_status status)
{
   vmt_assert(status == VMT_OK);
}

static void
note(struct vmt_touches *touches, enum vmt_status status)
{
   touches->no_memory |= status != VMT_OK;
}

/* ---- the working set ---- */

/* In the open window: that has begun, and when in it does not matter.  */
enum vmt_status
vmt_touches_own(struct vmt_touches *touches, vmt_vpn page, uint32_t owner)
{
   if (!touches->windows)
      return VMT_OK;
   return vmt_working_set_touch(&touches->set, page, touches->set.start_instrs,
                                owner);
}

/* ---- live entries ---- */

struct side {
   struct vmt_filter_side *entries;
   struct vmt_tlb *tlb;
};

/* The translation pages of a page.  */
static vmt_vpn
first_vpn(const struct vmt_machine *machine, vmt_vpn page)
{
   return page << (VMT_PAGE_SHIFT - machine->config.page_shift);
}

static vmt_vpn
page_of(const struct vmt_machine *machine, vmt_vpn vpn)
{
   return vpn >> (VMT_PAGE_SHIFT - machine->config.page_shift);
}

static void
kill_all(struct vmt_machine *machine)
{
   vmt_filter_kill_all(&machine->filter.data, &machine->core->dtlb);
   vmt_filter_kill_all(&machine->filter.fetch, &machine->core->itlb);
}

/* ---- open pages ---- */

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
   vmt_vpn vpn = first_vpn(machine, page), end = first_vpn(machine, page + 1);
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

/* Ends the life of a page's entries.  */
static void
kill_page(struct vmt_machine *machine, struct vmt_filter_side *side,
          struct vmt_tlb *tlb, vmt_vpn page)
{
   vmt_vpn vpn = first_vpn(machine, page), end = first_vpn(machine, page + 1);

   for (; vpn < end; vpn++)
      vmt_filter_kill(side, tlb, vpn);
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
      kill_page(machine, &filter->data, &machine->core->dtlb, open->page);
   if (!one || is_set(filter->fetch.live, record))
      kill_page(machine, &filter->fetch, &machine->core->itlb, open->page);
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
   must_be(vmt_stack_epochs_push(&touches->epochs, n - n_holes, n_holes, &epoch,
                                 &all_change));
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

static uint32_t
open_page(struct vmt_machine *machine, vmt_vpn page, struct vmt_pte *pte,
          uint64_t tick)
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

/* ---- seeing ---- */

/* The page that was on top is not any more: what comes to it is to be seen.  */
static uint32_t
see_exactly(struct vmt_machine *machine, vmt_vpn page)
{
   struct vmt_touches *touches = &machine->touches;
   uint32_t distance;

   if (touches->top != VMT_NO_VPN) {
      kill_page(machine, &machine->filter.data, &machine->core->dtlb,
                touches->top);
      kill_page(machine, &machine->filter.fetch, &machine->core->itlb,
                touches->top);
   }
   touches->top = page;
   must_be(vmt_stack_distance_touch(&touches->stack, page, ++touches->n_seen,
                                    &distance));
   must_be(vmt_distances_count(&touches->distances, distance));
   return distance;
}

uint32_t
vmt_touches_see(struct vmt_machine *machine, vmt_vpn page, struct vmt_pte *pte,
                uint64_t tick, bool owner_known)
{
   struct vmt_touches *touches = &machine->touches;
   bool new_in_window = pte->touched <= touches->before_window;
   uint32_t distance = 1;

   if (touches->curve == VMT_CURVE_FAST) {
      distance = open_page(machine, page, pte, tick);
      must_be(vmt_distances_count(&touches->distances, distance));
   } else {
      pte->touched = touches->before_window + 1;
      if (touches->curve == VMT_CURVE_EXACT && page != touches->top)
         distance = see_exactly(machine, page);
   }
   if (new_in_window && owner_known)
      must_be(vmt_touches_own(touches, page, pte->owner));
   if (touches->curve == VMT_CURVE_NO ||
       (distance != VMT_FIRST_TOUCH && distance < VMT_CHARGED_DISTANCE))
      return VMT_NOT_CHARGED;
   return distance + 1;
}

void
vmt_touches_remove(struct vmt_touches *touches, vmt_vpn page,
                   struct vmt_pte *pte)
{
   if (pte->touched == VMT_NO_EPOCH)
      return;
   if (touches->curve == VMT_CURVE_FAST) {
      vmt_stack_epochs_remove(&touches->epochs, pte->touched);
      if (pte->touched >= VMT_OPEN)
         touches->open[vmt_touches_record(pte)].pte = NULL;
   }
   pte->touched = VMT_NO_EPOCH;
   if (touches->curve == VMT_CURVE_EXACT) {
      note(touches, vmt_stack_distance_remove(&touches->stack, page));
      if (touches->top == page)
         touches->top = VMT_NO_VPN;
   }
   if (touches->windows)
      note(touches, vmt_working_set_remove(&touches->set, page));
}

void
vmt_touches_move(struct vmt_touches *touches, vmt_vpn from, vmt_vpn to,
                 struct vmt_pte *moved)
{
   if (moved->touched == VMT_NO_EPOCH)
      return;
   if (moved->touched >= VMT_OPEN)
      touches->open[vmt_touches_record(moved)] = (struct vmt_open_page){to, moved};
   if (touches->curve == VMT_CURVE_EXACT) {
      note(touches, vmt_stack_distance_rename(&touches->stack, from, to));
      if (touches->top == from)
         touches->top = to;
   }
   if (!touches->windows)
      return;
   note(touches, vmt_working_set_remove(&touches->set, from));
   note(touches, vmt_working_set_map(&touches->set, to, moved->owner));
}

/* ---- windows ---- */

/* What was seen before is to be seen anew.  */
static void
open_window(struct vmt_machine *machine)
{
   struct vmt_touches *touches = &machine->touches;

   if (touches->curve == VMT_CURVE_FAST) {
      touches->before_window = vmt_stack_epochs_seal(&touches->epochs);
   } else {
      touches->before_window++;
      if (touches->curve == VMT_CURVE_NO)
         touches->known++;
   }
}

void
vmt_touches_forget_window(struct vmt_machine *machine)
{
   struct order order;

   if (!machine->touches.windows)
      return;
   if (machine->touches.curve == VMT_CURVE_FAST) {
      find_order(machine, &order);
      push_down(machine, &order, order.n);
   }
   open_window(machine);
   kill_all(machine);
}

/* Open pages that were accessed at start or later are of the new window, the others
   are pushed down.  */
static void
divide_open_pages(struct vmt_machine *machine, uint64_t start)
{
   struct vmt_touches *touches = &machine->touches;
   struct order order;
   uint32_t n_old = 0, i;

   find_order(machine, &order);
   for (i = 0; i < order.n; i++)
      if (order.keys[i] / VMT_FILTER_RECORDS < start)
         swap_keys(&order.keys[i], &order.keys[n_old++]);
   push_down(machine, &order, n_old);
   open_window(machine);
   for (i = n_old; i < order.n; i++) {
      const struct vmt_open_page *open =
         &touches->open[record_of_key(order.keys[i])];

      if (open->pte != NULL)
         must_be(vmt_touches_own(touches, open->page, open->pte->owner));
   }
}

/* When the page of a way was touched last, as far as is known.  */
static uint64_t
last_stamp(const struct side *side, const struct vmt_tlb_entry *way)
{
   const struct vmt_filter_entry *entry =
      vmt_filter_entry_of(side->entries, way->vpn);
   uint64_t stamp = side->tlb->shape.policy == VMT_TLB_LRU ? way->stamp : 0;

   if (way->vpn == VMT_NO_VPN)
      return 0;
   if (entry->vpn == way->vpn && stamp < entry->stamp)
      stamp = entry->stamp;
   return stamp;
}

static void
see_by_stamp(struct vmt_machine *machine, vmt_vpn vpn)
{
   vmt_vpn page = page_of(machine, vpn);
   struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, page);

   /* Excluded pages have no epoch.  */
   if (pte == NULL || pte->touched == VMT_NO_EPOCH)
      return;
   must_be(vmt_touches_own(&machine->touches, page, pte->owner));
   pte->touched = machine->touches.before_window + 1;
}

/* Those that were accessed at start or later.  */
static void
see_data(struct vmt_machine *machine, uint64_t start)
{
   struct side side = {&machine->filter.data, &machine->core->dtlb};
   const struct vmt_tlb_entry *way = side.tlb->entries;
   const struct vmt_tlb_entry *end = way + side.tlb->shape.n_entries;

   for (; way < end; way++)
      if (last_stamp(&side, way) >= start)
         see_by_stamp(machine, way->vpn);
}

/* The page that was fetched from last before tick, as far as the stamps tell: none
   may have been fetched from both before and after.  */
static vmt_vpn
last_fetched(const struct vmt_machine *machine, uint64_t tick)
{
   struct side side = {(struct vmt_filter_side *)&machine->filter.fetch,
                       &machine->core->itlb};
   const struct vmt_tlb_entry *way = side.tlb->entries;
   const struct vmt_tlb_entry *end = way + side.tlb->shape.n_entries;
   vmt_vpn page = VMT_NO_VPN;
   uint64_t latest = 0;

   for (; way < end; way++) {
      uint64_t stamp = last_stamp(&side, way);

      if (way->vpn != VMT_NO_VPN && stamp >= latest && stamp < tick) {
         latest = stamp;
         page = page_of(machine, way->vpn);
      }
   }
   return page;
}

/* The page that was being run from when start came, if its run was not over: the
   instruction at start is of it.  */
static void
see_running(struct vmt_machine *machine, uint64_t start, uint64_t tick)
{
   struct vmt_touches *touches = &machine->touches;
   struct vmt_pte *pte;

   if (tick == start || touches->running == VMT_NO_VPN)
      return;
   pte = vmt_pagetable_find(&machine->pages, touches->running);
   if (pte == NULL || pte->touched == VMT_NO_EPOCH)
      return;
   must_be(vmt_touches_own(touches, touches->running, pte->owner));
   if (touches->curve != VMT_CURVE_FAST)
      pte->touched = touches->before_window + 1;
}

/* The tick that the open window ends with.  */
static uint64_t
end_of_window(const struct vmt_touches *touches)
{
   uint64_t end_instrs = touches->windows ? touches->set.end_instrs : NEVER;

   return end_instrs >= (NEVER >> VMT_TICK_SHIFT) - touches->start_instrs
             ? NEVER
             : (end_instrs + touches->start_instrs) << VMT_TICK_SHIFT;
}

void
vmt_touches_set_deadline(struct vmt_machine *machine)
{
   struct vmt_touches *touches = &machine->touches;
   const uint64_t near = (uint64_t)VMT_NEAR_INSTRS << VMT_TICK_SHIFT;
   uint64_t end = end_of_window(touches);

   touches->near_end = false;
   machine->filter.deadline = end == NEVER ? NEVER : end < near ? 0 : end - near;
}

/* From now on each fetch is seen, so that it is known which page is run from when
   the window ends.  */
static void
come_near_end(struct vmt_machine *machine)
{
   struct vmt_touches *touches = &machine->touches;

   machine->filter.deadline = end_of_window(touches);
   touches->running = last_fetched(machine, machine->filter.deadline);
   touches->near_end = true;
   vmt_filter_kill_all(&machine->filter.fetch, &machine->core->itlb);
}

static void
end_window(struct vmt_machine *machine, uint64_t tick)
{
   struct vmt_touches *touches = &machine->touches;
   uint64_t start = machine->filter.deadline;

   vmt_timeline_add(&touches->timeline, &machine->ledger,
                    vmt_touches_instrs(touches, start));
   vmt_working_set_advance(&touches->set, vmt_touches_instrs(touches, tick));
   if (touches->curve == VMT_CURVE_FAST) {
      divide_open_pages(machine, start);
   } else {
      open_window(machine);
      see_data(machine, start);
      kill_all(machine);
   }
   see_running(machine, start, tick);
   vmt_touches_set_deadline(machine);
}

void
vmt_touches_come_to(struct vmt_machine *machine, uint64_t tick)
{
   if (!machine->touches.near_end)
      come_near_end(machine);
   if (tick >= machine->filter.deadline)
      end_window(machine, tick);
}
