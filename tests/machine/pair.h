/* The machine and its model side by side: what happens to one happens to the
   other, and each outcome is compared; now and then, everything.  */

#ifndef TESTS_MACHINE_PAIR_H
#define TESTS_MACHINE_PAIR_H

#include "tests/machine/model_machine.h"
#include "vmtrace/mmu/machine/machine.h"

#define PAIR_PAGES 64
#define PAIR_BASE (1024 - 32)           /* 2 MiB ends in the middle */

/* Any numbers are a configuration.  memory 0: unlimited.  */
struct pair_config {
   uint8_t shapes, policies, walks, settings, memory, swap;
};

enum pair_op_kind {
   PAIR_READ, PAIR_WRITE, PAIR_MODIFY, PAIR_FETCH,
                                /* page a, byte b * 16 of it, c % 64 bytes long;
                                   d: whom to charge */
   PAIR_KERNEL_READ, PAIR_KERNEL_WRITE,         /* page a; d: whom to charge */
   PAIR_MAP,                    /* pages [a, a + b), look c, shifted by d % 8 */
   PAIR_UNMAP,                  /* pages [a, a + b) */
   PAIR_PROTECT,                /* the same; rights c % 8 */
   PAIR_MOVE,                   /* the same, to [c, c + d % 64); 64 up: keep_old */
   PAIR_ADVISE,                 /* the same; advice c % 4 */
   PAIR_FLAG,                   /* the same; DONTFORK, WIPEONFORK: c % 2 */
   PAIR_EXTEND,                 /* object a gets b pages longer */
   PAIR_FORK,                   /* a % 4 == 0: go on as the child; b % 8 == 7: there is no
                                   place for it */
   PAIR_SWITCH,                 /* to core a */
   PAIR_REAP,                   /* the process at place a % 64 is gone, if it is another */
   PAIR_OTHERS,                 /* another process makes page a of the memory object */
   PAIR_OPS
};

/* Ranges that do not fit are cut to fit, so any bytes are an operation.  */
struct pair_op {
   uint8_t kind, a, b, c, d;
};

enum pair_look {
   LOOK_RW, LOOK_R, LOOK_NONE, LOOK_CODE, LOOK_FILE_R, LOOK_FILE_RW,
   LOOK_FILE_CODE, LOOK_FILE_SHARED, LOOK_FILE_SHARED_R, LOOK_SHORT, LOOK_SHMEM,
   LOOK_SHMEM_R, LOOK_SHMEM_PRIVATE, LOOK_STACK, LOOK_VDSO, LOOK_EXCLUDED,
   LOOK_FILE_EXCLUDED, LOOK_WRITE_ONLY, LOOK_SHORT_SHARED, N_LOOKS
};

/* Objects: two files on a device, of which the second ends inside a page, and
   one of memory.  */
enum pair_object { PAIR_FILE = 1, PAIR_SHORT_FILE, PAIR_MEMORY, PAIR_N_OBJECTS };

struct pair {
   struct vmt_machine machine;
   struct model_machine model;
   uint64_t tick;
   uint32_t label;
   struct vmt_common *common;           /* NULL: it has not forked */
   uint32_t place;                      /* its own; 0: it is apart */
   uint64_t alive;                      /* places: bit 0 is none */
};

/* ---- pair_forks.c ---- */

void pair_init_forks(struct pair *pair);
void pair_free_forks(struct pair *pair);
void pair_fork(struct pair *pair, bool as_child, bool has_no_place);
void pair_end_process(struct pair *pair, uint32_t place);

/* What is held in common is what the entries show.  */
void pair_check_frames(struct pair *pair);

void pair_init(struct pair *pair, const struct pair_config *config);
void pair_free(struct pair *pair);

/* Ends the test when the two disagree.  */
void pair_do(struct pair *pair, const struct pair_op *op);
void pair_compare(struct pair *pair);

void pair_print_op(const struct pair_op *op);

#endif
