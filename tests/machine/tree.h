/* A tree of processes, each with a machine of its own, that have frames in common, and a
   model of it: spaces of 16 pages, of which each says what it shows.

   The processes are real ones, which do what they are told, one at a time: so a fork is a
   fork, and one can be killed at any instruction.  The driver tells the model the same.  */

#ifndef TESTS_MACHINE_TREE_H
#define TESTS_MACHINE_TREE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "vmtrace/mmu/machine/machine.h"

enum {
   TREE_ANON = 0,               /* pages 0 to 5: private, anonymous */
   TREE_FILE = 6,               /* 6 and 7: private, of a file: what 13 and 14 show */
   TREE_AGAIN = 8,              /* 8 and 9: the same again */
   TREE_MEMORY = 10,            /* 10 to 12: shared, anonymous */
   TREE_SHARED_FILE = 13,       /* 13 to 15: shared, of a file */
   TREE_PAGES = 16,
   TREE_PROCESSES = 6,          /* at once */
   TREE_DRIVER_PLACE = 40
};

enum tree_op_kind {
   TREE_READ, TREE_WRITE,       /* page */
   TREE_ZAP, TREE_UNMAP,        /* n pages from page */
   TREE_FORK, TREE_EXEC,        /* at that place */
   TREE_EXIT,
   TREE_MEASURE,
   TREE_STOP                    /* before what comes next */
};

struct tree_op {
   enum tree_op_kind kind;
   uint32_t page, n, place;
};

struct tree_answer {
   enum vmt_event event;        /* VMT_NO_EVENT */
   uint32_t copied_from;
   pid_t child;
   struct vmt_resident resident;
   uint64_t n_tree_pages;       /* distinct, of all processes, */
   uint64_t n_peak_pages;       /* and the most there were after any step */
   uint32_t n_wrong;            /* frames that it has and does not show, or the reverse */
};

/* What all of them see.  */
struct tree_shared {
   bool alive[TREE_DRIVER_PLACE + 1];   /* by place */
   volatile bool is_over;               /* processes that nobody knows of end */
   struct vmt_common common;            /* last: more follows */
};

/* ---- processes (tree_process.c) ---- */

extern struct tree_shared *tree_shared;

/* A tree with one process, at place 1.  */
void tree_start(void);
/* All of them end.  */
void tree_end(void);

/* Process `which` of the driver's numbering does it; TREE_FORK makes process `child`.  */
void tree_do(int which, const struct tree_op *op, int child, struct tree_answer *answer);
/* Only tells it to.  */
void tree_tell(int which, const struct tree_op *op);
void tree_kill(int which);
bool tree_has_answer(int which);        /* to what it was told */
pid_t tree_pid(int which);

/* A free place for a process whose parent has that id, entered.  */
uint32_t tree_enter(uint32_t parent_id, uint32_t id);

/* The child that a killed process may have made or not is dead, too.  */
void tree_forget_child(uint32_t place);

/* Sums of what is held in common, made anew, are those that are kept.  */
void tree_check_sums(void);

/* ---- the model (model_tree.c) ---- */

struct model_tree_page {
   bool is_mapped, has_frames, is_writable;
   enum { SHOWS_NOTHING, SHOWS_ZEROES, SHOWS_FRAME, SHOWS_CACHE } shows;
   int frame;
};

struct model_process {
   bool is_alive;
   uint32_t id, parent_id;
   struct model_tree_page pages[TREE_PAGES];
};

struct model_tree {
   struct model_process processes[TREE_PROCESSES];
   int n_frames;
   uint32_t n_ids;
   uint64_t n_peak_pages;
};

void model_tree_start(struct model_tree *tree);
void model_tree_do(struct model_tree *tree, int which, const struct tree_op *op, int child,
                   struct tree_answer *answer);
void model_tree_kill(struct model_tree *tree, int which);

#endif
