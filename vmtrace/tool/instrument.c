/* Translated code: each superblock gets

      a fetch check   at its start and where it goes on to another page:
                      has the filter's deadline come (in a block that may be a
                      loop's)?  is the page in the filter?  stamp it
      a group check   before the first access of each group: is the page of the
                      group in the filter, with the right that is needed?
                      stamp it with the group's last access
      a heap check    where a function of the allocator starts: heap_enter(); at a
                      return: if a call of it may be over, heap_return()
      a segment end   before each exit and at the end: clock and counter

   A check that fails calls charge.c with the group (or the page), and goes on;
   the stamp is stored in any case, which is harmless: charge.c leaves the slot
   either with this page or dead.  */

#include "vmtrace/tool/instrument.h"

#include "libvex_guest_amd64.h"
#include "vmtrace/tool/call_stub.h"
#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/iropt.h"
#include "vmtrace/tool/plan.h"
#include "vmtrace/tool/tool.h"


#define ENTRY_SHIFT 5           /* log2 sizeof(struct vmt_filter_entry) */

static IRSB *out;
static IRExpr *clock_temp;      /* the clock at the start of the segment */
static IRExpr *zero_temp;       /* 0, but the optimiser does not know */

/* ---- small pieces of IR ---- */

static IRExpr *
number(ULong value)
{
   return IRExpr_Const(IRConst_U64(value));
}

static IRExpr *
address_of(const void *object)
{
   return number((Addr)object);
}

static IRExpr *
assign(IRType type, IRExpr *value)
{
   IRTemp temp = newIRTemp(out->tyenv, type);

   addStmtToIRSB(out, IRStmt_WrTmp(temp, value));
   return IRExpr_RdTmp(temp);
}

static IRExpr *
binary(IROp op, IRExpr *left, IRExpr *right)
{
   return assign(Ity_I64, IRExpr_Binop(op, left, right));
}

static IRExpr *
shift_right(IRExpr *value, UInt bits)
{
   return binary(Iop_Shr64, value, IRExpr_Const(IRConst_U8((UChar)bits)));
}

static IRExpr *
plus(IRExpr *value, Long constant)
{
   return constant == 0 ? value : binary(Iop_Add64, value,
                                         number((ULong)constant));
}

/* The address of an object of the tool's, for one load or store.  As the sum of a
   register and a constant it needs no instruction of its own; a constant alone
   is loaded into a register each time.  The register is zero: a shadow of one
   of the guest's, which this tool does not use.  */
static IRExpr *
place_of(const void *object)
{
   const Int shadow = sizeof(VexGuestAMD64State);

   if (zero_temp == NULL)
      zero_temp = assign(Ity_I64, IRExpr_Get(
                            shadow + (Int)offsetof(VexGuestAMD64State, guest_RAX),
                            Ity_I64));
   return binary(Iop_Add64, zero_temp, address_of(object));
}

static IRExpr *
load_word(IRExpr *addr)
{
   return assign(Ity_I64, IRExpr_Load(Iend_LE, Ity_I64, addr));
}

static void
store_word(IRExpr *addr, IRExpr *value)
{
   addStmtToIRSB(out, IRStmt_Store(Iend_LE, addr, value));
}

/* Calls function(args) if guard holds.  The call is said to write memory, so that
   no load of the program's is moved past it: the access that was checked comes
   before the next check.  */
static void
call_stub(const HChar *name, void *function, IRExpr **args, Int n_args,
          IRExpr *guard)
{
   static ULong nowhere;
   IRDirty *dirty = unsafeIRDirty_0_N(n_args, name,
                                      VG_(fnptr_to_fnentry)(function), args);

   dirty->guard = guard;
   dirty->mFx = Ifx_Modify;
   dirty->mAddr = address_of(&nowhere);
   dirty->mSize = sizeof nowhere;
   addStmtToIRSB(out, IRStmt_Dirty(dirty));
}

static IRExpr *
tick_now(Int tick)
{
   if (clock_temp == NULL)
      clock_temp = load_word(place_of(&tool_machine.filter.clock));
   return plus(clock_temp, (Long)tick);
}

/* ---- checks ---- */

/* Whether the block may be the one of a loop that looks at the deadline: it goes back,
   or nobody knows where.  Calls of what lies ahead and returns alone make no loop.  */
static Bool
may_repeat(const IRSB *in)
{
   Addr last = 0;
   Int i;

   for (i = 0; i < in->stmts_used; i++)
      if (in->stmts[i]->tag == Ist_IMark && in->stmts[i]->Ist.IMark.addr > last)
         last = in->stmts[i]->Ist.IMark.addr;
   for (i = 0; i < in->stmts_used; i++)
      if (in->stmts[i]->tag == Ist_Exit &&
          in->stmts[i]->Ist.Exit.dst->Ico.U64 <= last)
         return True;
   if (in->next->tag == Iex_Const)
      return in->next->Iex.Const.con->Ico.U64 <= last;
   return in->jumpkind != Ijk_Ret;
}

/* Short windows could be over between two looks.  */
static Bool
looks_at_deadline(const IRSB *in)
{
   const struct vmt_settings *settings = &tool_machine.settings;

   return settings->window_instrs != 0 &&
          (settings->curve == VMT_CURVE_EXACT ||
           settings->window_instrs < 64 * VMT_NEAR_INSTRS || may_repeat(in));
}

/* Has the filter's deadline come?  Its own call, since a guard of one comparison costs
   no more than that.  */
static void
check_deadline(const struct plan_fetch *fetch)
{
   IRExpr *deadline = load_word(place_of(&tool_machine.filter.deadline));
   IRExpr *early = assign(Ity_I1, IRExpr_Binop(Iop_CmpLT64U,
                                               tick_now(fetch->tick), deadline));
   IRExpr *due = assign(Ity_I1, IRExpr_Unop(Iop_Not1, early));

   if (fetch->tick == 0)
      call_stub("charge_deadline", &call_stub_deadline, mkIRExprVec_0(), 0, due);
   else
      call_stub("charge_late_deadline", &call_stub_late_deadline,
                mkIRExprVec_1(number((ULong)fetch->tick)), 1, due);
}

static void
check_fetch(const struct plan_fetch *fetch, Bool looks)
{
   vmt_vpn page = fetch->addr >> tool_machine.config.page_shift;
   const struct vmt_filter_entry *entry =
      &tool_machine.filter.fetch.entries[page & (VMT_FILTER_ENTRIES - 1)];
   const struct segment_fetch place = {
      fetch->addr, (UInt)(fetch->addr - fetch->pc), fetch->tick};
   IRExpr *miss;

   if (looks)
      check_deadline(fetch);
   miss = assign(Ity_I1,
                 IRExpr_Binop(Iop_CmpNE64, load_word(place_of(&entry->vpn)),
                              number(page)));
   call_stub("charge_fetch_miss", &call_stub_fetch_miss,
             mkIRExprVec_1(address_of(segments_enter_fetch(&place))), 1, miss);
   store_word(place_of(&entry->stamp), tick_now(fetch->tick));
}

/* A guarded access counts when it is taken.  */
static void
count_taken(const struct plan_access *access)
{
   ULong *counter = segments_conditional(access->pc, access->n_writes != 0);
   IRExpr *taken =
      assign(Ity_I64, IRExpr_Unop(Iop_1Uto64, access->guard));

   store_word(address_of(counter),
              binary(Iop_Add64, load_word(address_of(counter)), taken));
}

/* The page that holds all of the group is the entry's, with the right that is
   needed: filter.h says how that is seen.  */
static IRExpr *
group_misses(const struct plan_group *group, IRExpr *first, IRExpr *slot)
{
   const struct vmt_filter_entry *table = tool_machine.filter.data.entries;
   ULong page_bytes = 1ull << tool_machine.config.page_shift;
   ULong span = (ULong)(group->high - group->low);
   const vmt_addr *wanted =
      group->any_write ? &table->store_addr : &table->load_addr;
   IRExpr *distance, *hit;

   if (span > page_bytes)
      return IRExpr_Const(IRConst_U1(True));
   distance = binary(Iop_Xor64, first,
                     load_word(binary(Iop_Add64, slot, address_of(wanted))));
   hit = assign(Ity_I1, IRExpr_Binop(Iop_CmpLE64U, distance,
                                     number(page_bytes - span)));
   return assign(Ity_I1, IRExpr_Unop(Iop_Not1, hit));
}

/* Stamps the group's page with its last access.  A group that lies within another
   one in time must not take back what that has stamped, which may be the same
   page's.  */
static void
stamp_group(const struct plan_group *group, IRExpr *slot, IRExpr *guard)
{
   const void *stamps = &tool_machine.filter.data.entries->stamp;
   IRExpr *tick = tick_now(group->last_tick);

   if (group->nested) {
      IRExpr *older = assign(
         Ity_I1,
         IRExpr_Binop(Iop_CmpLE64U, tick,
                      load_word(binary(Iop_Add64, slot, address_of(stamps)))));
      IRExpr *newer = assign(Ity_I1, IRExpr_Unop(Iop_Not1, older));

      guard = guard == NULL
                 ? newer
                 : assign(Ity_I1, IRExpr_Binop(Iop_And1, newer, guard));
   }
   slot = binary(Iop_Add64, slot, address_of(stamps));
   if (guard == NULL)
      store_word(slot, tick);
   else
      addStmtToIRSB(out, IRStmt_StoreG(Iend_LE, slot, tick, guard));
}

static void
check_group(const struct plan_group *group, const struct plan_access *head)
{
   UInt shift = tool_machine.config.page_shift;
   IRExpr *base = head->base == IRTemp_INVALID ? head->addr
                                               : IRExpr_RdTmp(head->base);
   IRExpr *first = group->low == head->offset ? head->addr
                                              : plus(base, group->low);
   IRExpr *slot = binary(Iop_And64, shift_right(first, shift - ENTRY_SHIFT),
                         number((ULong)(VMT_FILTER_ENTRIES - 1) << ENTRY_SHIFT));
   IRExpr *miss = group_misses(group, first, slot);

   if (head->guard != NULL)
      miss = assign(Ity_I1, IRExpr_Binop(Iop_And1, miss, head->guard));
   call_stub("charge_group_miss", &call_stub_group_miss,
             mkIRExprVec_2(address_of(group->kept), base), 2, miss);
   stamp_group(group, slot, head->guard);
   if (head->guard != NULL)
      count_taken(head);
}

static void
end_segment(const struct plan_segment *segment)
{
   if (segment->id != PLAN_NONE) {
      ULong *counter = segments_counter(segment->id);

      if (segment->n_counted != 0)
         store_word(place_of(&tool_machine.filter.clock),
                    tick_now((Int)segment->n_counted << VMT_TICK_SHIFT));
      store_word(place_of(counter), plus(load_word(place_of(counter)), 1));
   }
   clock_temp = zero_temp = NULL;
}

/* ---- the allocator ---- */

static IRExpr *
stack_pointer(void)
{
   return assign(Ity_I64, IRExpr_Get(offsetof(VexGuestAMD64State, guest_RSP), Ity_I64));
}

static void
check_enter(const IRStmt *st)
{
   static const UShort wanted[] = {
      offsetof(VexGuestAMD64State, guest_RDI), offsetof(VexGuestAMD64State, guest_RSI),
      offsetof(VexGuestAMD64State, guest_RDX), offsetof(VexGuestAMD64State, guest_RCX),
      offsetof(VexGuestAMD64State, guest_RSP), offsetof(VexGuestAMD64State, guest_RBP)};
   const struct heap_function *function = heap_names_at(st->Ist.IMark.addr);
   IRDirty *dirty;
   UInt i;

   if (function == NULL)
      return;
   dirty = unsafeIRDirty_0_N(0, "heap_enter", VG_(fnptr_to_fnentry)(&heap_enter),
                             mkIRExprVec_2(IRExpr_GSPTR(), address_of(function)));
   if (function->frees != 0 && function->bytes == 0)
      dirty->guard = assign(Ity_I1, IRExpr_Binop(Iop_CmpNE64, stack_pointer(),
                                                 load_word(place_of(&heap_free_sp))));
   dirty->nFxState = sizeof wanted / sizeof wanted[0];
   for (i = 0; i < (UInt)dirty->nFxState; i++) {
      dirty->fxState[i].fx = Ifx_Read;
      dirty->fxState[i].offset = wanted[i];
      dirty->fxState[i].size = sizeof(Addr);
      dirty->fxState[i].nRepeats = dirty->fxState[i].repeatLen = 0;
   }
   addStmtToIRSB(out, IRStmt_Dirty(dirty));
}

static void
check_return(void)
{
   IRExpr *may_be_over =
      assign(Ity_I1, IRExpr_Binop(Iop_CmpLT64U, load_word(place_of(&heap_open_sp)),
                                  stack_pointer()));

   call_stub("heap_return", &call_stub_heap_return, mkIRExprVec_0(), 0, may_be_over);
}

/* ---- the block ---- */

static UInt
skip_preamble(const IRSB *in)
{
   UInt i = 0;

   while (i < (UInt)in->stmts_used && in->stmts[i]->tag != Ist_IMark)
      addStmtToIRSB(out, in->stmts[i++]);
   return i;
}

static void
check_before(const struct plan *plan, UInt stmt, UInt *next_access)
{
   while (*next_access < plan->n_accesses &&
          plan->accesses[*next_access].stmt == stmt) {
      const struct plan_access *access = &plan->accesses[*next_access];
      const struct plan_group *group = &plan->groups[access->group];

      if (group->first == *next_access)
         check_group(group, access);
      (*next_access)++;
   }
}

static void
check_after(const struct plan *plan, UInt stmt, UInt *next_fetch, Bool looks)
{
   while (*next_fetch < plan->n_fetches &&
          plan->fetches[*next_fetch].stmt == stmt)
      check_fetch(&plan->fetches[(*next_fetch)++], looks);
}

IRSB *
instrument_block(VgCallbackClosure *closure, IRSB *in,
                 const VexGuestLayout *layout, const VexGuestExtents *extents,
                 const VexArchInfo *host, IRType guest_word, IRType host_word)
{
   UInt next_access = 0, next_fetch = 0, next_segment = 0, first, i;
   const struct plan *plan;
   Bool looks = looks_at_deadline(in);
   Addr last_pc = 0;

   out = deepCopyIRSBExceptStmts(in);
   clock_temp = zero_temp = NULL;
   first = skip_preamble(in);
   plan = plan_block(in, first);
   for (i = first; i < (UInt)in->stmts_used; i++) {
      const IRStmt *st = in->stmts[i];

      check_before(plan, i, &next_access);
      if (plan->segments[next_segment].end_stmt == i)
         end_segment(&plan->segments[next_segment++]);
      if (!iropt_is_hint(st))
         addStmtToIRSB(out, in->stmts[i]);
      check_after(plan, i, &next_fetch, looks);
      if (heap_is_tracked && st->tag == Ist_IMark) {
         last_pc = st->Ist.IMark.addr;
         check_enter(st);
      }
   }
   if (heap_is_tracked && in->jumpkind == Ijk_Ret && heap_names_in_allocator(last_pc))
      check_return();
   end_segment(&plan->segments[next_segment]);
   return out;
}
