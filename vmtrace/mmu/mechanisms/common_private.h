/* What the parts of common.h share; nobody else includes it.  */

#ifndef VMT_MMU_MECHANISMS_COMMON_PRIVATE_H
#define VMT_MMU_MECHANISMS_COMMON_PRIVATE_H

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/mechanisms/common.h"

#define VMT_COMMON_ALIGN 4096

static inline void *
vmt_common_at(const struct vmt_common *common, uint64_t offset)
{
   return (char *)(uintptr_t)common + offset;
}

static inline struct vmt_frame_block *
vmt_common_block(const struct vmt_common *common, uint64_t block)
{
   return (struct vmt_frame_block *)vmt_common_at(common, common->blocks_at) + block;
}

/* The frames of a block that the place has.  */
static inline uint64_t *
vmt_common_bits(const struct vmt_common *common, uint32_t place, uint64_t block)
{
   return (uint64_t *)vmt_common_at(common,
                                    common->bits_at + place * common->bits_bytes) +
          block;
}

static inline struct vmt_common_object *
vmt_common_named(const struct vmt_common *common, uint32_t object)
{
   return (struct vmt_common_object *)vmt_common_at(common, common->objects_at) +
          object;
}

static inline uint32_t *
vmt_common_block_bucket(struct vmt_common *common, uint32_t object, uint64_t number)
{
   uint64_t hash = (number << 20 ^ object) * 0x9e3779b97f4a7c15u;

   return &common->block_buckets[hash >> 48];
}

static inline uint32_t *
vmt_common_object_bucket(struct vmt_common *common, uint64_t device, uint64_t inode)
{
   uint64_t hash = (device << 40 ^ inode) * 0x9e3779b97f4a7c15u;

   return &common->object_buckets[hash >> 48];
}

static inline uint64_t
vmt_common_bit(uint64_t frame)
{
   return (uint64_t)1 << (frame % VMT_FRAME_BLOCK);
}

static inline uint32_t
vmt_common_n_bits(uint64_t bits)
{
   uint32_t n = 0;

   for (; bits != 0; bits &= bits - 1)
      n++;
   return n;
}

/* Puts a private block with a free frame where new ones are looked for.  */
static inline void
vmt_common_offer(struct vmt_common *common, uint32_t block)
{
   vmt_common_block(common, block)->next = common->with_room;
   common->with_room = block;
}

static inline void
vmt_common_link_block(struct vmt_common *common, uint32_t number)
{
   struct vmt_frame_block *block = vmt_common_block(common, number);
   uint32_t *bucket = vmt_common_block_bucket(common, block->object, block->number);

   block->next = *bucket;
   *bucket = number;
}

static inline void
vmt_common_link_object(struct vmt_common *common, uint32_t number)
{
   struct vmt_common_object *object = vmt_common_named(common, number);
   uint32_t *bucket =
      vmt_common_object_bucket(common, object->device, object->inode);

   object->next = *bucket;
   *bucket = number;
}

#endif
