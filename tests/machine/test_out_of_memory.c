/* Memory is out: said once, with who asked and what held it, and then there is no limit;
   but for a fork's child, which has it again.  */

#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/machine.h"

#define PAGE VMT_PAGE_BYTES
#define START ((vmt_addr)1 << 30)
#define FRAMES 64
#define SLOTS 8
#define PAGES 200

static struct vmt_machine machine;
static uint64_t tick;
static uint32_t n_out;                  /* outcomes that said so */

static void
start(enum vmt_page_policy policy)
{
   const struct vmt_settings settings = {
      .n_cores = 1, .stack_limit_bytes = 8 << 20, .window_instrs = 1000000,
      .ram_bytes = FRAMES * PAGE, .swap_bytes = SLOTS * PAGE, .policy = policy,
      .swap_latency_ns = 50000 };
   const struct vmt_area area = {
      .start = START, .end = START + PAGES * PAGE, .flags = VMT_AREA_READ | VMT_AREA_WRITE,
      .backing = VMT_BACKING_ANON };
   struct vmt_machine_config config;
   uint32_t n_shootdowns;

   vmt_machine_config_generic(&config);
   CHECK_EQ(vmt_machine_init(&machine, &config, &settings), VMT_OK);
   CHECK_EQ(vmt_machine_map(&machine, &area, &n_shootdowns), VMT_OK);
   tick = n_out = 0;
}

/* By stack 1 the first half of the frames' pages, by stack 2 the others.  */
static void
write_pages(uint64_t from, uint64_t to)
{
   for (uint64_t page = from; page < to; page++) {
      struct vmt_outcome outcome;

      machine.filter.clock = ++tick + 1;
      if (!vmt_machine_access(&machine, START + page * PAGE, VMT_WRITE, tick, &outcome))
         continue;
      n_out += outcome.out_of_memory;
      CHECK_EQ(vmt_machine_charge(&machine, &outcome, vmt_accounting_charge(
                  &machine.ledger, page < FRAMES / 2 ? 1 : 2, 0, 1, 0)), VMT_OK);
   }
}

static uint64_t
n_of(enum vmt_event event)
{
   return machine.ledger.totals[event];
}

/* Who asked is the second stack, and what is resident is owned.  */
static void
check_record(void)
{
   const struct vmt_oom *oom = &machine.frames.oom;
   uint64_t n_owned = 0;

   CHECK(oom->happened);
   CHECK_EQ(vmt_accounting_get(&machine.ledger, oom->charge)->stack, 2);
   CHECK_EQ(oom->n_swap_pages, n_of(VMT_EV_SwapOut));
   CHECK_EQ(oom->n_owners, 2);
   for (uint32_t i = 0; i < oom->n_owners; i++)
      n_owned += oom->owners[i].n_pages;
   CHECK_EQ(n_owned, oom->n_resident_pages);
}

/* Frames and slots hold so many pages, and the next one asks in vain.  It is given a frame
   all the same.  Linux tries 18 times, and gives up before the slots' pages, all written
   at once, are on the device; with generations before any is written.  */
static void
check_out(bool is_textbook)
{
   uint64_t n_held, n_written = 1;

   write_pages(0, 1);                   /* with its page tables */
   n_held = FRAMES - vmt_frames_member(&machine.frames)->n_tables + (is_textbook ? SLOTS : 0);
   for (; n_out == 0 && n_written < PAGES; n_written++)
      write_pages(n_written, n_written + 1);
   CHECK_EQ(n_written, n_held + 1);
   if (is_textbook)
      CHECK_EQ(n_of(VMT_EV_SwapOut), SLOTS);
   CHECK_EQ(is_textbook ? machine.frames.oom.n_resident_pages
                        : machine.frames.memory->kernel.n_frames_used, FRAMES + 1);
   check_record();
}

/* The pages that were evicted come back, once.  */
static void
check_no_limit(void)
{
   uint64_t n_evicted = n_of(VMT_EV_Evict), n_written = n_of(VMT_EV_SwapOut);

   for (int round = 0; round < 3; round++)
      write_pages(0, PAGES);
   CHECK_EQ(n_out, 1);
   CHECK_EQ(n_of(VMT_EV_Evict), n_evicted);
   CHECK_EQ(n_of(VMT_EV_SwapOut), n_written);
   CHECK_EQ(n_of(VMT_EV_SwapIn) + n_of(VMT_EV_SwapHit), n_written);
   CHECK_EQ(machine.ledger.n_resident_pages, PAGES);
}

static void
check_child(void)
{
   vmt_machine_before_fork(&machine, 0);
   CHECK_EQ(vmt_machine_become_child(&machine, 0), VMT_OK);
   CHECK(!machine.frames.oom.happened);
   n_out = 0;
   write_pages(0, PAGES);
   CHECK_EQ(n_out, 1);
   CHECK(machine.frames.oom.happened);
}

int
main(void)
{
   test_begin("test_out_of_memory");
   for (int policy = VMT_PAGES_LINUX; policy <= VMT_PAGES_RANDOM; policy++) {
      start((enum vmt_page_policy)policy);
      check_out(policy >= VMT_PAGES_LRU);
      check_no_limit();
      check_child();
      vmt_machine_free(&machine);
      CHECK_EQ(test_n_blocks(), 0);
   }
   return test_end();
}
