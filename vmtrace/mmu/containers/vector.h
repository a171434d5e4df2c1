/* A growing array of fixed-size records named by their index, which never
   moves in meaning though the storage may: hold indices, not pointers, across
   a push.  Records are kept in chunks of 4096, so a push never copies and
   pointers do stay good until vmt_vector_free().

   Owns its chunks.  Cost: O(1).  */

#ifndef VMT_MMU_CONTAINERS_VECTOR_H
#define VMT_MMU_CONTAINERS_VECTOR_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/arena.h"

#define VMT_VECTOR_CHUNK_SHIFT 12

struct vmt_vector {
   void **chunks;
   uint32_t n_chunks, chunks_capacity;
   uint32_t n_records, record_bytes;
   const char *what;
   struct vmt_arena *arena;             /* NULL: the port */
};

void vmt_vector_init(struct vmt_vector *vector, const char *what,
                     uint32_t record_bytes);
void vmt_vector_init_in(struct vmt_vector *vector, struct vmt_arena *arena,
                        const char *what, uint32_t record_bytes);
void vmt_vector_free(struct vmt_vector *vector);

/* Appends a record of zeroes; its index is n_records before the call.  NULL
   when there is no memory.  */
void *vmt_vector_push(struct vmt_vector *vector);

/* Forgets all records; the chunks stay for the next.  */
static inline void
vmt_vector_clear(struct vmt_vector *vector)
{
   vector->n_records = 0;
}

static inline void *
vmt_vector_at(const struct vmt_vector *vector, uint32_t index)
{
   char *chunk = vector->chunks[index >> VMT_VECTOR_CHUNK_SHIFT];

   return chunk + (size_t)(index & ((1u << VMT_VECTOR_CHUNK_SHIFT) - 1)) *
                     vector->record_bytes;
}

#endif
