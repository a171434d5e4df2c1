/* Frames, whose they are, and the page cache.  */

#include "vmtrace/mmu/mechanisms/common_private.h"

/* A block is filled before it counts, and counts before it is in a list: whoever dies in
   between leaves one that is good.  */
static uint32_t
new_block(struct vmt_common *common, uint32_t object, uint64_t number)
{
   uint32_t block = common->n_blocks + 1;

   if (block > common->limits.n_blocks)
      return 0;
   *vmt_common_block(common, block) =
      (struct vmt_frame_block){.object = object, .number = number};
   __atomic_store_n(&common->n_blocks, block, __ATOMIC_RELEASE);
   return block;
}

/* ---- objects ---- */

static uint32_t
new_object(struct vmt_common *common, uint64_t device, uint64_t inode)
{
   uint32_t object = common->n_objects + 1;

   if (object > common->limits.n_objects)
      return 0;
   *vmt_common_named(common, object) =
      (struct vmt_common_object){.device = device, .inode = inode};
   __atomic_store_n(&common->n_objects, object, __ATOMIC_RELEASE);
   vmt_common_link_object(common, object);
   return object;
}

uint32_t
vmt_common_object(struct vmt_common *common, uint64_t device, uint64_t inode)
{
   uint32_t object = *vmt_common_object_bucket(common, device, inode);

   for (; object != 0; object = vmt_common_named(common, object)->next)
      if (vmt_common_named(common, object)->inode == inode &&
          vmt_common_named(common, object)->device == device)
         return object;
   return new_object(common, device, inode);
}

uint32_t
vmt_common_new_object(struct vmt_common *common)
{
   return new_object(common, 0, 0);
}

static uint32_t
find_block(const struct vmt_common *common, uint32_t object, uint64_t number)
{
   uint32_t block =
      *vmt_common_block_bucket((struct vmt_common *)(uintptr_t)common, object, number);

   while (block != 0 && (vmt_common_block(common, block)->object != object ||
                         vmt_common_block(common, block)->number != number))
      block = vmt_common_block(common, block)->next;
   return block;
}

static uint32_t
get_block(struct vmt_common *common, uint32_t object, uint64_t number)
{
   uint32_t block = find_block(common, object, number);

   if (block == 0) {
      block = new_block(common, object, number);
      if (block != 0)
         vmt_common_link_block(common, block);
   }
   return block;
}

/* ---- whose frames are ---- */

bool
vmt_common_has(const struct vmt_common *common, uint32_t place, uint64_t frame)
{
   return (*vmt_common_bits(common, place, frame / VMT_FRAME_BLOCK) &
           vmt_common_bit(frame)) != 0;
}

uint32_t
vmt_common_n_owners(const struct vmt_common *common, uint64_t frame)
{
   return vmt_common_block(common, frame / VMT_FRAME_BLOCK)
      ->n_owners[frame % VMT_FRAME_BLOCK];
}

void
vmt_common_take(struct vmt_common *common, uint32_t place, uint64_t frame)
{
   uint64_t *bits = vmt_common_bits(common, place, frame / VMT_FRAME_BLOCK);
   struct vmt_frame_block *block = vmt_common_block(common, frame / VMT_FRAME_BLOCK);

   if ((*bits & vmt_common_bit(frame)) != 0)
      return;
   *bits |= vmt_common_bit(frame);
   common->n_again += block->n_owners[frame % VMT_FRAME_BLOCK] > 0;
   block->n_owners[frame % VMT_FRAME_BLOCK]++;
}

void
vmt_common_drop(struct vmt_common *common, uint32_t place, uint64_t frame)
{
   uint32_t number = (uint32_t)(frame / VMT_FRAME_BLOCK);
   uint64_t *bits = vmt_common_bits(common, place, number);
   struct vmt_frame_block *block = vmt_common_block(common, number);

   if ((*bits & vmt_common_bit(frame)) == 0)
      return;
   *bits &= ~vmt_common_bit(frame);
   if (--block->n_owners[frame % VMT_FRAME_BLOCK] > 0) {
      common->n_again--;
   } else if (vmt_common_is_private(block)) {
      if (block->present == ~(uint64_t)0)
         vmt_common_offer(common, number);
      block->present &= ~vmt_common_bit(frame);
   }
}

uint64_t
vmt_common_new_frame(struct vmt_common *common, uint32_t place)
{
   struct vmt_frame_block *block;
   uint32_t number = common->with_room;
   uint64_t frame;

   if (number == 0) {
      number = new_block(common, 0, 0);
      if (number == 0)
         return 0;
      vmt_common_offer(common, number);
   }
   block = vmt_common_block(common, number);
   frame = (uint64_t)number * VMT_FRAME_BLOCK +
           (uint64_t)__builtin_ctzll(~block->present);
   vmt_common_take(common, place, frame);
   block->present |= vmt_common_bit(frame);
   if (block->present == ~(uint64_t)0)
      common->with_room = block->next;
   return frame;
}

uint64_t
vmt_common_frame_of(struct vmt_common *common, uint32_t object, uint64_t page)
{
   uint32_t block = get_block(common, object, page / VMT_FRAME_BLOCK);

   return block == 0 ? 0
                     : (uint64_t)block * VMT_FRAME_BLOCK + page % VMT_FRAME_BLOCK;
}

/* 2: place's child; 1: its parent; 0: any other.  */
static uint32_t
kinship(const struct vmt_process *self, const struct vmt_process *other)
{
   return other->parent == self->id ? 2 : other->id == self->parent;
}

static bool
is_nearer(const struct vmt_process *self, const struct vmt_process *a,
          const struct vmt_process *b)
{
   if (b == NULL || kinship(self, a) != kinship(self, b))
      return b == NULL || kinship(self, a) > kinship(self, b);
   return kinship(self, a) == 2 ? a->id > b->id : a->id < b->id;
}

uint32_t
vmt_common_other_owner(struct vmt_common *common, uint32_t place, uint64_t frame)
{
   const struct vmt_process *self = vmt_common_process(common, place);
   const struct vmt_process *nearest = NULL;
   uint32_t other;

   if (vmt_common_n_owners(common, frame) == vmt_common_has(common, place, frame))
      return 0;
   for (other = 1; other < common->after_places; other++) {
      if (other == place || !vmt_common_has(common, other, frame))
         continue;
      if (!vmt_is_alive(other))
         vmt_common_leave(common, other);
      else if (is_nearer(self, vmt_common_process(common, other), nearest))
         nearest = vmt_common_process(common, other);
   }
   return nearest != NULL ? nearest->id : 0;
}

/* ---- the page cache ---- */

bool
vmt_common_has_page(const struct vmt_common *common, uint32_t object, uint64_t page)
{
   uint32_t block = find_block(common, object, page / VMT_FRAME_BLOCK);

   return block != 0 &&
          (vmt_common_block(common, block)->present & vmt_common_bit(page)) != 0;
}

void
vmt_common_add_page(struct vmt_common *common, uint32_t object, uint64_t page)
{
   uint32_t block = get_block(common, object, page / VMT_FRAME_BLOCK);

   if (block != 0)
      vmt_common_block(common, block)->present |= vmt_common_bit(page);
}

void
vmt_common_drop_pages(struct vmt_common *common, uint32_t object, uint64_t start,
                      uint64_t end)
{
   while (start < end) {
      uint32_t block = find_block(common, object, start / VMT_FRAME_BLOCK);
      uint64_t after = (start | (VMT_FRAME_BLOCK - 1)) + 1;

      for (; start < end && start < after; start++)
         if (block != 0)
            vmt_common_block(common, block)->present &= ~vmt_common_bit(start);
   }
}

bool
vmt_common_next_pages(const struct vmt_common *common, uint32_t object, uint32_t *cursor,
                      uint64_t *first_page, uint64_t *bits)
{
   while (*cursor < common->n_blocks) {
      const struct vmt_frame_block *block = vmt_common_block(common, ++*cursor);

      if (block->object == object && block->present != 0) {
         *first_page = block->number * VMT_FRAME_BLOCK;
         *bits = block->present;
         return true;
      }
   }
   return false;
}

static void
count_block(const struct vmt_common *common, uint32_t number, uint32_t place,
            struct vmt_cache_count *count)
{
   const struct vmt_frame_block *block = vmt_common_block(common, number);
   uint64_t bits = *vmt_common_bits(common, place, number);

   count->n_cached += vmt_common_n_bits(block->present);
   count->n_mapped += vmt_common_n_bits(bits);
   for (; bits != 0; bits &= bits - 1)
      count->n_shared += block->n_owners[__builtin_ctzll(bits)] > 1;
}

void
vmt_common_count_cache(const struct vmt_common *common, uint32_t object, uint32_t place,
                       struct vmt_cache_count *count)
{
   uint32_t number;

   memset(count, 0, sizeof *count);
   for (number = 1; number <= common->n_blocks; number++) {
      const struct vmt_frame_block *block = vmt_common_block(common, number);

      if (!vmt_common_is_private(block) && (object == 0 || block->object == object))
         count_block(common, number, place, count);
   }
}
