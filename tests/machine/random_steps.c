#include "tests/machine/steps.h"

#include <string.h>

#include "tests/mmu/check.h"

#define N(array) (sizeof(array) / sizeof(*(array)))

static bool
one_in(uint64_t n)
{
   return test_random(n) == 0;
}

static uint64_t
one_of(const uint64_t *from, size_t n)
{
   return from[test_random(n)];
}

#define ONE_OF(...)                                                            \
   one_of((const uint64_t[]){ __VA_ARGS__ },                                   \
          N(((const uint64_t[]){ __VA_ARGS__ })))

static void
random_insns(struct code *code, uint32_t n_insns)
{
   vmt_addr pc = code_addr((uint32_t)test_random(N_CODE_PAGES - 1)) +
                 (one_in(2) ? 4096 - test_random(12) : test_random(4000));

   code->n_insns = n_insns;
   for (uint32_t i = 0; i < n_insns; i++) {
      struct code_insn *insn = &code->insns[i];

      if (one_in(12))
         pc = code_addr((uint32_t)test_random(N_CODE_PAGES - 1)) + 4090;
      insn->pc = pc;
      insn->bytes = 1 + (uint32_t)test_random(8);
      insn->site = 100 + i;
      pc += insn->bytes;
   }
}

static void
random_code(struct code *code)
{
   uint32_t n_bases = 1 + (uint32_t)test_random(CODE_N_BASES);

   memset(code, 0, sizeof(*code));
   random_insns(code, 1 + (uint32_t)test_random(one_in(4) ? 14 : 6));
   for (uint32_t i = 0; i < code->n_insns; i++)
      for (uint64_t n = test_random(4); n > 0; n--) {
         struct code_access *access = &code->accesses[code->n_accesses++];

         access->insn = i;
         access->site = 200 + i;
         access->base = (uint32_t)test_random(n_bases);
         access->bytes = (uint32_t)ONE_OF(1, 4, 8, 8, 32);
         access->offset = (int32_t)ONE_OF(0, 0, 8, 16, 24, 40) - 16;
         access->kind = (enum vmt_access_kind)ONE_OF(VMT_READ, VMT_READ,
                                                     VMT_WRITE, VMT_MODIFY);
         access->guarded = one_in(12);
      }
   if (settings.ram_bytes != 0)
      code_plan_singly(code, &config);
   else
      code_plan(code, &config);
}

static bool
has_interleaved(const struct code *code)
{
   for (uint32_t g = 0; g < code->n_groups; g++)
      if (code->groups[g].interleaved)
         return true;
   return false;
}

static void
random_run(struct run *run, const struct code *code)
{
   bool may_stop = one_in(2) && !has_interleaved(code);
   uint32_t few[3];

   for (size_t i = 0; i < N(few); i++)
      few[i] = (uint32_t)test_random(N_PAGES);
   for (uint32_t i = 0; i < CODE_N_BASES; i++) {
      uint32_t page = one_in(3) ? few[test_random(N(few))]
                                : (uint32_t)test_random(N_PAGES);

      /* Not off the ends of a place.  */
      if (page % PLACE_PAGES == PLACE_PAGES - 1)
         page--;
      if (may_stop && one_in(5))
         page = one_in(2) ? READ_ONLY_PAGE
                          : FIRST_BAD_PAGE + (uint32_t)test_random(N_BAD_PAGES);
      run->bases[i] = page_addr(page) + ONE_OF(64, 128, 4096 - 8, 4096, 4080);
   }
   for (uint32_t i = 0; i < code->n_accesses; i++)
      run->is_taken[i] = !one_in(3);
}

void
random_step(struct step *step)
{
   step->kind = one_in(6) ? (enum step_kind)test_random(N_STEP_KINDS) : STEP_RUN;
   step->page = (uint32_t)test_random(N_PAGES);
   step->n_pages = 1 + (uint32_t)test_random(PLACE_PAGES -
                                             step->page % PLACE_PAGES);
   step->n = (uint32_t)test_random(1000);
   if (step->kind != STEP_RUN)
      return;
   random_code(&step->code);
   random_run(&step->run, &step->code);
}

static void
random_shape(struct vmt_tlb_shape *shape, bool may_be_none)
{
   static const struct vmt_tlb_shape shapes[] = {
      { 2, 1, 0 }, { 4, 2, 0 }, { 8, 4, 0 }, { 4, 4, 0 },  { 8, 8, 0 },
      { 6, 3, 0 }, { 3, 3, 0 }, { 1, 1, 0 }, { 12, 6, 0 }, { 9, 3, 0 },
      { 16, 4, 0 }, { 20, 20, 0 },
   };

   *shape = shapes[test_random(N(shapes))];
   shape->policy = one_in(2) ? VMT_TLB_LRU : (enum vmt_tlb_policy)test_random(4);
   if (vmt_tlb_shape_fault(shape) != NULL)
      shape->policy = VMT_TLB_LRU;
   if (may_be_none && one_in(6))
      shape->n_entries = 0;
}

/* Of few pages, and a policy of the textbook, which sees each access: under the
   kernel's a page that is run from and evicted is missed with the next block of
   translated code only.  */
static void
limit_memory(void)
{
   settings.ram_bytes = (1 + test_random(24)) * VMT_PAGE_BYTES;
   settings.swap_bytes = one_in(2) ? VMT_UNLIMITED
                                   : test_random(12) * VMT_PAGE_BYTES;
   settings.policy = (enum vmt_page_policy)ONE_OF(VMT_PAGES_LRU, VMT_PAGES_CLOCK,
                                                  VMT_PAGES_FIFO, VMT_PAGES_RANDOM);
}

void
random_config(void)
{
   vmt_machine_config_generic(&config);
   random_shape(&config.itlb[0], false);
   random_shape(&config.dtlb[0], false);
   random_shape(&config.stlb[0], true);
   config.walk.n_entries[2] = (uint32_t)test_random(4);
   config.walk.n_entries[3] = (uint32_t)test_random(3);
   config.page_shift = one_in(8) ? 8 : VMT_PAGE_SHIFT;
   config.fault_around_bytes = (uint64_t)4096 << test_random(5);
   settings = (struct vmt_settings){
      .n_cores = 1 + (uint32_t)test_random(3),
      .page_cache_warm = !one_in(4),
      .stack_limit_bytes = (uint64_t)8 << 20,
      .curve = (enum vmt_curve)test_random(2),
      .window_instrs = one_in(2) ? 0 : 1000 + test_random(3000)
   };
   if (one_in(3))
      limit_memory();
}

