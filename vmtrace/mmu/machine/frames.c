#include "vmtrace/mmu/machine/frames.h"

#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/machine.h"

/* An inbox is not emptied slot by slot if it has more.  */
#define FEW_SLOTS 256

/* A memory of its own.  */
enum vmt_status
vmt_frames_init(struct vmt_machine *machine)
{
   const struct vmt_settings *run = &machine->settings;
   const struct vmt_memory_settings settings = {
      .ram_bytes = run->ram_bytes, .swap_bytes = run->swap_bytes,
      .policy = run->policy, .policy_seed = run->policy_seed,
      .swap_latency_ns = run->swap_latency_ns};
   struct vmt_frames *frames = &machine->frames;
   enum vmt_status status;

   if (run->ram_bytes == 0)
      return VMT_OK;
   frames->memory = vmt_alloc("limited memory", sizeof *frames->memory);
   if (frames->memory == NULL)
      return VMT_NO_MEMORY;
   status = vmt_memory_init(frames->memory, NULL, &settings);
   if (status == VMT_OK)
      status = vmt_memory_add_member(frames->memory, 0);
   if (status != VMT_OK)
      return status;
   frames->kind = frames->memory->kind;
   if (frames->kind == VMT_FRAMES_TEXTBOOK)
      vmt_frames_start_textbook(machine);
   return VMT_OK;
}

void
vmt_frames_free(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;

   vmt_hashmap_free(&frames->refused_at);
   if (frames->memory != NULL) {
      vmt_memory_free(frames->memory);
      vmt_free(frames->memory);
   }
   frames->memory = NULL;
   frames->kind = VMT_FRAMES_UNLIMITED;
}

/* A child that has a memory of its own has the limit again, and with a textbook's policy
   begins with no page in it.  */
enum vmt_status
vmt_frames_start_anew(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   const struct vmt_memory_settings settings =
      frames->memory == NULL ? (struct vmt_memory_settings){0}
                             : frames->memory->settings;
   enum vmt_status status;

   memset(&frames->oom, 0, sizeof frames->oom);
   if (frames->kind == VMT_FRAMES_LINUX) {
      vmt_frames_member(frames)->ran_out = false;
      vmt_reclaim_set_frames(&frames->memory->kernel,
                             vmt_memory_n_frames(frames->memory));
   }
   if (frames->kind != VMT_FRAMES_TEXTBOOK)
      return VMT_OK;
   vmt_hashmap_clear(&frames->refused_at);
   frames->top = VMT_NO_VPN;
   vmt_memory_free(frames->memory);
   status = vmt_memory_init(frames->memory, NULL, &settings);
   return status == VMT_OK ? vmt_memory_add_member(frames->memory, 0) : status;
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

void
vmt_frames_enter(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;

   if (frames->n_entered++ != 0)
      return;
   empty_inbox(machine);
   if (frames->kind == VMT_FRAMES_TEXTBOOK && frames->memory->n_members > 1)
      vmt_frames_hear_all(machine);
}

void
vmt_frames_leave(struct vmt_machine *machine)
{
   machine->frames.n_entered--;
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
