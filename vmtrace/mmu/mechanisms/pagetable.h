/* The page table of one address space: a radix tree with as many levels and
   index bits as the geometry says.

   Left out: the physical addresses of the tables themselves.  Leaf tables are
   stored as chunks of 16 entries that come into being when one of them is
   wanted, so that a sparse program costs little; an entry is 12 bytes.  The
   tables that the hardware would have (each of 2^index_bits[l] entries) are
   counted as if they were whole.

   A vpn is in pages of the geometry's page_shift; those beyond its virtual bits
   must not be asked for.  Owns all of its memory.  An entry pointer stays good
   until its page's range is cleared.

   Cost: O(levels), O(1) for a page in the chunk that was asked for last.  */

#ifndef VMT_MMU_MECHANISMS_PAGETABLE_H
#define VMT_MMU_MECHANISMS_PAGETABLE_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/pool.h"
#include "vmtrace/mmu/mechanisms/walkcache.h"

/* x86-64's own bits where it has them (Intel SDM vol. 3A, table 4-20); the
   software's in the ignored bits 9-11 and 52-58.  Bits 12-51 hold the frame
   number, or the swap slot of a page that is swapped out.  */
#define VMT_PTE_PRESENT ((uint64_t)1 << 0)
#define VMT_PTE_WRITABLE ((uint64_t)1 << 1)
#define VMT_PTE_USER ((uint64_t)1 << 2)
#define VMT_PTE_ACCESSED ((uint64_t)1 << 5)
#define VMT_PTE_DIRTY ((uint64_t)1 << 6)
#define VMT_PTE_HUGE ((uint64_t)1 << 7)
#define VMT_PTE_GLOBAL ((uint64_t)1 << 8)
#define VMT_PTE_ZERO ((uint64_t)1 << 9)      /* shows the shared zero page */
#define VMT_PTE_COW ((uint64_t)1 << 10)      /* shared by a fork */
#define VMT_PTE_SWAPPED ((uint64_t)1 << 11)
#define VMT_PTE_ANON ((uint64_t)1 << 52)     /* a private frame */
#define VMT_PTE_FILE ((uint64_t)1 << 53)     /* a page of the page cache */
#define VMT_PTE_SHMEM ((uint64_t)1 << 54)    /* tmpfs or shared anonymous */
#define VMT_PTE_NO_EXECUTE ((uint64_t)1 << 63)

struct vmt_pte {
   uint64_t bits;               /* 0: nothing there */
   uint32_t owner;              /* the charge that made the page resident */
} __attribute__((packed, aligned(4)));

struct vmt_pagetable {
   struct vmt_walk_shape shape;                 /* levels and index bits */
   void *root;
   uint64_t n_tables[VMT_MAX_LEVELS + 1];       /* tables in use, by level */
   struct vmt_pool chunks, leaves;
   vmt_vpn last_chunk_vpn;                      /* cache of the last chunk */
   struct vmt_pte *last_chunk;
};

/* Only n_levels and index_bits of the shape matter; each index has 4 to 16
   bits.  */
enum vmt_status vmt_pagetable_init(struct vmt_pagetable *table,
                                   const struct vmt_walk_shape *shape);
void vmt_pagetable_free(struct vmt_pagetable *table);

/* The entry of vpn, or NULL when its chunk was never asked for.  */
struct vmt_pte *vmt_pagetable_find(struct vmt_pagetable *table, vmt_vpn vpn);

/* The entry of vpn, made if need be; NULL when there is no memory.  */
struct vmt_pte *vmt_pagetable_get(struct vmt_pagetable *table, vmt_vpn vpn);

/* The first entry of [*vpn, end) whose bits are not 0, and its page in *vpn;
   NULL when there is none.  Absent tables are skipped whole.  */
struct vmt_pte *vmt_pagetable_next(struct vmt_pagetable *table, vmt_vpn *vpn,
                                   vmt_vpn end);

/* Frees the tables and chunks that lie wholly within [start, end) or have
   become empty by its being cleared; entries of the range are set to 0.  */
void vmt_pagetable_clear(struct vmt_pagetable *table, vmt_vpn start,
                         vmt_vpn end);

#endif
