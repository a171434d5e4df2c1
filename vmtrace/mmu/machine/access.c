#include "vmtrace/mmu/machine/machine.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

static const struct vmt_outcome nothing = {.event = VMT_NO_EVENT};

static bool
is_write(enum vmt_access_kind kind)
{
   return kind == VMT_WRITE || kind == VMT_MODIFY;
}

/* USER stands for "may be read": it is taken from pages of PROT_NONE areas.  */
bool
vmt_pte_allows(const struct vmt_pte *pte, enum vmt_access_kind kind)
{
   const uint64_t readable = VMT_PTE_PRESENT | VMT_PTE_USER;

   if (pte == NULL || (pte->bits & readable) != readable)
      return false;
   if (kind == VMT_FETCH)
      return (pte->bits & VMT_PTE_NO_EXECUTE) == 0;
   return !is_write(kind) || (pte->bits & VMT_PTE_WRITABLE) != 0;
}

/* The L2 TLB and the walk behind an L1 miss.  */
static void
look_up_l2(struct vmt_core *core, vmt_vpn vpn, uint64_t tick, bool fill,
           struct vmt_outcome *outcome)
{
   struct vmt_tlb_entry *entry = vmt_tlb_find(&core->stlb, vpn);

   if (entry != NULL) {
      vmt_tlb_touch(&core->stlb, entry, tick);
      return;
   }
   outcome->n_stlb_misses = 1;
   outcome->n_walk_refs = (uint8_t)vmt_walkcache_walk(&core->walk, vpn, tick);
   if (fill && core->stlb.shape.n_entries != 0)
      vmt_tlb_insert(&core->stlb, vpn, tick);
}

/* Looks vpn up in the L1 TLB that `side` fronts, and makes the filter know it
   unless the access ended in a signal.  */
static void
look_up(struct vmt_machine *machine, struct vmt_tlb *l1,
        struct vmt_filter_side *side, vmt_vpn vpn, uint64_t tick, bool fill,
        bool may_store, uint32_t record, struct vmt_outcome *outcome)
{
   struct vmt_tlb_entry *entry = vmt_tlb_find(l1, vpn);

   if (entry != NULL) {
      vmt_tlb_touch(l1, entry, tick);
   } else {
      outcome->n_l1_misses = 1;
      look_up_l2(machine->core, vpn, tick, fill, outcome);
      if (fill) {
         vmt_vpn evicted;

         vmt_filter_sync_set(side, l1, vpn);
         if (vmt_machine_is_textbook(machine))
            vmt_frames_hear_victim(machine, l1, vpn);
         evicted = vmt_tlb_insert(l1, vpn, tick);
         vmt_filter_drop(side, evicted);
      }
   }
   if (!fill) {
      /* Under PLRU what was used last is now another page.  */
      if (l1->shape.policy == VMT_TLB_PLRU)
         vmt_filter_kill_set(side, l1, vpn);
      return;
   }
   vmt_filter_install(side, l1, vpn, machine->config.page_shift, may_store, tick,
                      record);

   /* Data that is alive is not looked up, and would overtake what is deferred.  */
   if (side == &machine->filter.data ? machine->n_deferred != 0
                                     : machine->touches.near_end)
      vmt_filter_kill(side, l1, vpn);
}

static void
set_label(struct vmt_machine *machine, vmt_addr addr,
          struct vmt_outcome *outcome)
{
   const struct vmt_area *area = vmt_areas_find(&machine->areas, addr);

   if (area == NULL)
      return;
   outcome->excluded = (area->flags & VMT_AREA_EXCLUDED) != 0;
   outcome->label = area->label;
}

static bool
is_signal(enum vmt_event event)
{
   return event == VMT_EV_Prot || event == VMT_EV_Segv || event == VMT_EV_Bus;
}

/* ---- pages known to be quiet ---- */

static struct vmt_page_memo *
memo_of(struct vmt_machine *machine, vmt_vpn page)
{
   return &machine->page_memos[page & (VMT_N_PAGE_MEMOS - 1)];
}

static bool
is_quiet(const struct vmt_machine *machine, const struct vmt_page_memo *memo,
         vmt_vpn page, enum vmt_access_kind kind)
{
   return memo->page == page && memo->generation == machine->generation &&
          (memo->quiet_kinds & 1u << kind) != 0;
}

static bool
may_store(const struct vmt_pte *pte)
{
   return vmt_pte_allows(pte, VMT_WRITE) && (pte->bits & VMT_PTE_DIRTY) != 0;
}

static void
note_quiet(struct vmt_machine *machine, vmt_vpn page, struct vmt_pte *pte,
           const struct vmt_outcome *outcome)
{
   uint8_t kinds = 0;

   if (vmt_pte_allows(pte, VMT_READ))
      kinds |= 1u << VMT_READ;
   if (vmt_pte_allows(pte, VMT_FETCH))
      kinds |= 1u << VMT_FETCH;
   if (may_store(pte))
      kinds |= 1u << VMT_WRITE | 1u << VMT_MODIFY;
   *memo_of(machine, page) = (struct vmt_page_memo){
      page, machine->generation, (uint16_t)outcome->label, kinds,
      outcome->excluded, 0, 0, pte};
}

/* Makes the page's entry good for the access, by a fault if need be, and notes
   what can be done to the page from now on.  */
static void
prepare_page(struct vmt_machine *machine, vmt_addr addr,
             enum vmt_access_kind kind, struct vmt_outcome *outcome)
{
   vmt_vpn page = addr >> VMT_PAGE_SHIFT;
   struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, page);

   if (!vmt_pte_allows(pte, kind)) {
      outcome->event = vmt_fault_resolve(machine, addr, kind, outcome);
      pte = vmt_pagetable_find(&machine->pages, page);
   }
   set_label(machine, addr, outcome);
   if (is_signal(outcome->event))
      return;
   if (vmt_machine_is_linux(machine))
      vmt_frames_touched(machine, page, pte, is_write(kind));
   pte->bits |= VMT_PTE_ACCESSED | (is_write(kind) ? VMT_PTE_DIRTY : 0);
   note_quiet(machine, page, pte, outcome);
}

/* ---- touches ---- */

static void
see(struct vmt_machine *machine, vmt_vpn page, struct vmt_pte *pte,
    uint64_t tick, struct vmt_outcome *outcome)
{
   bool is_fault = outcome->event != VMT_NO_EVENT;

   outcome->page = page;
   outcome->is_touch_of_new = is_fault;
   outcome->touch = vmt_touches_see(machine, page, pte, tick, !is_fault);
}

/* The thread that runs uses the data of a page; it is noted once.  */
static inline void
note_use(struct vmt_machine *machine, struct vmt_page_memo *memo)
{
   if (memo->used_epoch == machine->first_touch.epoch)
      return;
   memo->used_epoch = machine->first_touch.epoch;
   vmt_first_touch_note(machine, memo->page, memo->pte);
}

/* The page's entry in the L2 TLB, most likely where it was last time.  */
static struct vmt_tlb_entry *
find_in_stlb(struct vmt_tlb *stlb, struct vmt_page_memo *memo)
{
   struct vmt_tlb_entry *entry = &stlb->entries[memo->stlb_entry];

   if (memo->stlb_entry < stlb->shape.n_entries && entry->vpn == memo->page)
      return entry;
   entry = vmt_tlb_find(stlb, memo->page);
   if (entry != NULL)
      memo->stlb_entry = (uint32_t)(entry - stlb->entries);
   return entry;
}

/* The touch, if touches are looked at at all.  The page's record.  */
static uint32_t
see_quickly(struct vmt_machine *machine, struct vmt_page_memo *memo,
            uint64_t tick, struct vmt_quick_charge *what)
{
   if (machine->touches.known == VMT_NO_EPOCH)
      return VMT_NO_RECORD;
   if (!vmt_touches_knows(&machine->touches, memo->pte))
      what->touch =
         vmt_touches_see(machine, memo->page, memo->pte, tick, true);
   return vmt_touches_record(memo->pte);
}

enum vmt_quick
vmt_machine_quick_access(struct vmt_machine *machine, vmt_addr addr,
                         enum vmt_access_kind kind, uint64_t first_tick,
                         uint64_t last_tick, struct vmt_quick_charge *what)
{
   struct vmt_core *core = machine->core;
   struct vmt_filter_side *side = &machine->filter.data;
   vmt_vpn page = addr >> VMT_PAGE_SHIFT;
   struct vmt_page_memo *memo = memo_of(machine, page);
   struct vmt_tlb_entry *entry;
   bool may_be_stored, misses;
   uint32_t record;

   if (!is_quiet(machine, memo, page, kind) || memo->excluded ||
       !machine->quick || first_tick >= machine->filter.deadline)
      return VMT_NOT_QUICK;
   may_be_stored = is_quiet(machine, memo, page, VMT_WRITE);
   entry = vmt_tlb_find(&core->dtlb, page);
   misses = entry == NULL;
   if (!misses) {
      vmt_tlb_touch(&core->dtlb, entry, last_tick);
   } else {
      entry = find_in_stlb(&core->stlb, memo);
      if (entry == NULL)
         return VMT_NOT_QUICK;
      vmt_tlb_touch(&core->stlb, entry, first_tick);
      vmt_filter_replace_lru(side, &core->dtlb, page, last_tick);
   }
   *what = (struct vmt_quick_charge){memo->label, misses, VMT_NOT_CHARGED};
   record = see_quickly(machine, memo, first_tick, what);
   note_use(machine, memo);
   vmt_filter_install(side, &core->dtlb, page, VMT_PAGE_SHIFT, may_be_stored,
                      last_tick, record);
   return misses || what->touch != VMT_NOT_CHARGED ? VMT_QUICK_CHARGE
                                                   : VMT_QUICK_FREE;
}

enum vmt_quick
vmt_machine_quick_fetch(struct vmt_machine *machine, vmt_addr addr,
                        uint64_t tick, struct vmt_quick_charge *what)
{
   struct vmt_tlb *itlb = &machine->core->itlb;
   vmt_vpn page = addr >> VMT_PAGE_SHIFT;
   struct vmt_page_memo *memo = memo_of(machine, page);
   struct vmt_tlb_entry *entry;
   uint32_t record;

   if (!is_quiet(machine, memo, page, VMT_FETCH) || memo->excluded ||
       !machine->quick || tick >= machine->filter.deadline)
      return VMT_NOT_QUICK;
   entry = vmt_tlb_find(itlb, page);
   if (entry == NULL)
      return VMT_NOT_QUICK;
   vmt_tlb_touch(itlb, entry, tick);
   *what = (struct vmt_quick_charge){memo->label, 0, VMT_NOT_CHARGED};
   record = see_quickly(machine, memo, tick, what);
   machine->touches.running = page;
   if (machine->touches.near_end)
      vmt_filter_raise(&machine->filter.stamps[record], tick);
   else
      vmt_filter_install(&machine->filter.fetch, itlb, page, VMT_PAGE_SHIFT,
                         false, tick, record);
   return what->touch != VMT_NOT_CHARGED ? VMT_QUICK_CHARGE : VMT_QUICK_FREE;
}

static bool
is_excluded(struct vmt_machine *machine, vmt_addr addr)
{
   const struct vmt_area *area = vmt_areas_find(&machine->areas, addr);

   return area != NULL && (area->flags & VMT_AREA_EXCLUDED) != 0;
}

/* With limited memory; for what is not excluded.  The frame, if the page of the entry
   has none, and what came of that.  */
static void
take_frame(struct vmt_machine *machine, vmt_vpn page, uint64_t tick, bool write,
           struct vmt_outcome *outcome)
{
   if (is_signal(outcome->event))
      return;
   if (vmt_machine_is_textbook(machine)) {
      struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, page);

      if (!is_excluded(machine, page << VMT_PAGE_SHIFT))
         vmt_frames_touch(machine, page, pte, tick, write);
   }
   if (machine->frames.n_entering != 0)
      vmt_accounting_resident(&machine->ledger, machine->frames.n_entering);
   machine->frames.n_entering = 0;
   if (!outcome->excluded)
      vmt_frames_collect(machine, outcome);
}

static bool
do_access(struct vmt_machine *machine, vmt_addr addr, enum vmt_access_kind kind,
          uint64_t tick, struct vmt_outcome *outcome)
{
   bool fetch = kind == VMT_FETCH, stores, ends_here;
   uint32_t record = VMT_NO_RECORD;
   struct vmt_core *core = machine->core;
   vmt_vpn page = addr >> VMT_PAGE_SHIFT;
   struct vmt_page_memo *memo = memo_of(machine, page);

   vmt_machine_advance(machine, tick);
   *outcome = nothing;
   outcome->is_fetch = fetch;
   if (is_quiet(machine, memo, page, kind)) {
      outcome->label = memo->label;
      outcome->excluded = memo->excluded;
   } else {
      vmt_machine_begin(machine);
      prepare_page(machine, addr, kind, outcome);
      vmt_machine_end(machine);
   }
   stores = is_quiet(machine, memo, page, VMT_WRITE);
   ends_here = is_signal(outcome->event);
   if (fetch)
      machine->touches.running = page;
   if (!ends_here && !outcome->excluded) {
      if (!vmt_touches_knows(&machine->touches, memo->pte))
         see(machine, page, memo->pte, tick, outcome);
      record = vmt_touches_record(memo->pte);
      if (!fetch)
         note_use(machine, memo);
   }
   if (vmt_machine_is_textbook(machine) && ends_here)
      vmt_frames_refused(machine, page, tick);
   look_up(machine, fetch ? &core->itlb : &core->dtlb,
           fetch ? &machine->filter.fetch : &machine->filter.data,
           addr >> machine->config.page_shift, tick, !ends_here, stores, record,
           outcome);
   if (machine->frames.kind != VMT_FRAMES_UNLIMITED)
      take_frame(machine, page, tick, is_write(kind), outcome);
   return outcome->event != VMT_NO_EVENT || outcome->n_evicted != 0 ||
          outcome->n_l1_misses != 0 ||
          outcome->touch != VMT_NOT_CHARGED;
}

/* The policies of the textbook are told of each access.  */
bool
vmt_machine_access(struct vmt_machine *machine, vmt_addr addr,
                   enum vmt_access_kind kind, uint64_t tick,
                   struct vmt_outcome *outcome)
{
   bool any;

   if (!vmt_machine_is_textbook(machine))
      return do_access(machine, addr, kind, tick, outcome);
   vmt_frames_enter(machine);
   any = do_access(machine, addr, kind, tick, outcome);
   vmt_frames_leave(machine);
   return any;
}

/* Whether there is a touch to charge.  */
static bool
see_by_kernel(struct vmt_machine *machine, vmt_addr addr, struct vmt_pte *pte,
              struct vmt_outcome *outcome)
{
   if (is_excluded(machine, addr))
      return false;
   if (machine->first_touch.epoch != 0)
      vmt_first_touch_note(machine, addr >> VMT_PAGE_SHIFT, pte);
   if (vmt_touches_knows(&machine->touches, pte)) {
      vmt_filter_raise(&machine->filter.stamps[vmt_touches_record(pte)],
                       vmt_kernel_tick(machine));
      return false;
   }
   see(machine, addr >> VMT_PAGE_SHIFT, pte, vmt_kernel_tick(machine), outcome);
   if (outcome->touch == VMT_NOT_CHARGED)
      return false;
   set_label(machine, addr, outcome);
   return true;
}

static bool
do_kernel_access(struct vmt_machine *machine, vmt_addr addr, bool write,
                 struct vmt_outcome *outcome)
{
   enum vmt_access_kind kind = write ? VMT_WRITE : VMT_READ;
   struct vmt_pte *pte =
      vmt_pagetable_find(&machine->pages, addr >> VMT_PAGE_SHIFT);

   *outcome = nothing;
   if (!vmt_pte_allows(pte, kind)) {
      outcome->event = vmt_fault_resolve(machine, addr, kind, outcome);
      set_label(machine, addr, outcome);
      pte = vmt_pagetable_find(&machine->pages, addr >> VMT_PAGE_SHIFT);
   }

   /* The system call fails with EFAULT: no signal, nothing to count.  */
   if (is_signal(outcome->event)) {
      outcome->event = VMT_NO_EVENT;
      return false;
   }
   if (vmt_machine_is_linux(machine))
      vmt_frames_touched(machine, addr >> VMT_PAGE_SHIFT, pte, write);
   pte->bits |= VMT_PTE_ACCESSED | (write ? VMT_PTE_DIRTY : 0);
   if (machine->frames.kind != VMT_FRAMES_UNLIMITED)
      take_frame(machine, addr >> VMT_PAGE_SHIFT, vmt_kernel_tick(machine), write,
                 outcome);
   if (outcome->n_evicted != 0)
      set_label(machine, addr, outcome);
   return see_by_kernel(machine, addr, pte, outcome) ||
          outcome->event != VMT_NO_EVENT || outcome->n_evicted != 0;
}

bool
vmt_machine_kernel_access(struct vmt_machine *machine, vmt_addr addr,
                          bool write, struct vmt_outcome *outcome)
{
   bool any;

   vmt_machine_advance(machine, vmt_kernel_tick(machine));
   vmt_machine_begin(machine);
   any = do_kernel_access(machine, addr, write, outcome);
   vmt_machine_end(machine);
   return any;
}

void
vmt_machine_defer(struct vmt_machine *machine,
                  const struct vmt_deferred *deferred)
{
   uint32_t shift = machine->config.page_shift, i = machine->n_deferred;
   vmt_vpn vpn = deferred->addr >> shift;
   vmt_vpn last = (deferred->addr + deferred->bytes - 1) >> shift;

   vmt_assert_cmp(machine->n_deferred, <, VMT_MAX_DEFERRED);
   for (; i > 0 && machine->deferred[i - 1].tick > deferred->tick; i--)
      machine->deferred[i] = machine->deferred[i - 1];
   machine->deferred[i] = *deferred;
   machine->n_deferred++;
   for (; vpn <= last; vpn++)
      vmt_filter_kill_set(&machine->filter.data, &machine->core->dtlb, vpn);
}

bool
vmt_machine_undefer(struct vmt_machine *machine, uint64_t tick,
                    struct vmt_deferred *deferred)
{
   uint32_t i;

   if (machine->n_deferred == 0 || machine->deferred[0].tick >= tick)
      return false;
   *deferred = machine->deferred[0];
   machine->n_deferred--;
   for (i = 0; i < machine->n_deferred; i++)
      machine->deferred[i] = machine->deferred[i + 1];
   return true;
}
