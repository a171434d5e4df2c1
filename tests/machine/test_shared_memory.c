/* Several machines with one limited memory, in one process.

   Under the kernel's policies: what must hold of frames, entries and what is shown, while
   processes come, fork, die, and one dies with the lock.  Under all: rooms that are too
   small, memory that is out, and a process that goes apart.

   usage: test_shared_memory [n-rounds [first-round]]  */

#include <stdlib.h>
#include <string.h>

#include "tests/machine/world.h"
#include "tests/mmu/check.h"

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
   map_pages(space, 0, 60, RW, VMT_BACKING_ANON, 0);
   map_pages(space, 60, 80, RW | VMT_AREA_SHARED, VMT_BACKING_SHMEM, A_MEMORY);
   map_pages(space, 80, 100, RW, VMT_BACKING_FILE, A_FILE);
   map_pages(space, 100, 120, VMT_AREA_READ | VMT_AREA_EXEC, VMT_BACKING_FILE, A_FILE);
   map_pages(space, 120, N_PAGES, RW, VMT_BACKING_ANON, 0);
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
      charge_space(space, &outcome);
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
      begin_space(space, settings);
      settle(space);
      return;
   }
   switch (test_random(12)) {
   case 0:
      end_space(space, test_random(2) == 0);
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
      map_pages(space, 60, 80, RW | VMT_AREA_SHARED, VMT_BACKING_SHMEM, A_MEMORY);
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
         end_space(&spaces[i], test_random(2) == 0);
   alive = (uint64_t)1 << limits.n_places;
   vmt_common_lock(common, limits.n_places);
   vmt_common_bury(common);
   vmt_common_unlock(common);
   begin_space(&spaces[0], &settings);
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
      map_pages(&spaces[0], 0, N_PAGES, RW, VMT_BACKING_ANON, 0);
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
         charge_space(space, &outcome);
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
      begin_space(&spaces[i], &settings);
      map_pages(&spaces[i], 0, N_PAGES, RW, VMT_BACKING_ANON, 0);
   }
   write_all_pages(&spaces[0], N_PAGES);
   CHECK(spaces[0].machine.frames.oom.happened);
   write_all_pages(&spaces[1], N_PAGES);
   CHECK(!spaces[1].machine.frames.oom.happened);
   CHECK(room->kernel.n_frames_used > 2 * N_PAGES);
   end_space(&spaces[0], true);
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
   begin_space(&spaces[0], &settings);
   map_pages(&spaces[0], 0, N_PAGES, RW, VMT_BACKING_ANON, 0);
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
      run_linux(i);
   return test_end();
}
