#include "vmtrace/mmu/machine/frames.h"

#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/machine.h"

enum vmt_status
vmt_frames_init(struct vmt_machine *machine)
{
   if (machine->settings.ram_bytes == 0)
      return VMT_OK;
   switch (machine->settings.policy) {
   case VMT_PAGES_LINUX:
   case VMT_PAGES_MGLRU:
      return vmt_frames_init_linux(machine);
   default:
      return vmt_frames_init_textbook(machine);
   }
}

void
vmt_frames_free(struct vmt_machine *machine)
{
   if (machine->frames.kind == VMT_FRAMES_LINUX)
      vmt_frames_free_linux(machine);
   if (machine->frames.kind == VMT_FRAMES_TEXTBOOK)
      vmt_frames_free_textbook(machine);
   machine->frames.kind = VMT_FRAMES_UNLIMITED;
}

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
   if (frames->kind == VMT_FRAMES_LINUX)
      vmt_reclaim_set_frames(&frames->kernel, VMT_NO_INDEX - 1);
   else
      vmt_replacement_lift_limit(&frames->textbook);
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
   oom->n_table_pages = frames->n_tables;
   oom->n_swap_pages = frames->kind == VMT_FRAMES_LINUX ? frames->kernel.swap.n_used
                                                        : frames->n_slots_used;
   rank_owners(machine);
}
