/* The page table of one address space: a radix tree with as many levels and
   index bits as the geometry says.

   Left out: the physical addresses of the tables themselves.  Leaf tables are
   stored as chunks of 16 entries that come into being when one of them is
   wanted, so that a sparse program costs little; an entry is 16 bytes.  The
   tables that the hardware would have (each of 2^index_bits[l] entries) are
   counted as if they were whole.

   A vpn is in pages of the geometry's page_shift; those beyond its virtual bits
   must not be asked for.  Owns all of its memory.  An entry pointer stays good
   while its bits are not 0, and otherwise until the next clear: a chunk goes
   when its last entry does.  Every table but the root holds a chunk somewhere
   below it.

   Cost: O(levels), O(1) for a page in the chunk that was asked for last; next
   and clear O(levels) for each chunk they meet.  */

#ifndef VMT_MMU_MECHANISMS_PAGETABLE_H
#define VMT_MMU_MECHANISMS_PAGETABLE_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/pool.h"
#include "vmtrace/mmu/mechanisms/walkcache.h"

/* x86-64's own bits where it has them (Intel SDM vol. 3A, table 4-20); the
   software's in the ignored bits 9-11 and 52-58.  Bits 12-51 hold the number of a frame
   that other processes may have (machine/sharing.h), 0 otherwise.

   An entry that reclaim has taken (machine/frames.h) is not present: SWAPPED if the
   page is a private one, AWAY if it is an object's, and ZERO or neither if there is
   nothing to be read back.  */
#define VMT_PTE_PRESENT ((uint64_t)1 << 0)
#define VMT_PTE_WRITABLE ((uint64_t)1 << 1)
#define VMT_PTE_USER ((uint64_t)1 << 2)
#define VMT_PTE_ACCESSED ((uint64_t)1 << 5)
#define VMT_PTE_DIRTY ((uint64_t)1 << 6)
#define VMT_PTE_HUGE ((uint64_t)1 << 7)
#define VMT_PTE_GLOBAL ((uint64_t)1 << 8)
#define VMT_PTE_ZERO ((uint64_t)1 << 9)      /* shows the shared zero page */
#define VMT_PTE_COW ((uint64_t)1 << 10)      /* shared by a fork */
#define VMT_PTE_SWAPPED ((uint64_t)1 << 11)  /* not present: a swap entry */
#define VMT_PTE_ANON ((uint64_t)1 << 52)     /* a private frame */
#define VMT_PTE_FILE ((uint64_t)1 << 53)     /* a page of the page cache */
#define VMT_PTE_SHMEM ((uint64_t)1 << 54)    /* tmpfs or shared anonymous */
#define VMT_PTE_AWAY ((uint64_t)1 << 55)     /* not present: its object has it */
#define VMT_PTE_EVICTED ((uint64_t)1 << 56)  /* not present: had a frame, and lost it */
#define VMT_PTE_THRASH ((uint64_t)1 << 57)   /* ... and came back too soon (linux) */
#define VMT_PTE_SLOT ((uint64_t)1 << 57)     /* swap has what is in it (textbook) */
#define VMT_PTE_LAZY ((uint64_t)1 << 58)     /* MADV_FREE, not written since */
#define VMT_PTE_NO_EXECUTE ((uint64_t)1 << 63)

#define VMT_PTE_FRAME_SHIFT 12
#define VMT_PTE_FRAME ((((uint64_t)1 << 40) - 1) << VMT_PTE_FRAME_SHIFT)

struct vmt_pte {
   uint64_t bits;               /* 0: nothing there */
   uint32_t owner;              /* the charge that made the page resident */
   uint32_t touched;            /* when the page was touched last: an epoch of
                                   the machine's (touches.h) */
};

#define VMT_PTE_CHUNK 16

struct vmt_pagetable_node;

/* A node of level l has a slot for each 2^slot_shift[l] pages: on the leaf level
   for each chunk, above it for each table of level l - 1.  */
struct vmt_pagetable {
   struct vmt_walk_shape shape;                 /* levels and index bits */
   uint32_t slot_shift[VMT_MAX_LEVELS + 1];
   uint64_t n_slots[VMT_MAX_LEVELS + 1];
   vmt_vpn n_pages;                             /* that the geometry has */
   struct vmt_pagetable_node *root;
   uint64_t n_tables[VMT_MAX_LEVELS + 1];       /* tables in use, by level */
   struct vmt_pool chunks, leaves;
   vmt_vpn last_chunk_vpn;                      /* first page of the last chunk;
                                                   VMT_NO_VPN: none */
   struct vmt_pte *last_chunk;
};

/* Only n_levels and index_bits of the shape matter to the page table, but
   vmt_walk_shape_fault() must accept all of it.  */
enum vmt_status vmt_pagetable_init(struct vmt_pagetable *table,
                                   const struct vmt_walk_shape *shape);
void vmt_pagetable_free(struct vmt_pagetable *table);

/* The two below, past the cache of the last chunk.  */
struct vmt_pte *vmt_pagetable_find_slow(struct vmt_pagetable *table, vmt_vpn vpn);
struct vmt_pte *vmt_pagetable_get_slow(struct vmt_pagetable *table, vmt_vpn vpn);

/* The entry of vpn, or NULL when its chunk was never asked for.  */
static inline struct vmt_pte *
vmt_pagetable_find(struct vmt_pagetable *table, vmt_vpn vpn)
{
   if ((vpn & ~(vmt_vpn)(VMT_PTE_CHUNK - 1)) == table->last_chunk_vpn)
      return &table->last_chunk[vpn % VMT_PTE_CHUNK];
   return vmt_pagetable_find_slow(table, vpn);
}

/* The entry of vpn, made if need be; NULL when there is no memory.  */
static inline struct vmt_pte *
vmt_pagetable_get(struct vmt_pagetable *table, vmt_vpn vpn)
{
   if ((vpn & ~(vmt_vpn)(VMT_PTE_CHUNK - 1)) == table->last_chunk_vpn)
      return &table->last_chunk[vpn % VMT_PTE_CHUNK];
   return vmt_pagetable_get_slow(table, vpn);
}

/* The first entry of [*vpn, end) whose bits are not 0, and its page in *vpn;
   NULL when there is none.  Absent tables are skipped whole.  */
struct vmt_pte *vmt_pagetable_next(struct vmt_pagetable *table, vmt_vpn *vpn,
                                   vmt_vpn end);

/* Frees the tables and chunks that lie wholly within [start, end) or have
   become empty by its being cleared; entries of the range are set to 0.  */
void vmt_pagetable_clear(struct vmt_pagetable *table, vmt_vpn start,
                         vmt_vpn end);

#endif
