/* The memory-size curve, the working set and the users of pages, of the machine with
   its filter, against a stack, windows and lists that look at every access.  */

#include <stdio.h>
#include <string.h>

#include "tests/machine/model_touches.h"
#include "tests/machine/model_users.h"
#include "tests/machine/translated.h"
#include "tests/mmu/check.h"

#define N_DATA_PAGES 500
#define N_CODE_PAGES 20
#define SPARE_PAGES 8                   /* where pages are moved to and fro */
#define MAX_INSTRS 300000
#define FIRST_DATA_PAGE 0x10000
#define RW (VMT_AREA_READ | VMT_AREA_WRITE)

static struct vmt_machine machine;
static struct vmt_machine_config config;
static struct vmt_settings settings;
static struct model_touches model;
static struct model_users users;
static bool has_threads;
static uint32_t n_hot_pages;            /* most accesses are to these */

/* ---- where things are ---- */

static vmt_addr
data_addr(uint64_t page)
{
   return (FIRST_DATA_PAGE + page) << VMT_PAGE_SHIFT;
}

static vmt_addr
code_addr(uint64_t page)
{
   return (0x40000 + page) << VMT_PAGE_SHIFT;
}

static uint64_t
some_page(void)
{
   return test_random(test_random(4) != 0 ? n_hot_pages : N_DATA_PAGES);
}

static void
map(vmt_addr start, uint64_t n_pages, uint32_t flags, uint32_t label)
{
   struct vmt_area area = { .start = start,
                            .end = start + n_pages * VMT_PAGE_BYTES,
                            .flags = flags,
                            .backing = VMT_BACKING_ANON,
                            .label = label };
   uint32_t n;

   CHECK_EQ(vmt_machine_map(&machine, &area, &n), VMT_OK);
}

/* ---- what both see ---- */

static uint64_t
instr_now(void)
{
   return machine.filter.clock >> VMT_TICK_SHIFT;
}

static void
touch_range(vmt_addr addr, uint32_t bytes, uint64_t instr)
{
   vmt_vpn page = addr >> VMT_PAGE_SHIFT;

   for (; page <= (addr + bytes - 1) >> VMT_PAGE_SHIFT; page++)
      model_touch(&model, page, instr);
}

static void
touch_data(vmt_addr addr, uint32_t bytes, bool is_write, uint64_t instr)
{
   vmt_vpn page = addr >> VMT_PAGE_SHIFT;

   touch_range(addr, bytes, instr);
   for (; page <= (addr + bytes - 1) >> VMT_PAGE_SHIFT; page++)
      model_users_access(&users, page - FIRST_DATA_PAGE, is_write,
                         instr / settings.window_instrs);
}

static void
run_in_model(const struct run *run)
{
   const struct code *code = run->code;

   for (uint32_t i = 0, a = 0; i < code->n_insns; i++) {
      const struct code_insn *insn = &code->insns[i];

      touch_range(insn->pc, insn->bytes, instr_now() + i);
      for (; a < code->n_accesses && code->accesses[a].insn == i; a++)
         if (!code->accesses[a].guarded || run->is_taken[a])
            touch_data(run->bases[code->accesses[a].base] +
                          (vmt_addr)(int64_t)code->accesses[a].offset,
                       code->accesses[a].bytes, code->accesses[a].kind != VMT_READ,
                       instr_now() + i);
   }
}

static void
random_insns(struct code *code)
{
   vmt_addr pc = code_addr(test_random(N_CODE_PAGES - 2)) + test_random(4096);

   code->n_insns = 1 + (uint32_t)test_random(30);
   for (uint32_t i = 0; i < code->n_insns; i++) {
      if (test_random(20) == 0)
         pc = code_addr(test_random(N_CODE_PAGES - 2)) + 4085;
      code->insns[i] = (struct code_insn){
         .pc = pc, .bytes = 1 + (uint32_t)test_random(8), .site = 100 + i };
      pc += code->insns[i].bytes;
   }
}

static void
random_accesses(struct code *code)
{
   static const uint32_t sizes[] = { 1, 4, 8, 32 };

   for (uint32_t i = 0; i < code->n_insns; i++)
      for (uint64_t n = test_random(3); n > 0; n--)
         code->accesses[code->n_accesses++] = (struct code_access){
            .insn = i, .site = 200 + i,
            .base = (uint32_t)test_random(CODE_N_BASES),
            .bytes = sizes[test_random(4)],
            .offset = 8 * (int32_t)test_random(6) - 16,
            .kind = (enum vmt_access_kind)test_random(VMT_FETCH),
            .guarded = test_random(12) == 0 };
}

static void
run_random_code(void)
{
   static struct code code;
   struct run run = { .code = &code };

   memset(&code, 0, sizeof(code));
   random_insns(&code);
   random_accesses(&code);
   if (settings.curve == VMT_CURVE_EXACT || settings.ram_bytes != 0)
      code_plan_singly(&code, &config);
   else
      code_plan(&code, &config);
   for (uint32_t i = 0; i < CODE_N_BASES; i++)
      run.bases[i] = data_addr(some_page()) + 16 + test_random(4080);
   for (uint32_t i = 0; i < code.n_accesses; i++)
      run.is_taken[i] = test_random(3) != 0;

   /* A loop, which may take a window's end with it anywhere.  */
   for (uint64_t rounds = 1 + test_random(6); rounds > 0; rounds--) {
      run_in_model(&run);
      CHECK_EQ(translated_run(&machine, &run), RUN_ENDED);
   }
}

/* ---- what happens between ---- */

static void
kernel_access(void)
{
   struct vmt_outcome outcome;
   uint64_t page = some_page();
   bool is_write = test_random(2) == 0;

   if (machine.filter.clock == 0)
      return;
   touch_data(data_addr(page), 1, is_write, instr_now() - 1);
   if (vmt_machine_kernel_access(&machine, data_addr(page), is_write, &outcome))
      charge_site(&machine, &outcome, 3);
}

static void
zap(void)
{
   uint64_t page = some_page(), n = 1 + test_random(10);
   uint32_t n_shootdowns;

   if (page + n > N_DATA_PAGES)
      n = N_DATA_PAGES - page;
   CHECK_EQ(vmt_machine_advise(&machine, data_addr(page), data_addr(page + n),
                               VMT_ADVICE_ZAP, &n_shootdowns),
            VMT_OK);
   for (uint64_t i = 0; i < n; i++) {
      model_unmap_page(&model, data_addr(page + i) >> VMT_PAGE_SHIFT);
      model_users_unmap(&users, page + i);
   }
}

/* Pages go behind the others, and what was there goes to where they were.  */
static void
move_pages(void)
{
   uint64_t page = test_random(N_DATA_PAGES - SPARE_PAGES), spare = N_DATA_PAGES;
   uint32_t n_shootdowns;

   CHECK_EQ(vmt_machine_move(&machine, data_addr(page),
                             SPARE_PAGES * VMT_PAGE_BYTES, data_addr(spare),
                             SPARE_PAGES * VMT_PAGE_BYTES, false, &n_shootdowns),
            VMT_OK);
   map(data_addr(page), SPARE_PAGES, RW, 1);
   for (uint64_t i = 0; i < SPARE_PAGES; i++) {
      model_move_page(&model, data_addr(page + i) >> VMT_PAGE_SHIFT,
                      data_addr(spare + i) >> VMT_PAGE_SHIFT);
      model_users_move(&users, page + i, spare + i);
   }
   for (uint64_t i = 0; i < SPARE_PAGES; i++)
      touch_data(data_addr(spare + i), 1, false, instr_now() - 1);
   for (uint64_t i = 0; i < SPARE_PAGES; i++) {
      struct vmt_outcome outcome;

      if (vmt_machine_kernel_access(&machine, data_addr(spare + i), false,
                                    &outcome))
         charge_site(&machine, &outcome, 4);
   }
}

static void
another_thread(void)
{
   translated_settle(&machine);
   vmt_machine_switch_core(&machine, (uint32_t)test_random(settings.n_cores));
   if (!has_threads)
      return;
   model_users_switch(&users, 1 + (uint32_t)test_random(MODEL_THREADS - 1));
   vmt_machine_switch_thread(&machine, users.thread);
}

static void
something_else(void)
{
   uint32_t n_shootdowns;

   translated_settle(&machine);
   switch (test_random(5)) {
   case 0:
   case 1:
      kernel_access();
      break;
   case 2:
      zap();
      break;
   case 3:
      if (machine.filter.clock != 0)
         move_pages();
      break;
   default:
      CHECK_EQ(vmt_machine_protect(&machine, data_addr(0), data_addr(9), RW,
                                   &n_shootdowns),
               VMT_OK);
      break;
   }
}

/* ---- comparing ---- */

static void
compare_windows(void)
{
   static struct vmt_working_set_sample samples[VMT_MAX_WINDOW_SAMPLES + 1];
   struct vmt_working_set view;
   uint32_t cursor = 0, n_pages, n_all = 0;

   vmt_machine_advance(&machine, vmt_kernel_tick(&machine));
   vmt_working_set_view(&machine.touches.set, instr_now(), samples, &view);
   CHECK_EQ(view.windows_per_sample, 1);
   CHECK_EQ(view.n_samples, (instr_now() - 1) / settings.window_instrs + 1);
   for (uint32_t i = 0; i < view.n_samples; i++)
      CHECK_EQ(samples[i].sum_pages, model.n_pages[i]);
   while (vmt_working_set_next_owner(&view, &cursor, &n_pages) != NULL)
      n_all += n_pages;
   CHECK_EQ(n_all, view.n_peak_pages);
   CHECK_EQ(machine.touches.timeline.n_samples,
            (instr_now() - 1) / settings.window_instrs);
}

static void
compare_users(void)
{
   struct vmt_misplaced_sums sums;

   CHECK_EQ(vmt_first_touch_sums(&machine, &sums), users.is_on);
   if (!users.is_on)
      return;
   for (uint64_t page = 0; page < N_DATA_PAGES + SPARE_PAGES; page++)
      for (uint32_t thread = 1; thread < MODEL_THREADS; thread++)
         CHECK_EQ(vmt_page_users_count(&machine.first_touch.users, FIRST_DATA_PAGE + page,
                                       thread),
                  users.n_windows[page][thread]);
   CHECK_EQ(sums.n_pages, model_users_pages(&users));
   vmt_misplaced_free(&sums);
}

static void
compare_curve(void)
{
   const struct vmt_distances *distances = &machine.touches.distances;
   bool exact = settings.curve == VMT_CURVE_EXACT;
   uint64_t error = exact ? 0 : VMT_UNSEEN_DISTANCE;

   CHECK_EQ(vmt_touches_peak_pages(&machine.touches), model.n_most_places);
   CHECK_EQ(*(uint64_t *)vmt_vector_at(&distances->counts, 0), model.n_first);
   for (uint64_t size = exact ? 1 : VMT_UNSEEN_DISTANCE;
        size <= model.n_most_places; size++) {
      uint64_t n = vmt_distances_faults(distances, size);

      CHECK(n >= model_faults(&model, size + error));
      CHECK(n <= model_faults(&model, size > error ? size - error : 0));
   }
}

/* With so little memory and LRU: the touches that the curve has at that size, but for
   first ones.  */
static void
compare_refaults(void)
{
   uint64_t ram_pages = settings.ram_bytes >> VMT_PAGE_SHIFT;
   const uint64_t *totals = machine.ledger.totals;

   CHECK_EQ(totals[VMT_EV_Refault], model_faults(&model, ram_pages) - model.n_first);
   CHECK(totals[VMT_EV_Evict] >= totals[VMT_EV_Refault]);
   CHECK(machine.ledger.n_peak_pages <= ram_pages);
}

/* From 128 pages on, what is charged adds up to the curve.  */
static void
compare_charges(void)
{
   const struct vmt_distances *distances = &machine.touches.distances;
   uint64_t n_in[VMT_DISTANCE_BUCKETS] = { 0 }, n;

   for (uint32_t charge = 0; charge < distances->heads.n_records; charge++) {
      struct vmt_distance_share *share = vmt_distances_share(distances, charge);

      for (; share != NULL; share = vmt_distances_next_share(distances, share))
         for (uint32_t i = 0; i < VMT_SHARE_BUCKETS; i++)
            n_in[share->first_bucket + i] += share->counts[i];
   }
   n = n_in[0];
   for (uint32_t bucket = VMT_DISTANCE_BUCKETS - 1; bucket > 0; bucket--) {
      n += n_in[bucket];
      if (vmt_distance_bucket_start(bucket) >= VMT_CHARGED_DISTANCE)
         CHECK_EQ(n, vmt_distances_faults(distances,
                                          vmt_distance_bucket_start(bucket)));
   }
}

static void
random_machine(void)
{
   static const struct vmt_tlb_shape shapes[] = {
      { 4, 2, VMT_TLB_LRU },   { 64, 4, VMT_TLB_LRU },  { 16, 16, VMT_TLB_LRU },
      { 20, 20, VMT_TLB_LRU }, { 16, 4, VMT_TLB_FIFO }, { 32, 4, VMT_TLB_PLRU },
      { 32, 4, VMT_TLB_RANDOM },
   };

   vmt_machine_config_generic(&config);
   config.dtlb[0] = shapes[test_random(7)];
   config.itlb[0] = shapes[test_random(7)];
   config.page_shift = test_random(8) == 0 ? 8 : VMT_PAGE_SHIFT;
   settings = (struct vmt_settings){
      .n_cores = 1 + (uint32_t)test_random(2),
      .curve = (enum vmt_curve)test_random(3),
      .window_instrs = 1000 + test_random(10000) };
   n_hot_pages = 1 + (uint32_t)test_random(N_DATA_PAGES);
   has_threads = test_random(3) != 0;
   if (test_random(2) == 0) {
      settings.ram_bytes = (1 + test_random(n_hot_pages)) * VMT_PAGE_BYTES;
      settings.swap_bytes = VMT_UNLIMITED;
      settings.policy = VMT_PAGES_LRU;
   }
}

/* Written to, so that fetches would count if they did.  */
static void
fill_code_pages(void)
{
   struct vmt_outcome outcome;

   for (uint64_t page = 0; page < N_CODE_PAGES; page++) {
      model_touch(&model, code_addr(page) >> VMT_PAGE_SHIFT, 0);
      if (vmt_machine_kernel_access(&machine, code_addr(page), true, &outcome))
         charge_site(&machine, &outcome, 3);
   }
}

static void
run_round(uint64_t round)
{
   test_reseed(round);
   random_machine();
   CHECK_EQ(vmt_machine_init(&machine, &config, &settings), VMT_OK);
   model_touches_init(&model, settings.window_instrs);
   model_users_init(&users);
   vmt_machine_switch_thread(&machine, 1);
   map(data_addr(0), N_DATA_PAGES + SPARE_PAGES, RW, 1);
   map(code_addr(0), N_CODE_PAGES, RW | VMT_AREA_EXEC, 2);
   fill_code_pages();
   while (instr_now() < MAX_INSTRS) {
      run_random_code();
      if (test_random(20) == 0)
         something_else();
      if ((settings.n_cores > 1 || has_threads) && test_random(2) == 0)
         another_thread();
   }
   translated_settle(&machine);
   compare_windows();
   if (settings.ram_bytes != 0)
      compare_refaults();
   else
      compare_users();              /* no page leaves unseen */
   if (settings.curve != VMT_CURVE_NO) {
      compare_curve();
      compare_charges();
   }
   vmt_machine_free(&machine);
   CHECK_EQ(test_n_blocks(), 0);
}

int
main(void)
{
   test_begin("test_touches");
   for (uint64_t round = 0; round < 24; round++)
      run_round(round);
   return test_end();
}
