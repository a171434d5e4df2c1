/* An LRU stack and a window counter as one would write them down: the stack is an
   array, top first, in which a page that was unmapped leaves a hole; a window is
   a list of pages.  Every touch is looked at.

   Includes nothing of the code it checks.  */

#ifndef TESTS_MACHINE_MODEL_TOUCHES_H
#define TESTS_MACHINE_MODEL_TOUCHES_H

#include <stdbool.h>
#include <stdint.h>

enum {
   MODEL_STACK_PLACES = 4096,
   MODEL_MAX_WINDOWS = 4096
};

struct model_touches {
   uint64_t stack[MODEL_STACK_PLACES];          /* pages; ~0: a hole */
   uint32_t n_places, n_most_places;
   uint64_t n_touches, n_first;
   uint64_t n_at[MODEL_STACK_PLACES + 1];       /* touches by depth, from 1 */

   uint64_t window_instrs;
   uint32_t window;                             /* from 0 */
   uint64_t pages[MODEL_STACK_PLACES];          /* of the window */
   uint32_t n_pages[MODEL_MAX_WINDOWS];         /* of all */
};

void model_touches_init(struct model_touches *model, uint64_t window_instrs);

/* By instruction number instr, counted from 0.  */
void model_touch(struct model_touches *model, uint64_t page, uint64_t instr);
void model_unmap_page(struct model_touches *model, uint64_t page);

/* The page is found at another address.  */
void model_move_page(struct model_touches *model, uint64_t from, uint64_t to);

/* Faults under LRU with that many frames.  */
uint64_t model_faults(const struct model_touches *model, uint64_t n_frames);

#endif
