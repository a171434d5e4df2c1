/* The machine short of memory: whatever allocation fails, it says so, and all
   memory comes back.  */

#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/machine.h"

#define RW (VMT_AREA_READ | VMT_AREA_WRITE)
#define PAGE VMT_PAGE_BYTES
#define START ((vmt_addr)1 << 30)

static struct vmt_machine machine;
static struct vmt_machine_config config;

static struct vmt_settings settings = {
   .n_cores = 3, .stack_limit_bytes = 8 << 20, .curve = VMT_CURVE_FAST,
   .window_instrs = 1000000
};

/* ---- init ---- */

static void
check_init(void)
{
   uint64_t n = 0;
   enum vmt_status status;

   do {
      test_fail_nth(++n);
      status = vmt_machine_init(&machine, &config, &settings);
      CHECK_EQ(status == VMT_NO_MEMORY, test_fail_came());
      if (status == VMT_NO_MEMORY)
         CHECK_EQ(test_n_blocks(), 0);
   } while (status == VMT_NO_MEMORY);
   CHECK_EQ(status, VMT_OK);
   CHECK(n > 3 * 6);
   vmt_machine_free(&machine);
   CHECK_EQ(test_n_blocks(), 0);
}

/* ---- events ---- */

/* Each returns a status; a machine that had no memory is good for freeing.  */

static enum vmt_status
make_objects(void)
{
   if (vmt_machine_object(&machine, 100 * PAGE, true) != 1 ||
       vmt_machine_object(&machine, 100 * PAGE, false) != 2)
      return VMT_NO_MEMORY;
   return vmt_machine_add_folio(&machine, 1, 4, 8);
}

static enum vmt_status
map_areas(void)
{
   enum vmt_status status = VMT_OK;

   for (uint32_t i = 0; i < 40 && status == VMT_OK; i++) {
      const struct vmt_area area = {
         .start = START + i * 64 * PAGE, .end = START + (i * 64 + 20) * PAGE,
         .flags = RW, .label = i, .page_offset = 3,
         .backing = i % 2 == 0 ? VMT_BACKING_ANON : VMT_BACKING_FILE,
         .object = i % 2,
      };
      uint32_t n;

      status = vmt_machine_map(&machine, &area, &n);
   }
   return status;
}

/* Accesses have no status: they are made while there is memory.  */
static enum vmt_status
touch_and_charge(void)
{
   enum vmt_status status = VMT_OK;

   for (uint32_t i = 0; i < 40 && status == VMT_OK; i++) {
      struct vmt_outcome outcome;

      vmt_machine_access(&machine, START + i * 64 * PAGE + i % 20 * PAGE,
                         VMT_WRITE, i + 1, &outcome);
      status = vmt_machine_charge(
         &machine, &outcome,
         vmt_accounting_charge(&machine.ledger, i, (uint16_t)i, 1, 0));
   }
   return status;
}

static enum vmt_status
protect_parts(void)
{
   enum vmt_status status = VMT_OK;

   for (uint32_t i = 0; i < 40 && status == VMT_OK; i++) {
      vmt_addr start = START + (i * 64 + 5) * PAGE;
      uint32_t n;

      status = vmt_machine_protect(&machine, start, start + 3 * PAGE,
                                   VMT_AREA_READ, &n);
   }
   return status;
}

static enum vmt_status
move_parts(void)
{
   enum vmt_status status = VMT_OK;

   for (uint32_t i = 0; i < 40 && status == VMT_OK; i++) {
      vmt_addr from = START + (i * 64 + 10) * PAGE;
      vmt_addr to = START + ((uint64_t)1 << 34) + ((uint64_t)i << 31);
      uint32_t n;

      status = vmt_machine_move(&machine, from, 4 * PAGE, to, 6 * PAGE, false, &n);
   }
   return status;
}

static enum vmt_status
unmap_parts(void)
{
   enum vmt_status status = VMT_OK;

   for (uint32_t i = 0; i < 40 && status == VMT_OK; i++) {
      vmt_addr start = START + (i * 64 + 1) * PAGE;
      uint32_t n;

      status = vmt_machine_unmap(&machine, start, start + PAGE, &n);
   }
   return status;
}

static enum vmt_status
fork_both(void)
{
   vmt_machine_before_fork(&machine, 0);
   return vmt_machine_become_child(&machine, 0);
}

static enum vmt_status (*const events[])(void) = {
   make_objects, map_areas, NULL, protect_parts, move_parts, unmap_parts, fork_both,
};
#define N_EVENTS (sizeof(events) / sizeof(*events))

/* Everything up to `which`, of which the nth allocation fails; whether it came
   to that.  NULL stands for accesses.  */
static bool
run_events(size_t which, uint64_t nth)
{
   enum vmt_status status;
   bool came;

   CHECK_EQ(vmt_machine_init(&machine, &config, &settings), VMT_OK);
   for (size_t i = 0; i < which; i++)
      CHECK_EQ(events[i] != NULL ? events[i]() : touch_and_charge(), VMT_OK);
   test_fail_nth(nth);
   status = events[which]();
   came = test_fail_came();
   CHECK_EQ(status, came ? VMT_NO_MEMORY : VMT_OK);
   vmt_machine_free(&machine);
   CHECK_EQ(test_n_blocks(), 0);
   return came;
}

static void
check_all(void)
{
   check_init();
   for (size_t which = 0; which < N_EVENTS; which++) {
      uint64_t nth = 1;

      while (events[which] != NULL && run_events(which, nth))
         nth++;
   }
}

int
main(void)
{
   test_begin("test_memory");
   vmt_machine_config_generic(&config);
   config.dtlb[0] = (struct vmt_tlb_shape){ 32, 32, VMT_TLB_LRU };
   config.itlb[0] = (struct vmt_tlb_shape){ 8, 4, VMT_TLB_PLRU };
   check_all();

   /* Less than what is touched.  */
   settings.ram_bytes = 30 * PAGE;
   settings.swap_bytes = 100 * PAGE;
   settings.policy = VMT_PAGES_LRU;
   check_all();
   config.itlb[0].policy = VMT_TLB_LRU;
   check_all();
   settings.ram_bytes = 100 * PAGE;     /* page tables take half of it */
   settings.policy = VMT_PAGES_LINUX;
   check_all();
   return test_end();
}
