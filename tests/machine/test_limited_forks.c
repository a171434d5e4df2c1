/* Processes that fork, exit, are killed and run at the same time, with one limited memory:
   afterwards page tables, frames and what is shown say the same.

   The controller tells processes what to do, one after the other or all at once, and looks
   at nothing but the shared memory itself.

   usage: test_limited_forks [n-rounds [first-round]]  */

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/machine.h"

#define N_SLOTS 7                       /* processes at once, at places from 1 */
#define N_PAGES 160
#define BASE ((vmt_vpn)0x40000 - 60)
#define OBJECT_PAGES 64
#define ROOM_BYTES ((size_t)48 << 20)
#define RW (VMT_AREA_READ | VMT_AREA_WRITE)

enum { A_FILE = 1, A_MEMORY };

enum order { TOUCH, CHANGE, FORK, LEAVE, CHECK_ALL, DIE_SOON };

static const struct vmt_common_limits limits = {N_SLOTS, 400, 64};

/* What all processes see.  */
static struct world {
   uint64_t alive;                      /* places */
   struct slot {
      sem_t go, done;
      volatile pid_t pid;               /* 0: free */
      bool is_busy;
      enum order order;
      uint64_t seed;
      uint32_t child;                   /* FORK: its place */
   } slots[N_SLOTS + 1];
} *world;

static struct vmt_common *common;
static struct vmt_memory *room;

/* ---- a process ---- */

static struct vmt_machine machine;
static uint64_t tick;
static bool has_contents[N_PAGES];

static bool
is_alive(uint32_t place)
{
   return (__atomic_load_n(&world->alive, __ATOMIC_ACQUIRE) >> place & 1) != 0;
}

static void
pause_a_little(void)
{
   usleep(20);
}

static vmt_addr
addr_of(uint64_t page)
{
   return (BASE + page) << VMT_PAGE_SHIFT;
}

static void
map(uint64_t start, uint64_t end, uint32_t flags, enum vmt_backing backing,
    uint64_t object)
{
   const struct vmt_area area = {
      .start = addr_of(start), .end = addr_of(end), .flags = flags, .backing = backing,
      .object = object, .page_offset = object == 0 ? 0 : start % 24, .label = 1 };
   uint32_t n_told;

   CHECK_EQ(vmt_machine_map(&machine, &area, &n_told), VMT_OK);
   memset(&has_contents[start], 0, (end - start) * sizeof *has_contents);
}

static void
begin(const struct vmt_settings *settings)
{
   struct vmt_machine_config config;

   vmt_machine_config_generic(&config);
   CHECK_EQ(vmt_machine_init(&machine, &config, settings), VMT_OK);
   CHECK_EQ(vmt_machine_object(&machine, OBJECT_PAGES * VMT_PAGE_BYTES, true), A_FILE);
   CHECK_EQ(vmt_machine_object(&machine, OBJECT_PAGES * VMT_PAGE_BYTES, false),
            A_MEMORY);
   vmt_machine_set_object_identity(&machine, A_FILE, 8, 1);
   vmt_common_lock(common, 1);
   vmt_common_enter(common, 1, 0, 0, getpid());
   vmt_common_unlock(common);
   CHECK_EQ(vmt_machine_join(&machine, common, 1), VMT_OK);
   CHECK_EQ(vmt_machine_share_memory(&machine, room, ROOM_BYTES), VMT_OK);
   map(0, 60, RW, VMT_BACKING_ANON, 0);
   map(60, 80, RW | VMT_AREA_SHARED, VMT_BACKING_SHMEM, A_MEMORY);
   map(80, 100, RW, VMT_BACKING_FILE, A_FILE);
   map(100, 120, VMT_AREA_READ | VMT_AREA_EXEC, VMT_BACKING_FILE, A_FILE);
   map(120, N_PAGES, RW, VMT_BACKING_ANON, 0);
}

static void
touch(void)
{
   uint64_t page = test_random(test_random(3) == 0 ? 20 : N_PAGES);
   const struct vmt_pte *pte = vmt_pagetable_find(&machine.pages, BASE + page);
   enum vmt_access_kind kind = (enum vmt_access_kind)test_random(VMT_MODIFY + 1);
   struct vmt_outcome outcome;

   machine.filter.clock = (tick += 1 + test_random(50000)) + 1;
   if (vmt_machine_access(&machine, addr_of(page), kind, tick, &outcome))
      CHECK_EQ(vmt_machine_charge(&machine, &outcome, vmt_accounting_charge(
                  &machine.ledger, 1, (uint16_t)outcome.label, 1, 0)), VMT_OK);
   pte = vmt_pagetable_find(&machine.pages, BASE + page);
   if (pte != NULL && (pte->bits & VMT_PTE_ANON) != 0 && kind != VMT_READ)
      has_contents[page] = true;
}

static void
change(void)
{
   uint64_t page = test_random(N_PAGES - 8);
   uint32_t n_told;

   switch (test_random(5)) {
   case 0:
      CHECK_EQ(vmt_machine_unmap(&machine, addr_of(60), addr_of(80), &n_told), VMT_OK);
      map(60, 80, RW | VMT_AREA_SHARED, VMT_BACKING_SHMEM, A_MEMORY);
      break;
   case 1:
      map(120, N_PAGES, RW, VMT_BACKING_ANON, 0);
      break;
   case 2:
      CHECK_EQ(vmt_machine_advise(&machine, addr_of(page), addr_of(page + 8),
                                  VMT_ADVICE_PAGE_OUT, &n_told), VMT_OK);
      break;
   default:
      CHECK_EQ(vmt_machine_advise(&machine, addr_of(page), addr_of(page + 8),
                                  test_random(2) == 0 ? VMT_ADVICE_ZAP
                                                      : VMT_ADVICE_FREE,
                                  &n_told), VMT_OK);
      memset(&has_contents[page], 0, 8 * sizeof *has_contents);
   }
}

/* What it has of its own is there, or in swap; its entries are as they are shown.  */
static void
check(void)
{
   bool is_limited = room->settings.policy == VMT_PAGES_LINUX ||
                     room->settings.policy == VMT_PAGES_MGLRU;

   vmt_machine_begin(&machine);
   for (uint64_t page = 0; page < N_PAGES; page++) {
      const struct vmt_pte *pte = vmt_pagetable_find(&machine.pages, BASE + page);
      uint64_t key = vmt_frames_key(&machine.frames, BASE + page);
      uint64_t bits = pte == NULL ? 0 : pte->bits;

      if (has_contents[page])
         CHECK((bits & (VMT_PTE_ANON | VMT_PTE_SWAPPED)) != 0);
      if (is_limited && vmt_shown_name(&room->shown, key) != NULL)
         CHECK_EQ(vmt_shown_is_present(&room->shown, key),
                  (bits & VMT_PTE_PRESENT) != 0);
      else if (is_limited && (bits & VMT_PTE_ANON) != 0)
         CHECK_EQ(vmt_reclaim_n_mapped(&room->kernel, key), 1);
   }
   vmt_machine_end(&machine);
}

static void serve(uint32_t place);

static void
fork_child(struct slot *slot)
{
   uint32_t place = slot->child;
   pid_t pid;

   vmt_common_lock(common, machine.sharing.place);
   vmt_common_enter(common, place, 0, 0, 0);
   vmt_common_unlock(common);
   vmt_machine_before_fork(&machine, place);
   pid = fork();
   CHECK(pid >= 0);
   if (pid == 0) {
      /* Of shared memory nothing is copied, and contents that were are there.  */
      CHECK_EQ(vmt_machine_become_child(&machine, place), VMT_OK);
      serve(place);
   }
   world->slots[place].pid = pid;
}

/* Killed at any instruction of what follows.  */
static void
die_soon(void)
{
   struct itimerval time = {.it_value = {.tv_usec = 1 + (long)test_random(3000)}};

   signal(SIGALRM, SIG_DFL);
   setitimer(ITIMER_REAL, &time, NULL);
   for (;;) {
      touch();
      if (test_random(8) == 0)
         change();
   }
}

static void
obey(struct slot *slot)
{
   test_reseed(slot->seed);
   switch (slot->order) {
   case TOUCH:
      for (uint64_t n = 1 + test_random(60); n > 0; n--)
         touch();
      break;
   case CHANGE:
      change();
      break;
   case FORK:
      fork_child(slot);
      break;
   case LEAVE:
      vmt_machine_leave(&machine);
      _exit(0);
   case CHECK_ALL:
      check();
      break;
   case DIE_SOON:
      die_soon();
   }
}

static void
serve(uint32_t place)
{
   struct slot *slot = &world->slots[place];

   for (;;) {
      while (sem_wait(&slot->go) != 0)
         CHECK_EQ(errno, EINTR);
      obey(slot);
      sem_post(&slot->done);
   }
}

/* ---- the controller ---- */

static void
order(uint32_t place, enum order what)
{
   struct slot *slot = &world->slots[place];

   slot->order = what;
   slot->seed = test_random(1 << 30);
   slot->is_busy = true;
   sem_post(&slot->go);
}

/* The place is free again, when the process is not there any more.  */
static bool
is_gone(struct slot *slot, uint32_t place)
{
   if (kill(slot->pid, 0) == 0)
      return false;
   CHECK(slot->order == LEAVE || slot->order == DIE_SOON);
   slot->pid = 0;
   slot->is_busy = false;
   __atomic_and_fetch(&world->alive, ~((uint64_t)1 << place), __ATOMIC_RELEASE);
   return true;
}

static void
wait_for_all(void)
{
   bool any = true;

   while (any) {
      any = false;
      for (uint32_t place = 1; place <= N_SLOTS; place++) {
         struct slot *slot = &world->slots[place];

         if (!slot->is_busy || is_gone(slot, place))
            continue;
         if (slot->order != LEAVE && slot->order != DIE_SOON &&
             sem_trywait(&slot->done) == 0)
            slot->is_busy = false;
         else
            any = true;
      }
      if (any)
         usleep(30);
   }
}

static uint32_t
find_place(bool is_free)
{
   uint32_t first = (uint32_t)test_random(N_SLOTS);

   for (uint32_t i = 0; i < N_SLOTS; i++) {
      uint32_t place = 1 + (first + i) % N_SLOTS;

      if (is_free ? world->slots[place].pid == 0 &&
                       vmt_common_process(common, place)->state == VMT_PLACE_FREE
                  : world->slots[place].pid != 0 && !world->slots[place].is_busy)
         return place;
   }
   return 0;
}

static void
order_fork(uint32_t place)
{
   uint32_t child = find_place(true);

   if (child == 0)
      return;
   __atomic_or_fetch(&world->alive, (uint64_t)1 << child, __ATOMIC_RELEASE);
   world->slots[place].child = child;
   sem_init(&world->slots[child].go, 1, 0);
   sem_init(&world->slots[child].done, 1, 0);
   order(place, FORK);
}

static uint32_t
n_processes(void)
{
   uint32_t n = 0;

   for (uint32_t place = 1; place <= N_SLOTS; place++)
      n += world->slots[place].pid != 0;
   return n;
}

/* The dead are taken away by whoever forks or measures.  */
static void
bury(void)
{
   vmt_common_lock(common, N_SLOTS);    /* as good a name as any: nobody is at work */
   vmt_common_bury(common);
   vmt_common_unlock(common);
}

static void
step(void)
{
   uint32_t place = find_place(false);

   switch (test_random(14)) {
   case 0:
   case 1:
      order_fork(place);
      break;
   case 2:
      if (n_processes() > 1)
         order(place, test_random(2) == 0 ? LEAVE : DIE_SOON);
      break;
   case 3:
      order(place, CHANGE);
      break;
   case 4:
      while ((place = find_place(false)) != 0)
         order(place, TOUCH);
      break;
   case 5:                              /* ... and one of them dies meanwhile */
      if (n_processes() > 1)
         order(place, DIE_SOON);
      while ((place = find_place(false)) != 0)
         order(place, TOUCH);
      break;
   default:
      order(place, TOUCH);
   }
   wait_for_all();
   bury();
}

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
   }
   return n;
}

static void
check_linux(void)
{
   const struct vmt_reclaim_frame *frame;
   uint64_t n_frames = 0;
   uint32_t cursor = 0;

   while ((frame = vmt_reclaim_next(&room->kernel, &cursor)) != NULL) {
      n_frames++;
      if (frame->page != VMT_NO_PAGE)
         CHECK_EQ(frame->n_mapped, n_present(frame->page));
   }
   CHECK_EQ(n_frames + room->kernel.n_kernel_frames, room->kernel.n_frames_used);
   if (room->kernel.counts.n_out_of_memory == 0)
      CHECK(room->kernel.n_frames_used <= vmt_memory_n_frames(room));
}

static void
check_world(void)
{
   if (room->n_recoveries != common->n_recoveries)
      return;                           /* it is for the next process to mend it */
   if (room->kind == VMT_FRAMES_LINUX)
      check_linux();
   else
      CHECK(vmt_replacement_n_resident(&room->textbook) <= vmt_memory_n_frames(room));
   for (uint32_t place = 1; place <= N_SLOTS; place++)
      if (world->slots[place].pid != 0)
         order(place, CHECK_ALL);
   wait_for_all();
}

static void *
shared(size_t bytes)
{
   void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                      -1, 0);

   CHECK(start != MAP_FAILED);
   return start;
}

static void
start_first(const struct vmt_settings *settings)
{
   struct slot *slot = &world->slots[1];
   pid_t pid;

   sem_init(&slot->go, 1, 0);
   sem_init(&slot->done, 1, 0);
   world->alive = 2;
   pid = fork();
   CHECK(pid >= 0);
   if (pid == 0) {
      begin(settings);
      sem_post(&slot->done);
      serve(1);
   }
   slot->pid = pid;
   slot->is_busy = true;
   slot->order = TOUCH;
   wait_for_all();
}

static void
run_round(uint64_t round)
{
   static const enum vmt_page_policy policies[] = {
      VMT_PAGES_LINUX, VMT_PAGES_MGLRU, VMT_PAGES_LINUX, VMT_PAGES_LRU, VMT_PAGES_CLOCK };
   size_t common_bytes = vmt_common_bytes(&limits);
   struct vmt_settings settings = {
      .n_cores = 2, .page_cache_warm = round % 2 == 0, .stack_limit_bytes = 8 << 20,
      .swap_bytes = VMT_UNLIMITED, .policy = policies[round % 5],
      .swap_latency_ns = 50000 };

   test_reseed(round);
   world = shared(sizeof *world);
   common = shared(common_bytes);
   room = shared(ROOM_BYTES);
   vmt_common_init(common, &limits, 1);
   settings.ram_bytes = (120 + test_random(150)) * VMT_PAGE_BYTES;
   start_first(&settings);
   for (uint32_t i = 0; i < 60; i++) {
      step();
      if (i % 5 == 0)
         check_world();
   }
   for (uint32_t place = 1; place <= N_SLOTS; place++)
      if (world->slots[place].pid != 0)
         order(place, LEAVE);
   wait_for_all();
   munmap(world, sizeof *world);
   munmap(common, common_bytes);
   munmap(room, ROOM_BYTES);
}

int
main(int argc, char **argv)
{
   uint64_t n_rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : 5;
   uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

   test_begin("test_limited_forks");
   signal(SIGCHLD, SIG_IGN);            /* nobody waits for them */
   test_is_alive = is_alive;
   test_pause = pause_a_little;
   for (uint64_t i = first; i < first + n_rounds; i++)
      run_round(i);
   return test_end();
}
