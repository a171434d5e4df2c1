/* Which threads use which pages, as one would write it down: in each window, for each
   page that has a frame, whether a thread accessed it.

   Includes nothing of the code it checks.  */

#ifndef TESTS_MACHINE_MODEL_USERS_H
#define TESTS_MACHINE_MODEL_USERS_H

#include <stdbool.h>
#include <stdint.h>

enum {
   MODEL_USED_PAGES = 1024,
   MODEL_THREADS = 5                    /* 1 to 4 */
};

struct model_users {
   bool is_on;                          /* there was a second thread */
   uint32_t thread;                     /* that runs */
   bool has_frame[MODEL_USED_PAGES];    /* it was written to */
   uint32_t n_windows[MODEL_USED_PAGES][MODEL_THREADS];
   uint64_t last[MODEL_USED_PAGES][MODEL_THREADS];      /* 1 + the window; 0: none */
   uint64_t n_left;                     /* pages that were used and have left */
};

void model_users_init(struct model_users *model);
void model_users_switch(struct model_users *model, uint32_t thread);
void model_users_access(struct model_users *model, uint64_t page, bool is_write,
                        uint64_t window);
void model_users_unmap(struct model_users *model, uint64_t page);
void model_users_move(struct model_users *model, uint64_t from, uint64_t to);

/* Pages that were used, those that have left among them.  */
uint64_t model_users_pages(const struct model_users *model);

#endif
