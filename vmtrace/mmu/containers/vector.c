#include "vmtrace/mmu/containers/vector.h"

#include "vmtrace/mmu/base/port.h"

#define CHUNK_RECORDS ((uint32_t)1 << VMT_VECTOR_CHUNK_SHIFT)
#define MIN_CHUNKS 8

void
vmt_vector_init(struct vmt_vector *vector, const char *what,
                uint32_t record_bytes)
{
   vmt_vector_init_in(vector, NULL, what, record_bytes);
}

void
vmt_vector_init_in(struct vmt_vector *vector, struct vmt_arena *arena, const char *what,
                   uint32_t record_bytes)
{
   vector->arena = arena;
   vector->chunks = NULL;
   vector->n_chunks = 0;
   vector->chunks_capacity = 0;
   vector->n_records = 0;
   vector->record_bytes = record_bytes;
   vector->what = what;
}

void
vmt_vector_free(struct vmt_vector *vector)
{
   for (uint32_t i = 0; i < vector->n_chunks; i++)
      vmt_arena_free(vector->arena, vector->chunks[i]);
   vmt_arena_free(vector->arena, vector->chunks);
   vmt_vector_init_in(vector, vector->arena, vector->what, vector->record_bytes);
}

/* Room in the list of chunks for one more.  */
static enum vmt_status
reserve_chunk_slot(struct vmt_vector *vector)
{
   uint32_t capacity = vector->chunks_capacity;
   void **chunks;

   if (vector->n_chunks < capacity)
      return VMT_OK;
   capacity = capacity == 0 ? MIN_CHUNKS : capacity * 2;
   chunks = vmt_arena_alloc(vector->arena, vector->what, capacity * sizeof(*chunks));
   if (chunks == NULL)
      return VMT_NO_MEMORY;
   if (vector->n_chunks != 0)
      memcpy(chunks, vector->chunks, vector->n_chunks * sizeof(*chunks));
   vmt_arena_free(vector->arena, vector->chunks);
   vector->chunks = chunks;
   vector->chunks_capacity = capacity;
   return VMT_OK;
}

static enum vmt_status
add_chunk(struct vmt_vector *vector)
{
   void *chunk;

   if (reserve_chunk_slot(vector) != VMT_OK)
      return VMT_NO_MEMORY;
   chunk = vmt_arena_alloc(vector->arena, vector->what,
                           (size_t)CHUNK_RECORDS * vector->record_bytes);
   if (chunk == NULL)
      return VMT_NO_MEMORY;
   vector->chunks[vector->n_chunks++] = chunk;
   return VMT_OK;
}

/* A record is cleared when it is taken, not its chunk when that is made: pages
   of a chunk that are not used yet then cost no memory.  */
void *
vmt_vector_push(struct vmt_vector *vector)
{
   void *record;

   if (vector->n_records == UINT32_MAX)
      return NULL;
   if (vector->n_records >> VMT_VECTOR_CHUNK_SHIFT == vector->n_chunks &&
       add_chunk(vector) != VMT_OK)
      return NULL;
   record = vmt_vector_at(vector, vector->n_records++);
   memset(record, 0, vector->record_bytes);
   return record;
}
