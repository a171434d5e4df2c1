#include "tests/machine/steps.h"

#include <stdio.h>

#include "tests/mmu/check.h"

#define RW (VMT_AREA_READ | VMT_AREA_WRITE)
#define N(array) (sizeof(array) / sizeof(*(array)))

struct twins twins;
struct vmt_machine_config config;
struct vmt_settings settings;

/* ---- where things are ---- */

vmt_addr
page_addr(uint32_t page)
{
   return ((uint64_t)0x10000 + page / PLACE_PAGES * VMT_FILTER_ENTRIES +
           page % PLACE_PAGES) << VMT_PAGE_SHIFT;
}

vmt_addr
code_addr(uint32_t page)
{
   return ((uint64_t)0x40000 + page) << VMT_PAGE_SHIFT;
}

static struct vmt_machine *
each(int which)
{
   return which == 0 ? &twins.filtered : &twins.direct;
}

static void
map(uint32_t page, uint32_t n_pages, const struct vmt_area *look)
{
   struct vmt_area area = *look;

   area.start = page_addr(page);
   area.end = area.start + n_pages * VMT_PAGE_BYTES;
   area.page_offset = page;
   area.label = page / PLACE_PAGES + 1;
   for (int i = 0; i < 2; i++) {
      struct vmt_outcome told = { .event = VMT_NO_EVENT };

      CHECK_EQ(vmt_machine_map(each(i), &area, &told.n_shootdowns), VMT_OK);
      charge_site(each(i), &told, 1);
   }
}

static const struct vmt_area good_looks[N_GOOD_LOOKS] = {
   { .flags = RW, .backing = VMT_BACKING_ANON },
   { .flags = RW, .backing = VMT_BACKING_FILE, .object = 1 },
   { .flags = RW | VMT_AREA_SHARED, .backing = VMT_BACKING_FILE, .object = 1 },
   { .flags = RW | VMT_AREA_SHARED, .backing = VMT_BACKING_SHMEM, .object = 2 },
   { .flags = RW | VMT_AREA_EXCLUDED, .backing = VMT_BACKING_ANON },
};

/* What cannot be read or written; behind the last of them there is nothing.  */
static const struct vmt_area bad_looks[N_BAD_PAGES - 1] = {
   { .flags = VMT_AREA_READ, .backing = VMT_BACKING_ANON },
   { .flags = RW, .backing = VMT_BACKING_FILE, .object = 3 },
   { .flags = 0, .backing = VMT_BACKING_ANON },
};

void
map_good(uint32_t page, uint32_t n_pages, uint32_t look)
{
   map(page, n_pages, &good_looks[look % N_GOOD_LOOKS]);
}

void
begin(void)
{
   struct vmt_area text = { .start = code_addr(0), .end = code_addr(N_CODE_PAGES),
                            .flags = VMT_AREA_READ | VMT_AREA_EXEC,
                            .backing = VMT_BACKING_FILE, .object = 1, .label = 9 };

   twins_init(&twins, &config, &settings);
   for (int i = 0; i < 2; i++) {
      uint32_t n_shootdowns;

      CHECK_EQ(vmt_machine_object(each(i), ~(uint64_t)0, true), 1);
      CHECK_EQ(vmt_machine_object(each(i), ~(uint64_t)0, false), 2);
      CHECK_EQ(vmt_machine_object(each(i), 100, true), 3);
      CHECK_EQ(vmt_machine_map(each(i), &text, &n_shootdowns), VMT_OK);
   }
   for (uint32_t i = 0; i < N(bad_looks); i++)
      map(FIRST_BAD_PAGE + i, 1, &bad_looks[i]);
}

/* ---- taking a step ---- */

static void
take_protect(const struct step *step, struct vmt_machine *machine,
             struct vmt_outcome *told)
{
   vmt_addr start = page_addr(step->page);
   vmt_addr end = start + step->n_pages * VMT_PAGE_BYTES;

   CHECK_EQ(vmt_machine_protect(machine, start, end, VMT_AREA_READ,
                                &told->n_shootdowns), VMT_OK);
   charge_site(machine, told, 2);
   CHECK_EQ(vmt_machine_protect(machine, start, end, RW, &told->n_shootdowns),
            VMT_OK);
}

static void
take_on(const struct step *step, struct vmt_machine *machine)
{
   vmt_addr start = page_addr(step->page);
   vmt_addr end = start + step->n_pages * VMT_PAGE_BYTES;
   struct vmt_outcome told = { .event = VMT_NO_EVENT };

   switch (step->kind) {
   case STEP_SWITCH:
      vmt_machine_switch_core(machine, step->n % settings.n_cores);
      return;
   case STEP_PROTECT:
      take_protect(step, machine, &told);
      break;
   case STEP_ADVISE:
      CHECK_EQ(vmt_machine_advise(machine, start, end,
                                  (enum vmt_advice)(step->n % VMT_ADVICE_REMOVE),
                                  &told.n_shootdowns), VMT_OK);
      break;
   case STEP_FORK:
      vmt_machine_before_fork(machine, 0);
      if (step->n % 4 == 0)
         CHECK_EQ(vmt_machine_become_child(machine, 0), VMT_OK);
      break;
   default:
      if (!vmt_machine_kernel_access(machine, start, step->n % 2 != 0, &told))
         return;
      break;
   }
   charge_site(machine, &told, 3);
}

void
take(struct step *step)
{
   if (step->kind == STEP_RUN) {
      step->run.code = &step->code;
      CHECK_EQ(translated_run(&twins.filtered, &step->run),
               direct_run(&twins.direct, &step->run));
      return;
   }
   translated_settle(&twins.filtered);
   if (step->kind == STEP_MAP) {
      map_good(step->page, step->n_pages, step->n);
      return;
   }
   take_on(step, &twins.filtered);
   take_on(step, &twins.direct);
}

void
step_print(const struct step *step)
{
   static const char *const names[] = { "run", "switch", "protect", "map",
                                        "advise", "fork", "kernel" };

   fprintf(stderr, "%s pages [%u, %u), %u\n", names[step->kind], step->page,
           step->page + step->n_pages, step->n);
   if (step->kind != STEP_RUN)
      return;
   for (int base = 0; base < CODE_N_BASES; base++)
      fprintf(stderr, "   base %d: %llx\n", base,
              (unsigned long long)step->run.bases[base]);
   code_print(&step->code);
}
