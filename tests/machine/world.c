#include "tests/machine/world.h"

#include <stdlib.h>
#include <string.h>

#include "tests/mmu/check.h"

const struct vmt_common_limits limits = {63, 400, 64};

struct vmt_common *common;
struct vmt_memory *room;
uint64_t alive, tick;
struct space spaces[N_MACHINES];

static bool
is_alive(uint32_t place)
{
   return (alive >> place & 1) != 0;
}

/* ---- processes ---- */

uint32_t
new_place(void)
{
   uint32_t place = 1;

   while (is_alive(place) ||
          vmt_common_process(common, place)->state != VMT_PLACE_FREE)
      place++;
   CHECK(place <= limits.n_places);
   alive |= (uint64_t)1 << place;
   vmt_common_lock(common, place);
   vmt_common_enter(common, place, 0, 0, 0);
   vmt_common_unlock(common);
   return place;
}

void
map_pages(struct space *space, uint64_t start, uint64_t end, uint32_t flags,
    enum vmt_backing backing, uint64_t object)
{
   const struct vmt_area area = {
      .start = addr_of(start), .end = addr_of(end), .flags = flags, .backing = backing,
      .object = object, .page_offset = object == 0 ? 0 : start % 24, .label = 1 };
   uint32_t n_told;

   CHECK_EQ(vmt_machine_map(&space->machine, &area, &n_told), VMT_OK);
}

void
begin_space(struct space *space, const struct vmt_settings *settings)
{
   struct vmt_machine *machine = &space->machine;
   struct vmt_machine_config config;

   vmt_machine_config_generic(&config);
   CHECK_EQ(vmt_machine_init(machine, &config, settings), VMT_OK);
   machine->filter.clock = tick + 1;
   CHECK_EQ(vmt_machine_object(machine, OBJECT_PAGES * VMT_PAGE_BYTES, true), A_FILE);
   CHECK_EQ(vmt_machine_object(machine, OBJECT_PAGES * VMT_PAGE_BYTES, false), A_MEMORY);
   vmt_machine_set_object_identity(machine, A_FILE, 8, 1);
   vmt_machine_set_object_identity(machine, A_MEMORY, 8, 2);
   space->place = new_place();
   space->is_there = true;
   CHECK_EQ(vmt_machine_join(machine, common, space->place), VMT_OK);
   CHECK_EQ(vmt_machine_share_memory(machine, room, ROOM_BYTES), VMT_OK);
   CHECK_EQ(vmt_frames_counts(machine)->n_swapped_out, 0);
}

void
end_space(struct space *space, bool killed)
{
   alive &= ~((uint64_t)1 << space->place);
   if (!killed)
      vmt_machine_leave(&space->machine);
   vmt_machine_free(&space->machine);
   space->is_there = false;
   if (killed) {
      vmt_common_lock(common, limits.n_places);
      vmt_common_bury(common);
      vmt_common_unlock(common);
   }
}

void
open_world(void)
{
   common = calloc(1, vmt_common_bytes(&limits));
   room = aligned_alloc(4096, ROOM_BYTES);
   CHECK(common != NULL && room != NULL);
   memset(room, 0, sizeof *room);
   vmt_common_init(common, &limits, 1);
   memset(spaces, 0, sizeof spaces);
   tick = 0;
   alive = (uint64_t)1 << limits.n_places;      /* the undertaker, who needs no memory */
   vmt_common_lock(common, limits.n_places);
   vmt_common_enter(common, limits.n_places, 0, 0, 0);
   vmt_common_unlock(common);
   test_is_alive = is_alive;
}

void
close_world(void)
{
   for (uint32_t i = 0; i < N_MACHINES; i++)
      if (spaces[i].is_there)
         end_space(&spaces[i], i % 2 == 0);
   free(common);
   free(room);
   test_is_alive = NULL;
   CHECK_EQ(test_n_blocks(), 0);
}

void
charge_space(struct space *space, struct vmt_outcome *outcome)
{
   uint32_t id = vmt_accounting_charge(&space->machine.ledger, 1,
                                       (uint16_t)outcome->label, 1, 0);

   CHECK_EQ(vmt_machine_charge(&space->machine, outcome, id), VMT_OK);
}
