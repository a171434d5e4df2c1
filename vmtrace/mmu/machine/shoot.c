/* Pages that TLBs and filter must not have any more.  */

#include "vmtrace/mmu/machine/machine.h"

static bool
drop_from_core(struct vmt_core *core, vmt_vpn start, vmt_vpn end)
{
   uint32_t n = vmt_tlb_drop_range(&core->itlb, start, end);

   n += vmt_tlb_drop_range(&core->dtlb, start, end);
   n += vmt_tlb_drop_range(&core->stlb, start, end);
   vmt_walkcache_drop_range(&core->walk, start, end);
   return n != 0;
}

/* Drops pages from a core; whether it is another than the one that runs, and had
   any.  */
static bool
shoot_core(struct vmt_machine *machine, struct vmt_core *core, vmt_vpn start,
           vmt_vpn end)
{
   bool is_shot = drop_from_core(core, start, end) && core != machine->core;

   core->n_shot += is_shot;
   return is_shot;
}

static void
kill_range(struct vmt_filter_side *side, struct vmt_tlb *tlb, vmt_vpn start,
           vmt_vpn end)
{
   uint32_t i;

   if (end - start > VMT_FILTER_ENTRIES) {
      for (i = 0; i < VMT_FILTER_ENTRIES; i++)
         if (side->entries[i].vpn >= start && side->entries[i].vpn < end)
            vmt_filter_kill_entry(side, &side->entries[i], tlb);
      return;
   }
   for (; start < end; start++)
      vmt_filter_kill(side, tlb, start);
}

uint32_t
vmt_machine_shoot(struct vmt_machine *machine, vmt_addr start, vmt_addr end)
{
   uint32_t shift = machine->config.page_shift, n_others = 0, i;
   vmt_vpn first = start >> shift, after = end >> shift;

   vmt_machine_advance(machine, vmt_kernel_tick(machine));
   vmt_machine_forget_pages(machine);
   if (vmt_machine_is_textbook(machine))
      vmt_frames_hear_range(machine, first, after);
   kill_range(&machine->filter.data, &machine->core->dtlb, first, after);
   kill_range(&machine->filter.fetch, &machine->core->itlb, first, after);
   for (i = 0; i < machine->settings.n_cores; i++)
      n_others += shoot_core(machine, &machine->cores[i], first, after);
   return n_others;
}

uint32_t
vmt_machine_shoot_others(struct vmt_machine *machine, vmt_addr addr)
{
   uint32_t shift = machine->config.page_shift, n_others = 0, i;
   vmt_vpn first = vmt_page_floor(addr) >> shift;
   vmt_vpn after = first + (VMT_PAGE_BYTES >> shift);

   if (vmt_machine_is_textbook(machine))
      vmt_frames_hear_range(machine, first, after);
   for (i = 0; i < machine->settings.n_cores; i++)
      if (&machine->cores[i] != machine->core)
         n_others += shoot_core(machine, &machine->cores[i], first, after);
   return n_others;
}

/* The first of the page's translation pages, and the one after the last.  */
static void
translation_pages(const struct vmt_machine *machine, vmt_vpn page, vmt_vpn *first,
                  vmt_vpn *after)
{
   uint32_t shift = VMT_PAGE_SHIFT - machine->config.page_shift;

   *first = page << shift;
   *after = (page + 1) << shift;
}

void
vmt_machine_hide_page(struct vmt_machine *machine, vmt_vpn page)
{
   vmt_vpn first, after;

   translation_pages(machine, page, &first, &after);
   kill_range(&machine->filter.data, &machine->core->dtlb, first, after);
   kill_range(&machine->filter.fetch, &machine->core->itlb, first, after);
}

void
vmt_machine_notice_page(struct vmt_machine *machine, vmt_vpn page)
{
   struct vmt_page_memo *memo =
      &machine->page_memos[page & (VMT_N_PAGE_MEMOS - 1)];

   vmt_machine_hide_page(machine, page);
   if (memo->page == page)
      memo->page = VMT_NO_VPN;
}

uint32_t
vmt_machine_drop_page(struct vmt_machine *machine, vmt_vpn page)
{
   uint32_t n_others = 0, i;
   vmt_vpn first, after;

   vmt_machine_notice_page(machine, page);
   translation_pages(machine, page, &first, &after);
   for (i = 0; i < machine->settings.n_cores; i++)
      n_others += shoot_core(machine, &machine->cores[i], first, after);
   return n_others;
}

void
vmt_machine_empty_others(struct vmt_machine *machine)
{
   uint32_t i;

   for (i = 0; i < machine->settings.n_cores; i++)
      if (&machine->cores[i] != machine->core)
         drop_from_core(&machine->cores[i], 0, VMT_NO_VPN);
}
