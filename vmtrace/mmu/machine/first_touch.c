#include "vmtrace/mmu/machine/first_touch.h"

#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/machine.h"

#define PLACED (VMT_PTE_ANON | VMT_PTE_SHMEM)

static void
note_status(struct vmt_first_touch *first, enum vmt_status status)
{
   first->no_memory |= status != VMT_OK;
}

void
vmt_first_touch_free(struct vmt_first_touch *first)
{
   if (first->epoch != 0)
      vmt_page_users_free(&first->users);
   first->epoch = 0;
}

/* What the memos know of is from before.  */
static void
next_epoch(struct vmt_machine *machine)
{
   if (++machine->first_touch.epoch == 0) {
      machine->first_touch.epoch = 1;
      vmt_machine_forget_pages(machine);
   }
}

void
vmt_machine_switch_thread(struct vmt_machine *machine, uint32_t thread)
{
   struct vmt_first_touch *first = &machine->first_touch;

   if (thread == first->thread)
      return;
   if (first->thread != 0 && machine->touches.windows) {
      vmt_machine_advance(machine, vmt_kernel_tick(machine));
      if (first->epoch == 0)
         note_status(first, vmt_page_users_init(&first->users));
      next_epoch(machine);
      vmt_filter_kill_all(&machine->filter.data, &machine->core->dtlb);
   }
   first->thread = thread;
}

void
vmt_first_touch_note(struct vmt_machine *machine, vmt_vpn page, const struct vmt_pte *pte)
{
   struct vmt_first_touch *first = &machine->first_touch;

   if ((pte->bits & PLACED) != 0)
      note_status(first, vmt_page_users_note(&first->users, page, first->thread,
                                             machine->touches.set.window));
}

/* 0: nobody's, or of a process that this one was forked from.  */
static uint32_t
thread_of(const struct vmt_machine *machine, uint32_t charge)
{
   return charge == VMT_NO_CHARGE ? 0
                                  : vmt_accounting_get(&machine->ledger, charge)->thread;
}

/* Sites do not matter.  */
static uint32_t
line_of(const struct vmt_machine *machine, uint32_t charge)
{
   return thread_of(machine, charge) == 0
             ? VMT_NO_CHARGE
             : vmt_accounting_get(&machine->ledger, charge)->line;
}

void
vmt_first_touch_left(struct vmt_machine *machine, vmt_vpn page, const struct vmt_pte *pte)
{
   struct vmt_first_touch *first = &machine->first_touch;

   if (first->epoch != 0)
      note_status(first, vmt_page_users_leave(&first->users, page,
                                              line_of(machine, pte->owner),
                                              thread_of(machine, pte->owner)));
}

void
vmt_first_touch_moved(struct vmt_machine *machine, vmt_vpn from, vmt_vpn to)
{
   if (machine->first_touch.epoch != 0)
      note_status(&machine->first_touch,
                  vmt_page_users_move(&machine->first_touch.users, from, to));
}

/* Pages with live entries that were accessed since are of the new window; the other
   entries are about to die (touches.h).  */
void
vmt_first_touch_window(struct vmt_machine *machine, uint64_t start)
{
   struct vmt_filter_side *side = &machine->filter.data;
   uint32_t shift = VMT_PAGE_SHIFT - machine->config.page_shift, i;

   if (machine->first_touch.epoch == 0)
      return;
   next_epoch(machine);
   for (i = 0; i < VMT_FILTER_ENTRIES; i++) {
      struct vmt_filter_entry *entry = &side->entries[i];
      const struct vmt_pte *pte;

      if (entry->vpn == VMT_NO_VPN)
         continue;
      pte = vmt_pagetable_find(&machine->pages, entry->vpn >> shift);
      if (entry->stamp >= start && pte != NULL && pte->touched != VMT_NO_EPOCH)
         vmt_first_touch_note(machine, entry->vpn >> shift, pte);
   }
}

static enum vmt_status
add_sums(const struct vmt_misplaced_sums *from, struct vmt_misplaced_sums *to)
{
   uint32_t i;

   to->n_pages += from->n_pages;
   for (i = 0; i < from->sums.n_records; i++) {
      struct vmt_misplaced *sum = vmt_vector_push(&to->sums);

      if (sum == NULL)
         return VMT_NO_MEMORY;
      *sum = *(const struct vmt_misplaced *)vmt_vector_at(&from->sums, i);
   }
   return VMT_OK;
}

bool
vmt_first_touch_sums(struct vmt_machine *machine, struct vmt_misplaced_sums *sums)
{
   struct vmt_first_touch *first = &machine->first_touch;
   enum vmt_status status = VMT_OK;
   uint64_t cursor = 0;
   vmt_vpn page;

   if (first->epoch == 0 || first->no_memory)
      return false;
   vmt_misplaced_init(sums);
   while (vmt_page_users_next(&first->users, &cursor, &page)) {
      const struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, page);

      if (pte != NULL && (pte->bits & PLACED) != 0)
         status |= vmt_page_users_add(&first->users, page, line_of(machine, pte->owner),
                                      thread_of(machine, pte->owner), sums);
   }
   status |= add_sums(&first->users.left, sums);
   if (status == VMT_OK)
      return true;
   vmt_misplaced_free(sums);
   return false;
}
