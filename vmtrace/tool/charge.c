#include "vmtrace/tool/charge_private.h"

#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/cuts.h"
#include "vmtrace/tool/fault_log.h"
#include "vmtrace/tool/heap_memory.h"
#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/running.h"
#include "vmtrace/tool/segments.h"
#include "vmtrace/tool/signals.h"
#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace/tool/vfork.h"

uint32_t
charge_to(const struct vmt_outcome *outcome, UInt stack, UInt thread, UInt site)
{
   uint32_t charge = VMT_NO_CHARGE;

   if (!outcome->excluded) {
      charge = vmt_accounting_charge(&tool_machine.ledger, stack,
                                     (uint16_t)outcome->label,
                                     (uint16_t)thread, site);
      if (charge == VMT_NO_CHARGE)
         tool_no_memory();
   }
   if (vmt_machine_charge(&tool_machine, outcome, charge) != VMT_OK)
      tool_no_memory();
   return charge;
}

uint32_t
charge_access(const struct vmt_outcome *outcome, UInt stack, UInt thread, Addr addr)
{
   UInt site = heap_memory_site(addr);
   uint32_t charge = charge_to(outcome, stack, thread, site);

   if (heap_memory_may_change(site) && charge != VMT_NO_CHARGE)
      heap_memory_hold(addr, charge, outcome);
   return charge;
}

/* ---- accesses of the program ---- */

/* Who made an access: found out in full only when there is something to charge.
   A group is looked at as a whole, when its first access is about to be made. */
struct maker {
   VexGuestAMD64State *guest;
   const struct segment_group *group;
   const struct segment_member *member;
   Addr pc;                     /* of a fetch; 0: the member's */
   UInt stack;                  /* instead of all that, if known */
};

static struct stack_place *
place_of(const struct maker *maker)
{
   if (maker->pc != 0)
      return stacks_place(maker->guest, maker->pc, maker->pc);
   return stacks_place(
      maker->guest, segments_member_pc(maker->group, maker->member),
      segments_member_pc(maker->group, &maker->group->members[0]));
}

static UInt
stack_of(const struct maker *maker)
{
   return maker->stack != STACK_UNKNOWN ? maker->stack
                                        : place_of(maker)->stack;
}

static Addr
pc_of(const struct maker *maker)
{
   if (maker->stack != STACK_UNKNOWN)
      return stacks_pc(maker->stack);
   return maker->pc != 0 ? maker->pc
                         : segments_member_pc(maker->group, maker->member);
}

static void
charge_touch(struct stack_place *place, uint32_t touch)
{
   uint32_t distance = touch - 1, octave = vmt_distance_share_number(distance);
   struct vmt_distance_share **share = &place->shares[octave % STACK_SHARES];

   if (*share != NULL && vmt_distance_share_add(*share, distance))
      return;
   *share = vmt_distances_share_for(
      &tool_machine.touches.distances,
      vmt_accounting_get(&tool_machine.ledger, place->last.charge)->line, distance);
   if (*share == NULL)
      tool_no_memory();
   vmt_distance_share_add(*share, distance);
}

static void
swap_counters(struct stack_place *place)
{
   const struct stack_counters last = place->last;

   place->last = place->other;
   place->other = last;
}

/* The counters that the place added to last are most likely the ones.  */
static Bool
charge_known(struct stack_place *place, Bool is_fetch, Addr addr, UInt site,
             const struct vmt_quick_charge *what)
{
   struct vmt_counter *misses;

   if (place->label != what->label || place->thread != running_number)
      return False;
   if (place->last.site != site)
      swap_counters(place);
   misses = place->last.misses[is_fetch];
   if (place->last.site != site || misses == NULL)
      return False;
   if (what->n_misses != 0) {
      vmt_accounting_bump(&tool_machine.ledger, misses);
      if (heap_memory_may_change(site))
         heap_memory_hold_miss(addr, place->last.charge, is_fetch);
   }
   if (what->touch != VMT_NOT_CHARGED)
      charge_touch(place, what->touch);
   return True;
}

/* A miss of the L1 TLB, a touch, or both, and nothing else, which is the most
   common outcome by far.  */
static void
charge_common(const struct vmt_quick_charge *what, Bool is_fetch, Addr addr,
              const struct maker *maker)
{
   struct stack_place *place = place_of(maker);
   UInt site = heap_memory_site(addr);
   const struct vmt_outcome outcome = {.event = VMT_NO_EVENT,
                                       .label = what->label,
                                       .n_l1_misses = (uint8_t)what->n_misses,
                                       .touch = what->touch,
                                       .is_fetch = is_fetch};

   if (charge_known(place, is_fetch, addr, site, what))
      return;
   if (place->label != what->label || place->thread != running_number) {
      VG_(memset)(place->shares, 0, sizeof place->shares);
      place->last = place->other = (struct stack_counters){.site = site};
   } else if (place->last.site != site) {
      place->last = (struct stack_counters){.site = site};
   }
   place->label = what->label;
   place->thread = running_number;
   place->last.charge = charge_access(&outcome, place->stack, running_number, addr);
   place->last.misses[is_fetch] =
      vmt_accounting_counter(&tool_machine.ledger, place->last.charge,
                             is_fetch ? VMT_EV_ItlbM : VMT_EV_DtlbM);
}

/* What charge_group_quick() or charge_fetch_quick() left to do.  */
static struct {
   Bool any;
   Addr addr;
   struct vmt_quick_charge what;
} left;

/* The whole group lies on one page that is known, and there is no more to it
   than the TLBs.  */
Bool
charge_group_quick(const struct segment_group *group, Addr base,
                   const VexGuestAMD64State *guest)
{
   const struct segment_member *first = &group->members[0];
   const struct segment_member *last = &group->members[group->n_members - 1];
   Addr low = base + (Addr)(Long)group->low;
   Addr high = base + (Addr)(Long)group->high - 1;
   ULong clock = tool_machine.filter.clock;
   struct stack_place *place;
   enum vmt_quick quick;

   left.any = False;
   heap_memory_expect(low);
   if ((low ^ high) >> VMT_PAGE_SHIFT != 0 || tool_machine.n_deferred != 0 ||
       clock >= checkpoint_next_tick)
      return False;
   quick = vmt_machine_quick_access(
      &tool_machine, low, group->strongest, clock + (ULong)(Long)first->tick,
      clock + (ULong)(Long)last->tick, &left.what);
   if (quick != VMT_QUICK_CHARGE)
      return quick == VMT_QUICK_FREE;
   place = stacks_known_place(guest, segments_member_pc(group, first));
   left.addr = base + (Addr)(Long)first->offset;
   if (place != NULL &&
       charge_known(place, False, left.addr, heap_memory_site(left.addr), &left.what))
      return True;
   left.any = True;
   return False;
}

/* The last access that ended in a signal: where and why, and its last byte.  */
static Addr refused_at, refused_last;
static enum vmt_event refused_why;

static Bool
is_signal(enum vmt_event event)
{
   return event == VMT_EV_Prot || event == VMT_EV_Segv || event == VMT_EV_Bus;
}

/* The access to one page.  Returns False if a signal comes of it.  */
static Bool
access_page(Addr addr, enum vmt_access_kind kind, ULong tick,
            const struct maker *maker)
{
   struct vmt_outcome outcome;

   if (!vmt_machine_access(&tool_machine, addr, kind, tick, &outcome))
      return True;
   if (outcome.event == VMT_NO_EVENT && outcome.n_stlb_misses == 0 &&
       outcome.n_evicted == 0 && !outcome.excluded && maker->stack == STACK_UNKNOWN) {
      const struct vmt_quick_charge what = {
         outcome.label, outcome.n_l1_misses, outcome.touch};

      charge_common(&what, outcome.is_fetch, addr, maker);
      return True;
   }
   if (outcome.event == VMT_EV_Bus && objects_refresh_size(addr))
      vmt_machine_access(&tool_machine, addr, kind, tick, &outcome);
   charge_access(&outcome, outcome.excluded ? STACK_NONE : stack_of(maker),
                 running_number, addr);
   if (fault_log_is_open && outcome.event != VMT_NO_EVENT)
      fault_log_write(&outcome, addr, kind, CHARGE_PROGRAM, pc_of(maker), 0);
   if (vfork_is_child && outcome.event != VMT_NO_EVENT)
      vfork_tell_parent(&outcome, addr, kind == VMT_WRITE || kind == VMT_MODIFY);
   if (!is_signal(outcome.event))
      return True;
   refused_at = addr;
   refused_why = outcome.event;
   signals_expect(outcome.event == VMT_EV_Bus ? VKI_SIGBUS : VKI_SIGSEGV);
   return False;
}

/* Lowest page first, each a tick later.  A page that ends in a signal ends the
   access.  */
static Bool
access_range(Addr addr, UInt bytes, enum vmt_access_kind kind, ULong tick,
             const struct maker *maker)
{
   UInt shift = tool_machine.config.page_shift;
   Addr last = addr + bytes - 1;

   for (;;) {
      Addr next = ((addr >> shift) + 1) << shift;

      if (!access_page(addr, kind, tick++, maker)) {
         refused_last = last;
         return False;
      }
      if (next > last || next == 0)
         return True;
      addr = next;
   }
}

static void
settle_until(ULong tick)
{
   struct vmt_deferred late;

   while (vmt_machine_undefer(&tool_machine, tick, &late)) {
      const struct maker maker = {.stack = late.context};

      access_range(late.addr, late.bytes, late.kind, late.tick, &maker);
   }
}

void
charge_settle(void)
{
   settle_until(~0ull);
   vmt_machine_advance(&tool_machine, vmt_kernel_tick(&tool_machine));
}

static Bool
is_writable(Addr addr)
{
   const struct vmt_area *area = vmt_areas_find(&tool_machine.areas, addr);

   return area != NULL && (area->flags & VMT_AREA_WRITE) != 0;
}

/* A later access of an interleaved group has to wait for its turn unless it shows
   in nothing but the recency of the page that the group is at, as one that hits
   the filter, or is refused; and behind one that waits all others do.  */
static Bool
hits_filter(Addr addr, UInt bytes, enum vmt_access_kind kind, vmt_vpn page)
{
   UInt shift = tool_machine.config.page_shift;
   const struct vmt_filter_entry *entry =
      &tool_machine.filter.data.entries[page & (VMT_FILTER_ENTRIES - 1)];

   if (addr >> shift != page || (addr + bytes - 1) >> shift != page)
      return False;
   return (kind == VMT_READ ? entry->load_addr : entry->store_addr) ==
          page << shift;
}

static Bool
is_refused(Addr addr, UInt bytes, enum vmt_access_kind kind, vmt_vpn page)
{
   UInt shift = tool_machine.config.page_shift;

   return addr >> shift == page && (addr + bytes - 1) >> shift == page &&
          kind != VMT_READ && !is_writable(addr);
}

/* As translated code would.  */
static void
stamp_filter(vmt_vpn page, ULong tick)
{
   struct vmt_filter_entry *entry =
      &tool_machine.filter.data.entries[page & (VMT_FILTER_ENTRIES - 1)];

   if (entry->stamp < tick)
      entry->stamp = tick;
}

static void
defer(Addr addr, ULong tick, const struct maker *maker)
{
   const struct vmt_deferred late = {addr, tick,
                                     segment_member_bytes(maker->member),
                                     stack_of(maker),
                                     segment_member_kind(maker->member)};

   vmt_machine_defer(&tool_machine, &late);
}

/* A later member of an interleaved group, whose first is on page.  Returns False
   if a signal comes of it.  */
static Bool
take_later(Addr addr, ULong tick, vmt_vpn page, const struct maker *maker,
           Bool *waits)
{
   UInt bytes = segment_member_bytes(maker->member);
   enum vmt_access_kind kind = segment_member_kind(maker->member);

   if (!*waits && hits_filter(addr, bytes, kind, page)) {
      stamp_filter(page, tick);
      return True;
   }
   if (!*waits && is_refused(addr, bytes, kind, page))
      return access_range(addr, bytes, kind, tick, maker);
   *waits = True;
   defer(addr, tick, maker);
   return True;
}

static Bool
is_readable(Addr addr)
{
   const struct vmt_area *area = vmt_areas_find(&tool_machine.areas, addr);

   return area != NULL && (area->flags & VMT_AREA_PROTECTION) != 0;
}

/* The access of an instruction that was refused in fact.  One that reads and then
   writes a place is looked up as a write at once, but where reading is allowed it
   comes as far as its write.  */
static const struct segment_member *
refused_member(const struct maker *maker)
{
   const struct segment_group *group = maker->group;
   const struct segment_member *member = maker->member, *other;

   if (segment_member_kind(member) != VMT_MODIFY ||
       refused_why != VMT_EV_Prot || !is_readable(refused_at) ||
       !is_readable(refused_last))
      return member;
   for (other = member; other < group->members + group->n_members; other++)
      if (other->tick >> VMT_TICK_SHIFT ==
             maker->member->tick >> VMT_TICK_SHIFT &&
          other->offset == maker->member->offset &&
          segment_member_kind(other) == VMT_WRITE)
         return other;
   return member;
}

/* The program stops at the instruction of this access, for a signal: the rest
   of the segment is not executed.  */
static void
stop_at(const struct maker *maker, ULong clock)
{
   Int tick = maker->member->tick;
   struct vmt_deferred late;

   settle_until(clock + (ULong)(Long)tick);
   segments_count_part(maker->group->segment, refused_member(maker));
   tool_machine.filter.clock =
      clock + (ULong)(Long)(((tick >> VMT_TICK_SHIFT) + 1) * (1 << VMT_TICK_SHIFT));
   maker->guest->guest_RIP = segments_member_pc(maker->group, maker->member);
   while (vmt_machine_undefer(&tool_machine, ~0ull, &late))
      ;
}

/* Translated code stores a stamp into the slot of the group's first byte, no
   matter what: so the slot holds that page, accessed last by this group, or is
   dead.  */
static void
leave_slot(Addr first_byte, Bool other_pages)
{
   vmt_vpn page = first_byte >> tool_machine.config.page_shift;
   struct vmt_filter_entry *entry =
      &tool_machine.filter.data.entries[page & (VMT_FILTER_ENTRIES - 1)];

   if (other_pages || entry->vpn != page)
      vmt_filter_kill(&tool_machine.filter.data, &tool_machine.core->dtlb,
                      entry->vpn);
}

static void
group_in_full(const struct segment_group *group, Addr base,
              VexGuestAMD64State *guest)
{
   struct maker maker = {guest, group, group->members, 0, STACK_UNKNOWN};
   UInt shift = tool_machine.config.page_shift, i;
   ULong clock = tool_machine.filter.clock;
   Addr first_page = (base + (Addr)(Long)group->members[0].offset) >> shift;
   Bool other_pages = False, waits = False, stops = False;

   settle_until(clock + (ULong)(Long)group->members[0].tick);
   for (i = 0; i < group->n_members && !stops; i++) {
      const struct segment_member *member = &group->members[i];
      Addr addr = base + (Addr)(Long)member->offset;
      UInt bytes = segment_member_bytes(member);
      ULong tick = clock + (ULong)(Long)member->tick;
      Bool elsewhere = addr >> shift != first_page ||
                       (addr + bytes - 1) >> shift != first_page;

      maker.member = member;
      other_pages |= elsewhere;
      if (i > 0 && group->interleaved)
         stops = !take_later(addr, tick, first_page, &maker, &waits);
      else
         stops = !access_range(addr, bytes, segment_member_kind(member), tick,
                               &maker);
   }
   if (stops)
      stop_at(&maker, clock);
   if (other_pages)
      cuts_note_straddle(group, base);
   leave_slot(base + (Addr)(Long)group->low, other_pages || waits || stops);
}

void
charge_group_miss(const struct segment_group *group, Addr base,
                  VexGuestAMD64State *guest)
{
   const struct maker maker = {guest, group, group->members, 0, STACK_UNKNOWN};

   if (left.any)
      charge_common(&left.what, False, left.addr, &maker);
   else
      group_in_full(group, base, guest);
   checkpoint_if_due();
}

void
charge_deadline(Long tick)
{
   ULong now = tool_machine.filter.clock + (ULong)tick;

   settle_until(now);
   vmt_machine_advance(&tool_machine, now);
}

Bool
charge_fetch_quick(const struct segment_fetch *fetch)
{
   ULong clock = tool_machine.filter.clock;

   left.any = False;
   if (tool_machine.n_deferred != 0 || clock >= checkpoint_next_tick)
      return False;
   switch (vmt_machine_quick_fetch(&tool_machine, fetch->addr,
                                   clock + (ULong)(Long)fetch->tick,
                                   &left.what)) {
   case VMT_QUICK_FREE:
      return True;
   case VMT_QUICK_CHARGE:
      left.any = True;
      left.addr = fetch->addr;
      return False;
   default:
      return False;
   }
}

static void
fetch_in_full(const struct segment_fetch *fetch, const struct maker *maker)
{
   ULong tick = tool_machine.filter.clock + (ULong)(Long)fetch->tick;
   vmt_vpn page = fetch->addr >> tool_machine.config.page_shift;
   struct vmt_filter_entry *entry =
      &tool_machine.filter.fetch.entries[page & (VMT_FILTER_ENTRIES - 1)];

   settle_until(tick);
   vmt_machine_advance(&tool_machine, tick);
   if (entry->vpn != page)
      access_page(fetch->addr, VMT_FETCH, tick, maker);
   if (entry->vpn != page)
      vmt_filter_kill(&tool_machine.filter.fetch, &tool_machine.core->itlb,
                      entry->vpn);
}

void
charge_fetch_miss(const struct segment_fetch *fetch, Addr unused,
                  VexGuestAMD64State *guest)
{
   const struct maker maker = {.guest = guest,
                               .pc = fetch->addr - fetch->distance,
                               .stack = STACK_UNKNOWN};

   if (left.any)
      charge_common(&left.what, True, left.addr, &maker);
   else
      fetch_in_full(fetch, &maker);
   checkpoint_if_due();
}
