#include "tests/machine/translated.h"

#include "tests/mmu/check.h"

void
charge_site(struct vmt_machine *machine, const struct vmt_outcome *outcome,
            uint32_t site)
{
   uint32_t charge = VMT_NO_CHARGE;

   if (!outcome->excluded) {
      charge = vmt_accounting_charge(&machine->ledger, site,
                                     (uint16_t)outcome->label, 1, 0);
      CHECK(charge != VMT_NO_CHARGE);
   }
   CHECK_EQ(vmt_machine_charge(machine, outcome, charge), VMT_OK);
}

/* Page by page, lowest first.  false: a signal.  */
static bool
access_range(struct vmt_machine *machine, vmt_addr addr, uint32_t bytes,
             enum vmt_access_kind kind, uint64_t tick, uint32_t site)
{
   uint32_t shift = machine->config.page_shift;
   vmt_vpn last = (addr + bytes - 1) >> shift;

   for (vmt_vpn page = addr >> shift; page <= last; page++) {
      struct vmt_outcome outcome;

      if (vmt_machine_access(machine, addr, kind, tick++, &outcome))
         charge_site(machine, &outcome, site);
      if (outcome.event == VMT_EV_Prot || outcome.event == VMT_EV_Segv ||
          outcome.event == VMT_EV_Bus)
         return false;
      addr = (page + 1) << shift;
   }
   return true;
}

static vmt_addr
address_of(const struct run *run, const struct code_access *access)
{
   return run->bases[access->base] + (vmt_addr)(int64_t)access->offset;
}

/* What is not executed takes no time.  */
static void
pass_time(struct vmt_machine *machine, const struct run *run, uint64_t clock,
          uint32_t stop)
{
   uint32_t n_insns = stop == RUN_ENDED ? run->code->n_insns
                                        : run->code->accesses[stop].insn + 1;

   machine->filter.clock = clock + ((uint64_t)n_insns << VMT_TICK_SHIFT);
}

/* ---- with the filter ---- */

static struct vmt_filter_entry *
slot_of(struct vmt_machine *machine, struct vmt_filter_side *side, vmt_addr addr)
{
   return vmt_filter_entry_of(side, addr >> machine->config.page_shift);
}

static void
settle_until(struct vmt_machine *machine, uint64_t tick)
{
   struct vmt_deferred late;

   while (vmt_machine_undefer(machine, tick, &late))
      CHECK(access_range(machine, late.addr, late.bytes, late.kind, late.tick,
                         late.context));
}

void
translated_settle(struct vmt_machine *machine)
{
   settle_until(machine, ~0ull);
}

/* A page that is known and in the TLB needs no more than that.  */
static bool
is_quick_fetch(struct vmt_machine *machine, vmt_addr addr, uint64_t tick,
               uint32_t site)
{
   struct vmt_outcome outcome = { .event = VMT_NO_EVENT, .is_fetch = true };
   struct vmt_quick_charge what;

   if (machine->n_deferred != 0)
      return false;
   switch (vmt_machine_quick_fetch(machine, addr, tick, &what)) {
   case VMT_QUICK_FREE:
      return true;
   case VMT_QUICK_CHARGE:
      outcome.label = what.label;
      outcome.touch = what.touch;
      charge_site(machine, &outcome, site);
      return true;
   default:
      return false;
   }
}

/* Whether the code that runs looks at the deadline.  */
static bool looks;

static void
check_fetch(struct vmt_machine *machine, vmt_addr addr, uint64_t tick,
            uint32_t site)
{
   struct vmt_filter_entry *slot =
      slot_of(machine, &machine->filter.fetch, addr);
   vmt_vpn page = addr >> machine->config.page_shift;

   if ((slot->vpn != page ||
        (looks && tick >= machine->filter.deadline)) &&
       !is_quick_fetch(machine, addr, tick, site)) {
      settle_until(machine, tick);
      vmt_machine_advance(machine, tick);
      if (slot->vpn != page)
         CHECK(access_range(machine, addr, 1, VMT_FETCH, tick, site));
      if (slot->vpn != page)
         vmt_filter_kill(&machine->filter.fetch, &machine->core->itlb,
                         slot->vpn);
   }
   slot->stamp = tick;
}

static void
stamp(struct vmt_filter_entry *slot, uint64_t tick)
{
   if (slot->stamp < tick)
      slot->stamp = tick;
}

/* Would the access change nothing but recency?  */
static bool
is_quiet(struct vmt_machine *machine, vmt_addr addr, enum vmt_access_kind kind)
{
   const struct vmt_filter_entry *slot =
      slot_of(machine, &machine->filter.data, addr);

   return (kind == VMT_READ ? slot->load_addr : slot->store_addr) ==
          addr >> machine->config.page_shift << machine->config.page_shift;
}

static bool
is_on(const struct vmt_machine *machine, vmt_addr addr, uint32_t bytes,
      vmt_vpn page)
{
   uint32_t shift = machine->config.page_shift;

   return addr >> shift == page && (addr + bytes - 1) >> shift == page;
}

/* The helper: looks the members up in order, at the place of the first one.  Of
   a group that others come between a later member has to wait for its turn
   unless it shows in nothing but the recency of the page that the group is at;
   and behind one that waits all others do.  Returns the access that ended in a
   signal.  */
static uint32_t
group_miss(struct vmt_machine *machine, const struct run *run,
           const struct code_group *group, uint64_t clock)
{
   const struct code_access *first = &run->code->accesses[group->first];
   vmt_addr low = run->bases[first->base] + (vmt_addr)(int64_t)group->low;
   vmt_vpn page = address_of(run, first) >> machine->config.page_shift;
   struct vmt_filter_entry *slot = slot_of(machine, &machine->filter.data, low);
   uint32_t stop = RUN_ENDED;
   bool waits = false, elsewhere = false;

   settle_until(machine, clock + first->tick);
   for (uint32_t i = group->first; i <= group->last && stop == RUN_ENDED; i++) {
      const struct code_access *member = &run->code->accesses[i];
      vmt_addr addr = address_of(run, member);
      uint64_t tick = clock + member->tick;

      if (&run->code->groups[member->group] != group)
         continue;
      elsewhere |= !is_on(machine, addr, member->bytes, page);
      waits |= i > group->first && group->interleaved &&
               (!is_on(machine, addr, member->bytes, page) ||
                !is_quiet(machine, addr, member->kind));
      if (!waits && i > group->first && group->interleaved)
         stamp(slot_of(machine, &machine->filter.data, addr), tick);
      else if (waits)
         vmt_machine_defer(machine,
                           &(struct vmt_deferred){ addr, tick, member->bytes,
                                                   member->site, member->kind });
      else if (!access_range(machine, addr, member->bytes, member->kind, tick,
                             member->site))
         stop = i;
   }

   /* The inline code is about to stamp this slot with the group's last access:
      it must hold the page of that, or nothing that is alive.  */
   if (elsewhere || waits || stop != RUN_ENDED || slot->vpn != page)
      vmt_filter_kill(&machine->filter.data, &machine->core->dtlb,
                      slot->vpn);
   return stop;
}

/* A group on one page that is known needs no more than a look at the TLBs.  */
static bool
is_quick(struct vmt_machine *machine, const struct run *run,
         const struct code_group *group, uint64_t clock)
{
   const struct code_access *first = &run->code->accesses[group->first];
   vmt_addr low = run->bases[first->base] + (vmt_addr)(int64_t)group->low;
   enum vmt_access_kind kind = group->any_write ? VMT_WRITE : VMT_READ;
   struct vmt_outcome outcome = { .event = VMT_NO_EVENT };
   struct vmt_quick_charge what;

   if (machine->n_deferred != 0 ||
       !is_on(machine, low, (uint32_t)(group->high - group->low),
              low >> machine->config.page_shift))
      return false;
   switch (vmt_machine_quick_access(machine, low, kind, clock + first->tick,
                                    clock + group->last_tick, &what)) {
   case VMT_QUICK_FREE:
      return true;
   case VMT_QUICK_CHARGE:
      outcome.label = what.label;
      outcome.n_l1_misses = (uint8_t)what.n_misses;
      outcome.touch = what.touch;
      charge_site(machine, &outcome, first->site);
      return true;
   default:
      return false;
   }
}

/* One that is nested in another must not take back what that has stamped.  */
static uint32_t
check_group(struct vmt_machine *machine, const struct run *run,
            const struct code_group *group, uint64_t clock)
{
   const struct code_access *first = &run->code->accesses[group->first];
   vmt_addr low = run->bases[first->base] + (vmt_addr)(int64_t)group->low;
   uint64_t span = (uint64_t)(group->high - group->low);
   uint64_t page_bytes = (uint64_t)1 << machine->config.page_shift;
   struct vmt_filter_entry *slot = slot_of(machine, &machine->filter.data, low);
   vmt_addr wanted = group->any_write ? slot->store_addr : slot->load_addr;
   uint32_t stop = RUN_ENDED;

   if ((span > page_bytes || (low ^ wanted) > page_bytes - span) &&
       !is_quick(machine, run, group, clock))
      stop = group_miss(machine, run, group, clock);
   if (!group->nested || slot->stamp < clock + group->last_tick)
      slot->stamp = clock + group->last_tick;
   return stop;
}

static void
check_fetches(struct vmt_machine *machine, const struct code_insn *insn,
              uint64_t clock)
{
   if (insn->starts_page)
      check_fetch(machine, insn->pc, clock + insn->tick, insn->site);
   if (insn->ends_on_next)
      check_fetch(machine, insn->pc + insn->bytes - 1, clock + insn->tick + 1,
                  insn->site);
}

uint32_t
translated_run(struct vmt_machine *machine, const struct run *run)
{
   const struct code *code = run->code;
   uint64_t clock = machine->filter.clock;
   uint32_t stop = RUN_ENDED;

   /* In one of three runs or so.  */
   looks = machine->settings.curve == VMT_CURVE_EXACT ||
           (clock >> VMT_TICK_SHIFT) / 100 % 3 == 0;
   for (uint32_t i = 0, a = 0; i < code->n_insns && stop == RUN_ENDED; i++) {
      check_fetches(machine, &code->insns[i], clock);
      for (; a < code->n_accesses && code->accesses[a].insn == i; a++) {
         const struct code_group *group = &code->groups[code->accesses[a].group];

         if (stop == RUN_ENDED && group->first == a &&
             (!code->accesses[a].guarded || run->is_taken[a]))
            stop = check_group(machine, run, group, clock);
      }
   }
   pass_time(machine, run, clock, stop);
   return stop;
}

/* ---- without ---- */

uint32_t
direct_run(struct vmt_machine *machine, const struct run *run)
{
   const struct code *code = run->code;
   uint64_t clock = machine->filter.clock;
   uint32_t stop = RUN_ENDED;

   for (uint32_t i = 0, a = 0; i < code->n_insns && stop == RUN_ENDED; i++) {
      const struct code_insn *insn = &code->insns[i];

      CHECK(access_range(machine, insn->pc, insn->bytes, VMT_FETCH,
                         clock + insn->tick, insn->site));
      for (; a < code->n_accesses && code->accesses[a].insn == i; a++) {
         const struct code_access *access = &code->accesses[a];

         if (stop == RUN_ENDED && (!access->guarded || run->is_taken[a]) &&
             !access_range(machine, address_of(run, access), access->bytes,
                           access->kind, clock + access->tick, access->site))
            stop = a;
      }
   }
   pass_time(machine, run, clock, stop);
   return stop;
}
