#include "vmtrace/tool/plan.h"

#include "vmtrace/tool/cuts.h"
#include "vmtrace/tool/iropt.h"
#include "vmtrace/tool/tool.h"

/* A superblock has at most 60 instructions, or a small loop unrolled to not
   much more; an instruction has at most some 20 accesses (a gather).  */
#define MAX_ACCESSES 4096
#define MAX_INSNS 1024

/* How far apart the accesses of a group may lie.  Far less than a page, so that
   they touch two pages at most.  */
#define MAX_GROUP_BYTES 512

#define LAST_SLOT ((1u << VMT_TICK_SHIFT) - 1)

static struct plan_access accesses[MAX_ACCESSES];
static struct plan_group groups[MAX_ACCESSES];
static struct plan_fetch fetches[MAX_ACCESSES];
static struct plan_segment plan_segments[MAX_INSNS];
static struct segment_insn insns[MAX_INSNS];
static struct plan plan = {accesses, groups, fetches, plan_segments, insns,
                           0, 0, 0, 0, 0};

/* What each temporary is: base + offset.  */
struct origin {
   IRTemp base;
   Long offset;
};
static struct origin *origins;
static UInt n_origins;

/* The instruction that the walk is in.  */
static struct {
   Addr pc;
   UInt len, slot;              /* slot: the next free tick in it */
   vmt_vpn page;                /* of the last fetch */
   Bool has_record;             /* it has one in the present segment */
   Bool load_counts;            /* a load here has no hint of its own */
} now;

/* ---- temporaries ---- */

static void
reset_origins(const IRSB *sb)
{
   UInt n = (UInt)sb->tyenv->types_used, i;

   if (n > n_origins) {
      VG_(free)(origins);
      origins = VG_(malloc)("vmtrace.origins", n * sizeof *origins);
      n_origins = n;
   }
   for (i = 0; i < n; i++)
      origins[i] = (struct origin){i, 0};
}

/* t = u, t = u + constant, t = u - constant.  Offsets stay small, so that sums
   of them do.  */
static void
follow_origin(IRTemp temp, const IRExpr *data)
{
   const Long far = 4096;
   const IRExpr *left, *right;
   Long constant;

   if (data->tag == Iex_RdTmp) {
      origins[temp] = origins[data->Iex.RdTmp.tmp];
      return;
   }
   if (data->tag != Iex_Binop || (data->Iex.Binop.op != Iop_Add64 &&
                                  data->Iex.Binop.op != Iop_Sub64))
      return;
   left = data->Iex.Binop.arg1;
   right = data->Iex.Binop.arg2;
   if (left->tag != Iex_RdTmp || right->tag != Iex_Const ||
       right->Iex.Const.con->tag != Ico_U64)
      return;
   constant = (Long)right->Iex.Const.con->Ico.U64;
   if (data->Iex.Binop.op == Iop_Sub64)
      constant = -constant;
   if (constant > -far && constant < far) {
      struct origin origin = origins[left->Iex.RdTmp.tmp];

      origin.offset += constant;
      if (origin.offset > -2 * far && origin.offset < 2 * far)
         origins[temp] = origin;
   }
}

/* ---- segments and instructions ---- */

static struct plan_segment *
segment_now(void)
{
   return &plan_segments[plan.n_segments];
}

static void
open_segment(void)
{
   tl_assert(plan.n_segments < MAX_INSNS);
   *segment_now() = (struct plan_segment){.first_insn = plan.n_insns,
                                          .id = PLAN_NONE};
   now.has_record = False;
}

static void
close_segment(UInt stmt)
{
   segment_now()->end_stmt = stmt;
   plan.n_segments++;
   open_segment();
}

static struct segment_insn *
add_insn(Bool counted)
{
   tl_assert(plan.n_insns < MAX_INSNS);
   insns[plan.n_insns] =
      (struct segment_insn){now.pc, (UChar)now.len, 0, 0, counted};
   segment_now()->n_insns++;
   segment_now()->n_counted += counted;
   now.has_record = True;
   return &insns[plan.n_insns++];
}

static struct segment_insn *
insn_now(void)
{
   return now.has_record ? &insns[plan.n_insns - 1] : add_insn(False);
}

/* The tick of an access that may touch n_pages: each has one of its own, so that
   no two uses are of the same time.  */
static Int
next_tick(UInt n_pages)
{
   UInt slot = now.slot;

   now.slot += n_pages;
   if (slot > LAST_SLOT)
      slot = LAST_SLOT;
   return ((Int)segment_now()->n_counted - 1) * (1 << VMT_TICK_SHIFT) +
          (Int)slot;
}

static UInt
max_pages(UInt bytes)
{
   UInt page_bytes = 1u << tool_machine.config.page_shift;

   return (bytes + page_bytes - 2) / page_bytes + 1;
}

/* ---- fetches ---- */

static void
add_fetch(UInt stmt, Addr addr)
{
   tl_assert(plan.n_fetches < MAX_ACCESSES);
   fetches[plan.n_fetches++] = (struct plan_fetch){
      stmt, now.pc, addr, plan.n_segments, next_tick(1)};
}

/* Each change of page is to be seen, so no check can speak for more than one
   access.  */
static Bool
sees_all(void)
{
   return tool_machine.settings.curve == VMT_CURVE_EXACT ||
          tool_machine.frames.kind == VMT_FRAMES_TEXTBOOK;
}

static void
start_insn(UInt stmt, const IRStmt *mark)
{
   UInt shift = tool_machine.config.page_shift;
   vmt_vpn first, last;

   now.pc = mark->Ist.IMark.addr;
   now.len = mark->Ist.IMark.len == 0 ? 1 : mark->Ist.IMark.len;
   now.slot = 0;
   add_insn(True);
   first = now.pc >> shift;
   last = (now.pc + now.len - 1) >> shift;
   if (first != now.page || sees_all())
      add_fetch(stmt, now.pc);
   now.slot = 1;                /* that of the first page, checked or not */
   if (last != first)
      add_fetch(stmt, last << shift);
   now.page = last;
}

/* ---- data accesses ---- */

static void
add_access(UInt stmt, IRExpr *addr, UInt bytes, enum vmt_access_kind kind,
           UInt n_reads, UInt n_writes, IRExpr *guard)
{
   struct plan_access *access = &accesses[plan.n_accesses];
   struct segment_insn *insn = insn_now();

   tl_assert(plan.n_accesses < MAX_ACCESSES);
   plan.n_accesses++;
   *access = (struct plan_access){.stmt = stmt,
                                  .addr = addr,
                                  .guard = guard,
                                  .base = IRTemp_INVALID,
                                  .bytes = bytes,
                                  .tick = next_tick(max_pages(bytes)),
                                  .segment = plan.n_segments,
                                  .group = PLAN_NONE,
                                  .pc = now.pc,
                                  .kind = kind,
                                  .n_reads = (UChar)n_reads,
                                  .n_writes = (UChar)n_writes};
   if (addr->tag == Iex_RdTmp) {
      access->base = origins[addr->Iex.RdTmp.tmp].base;
      access->offset = origins[addr->Iex.RdTmp.tmp].offset;
   }
   if (guard == NULL) {
      insn->n_reads += n_reads;
      insn->n_writes += n_writes;
   }
}

static Bool
same_place(const IRExpr *a, const IRExpr *b)
{
   if (a->tag == Iex_RdTmp && b->tag == Iex_RdTmp) {
      const struct origin *p = &origins[a->Iex.RdTmp.tmp];
      const struct origin *q = &origins[b->Iex.RdTmp.tmp];

      return p->base == q->base && p->offset == q->offset;
   }
   return eqIRAtom(a, b);
}

/* Whether the instruction that stmt is in goes on to write the place at addr,
   whatever happens.  Temporaries of statements to come have no origin yet, so
   an address that is computed again is not recognised; the front end computes
   it once.  */
static Bool
is_written_back(const IRSB *sb, UInt stmt, const IRExpr *addr)
{
   UInt i;

   for (i = stmt + 1; i < (UInt)sb->stmts_used; i++) {
      const IRStmt *st = sb->stmts[i];

      switch (st->tag) {
      case Ist_IMark:
      case Ist_Exit:
         return False;
      case Ist_Store:
         if (same_place(st->Ist.Store.addr, addr))
            return True;
         break;
      case Ist_CAS:
         if (same_place(st->Ist.CAS.details->addr, addr))
            return True;
         break;
      default:
         break;
      }
   }
   return False;
}

static void
add_load(const IRSB *sb, UInt stmt, IRExpr *addr, UInt bytes)
{
   Bool modify = is_written_back(sb, stmt, addr);

   add_access(stmt, addr, bytes, modify ? VMT_MODIFY : VMT_READ, 1, 0, NULL);
}

static void
add_dirty(UInt stmt, const IRDirty *dirty)
{
   IRExpr *guard = dirty->guard;
   Bool reads = dirty->mFx != Ifx_Write, writes = dirty->mFx != Ifx_Read;

   if (dirty->mFx == Ifx_None)
      return;
   if (guard->tag == Iex_Const && guard->Iex.Const.con->Ico.U1)
      guard = NULL;
   if (reads)
      add_access(stmt, dirty->mAddr, (UInt)dirty->mSize,
                 writes ? VMT_MODIFY : VMT_READ, 1, 0, guard);
   if (writes)
      add_access(stmt, dirty->mAddr, (UInt)dirty->mSize, VMT_WRITE, 0, 1,
                 guard);
}

static void
add_cas(const IRSB *sb, UInt stmt, const IRCAS *cas)
{
   UInt bytes =
      (UInt)sizeofIRType(typeOfIRExpr(sb->tyenv, cas->dataLo));

   if (cas->dataHi != NULL)
      bytes *= 2;
   add_access(stmt, cas->addr, bytes, VMT_MODIFY, 1, 0, NULL);
   add_access(stmt, cas->addr, bytes, VMT_WRITE, 0, 1, NULL);
}

static void
add_llsc(const IRSB *sb, UInt stmt, const IRStmt *st)
{
   const IRExpr *data = st->Ist.LLSC.storedata;
   IRType type = data == NULL ? typeOfIRTemp(sb->tyenv, st->Ist.LLSC.result)
                              : typeOfIRExpr(sb->tyenv, data);

   add_access(stmt, st->Ist.LLSC.addr, (UInt)sizeofIRType(type),
              data == NULL ? VMT_READ : VMT_WRITE, data == NULL, data != NULL,
              NULL);
}

static void
add_guarded_load(UInt stmt, const IRLoadG *load)
{
   IRType wide, type;

   typeOfIRLoadGOp(load->cvt, &wide, &type);
   add_access(stmt, load->addr, (UInt)sizeofIRType(type), VMT_READ, 1, 0,
              load->guard);
}

/* A switch over the statements that touch memory, or end a segment.  */
static void
plan_statement(const IRSB *sb, UInt i)
{
   const IRStmt *st = sb->stmts[i];
   IRExpr *hinted;
   UInt bytes;

   switch (st->tag) {
   case Ist_IMark:
      start_insn(i, st);
      break;
   case Ist_WrTmp:
      if (st->Ist.WrTmp.data->tag == Iex_Load && now.load_counts)
         add_load(sb, i, st->Ist.WrTmp.data->Iex.Load.addr,
                  (UInt)sizeofIRType(st->Ist.WrTmp.data->Iex.Load.ty));
      follow_origin(st->Ist.WrTmp.tmp, st->Ist.WrTmp.data);
      break;
   case Ist_Put:
      hinted = iropt_hinted_load(st, &bytes);
      if (hinted != NULL)
         add_load(sb, i, hinted, bytes);
      break;
   case Ist_Store:
      add_access(i, st->Ist.Store.addr,
                 (UInt)sizeofIRType(
                    typeOfIRExpr(sb->tyenv, st->Ist.Store.data)),
                 VMT_WRITE, 0, 1, NULL);
      break;
   case Ist_StoreG:
      add_access(i, st->Ist.StoreG.details->addr,
                 (UInt)sizeofIRType(typeOfIRExpr(
                    sb->tyenv, st->Ist.StoreG.details->data)),
                 VMT_WRITE, 0, 1, st->Ist.StoreG.details->guard);
      break;
   case Ist_LoadG:
      add_guarded_load(i, st->Ist.LoadG.details);
      break;
   case Ist_Dirty:
      add_dirty(i, st->Ist.Dirty.details);
      break;
   case Ist_CAS:
      add_cas(sb, i, st->Ist.CAS.details);
      break;
   case Ist_LLSC:
      add_llsc(sb, i, st);
      break;
   case Ist_Exit:
      close_segment(i);
      break;
   default:
      break;
   }
}

/* ---- groups ---- */

/* How many other groups may come between two accesses of one, so that the page
   of the first cannot have left its set when the second comes: under LRU, one
   less than there are ways.  Two if a group straddles pages, but those are in
   different sets unless there is one set only.  Other policies: none.  */
static UInt
max_groups_between(void)
{
   const struct vmt_tlb_shape *shape =
      &tool_machine.config.dtlb[VMT_PAGE_4K];

   if (shape->policy != VMT_TLB_LRU)
      return 0;
   if (shape->n_ways == shape->n_entries)
      return shape->n_ways < 4 ? 0 : (shape->n_ways - 2) / 2;
   return shape->n_ways - 1;
}

static UInt
groups_between(UInt group, UInt access)
{
   UInt n = 0, i, j;

   for (i = groups[group].last + 1; i < access; i++) {
      Bool seen = accesses[i].group == group;

      for (j = groups[group].last + 1; j < i && !seen; j++)
         seen = accesses[j].group == accesses[i].group;
      n += !seen;
   }
   return n;
}

static Bool
fetch_between(Int first_tick, Int last_tick, UInt segment)
{
   UInt i;

   for (i = 0; i < plan.n_fetches; i++)
      if (fetches[i].segment == segment && fetches[i].tick > first_tick &&
          fetches[i].tick < last_tick)
         return True;
   return False;
}

static Bool
join_group(UInt index, UInt access_index)
{
   struct plan_group *group = &groups[index];
   const struct plan_access *access = &accesses[access_index];
   Long low = access->offset, high = access->offset + (Long)access->bytes;
   UInt n_between;

   if (group->segment != access->segment || group->base != access->base)
      return False;
   if (low > group->low)
      low = group->low;
   if (high < group->high)
      high = group->high;
   if (high - low > MAX_GROUP_BYTES ||
       cuts_forbid(accesses[group->first].pc, low, high))
      return False;
   n_between = groups_between(index, access_index);
   if (n_between > max_groups_between())
      return False;
   group->interleaved |=
      n_between != 0 || fetch_between(accesses[group->last].tick, access->tick,
                                      access->segment);
   group->low = low;
   group->high = high;
   group->any_write |= access->kind != VMT_READ;
   group->last = access_index;
   group->last_tick = access->tick;
   group->n++;
   return True;
}

static UInt
new_group(UInt access_index)
{
   const struct plan_access *access = &accesses[access_index];

   groups[plan.n_groups] = (struct plan_group){
      .first = access_index,
      .last = access_index,
      .n = 1,
      .segment = access->segment,
      .base = access->guard == NULL ? access->base : IRTemp_INVALID,
      .low = access->offset,
      .high = access->offset + (Long)access->bytes,
      .any_write = access->kind != VMT_READ,
      .last_tick = access->tick,
   };
   return plan.n_groups++;
}

/* Whether the access is to the place that its instruction has just accessed.  Of these
   the first one's check must speak for all: if the instruction is refused, that is
   once.  */
static Bool
is_again(UInt access_index)
{
   const struct plan_access *access = &accesses[access_index];
   const struct plan_access *before = access - 1;

   return access_index > 0 && before->pc == access->pc &&
          before->tick >> VMT_TICK_SHIFT == access->tick >> VMT_TICK_SHIFT &&
          before->base == access->base && before->offset == access->offset &&
          before->bytes == access->bytes;
}

static void
group_accesses(void)
{
   Bool may_share =
      tool_machine.config.page_shift == VMT_PAGE_SHIFT && !sees_all();
   UInt i, g;

   for (i = 0; i < plan.n_accesses; i++) {
      struct plan_access *access = &accesses[i];
      UInt found = PLAN_NONE;

      if ((may_share || is_again(i)) && access->guard == NULL &&
          access->base != IRTemp_INVALID)
         for (g = plan.n_groups; g-- > 0 && found == PLAN_NONE;)
            if (join_group(g, i))
               found = g;
      access->group = found != PLAN_NONE ? found : new_group(i);
   }
}

static void
find_nested_groups(void)
{
   UInt g, other;

   for (g = 0; g < plan.n_groups; g++)
      for (other = 0; other < g && !groups[g].nested; other++)
         groups[g].nested = groups[other].last > groups[g].first;
}

/* ---- entering ---- */

static struct segment_member
member_of(const struct plan_access *access)
{
   return (struct segment_member){
      (Short)access->offset, (UShort)(access->bytes << 2 | access->kind),
      (Short)access->tick, 0};
}

static void
enter_segment(UInt index)
{
   static struct segment_draft_group draft_groups[MAX_ACCESSES];
   static struct segment_member draft_members[MAX_ACCESSES];
   struct plan_segment *segment = &plan_segments[index];
   struct segment_draft draft = {&insns[segment->first_insn], draft_groups,
                                 draft_members, segment->n_insns, 0, 0};
   const struct segment_group *kept;
   UInt g, i;

   if (segment->n_insns == 0)
      return;
   for (g = 0; g < plan.n_groups; g++) {
      if (groups[g].segment != index)
         continue;
      draft_groups[draft.n_groups++] = (struct segment_draft_group){
         draft.n_members, groups[g].n, groups[g].interleaved};
      for (i = groups[g].first; i <= groups[g].last; i++)
         if (accesses[i].group == g)
            draft_members[draft.n_members++] = member_of(&accesses[i]);
   }
   segment->id = segments_enter(&draft, &kept);
   for (g = 0; g < plan.n_groups; g++) {
      if (groups[g].segment != index)
         continue;
      groups[g].kept = kept;
      kept = segments_next_group(kept);
   }
}

const struct plan *
plan_block(const IRSB *sb, UInt first_stmt)
{
   UInt i;

   plan.n_accesses = plan.n_groups = plan.n_fetches = 0;
   plan.n_segments = plan.n_insns = 0;
   now.page = VMT_NO_VPN;
   now.load_counts = !iropt_hints();
   reset_origins(sb);
   open_segment();
   for (i = first_stmt; i < (UInt)sb->stmts_used; i++) {
      plan_statement(sb, i);
      now.load_counts =
         !iropt_hints() || iropt_hints_guarded_load(sb->stmts[i]);
   }
   close_segment((UInt)sb->stmts_used);
   group_accesses();
   find_nested_groups();
   for (i = 0; i < plan.n_segments; i++)
      enter_segment(i);
   return &plan;
}
