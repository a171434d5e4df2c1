/* Places, the lock, and what is done about the dead.  */

#include "vmtrace/mmu/mechanisms/common_private.h"

#define SPINS 64                        /* between two looks at the lock's holder */
#define PLACE_SHIFT 48                  /* of the lock: the ticket is below */

static uint64_t
align(uint64_t bytes)
{
   return (bytes + VMT_COMMON_ALIGN - 1) & ~(uint64_t)(VMT_COMMON_ALIGN - 1);
}

/* Places, blocks and objects count from 1.  Returns the bytes in all.  */
static uint64_t
lay_out(const struct vmt_common_limits *limits, struct vmt_common *common)
{
   common->processes_at = align(sizeof *common);
   common->objects_at =
      common->processes_at +
      align((limits->n_places + 1) * (uint64_t)sizeof(struct vmt_process));
   common->blocks_at =
      common->objects_at +
      align((limits->n_objects + 1) * (uint64_t)sizeof(struct vmt_common_object));
   common->bits_at =
      common->blocks_at +
      align((limits->n_blocks + 1) * (uint64_t)sizeof(struct vmt_frame_block));
   common->bits_bytes = align((limits->n_blocks + 1) * (uint64_t)sizeof(uint64_t));
   return common->bits_at + (limits->n_places + 1) * common->bits_bytes;
}

uint64_t
vmt_common_bytes(const struct vmt_common_limits *limits)
{
   struct vmt_common layout;

   return lay_out(limits, &layout);
}

void
vmt_common_init(struct vmt_common *common, const struct vmt_common_limits *limits,
                uint64_t run)
{
   vmt_assert_cmp(limits->n_places, <, 65536);
   common->run = run;
   common->limits = *limits;
   lay_out(limits, common);
}

struct vmt_process *
vmt_common_process(const struct vmt_common *common, uint32_t place)
{
   return (struct vmt_process *)vmt_common_at(common, common->processes_at) + place;
}

/* ---- the dead ---- */

/* What the others have is as it was.  */
static void
forget_process(struct vmt_common *common, uint32_t place)
{
   struct vmt_process *process = vmt_common_process(common, place);

   common->n_resident_pages -= process->n_resident_pages;
   common->n_table_pages -= process->n_table_pages;
   common->n_alive--;
   common->n_left++;
   process->n_resident_pages = process->n_table_pages = 0;
   process->state = VMT_PLACE_FREE;
}

void
vmt_common_leave(struct vmt_common *common, uint32_t place)
{
   uint32_t block;

   for (block = 1; block <= common->n_blocks; block++) {
      uint64_t bits = *vmt_common_bits(common, place, block);

      for (; bits != 0; bits &= bits - 1)
         vmt_common_drop(common, place,
                         (uint64_t)block * VMT_FRAME_BLOCK +
                            (uint64_t)__builtin_ctzll(bits));
   }
   forget_process(common, place);
}

static bool
is_dead(const struct vmt_common *common, uint32_t place)
{
   return vmt_common_process(common, place)->state == VMT_PLACE_USED &&
          !vmt_is_alive(place);
}

uint32_t
vmt_common_bury(struct vmt_common *common)
{
   uint32_t place, n = 0;

   for (place = 1; place < common->after_places; place++)
      if (is_dead(common, place)) {
         vmt_common_leave(common, place);
         n++;
      }
   return n;
}

/* ---- a holder of the lock has died ---- */

static void
count_owners_of(struct vmt_common *common, uint32_t place)
{
   uint32_t block;

   for (block = 1; block <= common->n_blocks; block++) {
      uint64_t bits = *vmt_common_bits(common, place, block);

      for (; bits != 0; bits &= bits - 1)
         vmt_common_block(common, block)->n_owners[__builtin_ctzll(bits)]++;
   }
}

static void
sum_block(struct vmt_common *common, uint32_t number)
{
   struct vmt_frame_block *block = vmt_common_block(common, number);
   uint64_t owned = 0;
   uint32_t i;

   for (i = 0; i < VMT_FRAME_BLOCK; i++) {
      if (block->n_owners[i] > 0)
         owned |= (uint64_t)1 << i;
      if (block->n_owners[i] > 1)
         common->n_again += block->n_owners[i] - 1u;
   }
   if (!vmt_common_is_private(block)) {
      vmt_common_link_block(common, number);
      return;
   }
   block->present = owned;
   if (owned != ~(uint64_t)0)
      vmt_common_offer(common, number);
}

static void
sum_places(struct vmt_common *common)
{
   uint32_t place;

   common->n_alive = 0;
   common->n_resident_pages = common->n_table_pages = 0;
   for (place = 1; place < common->after_places; place++) {
      struct vmt_process *process = vmt_common_process(common, place);

      if (process->state != VMT_PLACE_USED)
         continue;
      if (!vmt_is_alive(place)) {
         memset(vmt_common_bits(common, place, 0), 0,
                (common->n_blocks + 1) * sizeof(uint64_t));
         process->n_resident_pages = process->n_table_pages = 0;
         process->state = VMT_PLACE_FREE;
         continue;
      }
      common->n_alive++;
      common->n_resident_pages += process->n_resident_pages;
      common->n_table_pages += process->n_table_pages;
      count_owners_of(common, place);
   }
}

/* All but the bits, the blocks' and objects' names and the cache is made again.  */
static void
recover(struct vmt_common *common)
{
   uint32_t i;

   common->n_recoveries++;
   common->with_room = 0;
   common->n_again = 0;
   memset(common->block_buckets, 0, sizeof common->block_buckets);
   memset(common->object_buckets, 0, sizeof common->object_buckets);
   for (i = 1; i <= common->n_blocks; i++)
      memset(vmt_common_block(common, i)->n_owners, 0,
             sizeof vmt_common_block(common, i)->n_owners);
   sum_places(common);
   for (i = 1; i <= common->n_blocks; i++)
      sum_block(common, i);
   for (i = 1; i <= common->n_objects; i++)
      vmt_common_link_object(common, i);
}

/* ---- the lock ---- */

static bool
change_lock(struct vmt_common *common, uint64_t from, uint64_t to)
{
   return __atomic_compare_exchange_n(&common->lock, &from, to, false,
                                      __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

/* Each taking has a ticket of its own, so that a lock that is taken from the dead is
   taken from no other.  */
void
vmt_common_lock(struct vmt_common *common, uint32_t place)
{
   uint64_t ticket =
      __atomic_add_fetch(&common->next_ticket, 1, __ATOMIC_RELAXED);
   uint64_t mine = (uint64_t)place << PLACE_SHIFT |
                   (ticket & (((uint64_t)1 << PLACE_SHIFT) - 1));
   uint32_t n;

   for (n = 1; !change_lock(common, 0, mine); n++) {
      uint64_t holder = __atomic_load_n(&common->lock, __ATOMIC_RELAXED);

      if (n % SPINS != 0 || holder == 0)
         continue;
      vmt_pause();
      if (!vmt_is_alive((uint32_t)(holder >> PLACE_SHIFT)) &&
          change_lock(common, holder, mine)) {
         recover(common);
         return;
      }
   }
}

void
vmt_common_unlock(struct vmt_common *common)
{
   __atomic_store_n(&common->lock, 0, __ATOMIC_RELEASE);
}

uint32_t
vmt_common_holder(const struct vmt_common *common)
{
   return (uint32_t)(__atomic_load_n(&common->lock, __ATOMIC_ACQUIRE) >> PLACE_SHIFT);
}

/* ---- who there is ---- */

uint32_t
vmt_common_new_id(struct vmt_common *common)
{
   return ++common->next_id;
}

uint32_t
vmt_common_enter(struct vmt_common *common, uint32_t place, uint32_t id, uint32_t parent,
                 int32_t pid)
{
   struct vmt_process *process = vmt_common_process(common, place);

   vmt_assert_cmp(place, <=, common->limits.n_places);
   vmt_assert_cmp(process->state, ==, VMT_PLACE_FREE);
   if (id == 0)
      id = vmt_common_new_id(common);
   memset(process, 0, sizeof *process);
   process->id = id;
   process->parent = parent;
   process->pid = pid;
   if (common->after_places <= place)
      common->after_places = place + 1;
   __atomic_store_n(&process->state, VMT_PLACE_USED, __ATOMIC_RELEASE);
   common->n_alive++;
   if (common->n_alive > common->n_most_alive)
      common->n_most_alive = common->n_alive;
   return id;
}

static void
note_peak(struct vmt_common *common)
{
   uint64_t n_pages = vmt_common_n_pages(common);

   if (n_pages <= common->n_peak_pages)
      return;
   common->n_peak_pages = n_pages;
   common->n_table_pages_at_peak = common->n_table_pages;
}

void
vmt_common_set_frames(struct vmt_common *common, uint64_t n_frames)
{
   common->is_limited = true;
   common->n_frames = n_frames;
   note_peak(common);
}

void
vmt_common_resident(struct vmt_common *common, uint32_t place, uint64_t n_pages,
                    uint64_t n_table_pages)
{
   struct vmt_process *process = vmt_common_process(common, place);

   common->n_resident_pages += n_pages - process->n_resident_pages;
   common->n_table_pages += n_table_pages - process->n_table_pages;
   process->n_resident_pages = n_pages;
   process->n_table_pages = n_table_pages;
   note_peak(common);
}

uint64_t
vmt_common_n_pages(const struct vmt_common *common)
{
   if (common->is_limited)
      return common->n_frames;
   return common->n_resident_pages > common->n_again
             ? common->n_resident_pages - common->n_again
             : 0;
}
