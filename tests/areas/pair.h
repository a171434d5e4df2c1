/* vmt_areas and its model side by side: an operation is done to both, and then
   they must agree on every page.  */

#ifndef VMT_TESTS_AREAS_PAIR_H
#define VMT_TESTS_AREAS_PAIR_H

#include "tests/areas/model.h"
#include "vmtrace/mmu/mechanisms/areas.h"

struct pair {
   struct vmt_areas areas;
   struct model model;
};

enum pair_kind {
   PAIR_MAP,                    /* pages [a, a + b) with look c, d shifted */
   PAIR_UNMAP,                  /* pages [a, a + b) */
   PAIR_CHANGE,                 /* pages [a, a + b) with change c */
   PAIR_MOVE,                   /* pages [a, a + b) to [c, c + d % 128); from 128
                                   on with keep_old */
   PAIR_TOUCH,                  /* page a */
   PAIR_GROW,                   /* the area of page a down to page b */
   PAIR_FORK,
   PAIR_KINDS
};

/* Ranges that do not fit are cut to fit, so any bytes are an operation.  */
struct pair_op {
   uint8_t kind, a, b, c, d;
};

/* What c of PAIR_MAP and PAIR_CHANGE chooses from, modulo their number.  */
enum pair_look {
   LOOK_RW, LOOK_R, LOOK_NONE, LOOK_NORESERVE, LOOK_STACK, LOOK_FILE_R,
   LOOK_FILE_RW, LOOK_FILE_SHARED, LOOK_SHMEM, LOOK_SHMEM_PRIVATE, LOOK_OTHER,
   LOOK_SPECIAL, LOOK_EXCLUDED, LOOK_BAD, N_LOOKS
};

enum pair_change {
   CHANGE_R, CHANGE_RW, CHANGE_NONE, CHANGE_RX, CHANGE_LOCK, CHANGE_UNLOCK,
   CHANGE_DONTFORK, CHANGE_DOFORK, CHANGE_WIPEONFORK, CHANGE_EXCLUDE,
   CHANGE_INCLUDE, CHANGE_HUGE, CHANGE_NOTHING, N_CHANGES
};

/* n_pages pages, of which the first is page `base` of the address space.  */
void pair_init(struct pair *pair, int n_pages, uint64_t base);
void pair_free(struct pair *pair);

/* Nothing mapped, as after pair_init(), but the memory stays.  */
void pair_clear(struct pair *pair);

/* Stops the program when the two disagree.  */
void pair_do(struct pair *pair, const struct pair_op *op);
void pair_compare(struct pair *pair);

/* The operation on vmt_areas alone.  */
enum vmt_status pair_do_areas(struct pair *pair, const struct pair_op *op);

void pair_print_op(const struct pair *pair, const struct pair_op *op);
void pair_print(struct pair *pair);

#endif
