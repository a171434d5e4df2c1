#include "vmtrace/mmu/machine/accounting.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

enum vmt_status
vmt_accounting_init(struct vmt_accounting *ledger)
{
   memset(ledger, 0, sizeof *ledger);
   vmt_hashmap_init(&ledger->ids, "charge ids");
   vmt_vector_init(&ledger->charges, "charges", sizeof(struct vmt_charge));
   vmt_vector_init(&ledger->counters, "counters", sizeof(struct vmt_counter));
   vmt_vector_init(&ledger->residencies, "residencies",
                   sizeof(struct vmt_residency));

   /* Index 0 of each means none.  */
   if (vmt_vector_push(&ledger->charges) == NULL ||
       vmt_vector_push(&ledger->counters) == NULL ||
       vmt_vector_push(&ledger->residencies) == NULL) {
      vmt_accounting_free(ledger);
      return VMT_NO_MEMORY;
   }
   return VMT_OK;
}

void
vmt_accounting_free(struct vmt_accounting *ledger)
{
   vmt_hashmap_free(&ledger->ids);
   vmt_vector_free(&ledger->charges);
   vmt_vector_free(&ledger->counters);
   vmt_vector_free(&ledger->residencies);
}

static bool
is_same(const struct vmt_charge *a, const struct vmt_charge *b)
{
   return a->stack == b->stack && a->area == b->area && a->thread == b->thread &&
          a->site == b->site;
}

/* Fibonacci hashing (Knuth, "The Art of Computer Programming" vol. 3, 6.4) of the site,
   over what makes the line; not all ones, which is no key.  */
#define PLACE_BITS (~(uint64_t)0 >> 1)

static uint64_t
place_of(const struct vmt_charge *charge)
{
   uint64_t line = (uint64_t)charge->stack << 32 | (uint64_t)charge->area << 16 |
                   charge->thread;

   return (line ^ charge->site * 0x9e3779b97f4a7c15u) & PLACE_BITS;
}

static uint32_t
make_charge(struct vmt_accounting *ledger, const struct vmt_charge *wanted,
            uint64_t place)
{
   struct vmt_charge *charge = vmt_vector_push(&ledger->charges);
   uint32_t id = ledger->charges.n_records - 1;
   uint64_t *known;

   if (charge == NULL || vmt_hashmap_put(&ledger->ids, place, &known) != VMT_OK)
      return VMT_NO_CHARGE;
   *known = id;
   *charge = *wanted;
   charge->line = wanted->site == 0
                     ? id
                     : vmt_accounting_charge(ledger, wanted->stack, wanted->area,
                                             wanted->thread, 0);
   return charge->line == VMT_NO_CHARGE ? VMT_NO_CHARGE : id;
}

uint32_t
vmt_accounting_charge(struct vmt_accounting *ledger, uint32_t stack,
                      uint16_t area, uint16_t thread, uint32_t site)
{
   const struct vmt_charge wanted = {
      .stack = stack, .area = area, .thread = thread, .site = site};
   uint64_t place = place_of(&wanted);
   const uint64_t *id;

   for (;; place = (place + 1) & PLACE_BITS) {
      id = vmt_hashmap_find(&ledger->ids, place);
      if (id == NULL)
         return make_charge(ledger, &wanted, place);
      if (is_same(vmt_accounting_get(ledger, (uint32_t)*id), &wanted))
         return (uint32_t)*id;
   }
}

static struct vmt_counter *
find_counter(const struct vmt_accounting *ledger, uint32_t charge,
             enum vmt_event event)
{
   uint32_t index = vmt_accounting_get(ledger, charge)->counters;

   while (index != 0) {
      struct vmt_counter *counter = vmt_vector_at(&ledger->counters, index);

      if (counter->event == event)
         return counter;
      index = counter->next;
   }
   return NULL;
}

struct vmt_counter *
vmt_accounting_counter(struct vmt_accounting *ledger, uint32_t charge,
                       enum vmt_event event)
{
   struct vmt_counter *counter = find_counter(ledger, charge, event);

   if (counter == NULL) {
      struct vmt_charge *owner = vmt_accounting_get(ledger, charge);

      counter = vmt_vector_push(&ledger->counters);
      if (counter == NULL)
         return NULL;
      counter->event = event;
      counter->next = owner->counters;
      owner->counters = ledger->counters.n_records - 1;
   }
   return counter;
}

enum vmt_status
vmt_accounting_add(struct vmt_accounting *ledger, uint32_t charge,
                   enum vmt_event event, uint64_t n)
{
   struct vmt_counter *counter =
      vmt_accounting_counter(ledger, charge, event);

   if (counter == NULL)
      return VMT_NO_MEMORY;
   counter->count += n;
   ledger->totals[event] += n;
   return VMT_OK;
}

uint64_t
vmt_accounting_count(const struct vmt_accounting *ledger, uint32_t charge,
                     enum vmt_event event)
{
   const struct vmt_counter *counter = find_counter(ledger, charge, event);

   return counter == NULL ? 0 : counter->count;
}

enum vmt_status
vmt_accounting_move(struct vmt_accounting *ledger, uint32_t from, uint32_t to,
                    enum vmt_event event, uint64_t n)
{
   ledger->totals[event] -= n;
   vmt_accounting_counter(ledger, from, event)->count -= n;
   return vmt_accounting_add(ledger, to, event, n);
}

/* ---- pauses ---- */

static void
set_counts(struct vmt_accounting *ledger, bool to_reported)
{
   uint32_t i;

   for (i = 1; i < ledger->counters.n_records; i++) {
      struct vmt_counter *counter = vmt_vector_at(&ledger->counters, i);

      counter->count = counter->reported = to_reported ? counter->reported : 0;
   }
   for (i = 1; i < ledger->residencies.n_records; i++) {
      struct vmt_residency *residency = vmt_vector_at(&ledger->residencies, i);

      residency->n_evicted = residency->n_evicted_reported =
         to_reported ? residency->n_evicted_reported : 0;
   }
}

void
vmt_accounting_pause(struct vmt_accounting *ledger)
{
   memcpy(ledger->paused_totals, ledger->totals, sizeof ledger->totals);
   ledger->paused = true;
}

void
vmt_accounting_forget_news(struct vmt_accounting *ledger)
{
   vmt_assert(ledger->paused);
   set_counts(ledger, true);
   memcpy(ledger->totals, ledger->paused_totals, sizeof ledger->totals);
   memcpy(ledger->excluded, ledger->excluded_reported, sizeof ledger->excluded);
}

void
vmt_accounting_resume(struct vmt_accounting *ledger)
{
   vmt_accounting_forget_news(ledger);
   ledger->paused = false;
}

void
vmt_accounting_restart(struct vmt_accounting *ledger)
{
   vmt_accounting_all_totals(ledger, ledger->restart_totals);
   set_counts(ledger, false);
   memset(ledger->totals, 0, sizeof ledger->totals);
   memset(ledger->paused_totals, 0, sizeof ledger->paused_totals);
   memset(ledger->excluded, 0, sizeof ledger->excluded);
   memset(ledger->excluded_reported, 0, sizeof ledger->excluded_reported);
}

void
vmt_accounting_all_totals(const struct vmt_accounting *ledger,
                          uint64_t totals[VMT_N_EVENTS])
{
   const uint64_t *now = vmt_accounting_totals(ledger);
   int event;

   for (event = 0; event < VMT_N_EVENTS; event++)
      totals[event] = ledger->restart_totals[event] + now[event];
}

void
vmt_accounting_resident(struct vmt_accounting *ledger, int64_t n_pages)
{
   ledger->n_resident_pages += (uint64_t)n_pages;
   if (ledger->n_resident_pages > ledger->n_high_pages)
      ledger->n_high_pages = ledger->n_resident_pages;
   if (ledger->n_resident_pages > ledger->n_peak_pages)
      ledger->n_peak_pages = ledger->n_resident_pages;
}

enum vmt_status
vmt_accounting_own(struct vmt_accounting *ledger, uint32_t charge,
                   int64_t n_pages)
{
   struct vmt_charge *owner = vmt_accounting_get(ledger, charge);
   struct vmt_residency *residency;

   if (owner->residency == 0) {
      if (vmt_vector_push(&ledger->residencies) == NULL)
         return VMT_NO_MEMORY;
      owner->residency = ledger->residencies.n_records - 1;
   }
   residency = vmt_vector_at(&ledger->residencies, owner->residency);

   /* What it had since its last change, it had at any peak since.  */
   if (residency->changed <= ledger->peak_change)
      residency->n_pages_at_change = residency->n_pages;
   residency->n_pages += n_pages;
   residency->changed = ++ledger->n_changes;

   /* The whole is at its peak as long as pages only come.  */
   if (n_pages > 0 && ledger->n_resident_pages == ledger->n_peak_pages)
      ledger->peak_change = ledger->n_changes;
   return VMT_OK;
}

void
vmt_accounting_evicted(struct vmt_accounting *ledger, uint32_t charge)
{
   uint32_t index;
   struct vmt_residency *residency;

   if (charge == VMT_NO_CHARGE)
      return;
   index = vmt_accounting_get(ledger, charge)->residency;
   residency = vmt_vector_at(&ledger->residencies, index);
   residency->n_evicted++;
}

int64_t
vmt_accounting_peak_pages(const struct vmt_accounting *ledger, uint32_t charge)
{
   uint32_t index = vmt_accounting_get(ledger, charge)->residency;
   const struct vmt_residency *residency;

   if (index == 0)
      return 0;
   residency = vmt_vector_at(&ledger->residencies, index);
   return residency->changed <= ledger->peak_change
             ? residency->n_pages
             : residency->n_pages_at_change;
}

uint64_t
vmt_accounting_faults(const uint64_t totals[VMT_N_EVENTS], bool major)
{
   uint64_t n = 0;
   int event;

   for (event = 0; event < VMT_N_FAULT_KINDS; event++)
      if (vmt_event_is_major(event) == major)
         n += totals[event];
   return n;
}
