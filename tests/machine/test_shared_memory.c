/* Several machines with one limited memory, in one process.

   Under lru against a naive memory of as many spaces: what each touch comes to, victim by
   victim, also where touches hit the filter and are told of later.  Under the kernel's
   policies: what must hold of frames, entries and what is shown, while processes come, fork,
   die, and one dies with the lock.

   usage: test_shared_memory [n-rounds [first-round]]  */

#include <stdlib.h>
#include <string.h>

#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/machine.h"

#define N_MACHINES 4
#define N_PAGES 160                     /* of each address space */
#define BASE ((vmt_vpn)0x40000 - 60)
#define OBJECT_PAGES 64
#define ROOM_BYTES ((size_t)64 << 20)
#define RW (VMT_AREA_READ | VMT_AREA_WRITE)

enum { A_FILE = 1, A_MEMORY };

static const struct vmt_common_limits limits = {63, 400, 64};

static struct vmt_common *common;
static struct vmt_memory *room;
static uint64_t alive, tick;

static struct space {
   struct vmt_machine machine;
   bool is_there;
   uint32_t place;
} spaces[N_MACHINES];

static bool
is_alive(uint32_t place)
{
   return (alive >> place & 1) != 0;
}

static vmt_addr
addr_of(uint64_t page)
{
   return (BASE + page) << VMT_PAGE_SHIFT;
}

/* ---- processes ---- */

static uint32_t
new_place(void)
{
   uint32_t place = 1;

   while (is_alive(place) ||
          vmt_common_process(common, place)->state != VMT_PLACE_FREE)
      place++;
   CHECK(place <= limits.n_places);
   alive |= (uint64_t)1 << place;
   vmt_common_lock(common, place);
   vmt_common_enter(common, place, 0, 0, 0);
   vmt_common_unlock(common);
   return place;
}

static void
map(struct space *space, uint64_t start, uint64_t end, uint32_t flags,
    enum vmt_backing backing, uint64_t object)
{
   const struct vmt_area area = {
      .start = addr_of(start), .end = addr_of(end), .flags = flags, .backing = backing,
      .object = object, .page_offset = object == 0 ? 0 : start % 24, .label = 1 };
   uint32_t n_told;

   CHECK_EQ(vmt_machine_map(&space->machine, &area, &n_told), VMT_OK);
}

static void
begin(struct space *space, const struct vmt_settings *settings)
{
   struct vmt_machine *machine = &space->machine;
   struct vmt_machine_config config;

   vmt_machine_config_generic(&config);
   CHECK_EQ(vmt_machine_init(machine, &config, settings), VMT_OK);
   machine->filter.clock = tick + 1;
   CHECK_EQ(vmt_machine_object(machine, OBJECT_PAGES * VMT_PAGE_BYTES, true), A_FILE);
   CHECK_EQ(vmt_machine_object(machine, OBJECT_PAGES * VMT_PAGE_BYTES, false), A_MEMORY);
   vmt_machine_set_object_identity(machine, A_FILE, 8, 1);
   vmt_machine_set_object_identity(machine, A_MEMORY, 8, 2);
   space->place = new_place();
   space->is_there = true;
   CHECK_EQ(vmt_machine_join(machine, common, space->place), VMT_OK);
   CHECK_EQ(vmt_machine_share_memory(machine, room, ROOM_BYTES), VMT_OK);
   CHECK_EQ(vmt_frames_counts(machine)->n_swapped_out, 0);
}

/* Orderly, or without a word.  */
static void
end(struct space *space, bool killed)
{
   alive &= ~((uint64_t)1 << space->place);
   if (!killed)
      vmt_machine_leave(&space->machine);
   vmt_machine_free(&space->machine);
   space->is_there = false;
   if (killed) {
      vmt_common_lock(common, limits.n_places);
      vmt_common_bury(common);
      vmt_common_unlock(common);
   }
}

static void
open_world(void)
{
   common = calloc(1, vmt_common_bytes(&limits));
   room = aligned_alloc(4096, ROOM_BYTES);
   CHECK(common != NULL && room != NULL);
   memset(room, 0, sizeof *room);
   vmt_common_init(common, &limits, 1);
   memset(spaces, 0, sizeof spaces);
   tick = 0;
   alive = (uint64_t)1 << limits.n_places;      /* the undertaker, who needs no memory */
   vmt_common_lock(common, limits.n_places);
   vmt_common_enter(common, limits.n_places, 0, 0, 0);
   vmt_common_unlock(common);
   test_is_alive = is_alive;
}

static void
close_world(void)
{
   for (uint32_t i = 0; i < N_MACHINES; i++)
      if (spaces[i].is_there)
         end(&spaces[i], i % 2 == 0);
   free(common);
   free(room);
   test_is_alive = NULL;
   CHECK_EQ(test_n_blocks(), 0);
}

static void
charge(struct space *space, struct vmt_outcome *outcome)
{
   uint32_t id = vmt_accounting_charge(&space->machine.ledger, 1,
                                       (uint16_t)outcome->label, 1, 0);

   CHECK_EQ(vmt_machine_charge(&space->machine, outcome, id), VMT_OK);
}

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
   charge(&spaces[i], &outcome);
}

static void
lru_change(uint32_t i, const struct vmt_settings *settings)
{
   uint64_t page = test_random(N_PAGES - 8);
   uint32_t n_told;

   if (!spaces[i].is_there) {
      n_untold[i] = 0;
      begin(&spaces[i], settings);
      map(&spaces[i], 0, N_PAGES, RW, VMT_BACKING_ANON, 0);
   } else if (test_random(4) == 0) {
      end(&spaces[i], test_random(2) == 0);
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

/* ---- the kernel's policies: what must hold ---- */

static bool
is_resident(uint64_t bits)
{
   return (bits & VMT_PTE_PRESENT) != 0 &&
          (bits & (VMT_PTE_ANON | VMT_PTE_FILE | VMT_PTE_SHMEM)) != 0;
}

/* What the process sees, once it has looked into its inbox, is what is shown.  */
static uint64_t
check_space(struct space *space)
{
   struct vmt_machine *machine = &space->machine;
   const struct vmt_frames *frames = &machine->frames;
   int64_t n_resident = 0;

   vmt_machine_hear_others(machine);
   for (uint64_t page = 0; page < N_PAGES; page++) {
      const struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, BASE + page);
      uint64_t key = vmt_frames_key(frames, BASE + page), bits = pte ? pte->bits : 0;
      const uint64_t *name = vmt_shown_name(&room->shown, key);

      CHECK((bits & VMT_PTE_PRESENT) == 0 ||
            (bits & (VMT_PTE_SWAPPED | VMT_PTE_AWAY | VMT_PTE_EVICTED)) == 0);
      n_resident += is_resident(bits);
      if (name != NULL)
         CHECK_EQ(vmt_shown_is_present(&room->shown, key),
                  (bits & VMT_PTE_PRESENT) != 0);
      else if (is_resident(bits))
         CHECK_EQ(vmt_reclaim_n_mapped(&room->kernel, key), 1);
      else if ((bits & VMT_PTE_SWAPPED) != 0)
         CHECK(vmt_reclaim_where(&room->kernel, key) != VMT_RECLAIM_NOWHERE);
      if (name != NULL && is_resident(bits))
         CHECK(vmt_reclaim_n_mapped(&room->kernel, *name) >= 1);
   }
   CHECK_EQ(machine->ledger.n_resident_pages, n_resident);
   return (uint64_t)n_resident;
}

/* Entries that show a name and are present.  */
static uint64_t
n_present(uint64_t name)
{
   uint32_t at = vmt_shown_first(&room->shown, name);
   uint64_t n = 0;
   vmt_vpn key;

   if (at == VMT_SHOWN_NONE)
      return name < VMT_FRESH_NAMES && vmt_reclaim_n_mapped(&room->kernel, name) == 1;
   while (at != VMT_SHOWN_NONE) {
      at = vmt_shown_next(&room->shown, at, &key);
      n += vmt_shown_is_present(&room->shown, key);
      CHECK(room->members[vmt_memory_place_of(key)] != NULL);
   }
   return n;
}

static void
check_memory(void)
{
   const struct vmt_reclaim_frame *frame;
   uint64_t n_tables = 0, n_frames = 0;
   uint32_t cursor = 0, n_members = 0;

   while ((frame = vmt_reclaim_next(&room->kernel, &cursor)) != NULL) {
      n_frames++;
      if (frame->page != VMT_NO_PAGE)
         CHECK_EQ(frame->n_mapped, n_present(frame->page));
   }
   for (uint32_t place = 0; place < room->after_places; place++) {
      n_members += room->members[place] != NULL;
      n_tables += room->members[place] == NULL ? 0 : room->members[place]->n_tables;
   }
   CHECK_EQ(n_members, room->n_members);
   CHECK_EQ(n_tables, room->kernel.n_kernel_frames);
   CHECK_EQ(n_frames + n_tables, room->kernel.n_frames_used);
   if (room->kernel.counts.n_out_of_memory == 0)
      CHECK(room->kernel.n_frames_used <= vmt_memory_n_frames(room));
}

static void
check_all(void)
{
   for (uint32_t i = 0; i < N_MACHINES; i++)
      if (spaces[i].is_there)
         check_space(&spaces[i]);
   check_memory();
}

/* ---- the kernel's policies: steps ---- */

static void
settle(struct space *space)
{
   map(space, 0, 60, RW, VMT_BACKING_ANON, 0);
   map(space, 60, 80, RW | VMT_AREA_SHARED, VMT_BACKING_SHMEM, A_MEMORY);
   map(space, 80, 100, RW, VMT_BACKING_FILE, A_FILE);
   map(space, 100, 120, VMT_AREA_READ | VMT_AREA_EXEC, VMT_BACKING_FILE, A_FILE);
   map(space, 120, N_PAGES, RW, VMT_BACKING_ANON, 0);
}

static void
linux_touch(struct space *space)
{
   struct vmt_machine *machine = &space->machine;
   uint64_t page = test_random(test_random(3) == 0 ? 20 : N_PAGES);
   struct vmt_outcome outcome;

   machine->filter.clock = (tick += 1 + test_random(50000)) + 1;
   if (vmt_machine_access(machine, addr_of(page),
                          (enum vmt_access_kind)test_random(VMT_MODIFY + 1), tick,
                          &outcome))
      charge(space, &outcome);
}

/* A child that is never heard of: it dies at once, or some time later.  */
static void
fork_ghost(struct space *space)
{
   uint32_t place = new_place();

   vmt_machine_before_fork(&space->machine, place);
   check_space(space);
   check_memory();
   if (test_random(2) == 0)
      alive &= ~((uint64_t)1 << place);
}

static void
bury(void)
{
   uint64_t named = (uint64_t)1 << limits.n_places;

   for (uint32_t i = 0; i < N_MACHINES; i++)
      named |= spaces[i].is_there ? (uint64_t)1 << spaces[i].place : 0;
   alive &= named | (uint64_t)test_random(1 << 20) << 20;
   vmt_common_lock(common, limits.n_places);
   vmt_common_bury(common);
   vmt_common_unlock(common);
}

/* Dies with the lock, and leaves the memory in ruins.  */
static void
die_with_lock(void)
{
   uint32_t place = new_place();

   vmt_common_lock(common, place);
   memset((char *)room + sizeof *room + 4096, 0xa5, 1 << 16);
   memset(&room->kernel, 0xa5, sizeof room->kernel);
   memset(&room->shown, 0xa5, sizeof room->shown);
   alive &= ~((uint64_t)1 << place);
}

static void
linux_change(struct space *space, const struct vmt_settings *settings)
{
   uint64_t page = test_random(N_PAGES - 8);
   struct vmt_machine *machine = &space->machine;
   uint32_t n_told;

   if (!space->is_there) {
      begin(space, settings);
      settle(space);
      return;
   }
   switch (test_random(12)) {
   case 0:
      end(space, test_random(2) == 0);
      break;
   case 1:
      fork_ghost(space);
      break;
   case 2:
      bury();
      break;
   case 3:
      if (test_random(10) == 0)
         die_with_lock();
      break;
   case 4:
      CHECK_EQ(vmt_machine_move(machine, addr_of(0), 8 * VMT_PAGE_BYTES,
                                addr_of(N_PAGES - 8), 8 * VMT_PAGE_BYTES, true,
                                &n_told), VMT_OK);
      break;
   case 5:
      CHECK_EQ(vmt_machine_unmap(machine, addr_of(60), addr_of(80), &n_told), VMT_OK);
      map(space, 60, 80, RW | VMT_AREA_SHARED, VMT_BACKING_SHMEM, A_MEMORY);
      break;
   case 6:
      CHECK_EQ(vmt_machine_change_areas(machine, addr_of(page), addr_of(page + 2), 0,
                                        VMT_AREA_LOCKED), VMT_OK);
      CHECK_EQ(vmt_machine_change_areas(machine, addr_of(page), addr_of(page + 2),
                                        VMT_AREA_LOCKED, 0), VMT_OK);
      break;
   default:
      CHECK_EQ(vmt_machine_advise(machine, addr_of(page), addr_of(page + 8),
                                  test_random(2) == 0 ? VMT_ADVICE_ZAP
                                  : test_random(2) == 0 ? VMT_ADVICE_FREE
                                                        : VMT_ADVICE_PAGE_OUT,
                                  &n_told), VMT_OK);
   }
}

/* When all have gone, nothing is left but pages of files and of shared memory.  */
static void
check_empty(void)
{
   struct vmt_settings settings = {
      .n_cores = 1, .stack_limit_bytes = 8 << 20, .ram_bytes = room->settings.ram_bytes,
      .swap_bytes = VMT_UNLIMITED, .policy = room->settings.policy };
   const struct vmt_reclaim_frame *frame;
   uint32_t cursor = 0;

   for (uint32_t i = 0; i < N_MACHINES; i++)
      if (spaces[i].is_there)
         end(&spaces[i], test_random(2) == 0);
   alive = (uint64_t)1 << limits.n_places;
   vmt_common_lock(common, limits.n_places);
   vmt_common_bury(common);
   vmt_common_unlock(common);
   begin(&spaces[0], &settings);
   vmt_machine_hear_others(&spaces[0].machine);
   CHECK_EQ(room->n_members, 1);
   CHECK_EQ(room->kernel.n_kernel_frames, 0);
   CHECK_EQ(room->shown.by_vpn.n_used, 0);
   while ((frame = vmt_reclaim_next(&room->kernel, &cursor)) != NULL) {
      CHECK_EQ(frame->n_mapped, 0);
      CHECK(frame->kind != VMT_RECLAIM_ANON || frame->page == VMT_NO_PAGE);
   }
}

static void
run_linux(uint64_t round)
{
   struct vmt_settings settings = {
      .n_cores = 2, .page_cache_warm = round % 2 == 0, .stack_limit_bytes = 8 << 20,
      .policy = round % 3 == 0 ? VMT_PAGES_MGLRU : VMT_PAGES_LINUX,
      .swap_latency_ns = 50000 };

   test_reseed(round);
   open_world();
   settings.ram_bytes = (100 + test_random(200)) * VMT_PAGE_BYTES;
   settings.swap_bytes = test_random(3) == 0 ? test_random(300) * VMT_PAGE_BYTES
                                             : VMT_UNLIMITED;
   for (uint32_t step = 0; step < 2500; step++) {
      struct space *space = &spaces[test_random(N_MACHINES)];

      if (!space->is_there || test_random(15) == 0)
         linux_change(space, &settings);
      for (uint64_t n = test_random(20); space->is_there && n > 0; n--)
         linux_touch(space);
      if (step % 10 == 0)
         check_all();
   }
   check_empty();
   close_world();
}

/* ---- a room that is too small ---- */

/* Whatever there is no room for, the machine says so, and others find the lock free.  */
static void
fill_room(size_t room_bytes, enum vmt_page_policy policy)
{
   const struct vmt_settings settings = {
      .n_cores = 1, .stack_limit_bytes = 8 << 20, .ram_bytes = 100 * VMT_PAGE_BYTES,
      .swap_bytes = VMT_UNLIMITED, .policy = policy, .swap_latency_ns = 50000 };
   struct vmt_machine *machine = &spaces[0].machine;
   struct vmt_machine_config config;
   enum vmt_status status;
   struct vmt_outcome outcome;

   open_world();
   vmt_machine_config_generic(&config);
   CHECK_EQ(vmt_machine_init(machine, &config, &settings), VMT_OK);
   spaces[0].place = new_place();
   CHECK_EQ(vmt_machine_join(machine, common, spaces[0].place), VMT_OK);
   status = vmt_machine_share_memory(machine, room, room_bytes);
   if (status == VMT_OK)
      map(&spaces[0], 0, N_PAGES, RW, VMT_BACKING_ANON, 0);
   for (uint64_t i = 0; status == VMT_OK && i < 400; i++) {
      machine->filter.clock = ++tick + 1;
      vmt_machine_access(machine, addr_of(i % N_PAGES), VMT_WRITE, tick, &outcome);
      status = vmt_machine_charge(machine, &outcome, vmt_accounting_charge(
                                     &machine->ledger, 1, 1, 1, 0));
   }
   CHECK(status == VMT_OK || status == VMT_NO_MEMORY);
   CHECK_EQ(status == VMT_NO_MEMORY, room_bytes < (size_t)3 << 20);
   CHECK_EQ(machine->frames.n_entered, 0);
   CHECK_EQ(common->lock, 0);
   vmt_machine_free(machine);
   close_world();
}

static void
test_small_rooms(void)
{
   const size_t least = sizeof(struct vmt_memory);

   for (size_t bytes = 4096; bytes < 40 * 4096; bytes += 4096)
      fill_room(least + bytes, VMT_PAGES_LINUX);
   for (size_t bytes = 4096; bytes < 40 * 4096; bytes += 4096)
      fill_room(least + bytes, VMT_PAGES_LRU);
   fill_room((size_t)8 << 20, VMT_PAGES_LINUX);
   fill_room((size_t)8 << 20, VMT_PAGES_LRU);
}

/* ---- out of memory, and apart ---- */

static void
write_all_pages(struct space *space, uint64_t n)
{
   struct vmt_outcome outcome;

   for (uint64_t page = 0; page < n; page++) {
      space->machine.filter.clock = (tick += 1000) + 1;
      if (vmt_machine_access(&space->machine, addr_of(page), VMT_WRITE, tick, &outcome))
         charge(space, &outcome);
   }
}

/* Without swap the first runs out of memory; when it is gone, there is a limit again.  */
static void
test_out_of_memory(void)
{
   const struct vmt_settings settings = {
      .n_cores = 1, .stack_limit_bytes = 8 << 20, .ram_bytes = 120 * VMT_PAGE_BYTES,
      .policy = VMT_PAGES_LINUX, .swap_latency_ns = 50000 };

   open_world();
   for (uint32_t i = 0; i < 2; i++) {
      begin(&spaces[i], &settings);
      map(&spaces[i], 0, N_PAGES, RW, VMT_BACKING_ANON, 0);
   }
   write_all_pages(&spaces[0], N_PAGES);
   CHECK(spaces[0].machine.frames.oom.happened);
   write_all_pages(&spaces[1], N_PAGES);
   CHECK(!spaces[1].machine.frames.oom.happened);
   CHECK(room->kernel.n_frames_used > 2 * N_PAGES);
   end(&spaces[0], true);
   vmt_machine_hear_others(&spaces[1].machine);
   CHECK_EQ(room->kernel.settings.n_frames, 120);
   check_space(&spaces[1]);
   check_memory();
   close_world();
}

/* A process that goes apart takes its pages with it, and leaves none.  */
static void
test_apart(enum vmt_page_policy policy)
{
   const struct vmt_settings settings = {
      .n_cores = 1, .stack_limit_bytes = 8 << 20, .ram_bytes = 120 * VMT_PAGE_BYTES,
      .swap_bytes = VMT_UNLIMITED, .policy = policy, .swap_latency_ns = 50000 };
   struct vmt_frames *frames = &spaces[0].machine.frames;

   open_world();
   begin(&spaces[0], &settings);
   map(&spaces[0], 0, N_PAGES, RW, VMT_BACKING_ANON, 0);
   write_all_pages(&spaces[0], N_PAGES);
   vmt_machine_leave(&spaces[0].machine);
   CHECK_EQ(vmt_machine_take_own_memory(&spaces[0].machine), VMT_OK);
   CHECK(frames->memory != room && frames->place == 0);
   CHECK_EQ(room->n_members, 0);
   write_all_pages(&spaces[0], N_PAGES);
   if (policy == VMT_PAGES_LRU) {
      CHECK_EQ(vmt_replacement_n_resident(&room->textbook), 0);
      CHECK_EQ(vmt_replacement_n_resident(&frames->memory->textbook), 120);
   } else {
      CHECK_EQ(room->kernel.pages.n_used, 0);   /* but frames under write */
      CHECK_EQ(room->kernel.n_kernel_frames, 0);
      CHECK(frames->memory->kernel.n_frames_used <= 120);
   }
   CHECK_EQ(spaces[0].machine.ledger.totals[VMT_EV_ZeroWr], N_PAGES);
   close_world();
}

int
main(int argc, char **argv)
{
   uint64_t n_rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : 12;
   uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

   test_begin("test_shared_memory");
   test_small_rooms();
   test_out_of_memory();
   test_apart(VMT_PAGES_LINUX);
   test_apart(VMT_PAGES_LRU);
   for (uint64_t i = first; i < first + n_rounds; i++)
      run_lru(i);
   for (uint64_t i = first; i < first + n_rounds; i++)
      run_linux(i);
   return test_end();
}
