/* With the filter and without it the machine counts the same, to the last
   digit, and its TLBs hold the same in the same order: random code, and every
   code of four accesses, on two machines, one of which is asked only when the
   filter does not know.

   usage: test_filter [n-rounds [first-round]]  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/machine/steps.h"
#include "tests/mmu/check.h"

#define MAX_STEPS 40

static struct step steps[MAX_STEPS];
static uint32_t n_steps;

static void
explain(const char *difference)
{
   static const char *const policies[] = { "lru", "plru", "fifo", "random" };
   const struct vmt_tlb_shape *shapes[] = { config.itlb, config.dtlb, config.stlb };

   fprintf(stderr, "not the same with the filter and without: %s\n"
                   "itlb, dtlb, stlb:", difference);
   for (int i = 0; i < 3; i++)
      fprintf(stderr, " %u,%u,%s", shapes[i]->n_entries, shapes[i]->n_ways,
              policies[shapes[i]->policy]);
   fprintf(stderr, "; page shift %u, %u cores, policy %d, %u pages of memory\n",
           config.page_shift, settings.n_cores, settings.policy,
           (unsigned)(settings.ram_bytes >> VMT_PAGE_SHIFT));
   for (uint32_t i = 0; i < n_steps; i++)
      step_print(&steps[i]);
}

static void
end(void)
{
   const char *difference = twins_difference(&twins);

   if (difference != NULL) {
      explain(difference);
      test_fail(__FILE__, __LINE__, difference, 0, 0);
   }
   twins_free(&twins);
}

static void
run_round(uint64_t round, uint32_t n)
{
   test_reseed(round);
   random_config();
   begin();
   for (uint32_t place = 0; place < N_PLACES; place++)
      map_good(place * PLACE_PAGES, PLACE_PAGES,
               (uint32_t)test_random(N_GOOD_LOOKS));
   for (n_steps = 0; n_steps < n;) {
      struct step *step = &steps[n_steps++];

      random_step(step);
      take(step);
   }
   end();
}

/* ---- every code of four accesses ---- */

/* Off bases 0 and 1, on page 0, and base 2, on another page of the same set; and
   off base 0 across the end of its page.  */
static const struct code_access letters[] = {
   { .base = 0, .bytes = 8, .kind = VMT_READ },
   { .base = 0, .bytes = 8, .kind = VMT_WRITE },
   { .base = 0, .bytes = 8, .kind = VMT_READ, .offset = 20 },
   { .base = 0, .bytes = 8, .kind = VMT_WRITE, .offset = 28 },
   { .base = 1, .bytes = 8, .kind = VMT_READ },
   { .base = 1, .bytes = 8, .kind = VMT_WRITE },
   { .base = 2, .bytes = 8, .kind = VMT_READ },
   { .base = 2, .bytes = 8, .kind = VMT_WRITE },
};
#define N_LETTERS 8
#define WORD 4

static void
spell(struct code *code, uint32_t word)
{
   memset(code, 0, sizeof(*code));
   code->n_insns = code->n_accesses = WORD;
   for (uint32_t i = 0; i < WORD; i++, word /= N_LETTERS) {
      code->insns[i] = (struct code_insn){ .pc = code_addr(1) + 4 * i,
                                           .bytes = 4, .site = 100 + i };
      code->accesses[i] = letters[word % N_LETTERS];
      code->accesses[i].insn = i;
      code->accesses[i].site = 200 + i;
   }
   code_plan(code, &config);
}

/* One read of each of four pages of the same set, so that it is full.  */
static void
fill_set(struct code *code)
{
   memset(code, 0, sizeof(*code));
   code->n_insns = 1;
   code->n_accesses = 4;
   code->insns[0] = (struct code_insn){ .pc = code_addr(0), .bytes = 1 };
   for (uint32_t i = 0; i < 4; i++)
      code->accesses[i] = (struct code_access){ .base = i, .bytes = 1,
                                                .kind = VMT_READ };
   code_plan(code, &config);
}

static void
run_word(uint32_t word, uint32_t other_page)
{
   vmt_addr end_of_page = page_addr(1);

   begin();
   map_good(0, PLACE_PAGES, 0);
   map_good(PLACE_PAGES, PLACE_PAGES, 0);
   for (n_steps = 0; n_steps < 3; n_steps++) {
      struct step *step = &steps[n_steps];

      step->kind = STEP_RUN;
      step->run = (struct run){ .bases = { end_of_page - 24, end_of_page - 100,
                                           page_addr(other_page) } };
      if (n_steps != 0) {
         spell(&step->code, word);
      } else {
         fill_set(&step->code);
         step->run.bases[1] = page_addr(4);
         step->run.bases[3] = page_addr(PLACE_PAGES);
      }
      take(step);
   }
   end();
}

static void
run_words(struct vmt_tlb_shape dtlb, uint32_t other_page)
{
   uint32_t n_words = 1;

   for (int i = 0; i < WORD; i++)
      n_words *= N_LETTERS;
   vmt_machine_config_generic(&config);
   config.dtlb[0] = dtlb;
   config.stlb[0] = (struct vmt_tlb_shape){ 4, 4, VMT_TLB_LRU };
   settings = (struct vmt_settings){ .n_cores = 1, .page_cache_warm = true,
                                     .stack_limit_bytes = 8 << 20 };
   for (uint32_t word = 0; word < n_words; word++)
      run_word(word, other_page);
}

/* ---- a long block ---- */

/* Sixty instructions that load off one base and store off another (`push mem`),
   both past the end of a page, so that nearly all of it has to wait.  */
static void
run_pushes(void)
{
   struct step *step = &steps[0];
   struct code *code = &step->code;

   vmt_machine_config_generic(&config);
   begin();
   map_good(0, PLACE_PAGES, 0);
   memset(code, 0, sizeof(*code));
   code->n_insns = 60;
   for (uint32_t i = 0; i < code->n_insns; i++) {
      code->insns[i] = (struct code_insn){ .pc = code_addr(0) + 3 * i, .bytes = 3,
                                           .site = 100 + i };
      code->accesses[2 * i] =
         (struct code_access){ .insn = i, .site = 200 + i, .base = 0, .bytes = 8,
                               .offset = 8 * (int32_t)i, .kind = VMT_READ };
      code->accesses[2 * i + 1] =
         (struct code_access){ .insn = i, .site = 200 + i, .base = 1, .bytes = 8,
                               .offset = -8 * (int32_t)i, .kind = VMT_WRITE };
   }
   code->n_accesses = 2 * code->n_insns;
   code_plan(code, &config);
   step->kind = STEP_RUN;
   step->run = (struct run){ .bases = { page_addr(1) - 8, page_addr(4) } };
   n_steps = 1;
   take(step);
   end();
}

int
main(int argc, char **argv)
{
   uint64_t n_rounds = argc > 1 ? strtoull(argv[1], NULL, 0) : 7000;
   uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 0) : 0;

   test_begin("test_filter");
   run_words((struct vmt_tlb_shape){ 6, 3, VMT_TLB_LRU }, 2);
   run_words((struct vmt_tlb_shape){ 4, 4, VMT_TLB_PLRU }, READ_ONLY_PAGE);
   run_words((struct vmt_tlb_shape){ 4, 4, VMT_TLB_FIFO }, READ_ONLY_PAGE);
   run_pushes();
   for (uint64_t i = 0; i < n_rounds; i++)
      run_round(first + i, 1 + (uint32_t)(i * MAX_STEPS / n_rounds));
   return test_end();
}
