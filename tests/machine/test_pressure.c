/* The machine with limited memory under the kernel's policy: random steps, after which the
   page table, the policy's frames and the ledger must say the same, and nothing may be
   lost.

   usage: test_pressure [n-rounds [first-round]]  */

#include <stdlib.h>
#include <string.h>

#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/machine.h"

#define N_PAGES 512                     /* of the address space: 32 areas of 16 */
#define AREA_PAGES 16
#define OBJECT_PAGES 96
#define BASE ((vmt_vpn)0x40000 - 200)   /* a page-table page ends in between */
#define RW (VMT_AREA_READ | VMT_AREA_WRITE)

enum { A_FILE = 1, A_MEMORY };

static const struct {
   uint32_t flags;
   enum vmt_backing backing;
   uint64_t object;
} looks[] = {
   { RW, VMT_BACKING_ANON, 0 },
   { RW, VMT_BACKING_ANON, 0 },
   { RW | VMT_AREA_RAND_READ, VMT_BACKING_ANON, 0 },
   { RW, VMT_BACKING_FILE, A_FILE },
   { VMT_AREA_READ | VMT_AREA_EXEC, VMT_BACKING_FILE, A_FILE },
   { RW | VMT_AREA_SHARED, VMT_BACKING_FILE, A_FILE },
   { RW | VMT_AREA_SHARED, VMT_BACKING_SHMEM, A_MEMORY },
   { RW, VMT_BACKING_SHMEM, A_MEMORY },
   { RW | VMT_AREA_SPECIAL, VMT_BACKING_FILE, A_FILE },
   { RW | VMT_AREA_EXCLUDED, VMT_BACKING_ANON, 0 },
};
#define N_LOOKS (sizeof(looks) / sizeof(*looks))

static struct vmt_machine machine;
static uint64_t tick, n_known_evictions;

/* It is a private page, written to, that must not be lost.  */
static bool has_contents[N_PAGES];

static vmt_addr
addr_of(uint64_t page)
{
   return (BASE + page) << VMT_PAGE_SHIFT;
}

/* ---- what must hold ---- */

/* A page of the address space that shows frame.  */
static uint64_t
n_shown(uint64_t name)
{
   uint32_t at = vmt_shown_first(&machine.frames.memory->shown, name);
   const struct vmt_pte *pte;
   vmt_vpn vpn;
   uint64_t n = 0;

   if (at == VMT_SHOWN_NONE && name < (uint64_t)1 << 40) {
      pte = vmt_pagetable_find(&machine.pages, name);
      return pte != NULL && (pte->bits & VMT_PTE_ANON) != 0;
   }
   while (at != VMT_SHOWN_NONE) {
      at = vmt_shown_next(&machine.frames.memory->shown, at, &vpn);
      pte = vmt_pagetable_find(&machine.pages, vpn);
      n += (pte->bits & VMT_PTE_PRESENT) != 0;
   }
   return n;
}

/* The kernel's own pages are resident, but take no frame of the program's.  */
static uint64_t
n_special(void)
{
   uint64_t n = 0;

   for (uint64_t page = 0; page < N_PAGES; page++) {
      const struct vmt_area *area = vmt_areas_find(&machine.areas, addr_of(page));
      const struct vmt_pte *pte = vmt_pagetable_find(&machine.pages, BASE + page);

      n += area != NULL && (area->flags & VMT_AREA_SPECIAL) != 0 && pte != NULL &&
           (pte->bits & VMT_PTE_FILE) != 0;
   }
   return n;
}

static void
check_frames(void)
{
   const struct vmt_reclaim_frame *frame;
   uint64_t n_mapped = 0;
   uint32_t cursor = 0;

   while ((frame = vmt_reclaim_next(&machine.frames.memory->kernel, &cursor)) != NULL) {
      if (frame->page == VMT_NO_PAGE)
         continue;
      CHECK_EQ(frame->n_mapped, n_shown(frame->page));
      n_mapped += frame->n_mapped;
   }
   CHECK_EQ(machine.ledger.n_resident_pages, n_mapped + n_special());
   if (machine.frames.memory->kernel.counts.n_out_of_memory == 0)
      CHECK(machine.frames.memory->kernel.n_frames_used <=
            machine.frames.memory->kernel.settings.n_frames);
}

/* No page that reclaim took is in a TLB or the filter.  */
static void
check_page(uint64_t page)
{
   const struct vmt_pte *pte = vmt_pagetable_find(&machine.pages, BASE + page);
   const uint64_t taken = VMT_PTE_SWAPPED | VMT_PTE_AWAY | VMT_PTE_EVICTED;

   if (pte != NULL && (pte->bits & taken) != 0) {
      CHECK((pte->bits & VMT_PTE_PRESENT) == 0);
      for (uint32_t i = 0; i < machine.settings.n_cores; i++) {
         CHECK(vmt_tlb_find(&machine.cores[i].dtlb, BASE + page) == NULL);
         CHECK(vmt_tlb_find(&machine.cores[i].itlb, BASE + page) == NULL);
         CHECK(vmt_tlb_find(&machine.cores[i].stlb, BASE + page) == NULL);
      }
      CHECK(vmt_filter_entry_of(&machine.filter.data, BASE + page)->vpn != BASE + page);
   }
   if (has_contents[page])
      CHECK(pte != NULL && (pte->bits & (VMT_PTE_ANON | VMT_PTE_SWAPPED)) != 0);
}

static void
check_all(void)
{
   const struct vmt_accounting *ledger = &machine.ledger;
   int64_t n_pages = 0;

   check_frames();
   for (uint64_t page = 0; page < N_PAGES; page++)
      check_page(page);
   for (uint32_t i = 1; i < ledger->charges.n_records; i++) {
      uint32_t index = vmt_accounting_get(ledger, i)->residency;

      if (index != 0)
         n_pages += ((struct vmt_residency *)vmt_vector_at(&ledger->residencies,
                                                           index))->n_pages;
   }
   CHECK_EQ(n_pages, ledger->n_resident_pages);
}

/* ---- steps ---- */

static void
charge(struct vmt_outcome *outcome)
{
   uint32_t id = vmt_accounting_charge(&machine.ledger, 1 + (uint32_t)test_random(4),
                                       (uint16_t)outcome->label, 1, 0);

   CHECK_EQ(vmt_machine_charge(&machine, outcome, id), VMT_OK);
   n_known_evictions += outcome->n_evicted;
}

static void
collect(void)
{
   struct vmt_outcome outcome = { .event = VMT_NO_EVENT };

   if (vmt_machine_collect(&machine, &outcome))
      charge(&outcome);
}

/* A private page that is not present comes back by a SwapIn or a SwapHit, and by nothing
   else; one that was evicted is a Refault.  (So is one that is evicted by its own fault,
   which needs frames for page tables and for what is around it.)  */
static void
check_return(uint64_t page, uint64_t before, const struct vmt_outcome *outcome)
{
   if (outcome->event == VMT_EV_Prot || outcome->event == VMT_EV_Segv ||
       outcome->event == VMT_EV_Bus)
      return;
   if (has_contents[page])
      CHECK(outcome->event == VMT_EV_SwapIn || outcome->event == VMT_EV_SwapHit);
   if ((before & VMT_PTE_EVICTED) != 0)
      CHECK(outcome->is_refault);
   CHECK((vmt_pagetable_find(&machine.pages, BASE + page)->bits & VMT_PTE_PRESENT) != 0);
}

static void
touch(uint64_t page, enum vmt_access_kind kind)
{
   const struct vmt_pte *pte = vmt_pagetable_find(&machine.pages, BASE + page);
   uint64_t before = pte == NULL ? 0 : pte->bits;
   bool present = (before & VMT_PTE_PRESENT) != 0, by_kernel = test_random(10) == 0;
   struct vmt_outcome outcome;
   bool any;

   machine.filter.clock = (tick += 1 + test_random(100000)) + 1;
   if (by_kernel)
      any = vmt_machine_kernel_access(&machine, addr_of(page), kind == VMT_WRITE,
                                      &outcome);
   else
      any = vmt_machine_access(&machine, addr_of(page), kind, tick, &outcome);
   if (outcome.event != VMT_NO_EVENT && !present)
      check_return(page, before, &outcome);
   if (any)
      charge(&outcome);
   pte = vmt_pagetable_find(&machine.pages, BASE + page);
   if (pte != NULL && (pte->bits & VMT_PTE_DIRTY) != 0 &&
       (pte->bits & VMT_PTE_ANON) != 0 && !outcome.excluded)
      has_contents[page] = true;
}

static void
forget(uint64_t page, uint64_t n)
{
   memset(&has_contents[page], 0, n * sizeof(*has_contents));
}

static void
map(uint64_t page, uint64_t n, size_t look)
{
   const struct vmt_area area = {
      .start = addr_of(page), .end = addr_of(page + n), .flags = looks[look].flags,
      .backing = looks[look].backing, .object = looks[look].object,
      .page_offset = test_random(OBJECT_PAGES - 20), .label = (uint32_t)look };
   uint32_t n_told;

   CHECK_EQ(vmt_machine_map(&machine, &area, &n_told), VMT_OK);
   forget(page, n);
}

static void
move(uint64_t page)
{
   uint64_t n = 1 + test_random(AREA_PAGES), to = test_random(N_PAGES - AREA_PAGES);
   const struct vmt_area *area = vmt_areas_find(&machine.areas, addr_of(page));
   uint32_t n_told;

   if (area == NULL || addr_of(page + n) > area->end ||
       (to < page + n && page < to + n) || (area->flags & VMT_AREA_SPECIAL) != 0)
      return;
   if (vmt_machine_move(&machine, addr_of(page), n * VMT_PAGE_BYTES, addr_of(to),
                        n * VMT_PAGE_BYTES, test_random(3) == 0, &n_told) != VMT_OK)
      return;
   memcpy(&has_contents[to], &has_contents[page], n * sizeof(*has_contents));
   forget(page, n);
}

/* MADV_FREE: what is in the pages may be lost from now on.  */
static void
advise(uint64_t page)
{
   static const enum vmt_advice advices[] = { VMT_ADVICE_ZAP, VMT_ADVICE_FREE,
                                              VMT_ADVICE_AGE, VMT_ADVICE_PAGE_OUT };
   enum vmt_advice advice = advices[test_random(4)];
   uint64_t n = 1 + test_random(AREA_PAGES);
   uint32_t n_told;

   CHECK_EQ(vmt_machine_advise(&machine, addr_of(page), addr_of(page + n), advice,
                               &n_told), VMT_OK);
   if (advice == VMT_ADVICE_ZAP || advice == VMT_ADVICE_FREE)
      forget(page, n);
}

static void
lock(uint64_t page)
{
   bool locked = test_random(3) == 0;

   CHECK_EQ(vmt_machine_change_areas(&machine, addr_of(page), addr_of(page + 2),
                                     locked ? 0 : VMT_AREA_LOCKED,
                                     locked ? VMT_AREA_LOCKED : 0), VMT_OK);
}

/* The child has its pages as the parent had them; objects' are left to faults.  */
static void
fork_off(bool child)
{
   vmt_machine_before_fork(&machine, 0);
   if (!child)
      return;
   CHECK_EQ(vmt_machine_become_child(&machine, 0), VMT_OK);
   n_known_evictions = 0;
}

static void
step(void)
{
   uint64_t page = test_random(N_PAGES - AREA_PAGES);
   uint32_t n_told;

   switch (test_random(60)) {
   case 0:
      map(page, 1 + test_random(AREA_PAGES), test_random(N_LOOKS));
      break;
   case 1:
      CHECK_EQ(vmt_machine_unmap(&machine, addr_of(page), addr_of(page + 3), &n_told),
               VMT_OK);
      forget(page, 3);
      break;
   case 2:
      move(page);
      break;
   case 3:
   case 4:
      advise(page);
      break;
   case 5:
      lock(page);
      break;
   case 6:
      vmt_machine_clean_object(&machine, A_FILE, 0, OBJECT_PAGES);
      break;
   case 7:
      CHECK_EQ(vmt_machine_protect(&machine, addr_of(page), addr_of(page + 4),
                                   test_random(2) == 0 ? VMT_AREA_READ : RW, &n_told),
               VMT_OK);
      break;
   case 8:
      if (test_random(8) == 0)
         fork_off(test_random(4) == 0);
      vmt_machine_switch_core(&machine, (uint32_t)test_random(2));
      break;
   case 9:
      vmt_machine_drop_object(&machine, A_MEMORY, page % OBJECT_PAGES,
                              page % OBJECT_PAGES + 3, false, &n_told);
      break;
   default:
      touch(test_random(3) != 0 ? page / 4 : page,
            (enum vmt_access_kind)test_random(VMT_FETCH + 1));
      break;
   }
   collect();
}

static void
start(void)
{
   struct vmt_machine_config config;
   struct vmt_settings settings = {
      .n_cores = 2, .page_cache_warm = test_random(2) == 0, .stack_limit_bytes = 8 << 20,
      .ram_bytes = (64 + test_random(200)) * VMT_PAGE_BYTES,
      .swap_bytes = test_random(3) == 0 ? test_random(200) * VMT_PAGE_BYTES
                                        : VMT_UNLIMITED,
      .policy = test_random(2) == 0 ? VMT_PAGES_LINUX : VMT_PAGES_MGLRU,
      .swap_latency_ns = 50000 };

   vmt_machine_config_generic(&config);
   CHECK_EQ(vmt_machine_init(&machine, &config, &settings), VMT_OK);
   CHECK_EQ(vmt_machine_object(&machine, OBJECT_PAGES * VMT_PAGE_BYTES, true), A_FILE);
   CHECK_EQ(vmt_machine_object(&machine, OBJECT_PAGES * VMT_PAGE_BYTES, false), A_MEMORY);
   forget(0, N_PAGES);
   tick = n_known_evictions = 0;
   for (uint64_t page = 0; page < N_PAGES; page += AREA_PAGES)
      map(page, AREA_PAGES, test_random(N_LOOKS));
}

static void
run_round(uint64_t round)
{
   test_reseed(round);
   start();
   for (uint32_t i = 0; i < 4000; i++) {
      step();
      if (i % 50 == 0)
         check_all();
   }
   check_all();
   CHECK_EQ(machine.ledger.totals[VMT_EV_Evict], n_known_evictions);
   vmt_machine_free(&machine);
   CHECK_EQ(test_n_blocks(), 0);
}

int
main(int argc, char **argv)
{
   uint64_t n_rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : 60;
   uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

   test_begin("test_pressure");
   for (uint64_t i = 0; i < n_rounds; i++)
      run_round(first + i);
   return test_end();
}
