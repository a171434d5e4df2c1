/* Blocks of any size from one range of memory, for what several processes share: they map
   the range at the same address, so that pointers in it are good in all of them.

   A block is of a size class, four of them to a power of two; a freed one waits for the
   next of its class and is never joined with others.  (What asks for blocks here grows by
   doubling: all that it left behind is as large as what it has.)  Pages of the range that
   were never in a block are not touched.

   Containers take a struct vmt_arena * when they are made; NULL stands for the port.

   The arena's own record is at the start of the range; the range is the embedder's.  A
   process that dies within a call leaves it broken: vmt_arena_init() starts it anew, and
   all blocks are gone.

   Units: bytes.  Cost: O(1), 16 bytes a block and up to a quarter of it.  */

#ifndef VMT_MMU_CONTAINERS_ARENA_H
#define VMT_MMU_CONTAINERS_ARENA_H

#include "vmtrace/mmu/base/types.h"

struct vmt_arena;

/* An empty arena of the range, which is aligned to 16 bytes and holds a page at least.  */
struct vmt_arena *vmt_arena_init(void *start, size_t bytes);

/* NULL: there is no room.  The block is not cleared.  `what` is for the port.  */
void *vmt_arena_alloc(struct vmt_arena *arena, const char *what, size_t bytes);
void *vmt_arena_alloc_zeroed(struct vmt_arena *arena, const char *what, size_t bytes);
void vmt_arena_free(struct vmt_arena *arena, void *block);      /* NULL is allowed */

/* Of the range, that were ever in a block: as much memory as it costs at most.  */
size_t vmt_arena_used_bytes(const struct vmt_arena *arena);

#endif
