#include "vmtrace/mmu/containers/arena.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

#define MIN_SHIFT 5                     /* the smallest block has 32 bytes */
#define CLASSES_SHIFT 2
#define N_CLASSES (64u << CLASSES_SHIFT)

#define TAKEN 0x6b636f6cu
#define FREED 0x65657266u

struct block {
   uint32_t size_class, mark;
   struct block *next;                  /* of the free ones */
};

_Static_assert(sizeof(struct block) == 16, "blocks stay aligned");

struct vmt_arena {
   char *fresh, *end;                   /* from fresh on nothing was ever taken */
   struct block *free_blocks[N_CLASSES];
};

/* Of the whole block: classes c to c + 3 share a power of two.  */
static size_t
bytes_of(uint32_t size_class)
{
   uint32_t shift = MIN_SHIFT + (size_class >> CLASSES_SHIFT);
   size_t quarters = 4 + (size_class & 3);

   return (quarters << shift) / 4;
}

static uint32_t
class_of(size_t bytes)
{
   uint32_t shift, size_class;

   if (bytes <= (size_t)1 << MIN_SHIFT)
      return 0;
   shift = 63 - (uint32_t)__builtin_clzll(bytes);
   size_class = (shift - MIN_SHIFT) << CLASSES_SHIFT;
   while (bytes_of(size_class) < bytes)
      size_class++;
   return size_class;
}

static size_t
rounded(size_t bytes)
{
   return (bytes + 15) & ~(size_t)15;
}

struct vmt_arena *
vmt_arena_init(void *start, size_t bytes)
{
   struct vmt_arena *arena = start;

   vmt_assert_cmp((uintptr_t)start % 16, ==, 0);
   vmt_assert_cmp(bytes, >=, VMT_PAGE_BYTES);
   memset(arena, 0, sizeof *arena);
   arena->fresh = (char *)start + rounded(sizeof *arena);
   arena->end = (char *)start + bytes;
   return arena;
}

static struct block *
carve(struct vmt_arena *arena, uint32_t size_class)
{
   size_t bytes = rounded(bytes_of(size_class));
   struct block *block = (struct block *)arena->fresh;

   if (bytes > (size_t)(arena->end - arena->fresh))
      return NULL;
   arena->fresh += bytes;
   block->size_class = size_class;
   return block;
}

void *
vmt_arena_alloc(struct vmt_arena *arena, const char *what, size_t bytes)
{
   uint32_t size_class;
   struct block *block;

   if (arena == NULL)
      return vmt_alloc(what, bytes);
   if (bytes > (size_t)(arena->end - (char *)arena))
      return NULL;
   size_class = class_of(bytes + sizeof *block);
   block = arena->free_blocks[size_class];
   if (block != NULL)
      arena->free_blocks[size_class] = block->next;
   else if ((block = carve(arena, size_class)) == NULL)
      return NULL;
   block->mark = TAKEN;
   return block + 1;
}

void *
vmt_arena_alloc_zeroed(struct vmt_arena *arena, const char *what, size_t bytes)
{
   void *block = vmt_arena_alloc(arena, what, bytes);

   if (block != NULL)
      memset(block, 0, bytes);
   return block;
}

void
vmt_arena_free(struct vmt_arena *arena, void *freed)
{
   struct block *block;

   if (arena == NULL) {
      vmt_free(freed);
      return;
   }
   if (freed == NULL)
      return;
   block = (struct block *)freed - 1;
   vmt_assert_cmp(block->mark, ==, TAKEN);
   block->mark = FREED;
   block->next = arena->free_blocks[block->size_class];
   arena->free_blocks[block->size_class] = block;
}

size_t
vmt_arena_used_bytes(const struct vmt_arena *arena)
{
   return (size_t)(arena->fresh - (const char *)arena);
}
