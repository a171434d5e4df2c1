/* Several machines with one limited memory under lru, against a naive memory of as many
   spaces: what each touch comes to, victim by victim, also where touches hit the filter and
   are told of later.

   usage: test_shared_lru [n-rounds [first-round]]  */

#include <stdlib.h>
#include <string.h>

#include "tests/machine/world.h"
#include "tests/mmu/check.h"

/* ---- lru: the naive memory ---- */

/* Pages with contents have room somewhere: 4 times 24 pages are written.  Swap gets full.  */
#define FRAMES 40
#define SLOTS 70
#define WRITTEN_PAGES 24

static struct {
   enum { ABSENT, RESIDENT, EVICTED } state;
   bool has_contents, has_slot;
   uint64_t last;                       /* touch, in the order of the memory */
} pages[N_MACHINES][N_PAGES];

static uint64_t n_touches, n_slots;

/* Touches that have hit the filter since the space was here last: page + 1.  */
static uint32_t untold[N_MACHINES][1 << 16], n_untold[N_MACHINES];

/* The process comes back: what it did meanwhile comes first.  */
static void
model_tell(uint32_t space)
{
   for (uint32_t i = 0; i < n_untold[space]; i++)
      pages[space][untold[space][i]].last = ++n_touches;
   n_untold[space] = 0;
}

static bool
model_may_go(uint32_t space, uint64_t page)
{
   return !pages[space][page].has_contents || pages[space][page].has_slot ||
          n_slots < SLOTS;
}

/* Whether a page was evicted; *swapped_out: and written.  */
static bool
model_make_room(bool *swapped_out)
{
   uint32_t n = 0, victim_space = 0;
   uint64_t victim = N_PAGES;

   for (uint32_t space = 0; space < N_MACHINES; space++)
      for (uint64_t page = 0; page < N_PAGES; page++) {
         if (pages[space][page].state != RESIDENT)
            continue;
         n++;
         if (model_may_go(space, page) &&
             (victim == N_PAGES ||
              pages[space][page].last < pages[victim_space][victim].last)) {
            victim = page;
            victim_space = space;
         }
      }
   if (n < FRAMES)
      return false;
   CHECK(victim != N_PAGES);
   *swapped_out = pages[victim_space][victim].has_contents &&
                  !pages[victim_space][victim].has_slot;
   n_slots += *swapped_out;
   pages[victim_space][victim].has_slot |= *swapped_out;
   pages[victim_space][victim].state = EVICTED;
   return true;
}

static void
model_touch(uint32_t space, uint64_t page, bool write,
            const struct vmt_outcome *outcome)
{
   bool swapped_out = false, evicted = false;

   model_tell(space);
   CHECK_EQ(outcome->is_refault, pages[space][page].state == EVICTED);
   CHECK_EQ(outcome->event == VMT_EV_SwapIn,
            pages[space][page].state == EVICTED && pages[space][page].has_contents);
   if (write && pages[space][page].has_slot) {
      pages[space][page].has_slot = false;
      n_slots--;
   }
   if (pages[space][page].state != RESIDENT)
      evicted = model_make_room(&swapped_out);
   CHECK_EQ(outcome->n_evicted, evicted);
   CHECK_EQ(outcome->n_swapped_out, swapped_out);
   pages[space][page].state = RESIDENT;
   pages[space][page].has_contents |= write;
   pages[space][page].last = ++n_touches;
}

static void
model_forget(uint32_t space, uint64_t start, uint64_t after)
{
   for (; start < after; start++) {
      n_slots -= pages[space][start].has_slot;
      memset(&pages[space][start], 0, sizeof pages[space][start]);
   }
}

/* As translated code does: a load that the filter knows is not told.  */
static bool
hits_filter(struct vmt_machine *machine, uint64_t page)
{
   struct vmt_filter_entry *entry =
      vmt_filter_entry_of(&machine->filter.data, BASE + page);

   if (entry->load_addr != addr_of(page))
      return false;
   vmt_filter_raise(&entry->stamp, tick);
   return true;
}

static void
lru_touch(uint32_t i)
{
   struct vmt_machine *machine = &spaces[i].machine;
   uint64_t page = test_random(test_random(2) == 0 ? 12 : N_PAGES);
   bool write = page < WRITTEN_PAGES && test_random(4) == 0;
   struct vmt_outcome outcome;

   machine->filter.clock = ++tick + 1;
   if (!write && hits_filter(machine, page)) {
      untold[i][n_untold[i]++] = (uint32_t)page;
      return;
   }
   vmt_machine_access(machine, addr_of(page), write ? VMT_WRITE : VMT_READ, tick,
                      &outcome);
   model_touch(i, page, write, &outcome);
   charge_space(&spaces[i], &outcome);
}

static void
lru_change(uint32_t i, const struct vmt_settings *settings)
{
   uint64_t page = test_random(N_PAGES - 8);
   uint32_t n_told;

   if (!spaces[i].is_there) {
      n_untold[i] = 0;
      begin_space(&spaces[i], settings);
      map_pages(&spaces[i], 0, N_PAGES, RW, VMT_BACKING_ANON, 0);
   } else if (test_random(4) == 0) {
      end_space(&spaces[i], test_random(2) == 0);
      n_untold[i] = 0;
      model_forget(i, 0, N_PAGES);
   } else {
      model_tell(i);
      CHECK_EQ(vmt_machine_advise(&spaces[i].machine, addr_of(page), addr_of(page + 8),
                                  VMT_ADVICE_ZAP, &n_told), VMT_OK);
      model_forget(i, page, page + 8);
   }
}

static void
check_lru(void)
{
   uint64_t n = 0, n_resident = 0;

   for (uint32_t i = 0; i < N_MACHINES; i++)
      for (uint64_t page = 0; page < N_PAGES; page++)
         n += pages[i][page].state == RESIDENT;
   n_resident = vmt_replacement_n_resident(&room->textbook);
   CHECK(n_resident <= FRAMES);
   if (common->n_left == room->n_left) {
      CHECK_EQ(n_resident, n);
      CHECK_EQ(room->n_slots_used, n_slots);
   }
}

static void
run_lru(uint64_t round)
{
   const struct vmt_settings settings = {
      .n_cores = 1, .stack_limit_bytes = 8 << 20, .ram_bytes = FRAMES * VMT_PAGE_BYTES,
      .swap_bytes = SLOTS * VMT_PAGE_BYTES, .policy = VMT_PAGES_LRU };

   test_reseed(round);
   open_world();
   memset(pages, 0, sizeof pages);
   memset(n_untold, 0, sizeof n_untold);
   n_touches = n_slots = 0;
   for (uint32_t step = 0; step < 6000; step++) {
      uint32_t i = (uint32_t)test_random(N_MACHINES);

      if (!spaces[i].is_there || test_random(150) == 0)
         lru_change(i, &settings);
      for (uint64_t n = test_random(20); spaces[i].is_there && n > 0; n--)
         lru_touch(i);
      if (step % 20 == 0)
         check_lru();
   }
   close_world();
}

int
main(int argc, char **argv)
{
   uint64_t n_rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : 12;
   uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

   test_begin("test_shared_lru");
   for (uint64_t i = first; i < first + n_rounds; i++)
      run_lru(i);
   return test_end();
}
