/* The simulated machine: the cores with their TLBs, one address space with its
   page table and areas, the page cache, the blocks of the program's allocator,
   and the ledger.

   An embedder (the Valgrind tool, a replay, a test) feeds it events in program
   order: accesses, and what system calls do to the address space.  Each access
   goes *filter -> TLB -> walk -> fault*, and what came of it goes up as a
   struct vmt_outcome; the embedder finds out whom to charge and hands that back
   to vmt_machine_charge().  Nothing here calls out but through the port.

   Model, besides what each mechanism says of itself: a core runs one thread at
   a time; an access touches one page at a time, lowest first (the embedder
   loops); an access counts at most one miss a level and page, the retry after
   a fault none; a fault fills the TLBs as a walk that succeeds does; an access
   that ends in a signal (Prot, Segv, Bus) looks the TLBs up and fills nothing.
   Kernel accesses fault but use no TLB.  Without an L2 TLB an L1 miss walks,
   and counts in StlbM.

   With limited memory (frames.h) an access or a system call may take frames away from
   other pages, which shows in the outcome of the access, or in what
   vmt_machine_collect() gathers after the system call.

   Units: addresses are bytes; a translation page has 2^config.page_shift of
   them, a page of areas, faults and residency 4 KiB.  The machine owns all it
   points to.  VMT_NO_MEMORY leaves the event half done and the machine fit
   only to be freed, since an address space cannot be guessed.  */

#ifndef VMT_MMU_MACHINE_MACHINE_H
#define VMT_MMU_MACHINE_MACHINE_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/containers/vector.h"
#include "vmtrace/mmu/machine/accounting.h"
#include "vmtrace/mmu/machine/config.h"
#include "vmtrace/mmu/machine/events.h"
#include "vmtrace/mmu/machine/filter.h"
#include "vmtrace/mmu/machine/first_touch.h"
#include "vmtrace/mmu/machine/frames.h"
#include "vmtrace/mmu/machine/sharing.h"
#include "vmtrace/mmu/machine/touches.h"
#include "vmtrace/mmu/mechanisms/areas.h"
#include "vmtrace/mmu/mechanisms/blocks.h"
#include "vmtrace/mmu/mechanisms/folios.h"
#include "vmtrace/mmu/mechanisms/pagecache.h"
#include "vmtrace/mmu/mechanisms/pagetable.h"
#include "vmtrace/mmu/mechanisms/tlb.h"
#include "vmtrace/mmu/mechanisms/walkcache.h"

/* Pages whose entry and area an access need not look up again.  */
#define VMT_N_PAGE_MEMOS 4096

#define VMT_MAX_CORES 256
#define VMT_MAX_DEFERRED 4096

/* What a run sets besides the machine file.  */
struct vmt_settings {
   uint32_t n_cores;
   bool page_cache_warm;
   uint64_t stack_limit_bytes;          /* how far the main stack may grow */
   enum vmt_curve curve;
   uint64_t window_instrs;              /* of the working set; 0: none is kept */
   uint64_t ram_bytes;                  /* 0: unlimited, and what follows is not
                                           looked at */
   uint64_t swap_bytes;                 /* VMT_UNLIMITED; 0: none */
   enum vmt_page_policy policy;
   uint64_t policy_seed;                /* of a random one */
   uint64_t swap_latency_ns;            /* of a read */
   bool has_blocks;                     /* the embedder says what is allocated */
};

struct vmt_core {
   struct vmt_tlb itlb, dtlb, stlb;
   struct vmt_walkcache walk;
   uint64_t n_shot;                     /* shootdowns by others that it had pages of */
};

/* A file, a shared anonymous object: what an area's object names.  */
struct vmt_object {
   uint64_t bytes;                      /* ~0: as long as asked for */
   bool on_device;                      /* pages come from the page cache of a
                                           device: cold ones are major faults */
   bool is_shared;                      /* other processes make and drop pages of it,
                                           which the port has to be asked about */
   struct vmt_folios folios;            /* of more than one page */
   uint64_t device, inode;              /* 0, 0: it has no name */
   uint32_t common;                     /* what all processes know it by; 0: not yet */
   bool lives_by_areas;                 /* nothing but areas can show it */
   bool may_be_gone;                    /* ... one of which has been unmapped */
   uint32_t n_misses;                   /* limited memory: the file's mmap_miss, */
   uint64_t ahead_start;                /* where its next read-ahead begins, */
   uint64_t n_known_pages;              /* and a bound of those that had a frame */
};

enum vmt_access_kind {
   VMT_READ,
   VMT_WRITE,
   VMT_MODIFY,                          /* read, then written by the same
                                           instruction: faults as a write */
   VMT_FETCH
};

/* What is known of a page that was accessed: good while its generation is the
   machine's, which every change of an entry or area moves on.  */
struct vmt_page_memo {
   vmt_vpn page;                        /* 4 KiB */
   uint32_t generation;
   uint16_t label;
   uint8_t quiet_kinds;                 /* bit k: an access of enum
                                           vmt_access_kind k would change
                                           nothing in the page's entry */
   bool excluded;
   uint32_t stlb_entry;                 /* where the page was in the running
                                           core's L2 TLB: a guess */
   uint32_t used_epoch;                 /* of first_touch: its use was noted in it */
   struct vmt_pte *pte;
};

/* An access of a group (below) that has to wait for its turn.  */
struct vmt_deferred {
   vmt_addr addr;
   uint64_t tick;
   uint32_t bytes, context;             /* context: the embedder's */
   enum vmt_access_kind kind;
};

struct vmt_machine {
   struct vmt_filter filter;            /* first: its address is in the code */
   struct vmt_machine_config config;
   struct vmt_settings settings;
   struct vmt_core *cores, *core;       /* core: the one that runs */
   struct vmt_areas areas;
   struct vmt_pagetable pages;
   struct vmt_pagecache cache;
   struct vmt_vector objects;           /* struct vmt_object; id 0 is none */
   struct vmt_accounting ledger;
   struct vmt_sharing sharing;
   struct vmt_touches touches;
   struct vmt_first_touch first_touch;
   struct vmt_frames frames;
   struct vmt_blocks blocks;
   struct vmt_deferred deferred[VMT_MAX_DEFERRED];
   uint32_t n_deferred;
   bool quick;                          /* LRU and 4 KiB pages */
   uint32_t generation;                 /* of page_memos */
   struct vmt_page_memo page_memos[VMT_N_PAGE_MEMOS];
};

#define VMT_NO_EVENT VMT_N_EVENTS

/* What an access to one page brought about.  */
struct vmt_outcome {
   uint32_t label;                      /* of the area; 0: none there */
   enum vmt_event event;                /* a fault kind, Prot, Segv, Bus, or
                                           VMT_NO_EVENT */
   uint8_t n_l1_misses, n_stlb_misses;  /* 0 or 1 */
   uint8_t n_walk_refs;
   bool is_fetch, excluded;
   bool is_refault, is_thrash;          /* events Refault and Thrash */
   bool out_of_memory;
   uint32_t copied_from;                /* ForkCow: the id of a process that has the
                                           frame still; 0: not known */
   bool is_touch_of_new;                /* the page's touch is still to be given
                                           to whom it will belong */
   uint32_t touch;                      /* VMT_NOT_CHARGED, or 1 + its distance */
   vmt_vpn page;                        /* that was touched, 4 KiB */
   uint32_t n_shootdowns;
   uint32_t n_new_pages;                /* resident from now on, without owner */
   vmt_vpn new_start, new_end;          /* 4 KiB pages among which they are */
   uint32_t n_evicted, n_swapped_out;   /* events Evict and SwapOut */
};

/* ---- life ---- */

enum vmt_status vmt_machine_init(struct vmt_machine *machine,
                                 const struct vmt_machine_config *config,
                                 const struct vmt_settings *settings);
void vmt_machine_free(struct vmt_machine *machine);

/* A new object; its id, 0 when there is no memory.  */
uint32_t vmt_machine_object(struct vmt_machine *machine, uint64_t bytes,
                            bool on_device);
void vmt_machine_set_object_bytes(struct vmt_machine *machine, uint32_t object,
                                  uint64_t bytes);

/* Pages [start, end) of object are one folio of the page cache; called by rising
   start.  VMT_BAD_INPUT as of vmt_folios_add().  */
enum vmt_status vmt_machine_add_folio(struct vmt_machine *machine,
                                      uint32_t object, uint64_t start,
                                      uint64_t end);

/* The object, which is memory, has no name: its pages are no more when no area shows
   it.  */
void vmt_machine_set_nameless(struct vmt_machine *machine, uint32_t object);

/* From now on object, which is memory, may be other processes' too.  */
void vmt_machine_share_object(struct vmt_machine *machine, uint32_t object);

/* Guest instructions executed before `tick`.  */
static inline uint64_t
vmt_instrs_at(uint64_t tick)
{
   return tick >> VMT_TICK_SHIFT;
}

/* ---- accesses (access.c) ---- */

/* Time has come to tick: windows that end there or before are over.  All events
   see to that themselves; this is for a clock that goes on without any, and
   before touches are read.  */
static inline void
vmt_machine_advance(struct vmt_machine *machine, uint64_t tick)
{
   if (tick >= machine->filter.deadline)
      vmt_touches_come_to(machine, tick);
}

/* When the kernel acts: with the instruction that ends at the clock.  */
static inline uint64_t
vmt_kernel_tick(const struct vmt_machine *machine)
{
   return machine->filter.clock == 0 ? 0 : machine->filter.clock - 1;
}

/* An access of the running core at addr, to the one translation page it is in.
   Whether the outcome holds anything to charge.  */
bool vmt_machine_access(struct vmt_machine *machine, vmt_addr addr,
                        enum vmt_access_kind kind, uint64_t tick,
                        struct vmt_outcome *outcome);

/* Data accesses of the running core to one page, the first at first_tick and the
   last at last_tick with none to another page of its TLB set in between, the
   strongest of them of this kind: if they hit the L1 TLB, or miss it and hit the
   L2 TLB, and nothing else comes of them but a touch, that is done here and now.
   Else VMT_NOT_QUICK, and nothing has changed.  */
enum vmt_quick {
   VMT_NOT_QUICK,
   VMT_QUICK_FREE,                      /* nothing to charge */
   VMT_QUICK_CHARGE                     /* what is in *what */
};

struct vmt_quick_charge {
   uint32_t label;                      /* the area's */
   uint32_t n_misses;                   /* of the L1: 0 or 1 */
   uint32_t touch;                      /* as in struct vmt_outcome */
};

enum vmt_quick vmt_machine_quick_access(struct vmt_machine *machine,
                                        vmt_addr addr,
                                        enum vmt_access_kind kind,
                                        uint64_t first_tick,
                                        uint64_t last_tick,
                                        struct vmt_quick_charge *what);

/* The same for a fetch, which must hit the L1 TLB.  */
enum vmt_quick vmt_machine_quick_fetch(struct vmt_machine *machine,
                                       vmt_addr addr, uint64_t tick,
                                       struct vmt_quick_charge *what);

/* Charges a touch that an outcome or a quick access holds.  */
enum vmt_status vmt_machine_charge_touch(struct vmt_machine *machine,
                                         uint32_t touch, uint32_t charge);

/* An access of the kernel to the 4 KiB page at addr, for the instruction that the
   clock has come to the end of: no TLB.  */
bool vmt_machine_kernel_access(struct vmt_machine *machine, vmt_addr addr,
                               bool write, struct vmt_outcome *outcome);

/* What reclaim did in a system call, which is over, goes into the outcome.  Whether
   there is anything.  */
bool vmt_machine_collect(struct vmt_machine *machine, struct vmt_outcome *outcome);

/* Charges an outcome, and gives the pages it made resident to the charge.  Its touch
   goes to the charge's line.  */
enum vmt_status vmt_machine_charge(struct vmt_machine *machine,
                                   const struct vmt_outcome *outcome,
                                   uint32_t charge);

/* What was charged like that belongs to another charge of the same line.  */
enum vmt_status vmt_machine_recharge(struct vmt_machine *machine,
                                     const struct vmt_outcome *outcome,
                                     uint32_t from, uint32_t to);

/* Puts an access off until its tick has come.  Entries of the filter that could
   let an access of the same TLB set pass unseen in between are killed, so that
   the embedder is called and can take the deferred one first.  Order: rising
   ticks.  */
void vmt_machine_defer(struct vmt_machine *machine,
                       const struct vmt_deferred *deferred);

/* Takes the first deferred access with a tick below `tick`; false: none.  */
bool vmt_machine_undefer(struct vmt_machine *machine, uint64_t tick,
                         struct vmt_deferred *deferred);

/* The thread that runs now is on this core.  */
void vmt_machine_switch_core(struct vmt_machine *machine, uint32_t core);

/* ---- the address space (mapping.c) ---- */

/* Each returns through *n_shootdowns how many other cores had to be told. */

/* Maps area (areas.h) over whatever is there.  */
enum vmt_status vmt_machine_map(struct vmt_machine *machine,
                                const struct vmt_area *area,
                                uint32_t *n_shootdowns);
enum vmt_status vmt_machine_unmap(struct vmt_machine *machine, vmt_addr start,
                                  vmt_addr end, uint32_t *n_shootdowns);
/* rights: VMT_AREA_READ | WRITE | EXEC.  */
enum vmt_status vmt_machine_protect(struct vmt_machine *machine, vmt_addr start,
                                    vmt_addr end, uint32_t rights,
                                    uint32_t *n_shootdowns);
/* vmt_areas_change(), for what the entries do not show: locks, advice that stays
   with an area.  */
enum vmt_status vmt_machine_change_areas(struct vmt_machine *machine,
                                         vmt_addr start, vmt_addr end,
                                         uint32_t clear, uint32_t set);
enum vmt_status vmt_machine_move(struct vmt_machine *machine, vmt_addr from,
                                 uint64_t old_bytes, vmt_addr to,
                                 uint64_t new_bytes, bool keep_old,
                                 uint32_t *n_shootdowns);

enum vmt_advice {
   VMT_ADVICE_ZAP,              /* MADV_DONTNEED, DONTNEED_LOCKED: entries go */
   VMT_ADVICE_FREE,             /* MADV_FREE: clean and old, but there */
   VMT_ADVICE_AGE,              /* MADV_COLD */
   VMT_ADVICE_PAGE_OUT,         /* MADV_PAGEOUT: as COLD where memory is unlimited */
   VMT_ADVICE_REMOVE            /* MADV_REMOVE: the object's pages go too */
};

enum vmt_status vmt_machine_advise(struct vmt_machine *machine, vmt_addr start,
                                   vmt_addr end, enum vmt_advice advice,
                                   uint32_t *n_shootdowns);

/* Pages [start, end) of an object, or of every object if it is 0, are written
   back (msync, fsync): those of a file on a device, and the folios that they are
   in, become clean in every area that shows them, and the next write to one is seen again (folio_mkclean).  The
   TLBs keep them.  */
void vmt_machine_clean_object(struct vmt_machine *machine, uint32_t object,
                              uint64_t start, uint64_t end);

/* Pages [start, end) of an object are no more (truncation, a punched hole), and
   with copies_too (truncation) neither are private copies of them
   (unmap_mapping_range).  */
void vmt_machine_drop_object(struct vmt_machine *machine, uint32_t object,
                             uint64_t start, uint64_t end, bool copies_too,
                             uint32_t *n_shootdowns);

/* A fork is about to be made: private frames become the child's, too, which has entered the
   common memory at child_place (0: it will be apart), and entries are write-protected.  */
void vmt_machine_before_fork(struct vmt_machine *machine, uint32_t child_place);

/* This is the child: areas without private frames start anew, and the ledger is empty.  */
enum vmt_status vmt_machine_become_child(struct vmt_machine *machine, uint32_t place);

/* The address space as the child of a vfork finds it, which shares its parent's
   (CLONE_VM): all pages are there as they were, and the ledger is empty.  To the
   parent's nothing happens.  What the child touches for the first time is not
   there for the parent afterwards: the two machines are apart.  */
enum vmt_status vmt_machine_become_vfork_child(struct vmt_machine *machine);

/* ---- inside the machine ---- */

/* Resolves a fault at addr (fault.c): the event, and the entry made good unless
   the event is a signal.  */
enum vmt_event vmt_fault_resolve(struct vmt_machine *machine, vmt_addr addr,
                                 enum vmt_access_kind kind,
                                 struct vmt_outcome *outcome);

/* Entries or areas have changed other than by vmt_machine_access().  */
static inline void
vmt_machine_forget_pages(struct vmt_machine *machine)
{
   machine->generation++;
}

/* Whether the entry lets an access of this kind go ahead.  */
bool vmt_pte_allows(const struct vmt_pte *pte, enum vmt_access_kind kind);

/* shoot.c: drops the pages of [start, end) from every core's TLBs and from the filter;
   how many cores other than the running one had any.  */
uint32_t vmt_machine_shoot(struct vmt_machine *machine, vmt_addr start,
                           vmt_addr end);

/* The same for one page on the other cores alone.  */
uint32_t vmt_machine_shoot_others(struct vmt_machine *machine, vmt_addr addr);

/* The same for one 4 KiB page that reclaim takes.  */
uint32_t vmt_machine_drop_page(struct vmt_machine *machine, vmt_vpn page);

/* The address space is a new one, which no core but the one that runs has seen.  */
void vmt_machine_empty_others(struct vmt_machine *machine);

/* The next access to the 4 KiB page must look at its entry.  */
void vmt_machine_notice_page(struct vmt_machine *machine, vmt_vpn page);

/* The next access to the 4 KiB page must not hit the filter.  */
void vmt_machine_hide_page(struct vmt_machine *machine, vmt_vpn page);

/* The page of the entry is not resident any more; its owner stays known.  */
void vmt_machine_disown(struct vmt_machine *machine, vmt_vpn vpn,
                        const struct vmt_pte *pte, enum vmt_leave how);

/* Around an event that may ask for frames or look at entries (frames.h).  */
static inline void
vmt_machine_begin(struct vmt_machine *machine)
{
   if (machine->frames.kind != VMT_FRAMES_UNLIMITED)
      vmt_frames_enter(machine);
}

static inline void
vmt_machine_end(struct vmt_machine *machine)
{
   if (machine->frames.n_entered != 0)
      vmt_frames_leave(machine);
}

static inline bool
vmt_machine_is_linux(const struct vmt_machine *machine)
{
   return machine->frames.kind == VMT_FRAMES_LINUX;
}

static inline bool
vmt_machine_is_textbook(const struct vmt_machine *machine)
{
   return machine->frames.kind == VMT_FRAMES_TEXTBOOK;
}

#endif
