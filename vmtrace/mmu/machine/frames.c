#include "vmtrace/mmu/machine/frames.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/machine.h"

/* An inbox is not emptied slot by slot if it has more.  */
#define FEW_SLOTS 256

/* With no frame free, the dead are looked for once in so many times.  */
#define LOOK_AFTER 1024

/* ---- life ---- */

static struct vmt_memory_settings
settings_of(const struct vmt_machine *machine)
{
   const struct vmt_settings *run = &machine->settings;

   return (struct vmt_memory_settings){
      .ram_bytes = run->ram_bytes, .swap_bytes = run->swap_bytes,
      .policy = run->policy, .policy_seed = run->policy_seed,
      .swap_latency_ns = run->swap_latency_ns};
}

static bool
is_shared(const struct vmt_frames *frames)
{
   return frames->room_bytes != 0;
}

/* A memory of its own.  */
static enum vmt_status
make_own(struct vmt_machine *machine)
{
   const struct vmt_memory_settings settings = settings_of(machine);
   struct vmt_frames *frames = &machine->frames;
   enum vmt_status status;

   frames->place = 0;
   frames->room_bytes = 0;
   frames->memory = vmt_alloc("limited memory", sizeof *frames->memory);
   if (frames->memory == NULL)
      return VMT_NO_MEMORY;
   status = vmt_memory_init(frames->memory, NULL, &settings);
   return status == VMT_OK ? vmt_memory_add_member(frames->memory, 0, 0) : status;
}

static void
free_own(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;

   if (frames->memory != NULL && !is_shared(frames)) {
      vmt_memory_free(frames->memory);
      vmt_free(frames->memory);
   }
   frames->memory = NULL;
}

enum vmt_status
vmt_frames_init(struct vmt_machine *machine)
{
   enum vmt_status status;

   if (machine->settings.ram_bytes == 0)
      return VMT_OK;
   status = make_own(machine);
   if (status != VMT_OK)
      return status;
   machine->frames.kind = machine->frames.memory->kind;
   if (machine->frames.kind == VMT_FRAMES_TEXTBOOK)
      vmt_frames_start_textbook(machine);
   return VMT_OK;
}

void
vmt_frames_free(struct vmt_machine *machine)
{
   vmt_hashmap_free(&machine->frames.refused_at);
   free_own(machine);
   machine->frames.kind = VMT_FRAMES_UNLIMITED;
}

/* ---- forks ---- */

void
vmt_frames_expect_child(struct vmt_machine *machine, uint32_t place)
{
   struct vmt_frames *frames = &machine->frames;

   if (!is_shared(frames) || place == 0)
      return;
   if (frames->kind == VMT_FRAMES_TEXTBOOK)
      vmt_frames_hear_all(machine);
   vmt_memory_remove_member(frames->memory, place);
   if (vmt_memory_add_member(
          frames->memory, place,
          vmt_common_process(machine->sharing.common, place)->id) != VMT_OK)
      frames->no_memory = true;
   else if (frames->kind == VMT_FRAMES_LINUX)
      vmt_memory_inherit_objects(frames->memory, frames->place, place);
}

/* Its memory is a copy of its parent's: it has the limit again, and with a textbook's
   policy no pages.  */
static enum vmt_status
start_anew(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;

   memset(&frames->oom, 0, sizeof frames->oom);
   vmt_hashmap_clear(&frames->refused_at);
   frames->top = VMT_NO_VPN;
   if (frames->kind == VMT_FRAMES_LINUX) {
      vmt_frames_member(frames)->ran_out = false;
      vmt_reclaim_set_frames(&frames->memory->kernel,
                             (uint32_t)vmt_memory_n_frames(frames->memory));
      return VMT_OK;
   }
   free_own(machine);
   return make_own(machine);
}

static void
tell_all(struct vmt_machine *machine)
{
   if (machine->frames.kind == VMT_FRAMES_LINUX)
      vmt_frames_tell_linux(machine);
   else
      vmt_frames_tell_textbook(machine);
}

enum vmt_status
vmt_frames_become_child(struct vmt_machine *machine, uint32_t place)
{
   struct vmt_frames *frames = &machine->frames;

   if (frames->kind == VMT_FRAMES_UNLIMITED)
      return VMT_OK;
   if (!is_shared(frames))
      return start_anew(machine);
   memset(&frames->oom, 0, sizeof frames->oom);
   memset(&frames->counts, 0, sizeof frames->counts);
   frames->n_lost = 0;
   vmt_hashmap_clear(&frames->refused_at);
   frames->top = VMT_NO_VPN;
   frames->has_moved = true;
   frames->place = place;
   frames->is_unknown = place == 0;
   return place == 0 ? make_own(machine) : VMT_OK;
}

/* What it has is told where it is apart from its parent.  */
void
vmt_frames_settle(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;

   if (frames->is_unknown && frames->kind == VMT_FRAMES_LINUX)
      vmt_frames_tell_linux(machine);
   frames->is_unknown = false;
}

enum vmt_status
vmt_frames_borrow(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;

   if (frames->kind != VMT_FRAMES_UNLIMITED && !is_shared(frames))
      return start_anew(machine);
   frames->memory = NULL;
   frames->kind = VMT_FRAMES_UNLIMITED;
   return VMT_OK;
}

/* ---- others ---- */

/* Pages keep nothing from one another: their order does not matter.  Shootdowns are those
   of whoever needed the frames, who does not know of them.  */
static void
empty_inbox(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_hashmap *inbox = &vmt_frames_member(frames)->inbox;
   uint32_t n_shootdowns = frames->news.n_shootdowns;
   const struct vmt_hashmap_slot *slot;
   uint64_t cursor = 0;

   if (inbox->n_used == 0)
      return;
   while ((slot = vmt_hashmap_next(inbox, &cursor)) != NULL)
      if (frames->kind == VMT_FRAMES_LINUX)
         vmt_frames_change_entry(machine, slot->key, slot->value);
      else
         vmt_frames_lose_page(machine, slot->key);
   if (inbox->n_slots > FEW_SLOTS)
      vmt_hashmap_free(inbox);
   else
      vmt_hashmap_clear(inbox);
   frames->news.n_shootdowns = n_shootdowns;
}

/* Processes that are no more: what they had is given up.  */
static void
sweep(struct vmt_memory *memory, const struct vmt_common *common)
{
   uint32_t place;

   memory->n_left = common->n_left;
   for (place = 1; place < memory->after_places; place++) {
      const struct vmt_process *process = vmt_common_process(common, place);
      const struct vmt_member *member = memory->members[place];

      if (member != NULL &&
          (process->state != VMT_PLACE_USED || process->id != member->id))
         vmt_memory_remove_member(memory, place);
   }
}

/* The memory does not know this process, or not any more.  */
static void
introduce(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   const struct vmt_process *process =
      vmt_common_process(machine->sharing.common, frames->place);

   frames->version = frames->memory->version;
   if (vmt_frames_member(frames) == NULL &&
       vmt_memory_add_member(frames->memory, frames->place, process->id) != VMT_OK) {
      frames->no_memory = true;
      frames->kind = VMT_FRAMES_UNLIMITED;
      return;
   }
   tell_all(machine);
}

static bool
is_full(const struct vmt_memory *memory)
{
   uint64_t n_used = memory->kind == VMT_FRAMES_LINUX
                        ? memory->kernel.n_frames_used
                        : vmt_replacement_n_resident(&memory->textbook);

   return n_used >= vmt_memory_n_frames(memory);
}

/* The memory is good from here on, and knows who there is, this process among them.  */
static void
catch_up(struct vmt_machine *machine)
{
   struct vmt_common *common = machine->sharing.common;
   struct vmt_frames *frames = &machine->frames;
   struct vmt_memory *memory = frames->memory;

   if (memory->n_recoveries != common->n_recoveries) {
      const struct vmt_memory_settings settings = settings_of(machine);

      if (vmt_memory_open(memory, frames->room_bytes, &settings, true) == NULL)
         frames->no_memory = true;
      memory->n_recoveries = common->n_recoveries;
      memory->n_left = common->n_left;
   }
   if (++frames->n_times % LOOK_AFTER == 0 && is_full(memory))
      vmt_common_bury(common);
   if (memory->n_left != common->n_left)
      sweep(memory, common);
   if (frames->version != memory->version || vmt_frames_member(frames) == NULL) {
      frames->n_lost++;
      introduce(machine);
   }
}

void
vmt_frames_enter(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;

   if (frames->n_entered++ != 0)
      return;
   if (is_shared(frames)) {
      vmt_sharing_begin(machine);
      catch_up(machine);
      if (frames->kind == VMT_FRAMES_UNLIMITED)
         return;
      if (frames->kind == VMT_FRAMES_LINUX)
         frames->counts_before = frames->memory->kernel.counts;
   }
   empty_inbox(machine);
   if (frames->kind == VMT_FRAMES_TEXTBOOK && is_shared(frames) &&
       machine->sharing.common->n_alive > 1)
      vmt_frames_hear_all(machine);
}

/* That hold pages.  */
static uint64_t
n_frames(const struct vmt_memory *memory)
{
   return memory->kind == VMT_FRAMES_LINUX
             ? memory->kernel.n_frames_used - memory->kernel.n_kernel_frames
             : vmt_replacement_n_resident(&memory->textbook);
}

/* All of it is numbers of 64 bits.  */
static void
add_counts(struct vmt_frames *frames)
{
   const uint64_t *now = (const uint64_t *)&frames->memory->kernel.counts;
   const uint64_t *before = (const uint64_t *)&frames->counts_before;
   uint64_t *counts = (uint64_t *)&frames->counts;
   size_t i;

   for (i = 0; i < sizeof frames->counts / sizeof *counts; i++)
      counts[i] += now[i] - before[i];
}

void
vmt_frames_leave(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;

   if (--frames->n_entered != 0)
      return;
   if (frames->kind == VMT_FRAMES_TEXTBOOK)
      vmt_frames_note_time(machine);
   if (!is_shared(frames))
      return;
   if (frames->kind == VMT_FRAMES_LINUX)
      add_counts(frames);
   if (frames->kind != VMT_FRAMES_UNLIMITED)
      vmt_common_set_frames(machine->sharing.common, n_frames(frames->memory));
   vmt_sharing_end(machine);
}

const struct vmt_reclaim_counts *
vmt_frames_counts(const struct vmt_machine *machine)
{
   return is_shared(&machine->frames) ? &machine->frames.counts
                                      : &machine->frames.memory->kernel.counts;
}

enum vmt_status
vmt_machine_share_memory(struct vmt_machine *machine, void *room, size_t room_bytes)
{
   const struct vmt_memory_settings settings = settings_of(machine);
   const struct vmt_common *common = machine->sharing.common;
   struct vmt_frames *frames = &machine->frames;
   struct vmt_memory *memory;

   if (frames->kind == VMT_FRAMES_UNLIMITED)
      return VMT_OK;
   vmt_assert_cmp(machine->sharing.place - 1, <, VMT_MAX_PLACES - 1);
   vmt_sharing_begin(machine);
   memory = vmt_memory_open(room, room_bytes, &settings,
                            ((struct vmt_memory *)room)->n_recoveries !=
                               common->n_recoveries);
   if (memory != NULL) {
      memory->n_recoveries = common->n_recoveries;
      free_own(machine);
      frames->memory = memory;
      frames->room_bytes = room_bytes;
      frames->place = machine->sharing.place;
      frames->n_entered++;
      frames->counts_before = memory->kernel.counts;
      sweep(memory, common);
      vmt_memory_remove_member(memory, frames->place);
      introduce(machine);
      vmt_frames_leave(machine);
   } else {
      vmt_sharing_end(machine);
   }
   return memory == NULL || frames->no_memory ? VMT_NO_MEMORY : VMT_OK;
}

void
vmt_machine_hear_others(struct vmt_machine *machine)
{
   if (machine->frames.kind == VMT_FRAMES_UNLIMITED || !is_shared(&machine->frames))
      return;
   vmt_frames_enter(machine);
   vmt_frames_leave(machine);
}

void
vmt_frames_give_up(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;

   if (frames->kind == VMT_FRAMES_UNLIMITED || !is_shared(frames))
      return;
   vmt_frames_enter(machine);
   vmt_memory_remove_member(frames->memory, frames->place);
   vmt_frames_leave(machine);
   frames->kind = VMT_FRAMES_UNLIMITED;
   frames->memory = NULL;
}

enum vmt_status
vmt_machine_take_own_memory(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   enum vmt_status status;

   if (machine->settings.ram_bytes == 0)
      return VMT_OK;
   status = make_own(machine);
   if (status != VMT_OK)
      return status;
   frames->kind = frames->memory->kind;
   frames->memory->kernel.counts = frames->counts;
   frames->n_entered++;
   tell_all(machine);
   vmt_frames_leave(machine);
   return frames->no_memory ? VMT_NO_MEMORY : VMT_OK;
}

/* ---- outcomes ---- */

void
vmt_frames_collect(struct vmt_machine *machine, struct vmt_outcome *outcome)
{
   struct vmt_frames *frames = &machine->frames;

   outcome->n_evicted = frames->news.n_evicted;
   outcome->n_swapped_out = frames->news.n_swapped_out;
   outcome->n_shootdowns += frames->news.n_shootdowns;
   outcome->out_of_memory = frames->news.out_of_memory;
   memset(&frames->news, 0, sizeof frames->news);
}

void
vmt_frames_leave_memory(struct vmt_machine *machine, vmt_vpn vpn,
                        const struct vmt_pte *pte)
{
   const uint64_t resident = VMT_PTE_ANON | VMT_PTE_FILE | VMT_PTE_SHMEM;

   machine->frames.news.n_shootdowns += vmt_machine_drop_page(machine, vpn);
   if (pte->owner == VMT_NO_CHARGE && (pte->bits & resident) != 0) {
      machine->frames.n_entering--;     /* in the same access */
      if (machine->settings.has_blocks)
         vmt_blocks_page_left(&machine->blocks, vpn, VMT_LEAVE_EVICTED);
   }
   vmt_machine_disown(machine, vpn, pte, VMT_LEAVE_EVICTED);
}

bool
vmt_machine_collect(struct vmt_machine *machine, struct vmt_outcome *outcome)
{
   if (machine->frames.kind == VMT_FRAMES_UNLIMITED)
      return false;
   vmt_frames_collect(machine, outcome);
   return outcome->n_evicted != 0 || outcome->n_swapped_out != 0 ||
          outcome->n_shootdowns != 0 || outcome->out_of_memory;
}

/* ---- out of memory ---- */

void
vmt_frames_run_out(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;

   frames->news.out_of_memory = true;
   if (frames->kind == VMT_FRAMES_LINUX) {
      vmt_reclaim_set_frames(&frames->memory->kernel, VMT_NO_INDEX - 1);
      vmt_frames_member(frames)->ran_out = true;
   } else {
      vmt_replacement_lift_limit(&frames->memory->textbook);
   }
}

/* Into its place, if it is among the first.  */
static void
rank_owner(struct vmt_oom *oom, uint32_t charge, uint64_t n_pages)
{
   uint32_t at = oom->n_owners;

   if (at == VMT_MAX_OOM_OWNERS) {
      at--;
      if (oom->owners[at].n_pages >= n_pages)
         return;
   } else {
      oom->n_owners++;
   }
   for (; at > 0 && oom->owners[at - 1].n_pages < n_pages; at--)
      oom->owners[at] = oom->owners[at - 1];
   oom->owners[at] = (struct vmt_oom_owner){charge, n_pages};
}

static void
rank_owners(struct vmt_machine *machine)
{
   const struct vmt_accounting *ledger = &machine->ledger;
   uint32_t charge;

   for (charge = 1; charge < ledger->charges.n_records; charge++) {
      uint32_t index = vmt_accounting_get(ledger, charge)->residency;
      const struct vmt_residency *residency;

      if (index == 0)
         continue;
      residency = vmt_vector_at(&ledger->residencies, index);
      if (residency->n_pages > 0)
         rank_owner(&machine->frames.oom, charge, (uint64_t)residency->n_pages);
   }
}

void
vmt_frames_note_oom(struct vmt_machine *machine, uint32_t charge)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_oom *oom = &frames->oom;

   oom->happened = true;
   oom->instrs = vmt_touches_instrs(&machine->touches, machine->filter.clock);
   oom->charge = charge;
   oom->n_resident_pages = machine->ledger.n_resident_pages;
   oom->n_table_pages = vmt_frames_member(frames)->n_tables;
   oom->n_swap_pages = frames->kind == VMT_FRAMES_LINUX
                          ? frames->memory->kernel.swap.n_used
                          : frames->memory->n_slots_used;
   rank_owners(machine);
}
