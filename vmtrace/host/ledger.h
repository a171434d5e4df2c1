/* Tables of a profile: its events added up by line, function, object, call
   stack, area, thread, process or site.

   Each table of charges (what a stack, an area and a thread are known of) adds
   up to the run's totals.  What instructions executed (Ir, Dr, Dw) is known by
   address alone: it is in the tables by line, function, object and process; of a
   thread it is known how many instructions it executed.
   Blocks (VMT_EVENT_SITE) are of the line, function, object, stack and site that
   asked for them; in the totals are those of malloc alone, while the table by site
   also has what was asked of mmap and brk.

   A ledger that is split has a row for each of its subjects and site: the subject's
   events on that site's memory, without what is executed, and without blocks; or for
   each of its subjects and process.

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
   VMT_BY_SITE,
   VMT_BY_KIND                  /* no ledger: the totals say it */
};

/* Which sites are one: those of a kind that are charged to one line, or whose call
   stacks are the same places; where the line is not known, to one address.  */
enum vmt_site_grain {
   VMT_SITES_WHOLE,             /* of all sites: not split */
   VMT_SITES_BY_LINE,
   VMT_SITES_BY_STACK
};

struct vmt_ledger_row {
   uint32_t subject;            /* line, function, object: a place of it; stack:
                                   a call; area: its position; thread: its id;
                                   process: its position; site: the first that is
                                   the same */
   uint32_t run;                /* of a thread; the process, where split by it */
   uint32_t site;               /* of a ledger that is split; else 0 */
};

struct vmt_ledger {
   enum vmt_by by;
   const struct vmt_profile *profile;
   const struct vmt_blame *blame;
   enum vmt_site_grain split;
   bool split_by_process;
   uint32_t *same_site;         /* of each site the first that is the same; NULL:
                                   not by site */
   struct vmt_ledger_row *rows;
   int64_t *values;             /* n_columns a row */
   int column_of[VMT_EVENTS_MAX];       /* -1: the event never occurred */
   size_t n_rows, n_columns;

   size_t row_capacity, value_capacity;
   struct vmt_keymap map;
};

/* Adds up.  The blame needs whole_stacks for VMT_BY_STACK, VMT_BY_SITE and
   VMT_SITES_BY_STACK.  */
void vmt_ledger_init(struct vmt_ledger *ledger, enum vmt_by by,
                     const struct vmt_profile *profile,
                     const struct vmt_blame *blame);
void vmt_ledger_init_split(struct vmt_ledger *ledger, enum vmt_by by,
                           enum vmt_site_grain split,
                           const struct vmt_profile *profile,
                           const struct vmt_blame *blame);
/* Not by thread, site or process.  */
void vmt_ledger_init_processes(struct vmt_ledger *ledger, enum vmt_by by,
                               const struct vmt_profile *profile,
                               const struct vmt_blame *blame);
/* By site, the events on the allocator's own memory in calls of it from there; a site
   without any has no row.  They are in the table by site as the allocator's, too.  */
void vmt_ledger_init_calls(struct vmt_ledger *ledger, const struct vmt_profile *profile,
                           const struct vmt_blame *blame);
void vmt_ledger_free(struct vmt_ledger *ledger);

int64_t vmt_ledger_value(const struct vmt_ledger *ledger, size_t row, int event);

/* The row of a site in a ledger by site, or VMT_KEYMAP_NONE.  */
uint32_t vmt_ledger_site_row(const struct vmt_ledger *ledger, uint32_t site);

/* The rows, most of the event first; among equals by name.  By site and by an event of
   blocks, those asked of malloc come before those asked of mmap and brk.  To be
   freed.  */
uint32_t *vmt_ledger_order(const struct vmt_ledger *ledger, int event);

/* For a table by line or function: for each row the place of the innermost
   function that most of the event went through, or UINT32_MAX when that is the
   row's own function.  To be freed.  */
uint32_t *vmt_ledger_via(const struct vmt_ledger *ledger, int event);

/* The place that a site's blocks are charged to.  */
uint32_t vmt_ledger_site_place(const struct vmt_ledger *ledger, uint32_t site);

/* Where the line of a site is not known, the frame that tells it from others in the
   same function or object; else VMT_KEYMAP_NONE.  */
uint32_t vmt_site_frame(const struct vmt_blame *blame,
                        const struct vmt_profile_site *site);

/* Of a table by site, the sum of what its sites are known of; to be freed:
   VMT_N_SITE_NUMBERS a row.  */
int64_t *vmt_ledger_site_numbers(const struct vmt_ledger *ledger);

/* The rows of a split ledger by the rows of another that they are parts of: by
   site, or by what the split one is by too.  */
struct vmt_ledger_parts {
   uint32_t *rows;              /* of the split one; most of the event first */
   size_t *first;               /* where those of a row begin; and the end of all */
};

void vmt_ledger_parts_init(struct vmt_ledger_parts *parts,
                           const struct vmt_ledger *whole,
                           const struct vmt_ledger *split, int event);
void vmt_ledger_parts_free(struct vmt_ledger_parts *parts);

/* For ledger*.c alone: what identifies a subject; finds same_site; adds to a row,
   or to that of a place; adds what sites are known of.  */
uint64_t vmt_ledger_key(const struct vmt_ledger *ledger, uint32_t subject);
void vmt_ledger_find_same_sites(struct vmt_ledger *ledger, bool by_stack);
void vmt_ledger_add(struct vmt_ledger *ledger, size_t row, int event, int64_t number);
size_t vmt_ledger_row(struct vmt_ledger *ledger, struct vmt_ledger_row row);
void vmt_ledger_add_sites(struct vmt_ledger *ledger);

#endif
