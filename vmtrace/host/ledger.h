/* Tables of a profile: its events added up by line, function, object, call
   stack, area, thread or process.

   Each table of charges (what a stack, an area and a thread are known of) adds
   up to the run's totals.  What instructions executed (Ir, Dr, Dw) is known by
   address alone: it is in the tables by line, function, object and process.

   Cost: rows times the events that occurred, 8 bytes each.  */

#ifndef VMT_HOST_LEDGER_H
#define VMT_HOST_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "vmtrace/host/blame.h"
#include "vmtrace/host/profile.h"

enum vmt_by {
   VMT_BY_LINE,
   VMT_BY_FUNCTION,
   VMT_BY_OBJECT,
   VMT_BY_STACK,
   VMT_BY_AREA,
   VMT_BY_THREAD,
   VMT_BY_PROCESS,
   VMT_BY_KIND,                 /* no ledger: the totals say it */
   VMT_BY_SITE                  /* no ledger: sites have more than events */
};

struct vmt_ledger_row {
   uint32_t subject;            /* line, function, object: a place of it; stack:
                                   a call; area: its position; thread: its id;
                                   process: the run's position */
   uint32_t run;                /* of a thread */
};

struct vmt_ledger {
   enum vmt_by by;
   const struct vmt_profile *profile;
   const struct vmt_blame *blame;
   struct vmt_ledger_row *rows;
   int64_t *values;             /* n_columns a row */
   int column_of[VMT_EVENTS_MAX];       /* -1: the event never occurred */
   size_t n_rows, n_columns;

   size_t row_capacity, value_capacity;
   struct vmt_keymap map;
};

/* Adds up.  The blame needs whole_stacks for VMT_BY_STACK.  */
void vmt_ledger_init(struct vmt_ledger *ledger, enum vmt_by by,
                     const struct vmt_profile *profile,
                     const struct vmt_blame *blame);
void vmt_ledger_free(struct vmt_ledger *ledger);

int64_t vmt_ledger_value(const struct vmt_ledger *ledger, size_t row, int event);

/* The rows, most of the event first; among equals by name.  To be freed.  */
uint32_t *vmt_ledger_order(const struct vmt_ledger *ledger, int event);

/* For a table by line or function: for each row the place of the innermost
   function that most of the event went through, or UINT32_MAX when that is the
   row's own function.  To be freed.  */
uint32_t *vmt_ledger_via(const struct vmt_ledger *ledger, int event);

#endif
