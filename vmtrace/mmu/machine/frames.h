/* Limited memory: frames, swap, and what reclaim does to the address space.

   Model.  settings.ram_bytes bounds the frames of the process, or of all processes that
   share a memory (memory.h); 0: there are as many as it wants, and nothing here costs
   anything or changes a number.

   linux    policies/linux_reclaim.h, as in a control group that is at its limit: frames
            hold private pages, pages of tmpfs and files, and page tables.  A file's
            page takes a frame when the program first maps it; if the page cache was warm
            it need not be read then.  Pages of files that are read() and not mapped
            take none.  The kernel's clock goes on by a quarter of a nanosecond an
            instruction of any member.  A page that several processes show, after a fork
            or of an object, has one frame.

            Pages that the kernel makes itself (vDSO) take none either.

   mglru    the same, with generations instead of the lists of active and inactive pages.

   lru, clock, fifo, random
            policies/replacement.h: every page of the address space that is touched takes
            one frame, whatever it shows, and nothing else does.  A fault maps one page;
            nothing is read ahead.  A page that is evicted and touched again is a SwapIn
            if it had contents of its own or is of tmpfs, a FileMaj if a file's, and
            ZeroRd or ZeroWr if it showed the zero page.  It is written to swap if swap
            does not have what is in it, and swap has it until it is written to.  Where
            swap is full, pages that would have to be written stay.  Each process's pages
            take frames of their own; what was touched before a fork is not resident in
            the child.

   When no page can go, memory is out: the kernel would kill the process.  From there on
   there are frames for all that is wanted, and none is evicted: linux, as long as the
   process is there.  A fork's child that has a memory of its own has the limit again.

   Pages that are excluded take no frames.

   An access that needs a frame may take others': their entries are not present
   afterwards, no TLB and no filter has them.  What the events come to is gathered and
   goes into the outcome of the access, or of the system call.

   An event of the machine that may ask for frames, or look at entries that reclaim may
   take, is between vmt_frames_enter() and vmt_frames_leave(): at the first the process sees
   to what others have done to its pages, and after the last others may do so again.  They
   nest.

   Owned by the machine, and so is a memory that it shares with nobody.  no_memory: an
   event was left half done.  */

#ifndef VMT_MMU_MACHINE_FRAMES_H
#define VMT_MMU_MACHINE_FRAMES_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/machine/events.h"
#include "vmtrace/mmu/machine/memory.h"
#include "vmtrace/mmu/mechanisms/areas.h"
#include "vmtrace/mmu/mechanisms/pagetable.h"
#include "vmtrace/mmu/mechanisms/tlb.h"

#define VMT_MAX_OOM_OWNERS 64

struct vmt_oom_owner {
   uint32_t charge;
   uint64_t n_pages;
};

/* Out of memory: when, and what there was.  */
struct vmt_oom {
   bool happened;
   uint64_t instrs;                     /* of this process, before it */
   uint32_t charge;                     /* who asked */
   uint64_t n_resident_pages, n_table_pages, n_swap_pages;
   uint32_t n_owners;                   /* most pages first */
   struct vmt_oom_owner owners[VMT_MAX_OOM_OWNERS];
};

struct vmt_frames {
   enum vmt_frames_kind kind;
   struct vmt_memory *memory;           /* UNLIMITED: NULL */
   uint32_t place;                      /* of this process in it; 0: it is its own */
   uint32_t version;                    /* of a shared one, that knows its pages */
   uint32_t n_times;                    /* that it looked at a shared one */
   uint32_t n_lost;                     /* times that a shared one was made anew */
   size_t room_bytes;                   /* that a shared one has */
   bool is_unknown;                     /* its pages are to be told of */
   uint32_t n_entered;
   bool no_memory;
   uint32_t n_entering;                 /* pages that the access under way has made
                                           resident: not yet counted */

   /* TEXTBOOK */
   struct vmt_hashmap refused_at;       /* page -> tick of the last access to it that
                                           ended in a signal */
   bool sees_changes;                   /* only `top` has live filter entries */
   vmt_vpn top;
   uint64_t heard_tick;                 /* all touches up to it are told */
   uint64_t left_tick;                  /* when it was here last; from there on, and */
   uint64_t ahead, old_ahead;           /* before, the memory's clock is so far ahead */

   /* LINUX */
   bool has_moved;                      /* there may be private pages with names that are
                                           not their keys */
   uint64_t told_instrs;                /* the kernel's clock is there */
   uint32_t ahead_object;               /* read-ahead is due with the next fault on a
                                           file; 0: none */
   bool ahead_without_recency;          /* ... of an area with such advice */
   bool spares_warm;                    /* fault-around takes no frames for pages of a
                                           warm file */

   struct {                             /* not yet in an outcome */
      uint32_t n_evicted, n_swapped_out, n_shootdowns;
      bool out_of_memory;
   } news;
   struct vmt_reclaim_counts counts, counts_before;     /* shared: of what was done for
                                           this process, and as it came here */
   struct vmt_oom oom;
};

struct vmt_machine;
struct vmt_outcome;

/* A machine with limited memory that takes part (sharing.h): from now on its memory is the
   one in the room (memory.h).  What it has in its own goes there in the order of addresses:
   best done before it has any.  */
enum vmt_status vmt_machine_share_memory(struct vmt_machine *machine, void *room,
                                         size_t room_bytes);

/* After vmt_machine_leave() it goes on, with limited memory of its own, which knows its pages
   in the order of addresses.  */
enum vmt_status vmt_machine_take_own_memory(struct vmt_machine *machine);

/* A moment to see what others have done: to be called now and then by a process that runs
   without asking for anything.  */
void vmt_machine_hear_others(struct vmt_machine *machine);

/* With the kernel's policies: what was done for this process.  */
const struct vmt_reclaim_counts *vmt_frames_counts(const struct vmt_machine *machine);

/* ---- inside the machine ---- */

enum vmt_status vmt_frames_init(struct vmt_machine *machine);
void vmt_frames_free(struct vmt_machine *machine);

/* With limited memory.  */
void vmt_frames_enter(struct vmt_machine *machine);
void vmt_frames_leave(struct vmt_machine *machine);

/* Moves what happened since the last outcome into this one.  */
void vmt_frames_collect(struct vmt_machine *machine, struct vmt_outcome *outcome);

/* No page can go.  */
void vmt_frames_run_out(struct vmt_machine *machine);
/* ... and the outcome that says so is charge's.  */
void vmt_frames_note_oom(struct vmt_machine *machine, uint32_t charge);

/* The entry of a resident page is about to change into one that is not present: TLBs,
   filter and ledger know the page no more.  Its owner stays known.  */
void vmt_frames_leave_memory(struct vmt_machine *machine, vmt_vpn vpn,
                             const struct vmt_pte *pte);

/* The process that is about to be forked at place is a member, too, unless that is 0; then
   of its parent's entries those that it gets.  */
void vmt_frames_expect_child(struct vmt_machine *machine, uint32_t place);
void vmt_frames_share(struct vmt_machine *machine, vmt_vpn vpn,
                      const struct vmt_pte *pte, uint32_t place);

/* A fork's child, which has the place.  */
enum vmt_status vmt_frames_become_child(struct vmt_machine *machine, uint32_t place);
/* ... when its entries are as it has them.  */
void vmt_frames_settle(struct vmt_machine *machine);
/* A vfork's, which lives in its parent's memory, and is not limited if that is shared.  */
enum vmt_status vmt_frames_borrow(struct vmt_machine *machine);

/* The address space is no more.  */
void vmt_frames_give_up(struct vmt_machine *machine);

static inline struct vmt_member *
vmt_frames_member(const struct vmt_frames *frames)
{
   return vmt_memory_member(frames->memory, frames->place);
}

static inline uint64_t
vmt_frames_key(const struct vmt_frames *frames, vmt_vpn vpn)
{
   return vmt_memory_key(frames->place, vpn);
}

/* ---- textbook (frames_textbook.c) ---- */

void vmt_frames_start_textbook(struct vmt_machine *machine);

/* The memory does not know its pages.  */
void vmt_frames_tell_textbook(struct vmt_machine *machine);

/* Touches that nobody has told of are told, before another process goes on.  */
void vmt_frames_hear_all(struct vmt_machine *machine);

/* The process goes on without a look at the memory.  */
void vmt_frames_note_time(struct vmt_machine *machine);

/* Another process has taken the page's frame; swap has what was in it.  */
void vmt_frames_lose_page(struct vmt_machine *machine, vmt_vpn page);

/* Swap has no copy of a page of this process any more.  */
void vmt_frames_free_slot(struct vmt_machine *machine);

/* The page was touched.  Its entry is present.  */
void vmt_frames_touch(struct vmt_machine *machine, vmt_vpn page, struct vmt_pte *pte,
                      uint64_t tick, bool write);

/* An access to it is about to end in a signal.  */
void vmt_frames_refused(struct vmt_machine *machine, vmt_vpn page, uint64_t tick);

/* Whether a page that was evicted would be there with twice the frames, at most.  */
bool vmt_frames_is_recent(const struct vmt_machine *machine, vmt_vpn page);

/* An L1 TLB is about to lose the page that must make way for vpn; pages
   [start, after), all of the machine's translation pages.  */
void vmt_frames_hear_victim(struct vmt_machine *machine, struct vmt_tlb *tlb,
                            vmt_vpn vpn);
void vmt_frames_hear_range(struct vmt_machine *machine, vmt_vpn start, vmt_vpn after);

/* The page is unmapped; is at another address.  */
void vmt_frames_remove(struct vmt_machine *machine, vmt_vpn page,
                       const struct vmt_pte *pte);
void vmt_frames_rename(struct vmt_machine *machine, vmt_vpn from, vmt_vpn to);

/* What of an entry a fork's child has, whose memory started anew.  copied: it gets a copy
   of the area's entries.  */
uint64_t vmt_frames_inherited(struct vmt_machine *machine, uint64_t bits, bool copied);

/* ---- linux (frames_linux.c) ---- */

/* The memory does not know its pages: private ones are told, those of objects are left to
   faults.  */
void vmt_frames_tell_linux(struct vmt_machine *machine);

/* The private page at vpn, which has just been read from swap, is shown by others, too; a
   copy takes its place.  */
bool vmt_frames_is_shared(const struct vmt_machine *machine, vmt_vpn vpn);
void vmt_frames_copy_page(struct vmt_machine *machine, const struct vmt_area *area,
                          vmt_vpn vpn);

/* What has become of an entry because another process needed frames: VMT_INBOX.  */
void vmt_frames_change_entry(struct vmt_machine *machine, vmt_vpn vpn, uint64_t what);

/* Frames for the page tables that there are.  */
void vmt_frames_count_tables(struct vmt_machine *machine);

/* A new private page at vpn, in the place of what is there.  */
void vmt_frames_new_page(struct vmt_machine *machine, const struct vmt_area *area,
                         vmt_vpn vpn, struct vmt_pte *pte);

/* The private page at vpn, which has a swap entry: SwapIn or SwapHit.  */
enum vmt_event vmt_frames_swap_in(struct vmt_machine *machine, struct vmt_area *area,
                                  vmt_vpn vpn, bool write);

/* The page of area's object is needed at vpn, to be mapped there or (a private write)
   to be copied.  What had to be done.  */
enum vmt_reclaim_outcome vmt_frames_object_page(struct vmt_machine *machine,
                                                const struct vmt_area *area,
                                                vmt_vpn vpn, uint64_t page, bool write,
                                                bool is_copied);
/* Maps it at vpn, if it is there and the kernel would; else false.  */
bool vmt_frames_map_around(struct vmt_machine *machine, const struct vmt_area *area,
                           vmt_vpn vpn, uint64_t page);
/* What a read-ahead's mark asked for.  */
void vmt_frames_read_ahead(struct vmt_machine *machine);

/* The page is present and its own: a write to it.  */
void vmt_frames_reuse(struct vmt_machine *machine, vmt_vpn vpn,
                      const struct vmt_pte *pte);
/* The entry's accessed (dirty) bit will be set.  */
void vmt_frames_touched(struct vmt_machine *machine, vmt_vpn vpn, struct vmt_pte *pte,
                        bool write);

/* The entry goes.  */
void vmt_frames_unmapped(struct vmt_machine *machine, vmt_vpn vpn,
                         const struct vmt_pte *pte);
/* The entry, which is *moved, is at another place.  */
void vmt_frames_moved(struct vmt_machine *machine, vmt_vpn from, vmt_vpn to,
                      const struct vmt_pte *moved);
/* No area shows the object, which lives by areas, any more.  */
void vmt_frames_leave_object(struct vmt_machine *machine, uint32_t object);
/* Pages [start, end) of the object are no more.  */
void vmt_frames_forget(struct vmt_machine *machine, uint32_t object, uint64_t start,
                       uint64_t end);

/* MADV_FREE, MADV_COLD, MADV_PAGEOUT, mlock and munlock.  */
void vmt_frames_free_lazily(struct vmt_machine *machine, vmt_vpn vpn,
                            struct vmt_pte *pte);
void vmt_frames_make_cold(struct vmt_machine *machine, vmt_vpn vpn,
                          struct vmt_pte *pte);
void vmt_frames_page_out(struct vmt_machine *machine, vmt_vpn start, vmt_vpn end);
void vmt_frames_lock(struct vmt_machine *machine, vmt_vpn start, vmt_vpn end,
                     bool locked);

#endif
