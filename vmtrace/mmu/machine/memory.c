#include "vmtrace/mmu/machine/memory.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

/* 1 TiB of swap is as good as unlimited.  */
#define NO_LIMIT_SLOTS ((uint64_t)1 << 28)

/* Pages of a member that are taken away at a time.  */
#define BATCH 512

static const enum vmt_replacement_kind kinds[] = {
   [VMT_PAGES_LRU] = VMT_REPLACE_LRU,
   [VMT_PAGES_CLOCK] = VMT_REPLACE_CLOCK,
   [VMT_PAGES_FIFO] = VMT_REPLACE_FIFO,
   [VMT_PAGES_RANDOM] = VMT_REPLACE_RANDOM};

/* ---- life ---- */

static enum vmt_status
init_linux(struct vmt_memory *memory)
{
   const struct vmt_memory_settings *run = &memory->settings;
   struct vmt_reclaim_settings settings;
   enum vmt_status status;

   vmt_reclaim_defaults(&settings);
   settings.n_frames = vmt_memory_n_frames(memory);
   settings.n_slots = run->swap_bytes == VMT_UNLIMITED
                         ? NO_LIMIT_SLOTS
                         : run->swap_bytes >> VMT_PAGE_SHIFT;
   settings.read_ns = run->swap_latency_ns;
   settings.generations = run->policy == VMT_PAGES_MGLRU;
   settings.arena = memory->arena;
   status = vmt_reclaim_init(&memory->kernel, &settings);
   if (status != VMT_OK)
      return status;
   memory->kind = VMT_FRAMES_LINUX;
   vmt_hashmap_init_in(&memory->object_of, memory->arena, "objects with frames");
   vmt_vector_init_in(&memory->objects, memory->arena, "objects with frames",
                      sizeof(struct vmt_memory_object));
   return vmt_shown_init_in(&memory->shown, memory->arena);
}

static enum vmt_status
init_textbook(struct vmt_memory *memory)
{
   enum vmt_status status = vmt_replacement_init_in(
      &memory->textbook, memory->arena, kinds[memory->settings.policy],
      (uint32_t)vmt_memory_n_frames(memory), memory->settings.policy_seed);

   if (status != VMT_OK)
      return status;
   memory->kind = VMT_FRAMES_TEXTBOOK;
   vmt_hashmap_init_in(&memory->evicted_at, memory->arena, "evictions");
   return VMT_OK;
}

enum vmt_status
vmt_memory_init(struct vmt_memory *memory, struct vmt_arena *arena,
                const struct vmt_memory_settings *settings)
{
   enum vmt_status status;

   memset(memory, 0, sizeof *memory);
   memory->settings = *settings;
   memory->arena = arena;
   status = settings->policy == VMT_PAGES_LINUX || settings->policy == VMT_PAGES_MGLRU
               ? init_linux(memory)
               : init_textbook(memory);
   if (status != VMT_OK)
      vmt_memory_free(memory);
   return status;
}

struct vmt_memory *
vmt_memory_open(void *room, size_t room_bytes, const struct vmt_memory_settings *settings,
                bool made_anew)
{
   const size_t arena_at = (sizeof(struct vmt_memory) + VMT_PAGE_BYTES) &
                           ~(size_t)(VMT_PAGE_BYTES - 1);
   struct vmt_memory *memory = room;
   uint32_t version = memory->version;
   struct vmt_arena *arena;

   if (version != 0 && !made_anew)
      return memory;
   if (room_bytes < 2 * arena_at)
      return NULL;
   arena = vmt_arena_init((char *)room + arena_at, room_bytes - arena_at);
   if (vmt_memory_init(memory, arena, settings) != VMT_OK)
      return NULL;
   memory->version = version + 1;
   return memory;
}

static void
free_member(struct vmt_memory *memory, uint32_t place)
{
   struct vmt_member *member = memory->members[place];

   if (member == NULL)
      return;
   vmt_hashmap_free(&member->inbox);
   vmt_arena_free(memory->arena, member);
   memory->members[place] = NULL;
   memory->n_members--;
}

void
vmt_memory_free(struct vmt_memory *memory)
{
   uint32_t place;

   for (place = 0; place < memory->after_places; place++)
      free_member(memory, place);
   if (memory->kind == VMT_FRAMES_LINUX) {
      vmt_reclaim_free(&memory->kernel);
      vmt_shown_free(&memory->shown);
      vmt_hashmap_free(&memory->object_of);
      vmt_vector_free(&memory->objects);
   }
   if (memory->kind == VMT_FRAMES_TEXTBOOK) {
      vmt_replacement_free(&memory->textbook);
      vmt_hashmap_free(&memory->evicted_at);
   }
   memory->kind = VMT_FRAMES_UNLIMITED;
}

/* ---- members ---- */

enum vmt_status
vmt_memory_add_member(struct vmt_memory *memory, uint32_t place, uint32_t id)
{
   struct vmt_member *member =
      vmt_arena_alloc_zeroed(memory->arena, "member", sizeof *member);

   vmt_assert_cmp(place, <, VMT_MAX_PLACES);
   vmt_assert(memory->members[place] == NULL);
   if (member == NULL)
      return VMT_NO_MEMORY;
   member->id = id;
   vmt_hashmap_init_in(&member->inbox, memory->arena, "inbox");
   memory->members[place] = member;
   memory->n_members++;
   if (memory->after_places <= place)
      memory->after_places = place + 1;
   return VMT_OK;
}

enum vmt_status
vmt_memory_post(struct vmt_memory *memory, uint32_t place, vmt_vpn vpn, uint64_t what)
{
   struct vmt_member *member = memory->members[place];
   uint64_t *word;

   if (member == NULL)
      return VMT_OK;
   if (vmt_hashmap_put(&member->inbox, vpn, &word) != VMT_OK)
      return VMT_NO_MEMORY;
   if (what == VMT_INBOX_EVICTED)
      *word += VMT_INBOX_EVICTED;
   else
      *word |= what;
   return VMT_OK;
}

/* ---- objects ---- */

struct vmt_memory_object *
vmt_memory_find_object(const struct vmt_memory *memory, uint32_t object)
{
   const uint64_t *index = vmt_hashmap_find(&memory->object_of, object);

   return index == NULL ? NULL : vmt_vector_at(&memory->objects, (uint32_t)*index);
}

struct vmt_memory_object *
vmt_memory_get_object(struct vmt_memory *memory, uint32_t object)
{
   struct vmt_memory_object *record = vmt_memory_find_object(memory, object);
   uint64_t *index;

   if (record != NULL)
      return record;
   record = vmt_vector_push(&memory->objects);
   if (record == NULL ||
       vmt_hashmap_put(&memory->object_of, object, &index) != VMT_OK)
      return NULL;
   *index = memory->objects.n_records - 1;
   return record;
}

static bool
is_mapped(const struct vmt_memory *memory, uint64_t name)
{
   uint32_t at = vmt_shown_first(&memory->shown, name);
   vmt_vpn key;

   while (at != VMT_SHOWN_NONE) {
      at = vmt_shown_next(&memory->shown, at, &key);
      if (vmt_shown_is_present(&memory->shown, key))
         return true;
   }
   return false;
}

void
vmt_memory_forget_pages(struct vmt_memory *memory, uint32_t object, uint64_t start,
                        uint64_t end)
{
   const struct vmt_memory_object *record = vmt_memory_find_object(memory, object);

   if (record == NULL)
      return;
   if (end > record->n_known_pages)
      end = record->n_known_pages;
   for (; start < end; start++) {
      uint64_t name = vmt_memory_name_of(object, start);

      if (!is_mapped(memory, name))
         vmt_reclaim_forget(&memory->kernel, name);
   }
}

static bool
uses(const struct vmt_memory_object *record, uint32_t place)
{
   return (record->users[place / 64] >> place % 64 & 1) != 0;
}

void
vmt_memory_inherit_objects(struct vmt_memory *memory, uint32_t place, uint32_t child)
{
   uint32_t i;

   for (i = 0; i < memory->objects.n_records; i++) {
      struct vmt_memory_object *record = vmt_vector_at(&memory->objects, i);

      if (uses(record, place))
         record->users[child / 64] |= (uint64_t)1 << child % 64;
   }
}

void
vmt_memory_leave_object(struct vmt_memory *memory, uint32_t object, uint32_t place)
{
   struct vmt_memory_object *record = vmt_memory_find_object(memory, object);
   uint32_t i;

   if (record == NULL || !uses(record, place))
      return;
   record->users[place / 64] &= ~((uint64_t)1 << place % 64);
   for (i = 0; i < VMT_MAX_PLACES / 64; i++)
      if (record->users[i] != 0)
         return;
   if (record->lives_by_areas)
      vmt_memory_forget_pages(memory, object, 0, record->n_known_pages);
}

/* ---- a member is no more ---- */

void
vmt_memory_unshow(struct vmt_memory *memory, uint64_t key, uint64_t name,
                  bool is_present, bool is_swapped, bool young)
{
   vmt_shown_drop(&memory->shown, key);
   if (name >= VMT_OBJECT_NAMES || memory->n_members > 1)
      vmt_reclaim_lock(&memory->kernel, name, false);
   if (is_present)
      vmt_reclaim_unmap(&memory->kernel, name, false, young);
   else if (is_swapped)
      vmt_reclaim_unmap(&memory->kernel, name, true, false);
}

/* A private page that nothing is known of but its name: whoever made it is the only one
   that shows it.  */
static void
drop_alone(struct vmt_memory *memory, uint64_t name)
{
   bool is_present = vmt_reclaim_n_mapped(&memory->kernel, name) != 0;

   vmt_memory_unshow(memory, name, name, is_present, !is_present, false);
}

static void
remove_linux(struct vmt_memory *memory, uint32_t place)
{
   struct vmt_hashmap_slot *slot;
   uint64_t cursor = 0;

   while ((slot = vmt_hashmap_next(&memory->shown.by_vpn, &cursor)) != NULL) {
      uint64_t key = slot->key, name;
      bool is_present;

      if (vmt_memory_place_of(key) != place)
         continue;
      name = *vmt_shown_name(&memory->shown, key);
      is_present = vmt_shown_is_present(&memory->shown, key);
      vmt_memory_unshow(memory, key, name, is_present,
                        !is_present && name < VMT_OBJECT_NAMES, false);
      cursor--;
   }
   for (cursor = 0; (slot = vmt_hashmap_next(&memory->kernel.pages, &cursor)) != NULL;) {
      uint64_t name = slot->key;

      if (name >= VMT_FRESH_NAMES || vmt_memory_place_of(name) != place ||
          vmt_shown_first(&memory->shown, name) != VMT_SHOWN_NONE)
         continue;
      drop_alone(memory, name);
      cursor--;
   }
   for (cursor = 0; (slot = vmt_hashmap_next(&memory->object_of, &cursor)) != NULL;)
      vmt_memory_leave_object(memory, (uint32_t)slot->key, place);
}

static uint32_t
find_some(const struct vmt_memory *memory, uint32_t place, vmt_vpn keys[BATCH])
{
   struct vmt_pagemap_cursor cursor = {0};
   uint32_t n = 0;
   vmt_vpn key;

   while (n < BATCH && vmt_pagemap_next(&memory->textbook.pages, &cursor, &key) != NULL)
      if (vmt_memory_place_of(key) == place)
         keys[n++] = key;
   return n;
}

static void
remove_textbook(struct vmt_memory *memory, uint32_t place)
{
   struct vmt_hashmap_slot *slot;
   vmt_vpn keys[BATCH];
   uint64_t cursor = 0;
   uint32_t n;

   while ((n = find_some(memory, place, keys)) != 0)
      while (n != 0)
         vmt_replacement_remove(&memory->textbook, keys[--n]);
   while ((slot = vmt_hashmap_next(&memory->evicted_at, &cursor)) != NULL)
      if (vmt_memory_place_of(slot->key) == place) {
         vmt_hashmap_delete(&memory->evicted_at, slot->key);
         cursor--;
      }
   memory->n_slots_used -= memory->members[place]->n_slots;
}

/* Who ran out of memory would have been killed: with it goes the reason why there was no
   limit.  */
static void
restore_limit(struct vmt_memory *memory)
{
   uint32_t place;

   for (place = 0; place < memory->after_places; place++)
      if (memory->members[place] != NULL && memory->members[place]->ran_out)
         return;
   vmt_reclaim_set_frames(&memory->kernel, (uint32_t)vmt_memory_n_frames(memory));
}

void
vmt_memory_remove_member(struct vmt_memory *memory, uint32_t place)
{
   struct vmt_member *member = memory->members[place];
   bool ran_out;

   if (member == NULL)
      return;
   ran_out = member->ran_out;
   if (memory->kind == VMT_FRAMES_TEXTBOOK) {
      remove_textbook(memory, place);
   } else {
      vmt_reclaim_give_kernel(&memory->kernel, member->n_tables);
      remove_linux(memory, place);
   }
   free_member(memory, place);
   if (ran_out && memory->kind == VMT_FRAMES_LINUX)
      restore_limit(memory);
}
