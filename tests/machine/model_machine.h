/* The whole simulated machine as one would write it down: an array with one
   record for each 4 KiB page of a small window of the address space, lists that
   are searched from one end to the other, counts that are counted anew.  The
   areas, the TLBs and the walk caches are the models of those
   (tests/areas/model.h, tests/mmu/model_tlb.h, model_walk.h).

   Written from the rules of the model and of the kernel; includes nothing of the
   code it checks.  Pages are counted from the window's first one, base.  */

#ifndef TESTS_MACHINE_MODEL_MACHINE_H
#define TESTS_MACHINE_MODEL_MACHINE_H

#include "tests/areas/model.h"
#include "tests/mmu/model_tlb.h"
#include "tests/mmu/model_walk.h"

enum {
   MODEL_MAX_CORES = 4,
   MODEL_MAX_OBJECTS = 4,
   MODEL_OBJECT_PAGES = 160,
   MODEL_MAX_CHARGES = 512,
   MODEL_PLACES = 63,           /* of processes, from 1 */
   MODEL_READ_AROUND_PAGES = 32,
   MODEL_TABLE_PAGES = 512              /* 4 KiB pages of a page-table page */
};

/* By the names of the profile; the fault kinds first.  */
#define MODEL_FAULTS(X)                                                        \
   X(ZeroRd) X(ZeroWr) X(ZeroCow) X(FileRd) X(FileCow) X(FileWr) X(ShmRd)      \
   X(ShmWr) X(ForkCow) X(Reuse) X(FileMaj) X(SwapIn)
#define MODEL_SIGNALS(X) X(Prot) X(Segv) X(Bus)
#define MODEL_COUNTS(X)                                                        \
   X(ItlbM) X(DtlbM) X(StlbM) X(WalkRef) X(Shoot) X(Evict) X(Refault)          \
   X(SwapOut) X(Thrash)

enum model_event {
#define MODEL_EVENT(name) MODEL_##name,
   MODEL_FAULTS(MODEL_EVENT) MODEL_SIGNALS(MODEL_EVENT) MODEL_COUNTS(MODEL_EVENT)
#undef MODEL_EVENT
   MODEL_N_EVENTS,
   MODEL_NO_EVENT = MODEL_N_EVENTS
};

extern const char *const model_event_names[MODEL_N_EVENTS];

enum model_access {
   MODEL_DO_READ,
   MODEL_DO_WRITE,
   MODEL_DO_MODIFY,
   MODEL_DO_FETCH
};

/* What the process sees at a page.  */
enum model_sight {
   MODEL_SEES_NOTHING,
   MODEL_SEES_ZEROES,           /* the shared zero page */
   MODEL_SEES_CACHE,            /* a page of the page cache or of an object */
   MODEL_SEES_FRAME             /* a private frame */
};

struct model_view {
   enum model_sight sight;
   bool may_write;              /* a write goes ahead without a fault */
   bool was_written;
   bool is_of_fork;             /* the frame may be another process's too, */
   uint64_t others;             /* whose: bits by place; bit 0: nobody knows */
   uint32_t owner;              /* charge, from 1; 0: none yet */
   bool is_away;                /* it would see that, had the page a frame */
   bool is_evicted;             /* ... and it had, in this process */
   bool is_saved;               /* swap has what is in it */
   uint64_t evicted;            /* which eviction it was, from 1 */
};

struct model_object {
   uint64_t n_bytes;
   bool is_on_device;
   bool cached[MODEL_OBJECT_PAGES];
   int folio[MODEL_OBJECT_PAGES];       /* pages of one large folio have the same
                                           number; 0: a page by itself */
};

struct model_core {
   struct model_tlb itlb, dtlb, stlb;
   struct model_walk walk;
   uint64_t victims[3];         /* of itlb, dtlb, stlb under MODEL_RANDOM: what
                                   the next fill is to throw out */
};

struct model_charge {
   uint32_t stack, label, thread;
   uint64_t n[MODEL_N_EVENTS];
   uint64_t n_peak_pages;       /* its pages when the whole was at its last peak */
   uint64_t n_evicted;          /* of its pages */
};

/* Limited memory, under a policy of the textbook.  */
enum model_memory_policy {
   MODEL_MEMORY_LRU, MODEL_MEMORY_CLOCK, MODEL_MEMORY_FIFO, MODEL_MEMORY_RANDOM
};

enum { MODEL_MAX_FRAMES = 128, MODEL_FREE_FRAME = -1 };

struct model_frame {
   int page;
   uint64_t used, loaded;       /* by number of touch */
   uint64_t freed;              /* by number of freeing; 0: never used */
   bool is_referenced;
};

struct model_memory {
   int n_frames_set;            /* 0: unlimited */
   int n_frames;                /* ... and what it has grown to, once memory was out */
   bool is_out;
   enum model_memory_policy policy;
   uint64_t n_slots;            /* of swap */
   struct model_frame frames[MODEL_MAX_FRAMES];
   int hand;
   int victim;                  /* RANDOM: the page that is to go next */
   uint64_t n_touches, n_freed, n_evicted;
};

struct model_outcome {
   enum model_event event;
   uint32_t n_l1_misses, n_stlb_misses, n_walk_refs, n_shootdowns;
   uint32_t n_evicted, n_swapped_out;
   bool is_fetch, is_excluded, is_refault, is_thrash, is_out_of_memory;
   uint32_t label;
   bool is_new[MODEL_MAX_PAGES];        /* resident from now on */
};

struct model_machine {
   struct model areas;
   struct model_view views[MODEL_MAX_PAGES];
   struct model_object objects[MODEL_MAX_OBJECTS];      /* [0]: none */
   struct model_core cores[MODEL_MAX_CORES];
   uint32_t n_cores, core;
   uint64_t page_bytes;                 /* of translation, at most 4096 */
   uint64_t window_pages;               /* of fault-around */
   uint64_t stack_limit_pages;
   bool is_warm;
   uint64_t time;
   struct model_memory memory;

   uint32_t n_charges;                  /* [1] is the first */
   struct model_charge charges[MODEL_MAX_CHARGES];
   uint64_t totals[MODEL_N_EVENTS], excluded[MODEL_N_EVENTS];
   uint64_t n_peak_pages;
};

/* Pages [first, end) of an object are a folio of the page cache.  */
void model_add_folio(struct model_object *object, int first, int end);

/* The folio of page is split up.  */
void model_split_folio(struct model_object *object, uint64_t page);

/* The TLBs, walk caches and settings are filled in by the caller afterwards.  */
void model_machine_init(struct model_machine *machine, int n_pages, uint64_t base);

/* An access at addr (a byte of the whole address space), by the core that runs
   at that time; by the kernel.  */
struct model_outcome model_machine_access(struct model_machine *machine,
                                          uint64_t addr, enum model_access kind,
                                          uint64_t time);
struct model_outcome model_machine_kernel(struct model_machine *machine, int page,
                                          bool is_write);

/* What came of it goes to a stack and a thread, and the new pages with it.  */
void model_machine_charge(struct model_machine *machine,
                          const struct model_outcome *outcome, uint32_t stack,
                          uint32_t thread);

/* These return how many other cores held pages that had to go; -1: the kernel
   would refuse, and nothing was changed.  */
int model_machine_map(struct model_machine *machine, int first, int n,
                      const struct model_page *as);
int model_machine_unmap(struct model_machine *machine, int first, int n);
int model_machine_protect(struct model_machine *machine, int first, int n,
                          uint32_t rights);
int model_machine_move(struct model_machine *machine, int from, int n_old, int to,
                       int n_new, bool keep_old);

enum model_advice { MODEL_ZAP, MODEL_FREE, MODEL_AGE, MODEL_REMOVE };

int model_machine_advise(struct model_machine *machine, int first, int n,
                         enum model_advice advice);

/* The machine after a fork: in the parent, or as the child's.  The other of the two is at
   that place, 0: nobody will know when it has gone.  */
void model_machine_fork(struct model_machine *machine, bool is_child, int place);

/* The process at that place is gone.  */
void model_machine_gone(struct model_machine *machine, int place);

/* Pages that are resident and counted, now.  */
uint64_t model_machine_resident(const struct model_machine *machine);

/* ---- limited memory (model_memory.c) ---- */

/* All frames are free.  */
void model_memory_start(struct model_machine *machine);

/* A page that is there was touched.  */
void model_memory_touch(struct model_machine *machine, int page, bool is_write,
                        struct model_outcome *outcome);

/* The page is unmapped; is at another place.  */
void model_memory_forget(struct model_machine *machine, int page);
void model_memory_rename(struct model_machine *machine, int from, int to);

/* Not more than as many evictions ago as there are frames.  */
bool model_memory_is_recent(const struct model_machine *machine, int page);

/* ---- between the model's own files ---- */

/* Resolves a fault at page; sees to views and areas.  */
enum model_event model_fault(struct model_machine *machine, int page,
                             enum model_access kind, struct model_outcome *outcome);

/* Drops 4 KiB pages from the TLBs of all cores, or of all but the running one;
   how many cores other than that held any.  */
int model_drop(struct model_machine *machine, int first, int n, bool is_own_too);

#endif
