/* The memory that a machine's frames are of (frames.h): one process's, or that of several,
   which then have one limit, one order of pages, one swap and one page cache.

   Whoever has pages in it is a member, at a place: 0, if it is the only one and always will
   be.  What the memory knows by number and whose is in one number, its key: place and
   virtual page.  A process's page table is its own; what becomes of its pages because
   another process needs frames waits for it in its inbox, where it looks before it does
   anything here.

   linux    contents have names: a private page the key of where it was made, or one that is
            free if that is in use; a page of an object the object's number and its own.
            A page that several show is one page.

   textbook the pages are the keys: a page that several address spaces show takes a frame
            in each.  Time is that which the members ran, one after the other: what a member
            did since it was here last counts as done when it comes back.

   Two members never work on it at once: sharing.h has the lock.  If one has died with the
   lock, the memory may be broken: then it is made anew, empty, and each member tells of its
   pages again when it comes here next.

   Owns its tables, which are in the arena if there is one.  */

#ifndef VMT_MMU_MACHINE_MEMORY_H
#define VMT_MMU_MACHINE_MEMORY_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/arena.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"
#include "vmtrace/mmu/mechanisms/shown.h"
#include "vmtrace/mmu/policies/linux_reclaim.h"
#include "vmtrace/mmu/policies/replacement.h"

#define VMT_UNLIMITED (~(uint64_t)0)

enum vmt_page_policy {
   VMT_PAGES_LINUX,
   VMT_PAGES_MGLRU,
   VMT_PAGES_LRU,
   VMT_PAGES_CLOCK,
   VMT_PAGES_FIFO,
   VMT_PAGES_RANDOM
};

enum vmt_frames_kind {
   VMT_FRAMES_UNLIMITED,
   VMT_FRAMES_LINUX,
   VMT_FRAMES_TEXTBOOK
};

struct vmt_memory_settings {
   uint64_t ram_bytes, swap_bytes;
   enum vmt_page_policy policy;
   uint64_t policy_seed, swap_latency_ns;
};

/* ---- names and keys ---- */

/* A virtual page of 57-bit addresses has 45 bits.  */
#define VMT_PLACE_SHIFT 45
#define VMT_MAX_PLACES 2048u

/* Of private pages whose key is in use; of objects' pages.  */
#define VMT_FRESH_NAMES ((uint64_t)1 << 59)
#define VMT_OBJECT_NAMES ((uint64_t)1 << 60)
#define VMT_OBJECT_SHIFT 36

static inline uint64_t
vmt_memory_key(uint32_t place, vmt_vpn vpn)
{
   return (uint64_t)place << VMT_PLACE_SHIFT | vpn;
}

static inline uint32_t
vmt_memory_place_of(uint64_t key)
{
   return (uint32_t)(key >> VMT_PLACE_SHIFT);
}

static inline vmt_vpn
vmt_memory_vpn_of(uint64_t key)
{
   return key & (((uint64_t)1 << VMT_PLACE_SHIFT) - 1);
}

/* ---- members ---- */

/* What has become of an entry, in the order in which a member sees to it; above it how
   often the page was evicted.  */
enum vmt_inbox_bit {
   VMT_INBOX_AGED = 1,
   VMT_INBOX_CLEANED = 2,
   VMT_INBOX_UNMAPPED = 4,
   VMT_INBOX_RESTORED = 8,
   VMT_INBOX_EVICTED = 256
};

struct vmt_member {
   uint32_t id;                         /* of the process, if several share the memory */
   struct vmt_hashmap inbox;            /* virtual page -> what became of its entry */
   uint64_t n_tables;                   /* linux: page tables that have frames */
   uint64_t n_slots;                    /* textbook: of swap */
   bool ran_out;                        /* linux: of memory; there is no limit while it
                                           is here */
};

/* linux: a file, or shared memory.  */
struct vmt_memory_object {
   uint64_t n_known_pages;              /* a bound of those that had a frame */
   bool lives_by_areas;                 /* it goes with its last user */
   uint64_t users[VMT_MAX_PLACES / 64]; /* places */
};

struct vmt_memory {
   enum vmt_frames_kind kind;
   struct vmt_memory_settings settings;
   struct vmt_arena *arena;             /* NULL: the port */
   uint32_t version;                    /* it was made so often; 0: it is one process's */
   uint32_t n_recoveries, n_left;       /* what it knows of the processes of the run, as
                                           common.h has it */
   uint32_t n_members, after_places;
   struct vmt_member *members[VMT_MAX_PLACES];

   /* TEXTBOOK */
   struct vmt_replacement textbook;
   struct vmt_hashmap evicted_at;       /* key -> number of its eviction */
   uint64_t n_evictions, n_slots_used;
   uint64_t clock;                      /* all members together came to it */
   uint64_t told_tick;                  /* n_at_tick touches were told of at it */
   uint32_t n_at_tick;

   /* LINUX */
   struct vmt_reclaim kernel;
   struct vmt_shown shown;
   uint64_t n_names;                    /* VMT_FRESH_NAMES that were given */
   struct vmt_hashmap object_of;        /* number -> index in objects */
   struct vmt_vector objects;           /* struct vmt_memory_object; 0 is none */
};

/* Without members.  */
enum vmt_status vmt_memory_init(struct vmt_memory *memory, struct vmt_arena *arena,
                                const struct vmt_memory_settings *settings);
void vmt_memory_free(struct vmt_memory *memory);

/* One for several processes in a room of so many bytes, which all of them see at the same
   address: made if it is not there (the room is all zero).  made_anew: what is there is
   forgotten.  NULL: no memory.  */
struct vmt_memory *vmt_memory_open(void *room, size_t room_bytes,
                                   const struct vmt_memory_settings *settings,
                                   bool made_anew);

enum vmt_status vmt_memory_add_member(struct vmt_memory *memory, uint32_t place,
                                      uint32_t id);

/* The process there is no more: whatever it had is given up.  No machine is needed for
   it.  */
void vmt_memory_remove_member(struct vmt_memory *memory, uint32_t place);

static inline struct vmt_member *
vmt_memory_member(const struct vmt_memory *memory, uint32_t place)
{
   return memory->members[place];
}

static inline uint64_t
vmt_memory_n_frames(const struct vmt_memory *memory)
{
   return memory->settings.ram_bytes >> VMT_PAGE_SHIFT;
}

/* For the member there.  */
enum vmt_status vmt_memory_post(struct vmt_memory *memory, uint32_t place, vmt_vpn vpn,
                                uint64_t what);

/* An entry that shows name is gone.  is_swapped: it was a swap entry.  */
void vmt_memory_unshow(struct vmt_memory *memory, uint64_t key, uint64_t name,
                       bool is_present, bool is_swapped, bool young);

/* The object's record; NULL: not known yet, or no memory.  */
struct vmt_memory_object *vmt_memory_find_object(const struct vmt_memory *memory,
                                                 uint32_t object);
struct vmt_memory_object *vmt_memory_get_object(struct vmt_memory *memory,
                                                uint32_t object);

static inline uint64_t
vmt_memory_name_of(uint64_t object, uint64_t page)
{
   return VMT_OBJECT_NAMES | object << VMT_OBJECT_SHIFT | page;
}

/* Pages [start, end) of the object that no entry shows are no more.  */
void vmt_memory_forget_pages(struct vmt_memory *memory, uint32_t object, uint64_t start,
                             uint64_t end);

/* What the process at place can show, the one at child's can, too.  */
void vmt_memory_inherit_objects(struct vmt_memory *memory, uint32_t place,
                                uint32_t child);

/* The process at place cannot show the object any more.  */
void vmt_memory_leave_object(struct vmt_memory *memory, uint32_t object,
                             uint32_t place);

#endif
