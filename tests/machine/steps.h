/* What happens to two machines, one step after the other: a run of code, or
   something that changes the address space between two.  */

#ifndef TESTS_MACHINE_STEPS_H
#define TESTS_MACHINE_STEPS_H

#include "tests/machine/twins.h"

/* Places that share slots of the filter.  Behind them is one for what ends in a
   signal.  */
#define N_PLACES 3
#define PLACE_PAGES 6
#define N_PAGES (N_PLACES * PLACE_PAGES)
#define FIRST_BAD_PAGE N_PAGES
#define READ_ONLY_PAGE FIRST_BAD_PAGE
#define N_BAD_PAGES 4
#define N_CODE_PAGES 5
#define N_GOOD_LOOKS 5

enum step_kind {
   STEP_RUN, STEP_SWITCH, STEP_PROTECT, STEP_MAP, STEP_ADVISE, STEP_FORK,
   STEP_KERNEL, N_STEP_KINDS
};

struct step {
   enum step_kind kind;
   struct code code;
   struct run run;
   uint32_t page, n_pages, n;
};

extern struct twins twins;
extern struct vmt_machine_config config;
extern struct vmt_settings settings;

vmt_addr page_addr(uint32_t page);
vmt_addr code_addr(uint32_t page);

/* Two new machines of that config, with code mapped, and the bad place.  */
void begin(void);

/* Maps pages that can be read and written.  */
void map_good(uint32_t page, uint32_t n_pages, uint32_t look);

void take(struct step *step);
void step_print(const struct step *step);

/* By this test's generator.  */
void random_config(void);
void random_step(struct step *step);

#endif
