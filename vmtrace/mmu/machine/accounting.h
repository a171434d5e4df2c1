/* The ledger: what happened, to whom it is charged.

   A charge is a call stack, an area label, a thread, and the site (blocks.h) of the
   memory, each a number of the embedder's; its line is the charge without a site.
   Its counters are a short list, one for each event it ever had.
   A page belongs to the charge that made it resident (the owner in its PTE);
   the ledger keeps for each charge how many of its pages are resident, and how
   many were when the whole was at its last peak, without a copy at each new
   peak: a charge that changes after the peak first notes what it had.

   Totals are kept apart.  What is charged with `excluded` goes to totals of its
   own.  While counting is paused, all is charged as ever, and forgotten afterwards: no
   access pays for it.  Owns its tables.  Cost: O(1) expected an event; 24 bytes a charge and 21
   to 43 for its place among the ids, 24 a counter, 48 for a charge that owned
   pages.  */

#ifndef VMT_MMU_MACHINE_ACCOUNTING_H
#define VMT_MMU_MACHINE_ACCOUNTING_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"
#include "vmtrace/mmu/machine/events.h"

#define VMT_NO_CHARGE 0         /* charge ids start at 1 */
#define VMT_INHERITED_CHARGE 1  /* in a forked child: stack, area, thread 0 */

struct vmt_counter {
   uint64_t count, reported;    /* reported: what a reader was told already */
   uint32_t next;               /* index of the charge's next counter, 0: last */
   uint32_t event;              /* enum vmt_event */
};

struct vmt_charge {
   uint32_t stack;
   uint16_t area, thread;
   uint32_t site;               /* 0: none */
   uint32_t line;               /* the charge that differs in having no site; itself */
   uint32_t counters;           /* index of the first counter, 0: none */
   uint32_t residency;          /* index of its residency, 0: none */
};

struct vmt_residency {
   int64_t n_pages, n_pages_at_change;  /* now, and before the last change */
   uint64_t changed;                    /* number of that change */
   int64_t reported;
   uint64_t n_evicted, n_evicted_reported;      /* of its pages */
};

struct vmt_accounting {
   struct vmt_hashmap ids;              /* a hash of all four -> charge id; one that
                                           finds its place taken has the next */
   struct vmt_vector charges, counters, residencies;
   uint64_t totals[VMT_N_EVENTS];
   uint64_t excluded[VMT_N_EVENTS], excluded_reported[VMT_N_EVENTS];
   bool paused;
   uint64_t paused_totals[VMT_N_EVENTS];        /* those before the pause */
   uint64_t restart_totals[VMT_N_EVENTS];       /* counted before it began anew */
   uint64_t n_resident_pages, n_peak_pages;
   uint64_t n_high_pages;               /* most since a reader set it back */
   uint64_t n_changes, peak_change;
};

enum vmt_status vmt_accounting_init(struct vmt_accounting *ledger);
void vmt_accounting_free(struct vmt_accounting *ledger);

/* The id of a charge, made if new; VMT_NO_CHARGE when there is no memory.  */
uint32_t vmt_accounting_charge(struct vmt_accounting *ledger, uint32_t stack,
                               uint16_t area, uint16_t thread, uint32_t site);

static inline struct vmt_charge *
vmt_accounting_get(const struct vmt_accounting *ledger, uint32_t charge)
{
   return vmt_vector_at(&ledger->charges, charge);
}

enum vmt_status vmt_accounting_add(struct vmt_accounting *ledger,
                                   uint32_t charge, enum vmt_event event,
                                   uint64_t n);
/* The counter itself, made if need be, for those who add to it often; it stays
   where it is until vmt_accounting_free().  NULL: no memory.  */
struct vmt_counter *vmt_accounting_counter(struct vmt_accounting *ledger,
                                           uint32_t charge,
                                           enum vmt_event event);

static inline void
vmt_accounting_bump(struct vmt_accounting *ledger, struct vmt_counter *counter)
{
   counter->count++;
   ledger->totals[counter->event]++;
}

uint64_t vmt_accounting_count(const struct vmt_accounting *ledger,
                              uint32_t charge, enum vmt_event event);

/* n of the charge's events are another's.  */
enum vmt_status vmt_accounting_move(struct vmt_accounting *ledger, uint32_t from,
                                    uint32_t to, enum vmt_event event, uint64_t n);

/* A pause of counting.  When it begins, all must have been reported.  Who reports
   forgets first what was counted in it.  Residency goes on.  */
void vmt_accounting_pause(struct vmt_accounting *ledger);
void vmt_accounting_forget_news(struct vmt_accounting *ledger);
void vmt_accounting_resume(struct vmt_accounting *ledger);

/* All that was counted is forgotten; residency is not.  */
void vmt_accounting_restart(struct vmt_accounting *ledger);

/* The totals as of now, also in a pause; those of all since the beginning.  */
static inline const uint64_t *
vmt_accounting_totals(const struct vmt_accounting *ledger)
{
   return ledger->paused ? ledger->paused_totals : ledger->totals;
}
void vmt_accounting_all_totals(const struct vmt_accounting *ledger,
                               uint64_t totals[VMT_N_EVENTS]);

/* n_pages more (or less) pages of charge are resident.  The first form alone
   moves the total, so a page that a fault-around maps counts before its owner
   is known.  */
void vmt_accounting_resident(struct vmt_accounting *ledger, int64_t n_pages);
enum vmt_status vmt_accounting_own(struct vmt_accounting *ledger,
                                   uint32_t charge, int64_t n_pages);

/* A page that charge, or nobody (VMT_NO_CHARGE), had made resident was evicted.  */
void vmt_accounting_evicted(struct vmt_accounting *ledger, uint32_t charge);

/* How many pages of charge were resident when the whole was at its peak.  */
int64_t vmt_accounting_peak_pages(const struct vmt_accounting *ledger,
                                  uint32_t charge);

/* Minor and major faults of a total.  */
uint64_t vmt_accounting_faults(const uint64_t totals[VMT_N_EVENTS], bool major);

#endif
