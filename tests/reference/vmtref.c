/* vmtref: instrumentation, options and output.  See ref.h.

   Ir is one for each instruction mark; what a block holds before its first mark
   (self-checks) is Valgrind's own.  Dr and Dw are one for each load and store of
   the intermediate code, in its order; a compare-and-swap is a read and a write
   of all it compares, whether or not it swaps; a helper that modifies memory is
   a read and a write of the whole range.  An access that is going to be refused
   (SIGSEGV, SIGBUS) counts as any other: the helper runs before it.

   Loads whose value is never used are dropped by VEX's optimiser, so it is off.
   (--ref-exact-loads=no turns it on.  As every register is kept up to date at
   each instruction, nearly all loads have a use even then; lost are those whose
   value is folded away: `and` of memory with 0 or with a register known to be 0,
   `or` with -1, a blend whose mask takes nothing from memory.)  */

#include "ref.h"

#include "pub_tool_vki.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_libcproc.h"
#include "pub_tool_machine.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_options.h"
#include "pub_tool_threadstate.h"

struct ref_counts ref_counts;
UInt ref_n_cores = 1;

static struct ref_shape clo_itlb = { 128, 8 }, clo_dtlb = { 64, 4 },
                        clo_stlb = { 1536, 12 };
static Bool clo_exact_loads = True;
static const HChar *clo_out = NULL, *clo_reclaim = "lru";
static ULong clo_ram_bytes = 0;
static UInt clo_window_instrs = 0;

/* How many threads began before this one: its place in Valgrind's table may have been
   another's.  */
static UInt begun_before[1024], n_begun;

static void
on_begin(ThreadId parent, ThreadId child)
{
   begun_before[child] = n_begun++;
}

static UInt
core_of(ThreadId tid)
{
   return begun_before[tid] % ref_n_cores;
}

/* A page that refuses the access ends it.  */
static void
touch(enum ref_kind kind, Addr address, UInt n_bytes)
{
   Addr page, last = (address + n_bytes - 1) / REF_PAGE_BYTES;

   ref_touches_settle();
   for (page = address / REF_PAGE_BYTES; page <= last; page++) {
      if (!ref_page_allows(page, kind))
         break;
      ref_touches_add(page, kind == REF_WRITE);
   }
}

static VG_REGPARM(2) void
on_fetch(Addr address, UWord n_bytes)
{
   ref_touches_settle();                /* by the instruction before */
   ref_counts.ir++;
   touch(REF_FETCH, address, n_bytes);
   ref_tlb_access(core_of(VG_(get_running_tid)()), REF_FETCH, address, n_bytes);
}

static VG_REGPARM(2) void
on_read(Addr address, UWord n_bytes)
{
   ref_counts.dr++;
   touch(REF_READ, address, n_bytes);
   ref_tlb_access(core_of(VG_(get_running_tid)()), REF_READ, address, n_bytes);
}

/* Of what the same instruction then writes: where that is refused, nothing is
   touched.  */
static VG_REGPARM(2) void
on_read_for_update(Addr address, UWord n_bytes)
{
   ref_counts.dr++;
   touch(REF_WRITE, address, n_bytes);
   ref_tlb_access(core_of(VG_(get_running_tid)()), REF_READ, address, n_bytes);
}

static VG_REGPARM(2) void
on_write(Addr address, UWord n_bytes)
{
   UInt core = core_of(VG_(get_running_tid)());
   Addr page, last = (address + n_bytes - 1) / REF_PAGE_BYTES;

   ref_counts.dw++;
   touch(REF_WRITE, address, n_bytes);
   ref_tlb_access(core, REF_WRITE, address, n_bytes);
   for (page = address / REF_PAGE_BYTES; page <= last; page++)
      if (ref_page_allows(page, REF_WRITE))
         ref_page_written(core, page);
}

/* A page beyond the end of its file looks allowed, until the signal comes.  */
static void
on_signal(ThreadId tid, Int number, Bool alt_stack)
{
   if (number == VKI_SIGBUS) {
      ref_tlb_undo_fills();
      ref_touches_cancel();
   }
}

static void
on_kernel_write(CorePart part, ThreadId tid, Addr start, SizeT n_bytes)
{
   Addr page;

   ref_kernel_wrote(part, tid, start, n_bytes);
   if (n_bytes == 0 || tid == VG_INVALID_THREADID)
      return;
   for (page = start / REF_PAGE_BYTES;
        page <= (start + n_bytes - 1) / REF_PAGE_BYTES; page++)
      ref_page_written(core_of(tid), page);
}

static void
on_fork(ThreadId tid)
{
   ref_pages_fork();
}

/* A child has its parent's TLBs, and counts and touches of its own.  */
static void
on_fork_in_child(ThreadId tid)
{
   ref_pages_fork();
   VG_(memset)(&ref_counts, 0, sizeof ref_counts);
   ref_touches_fork_in_child();
   ref_memory_fork_in_child();
   ref_kernel_fork_in_child(tid);
}

/* ------------------------------------------------- instrumentation --- */

/* The call is said to write memory: or else VEX would let a load slip past the
   calls for what comes after it, and if the load is refused these would have
   counted accesses that were never made.  */
static void
call(IRSB *sb, const HChar *name, void *function, IRExpr *address, UInt n_bytes,
     IRExpr *guard)
{
   IRDirty *dirty = unsafeIRDirty_0_N(
      2, name, VG_(fnptr_to_fnentry)(function),
      mkIRExprVec_2(address, mkIRExpr_HWord(n_bytes)));

   dirty->mFx = Ifx_Modify;
   dirty->mAddr = mkIRExpr_HWord((HWord)&ref_counts);
   dirty->mSize = sizeof ref_counts;
   if (guard != NULL)
      dirty->guard = guard;
   addStmtToIRSB(sb, IRStmt_Dirty(dirty));
}

static void
add_read(IRSB *sb, IRExpr *address, UInt n_bytes, IRExpr *guard)
{
   call(sb, "on_read", &on_read, address, n_bytes, guard);
}

static void
add_read_for_update(IRSB *sb, IRExpr *address, UInt n_bytes, IRExpr *guard)
{
   call(sb, "on_read_for_update", &on_read_for_update, address, n_bytes, guard);
}

static void
add_write(IRSB *sb, IRExpr *address, UInt n_bytes, IRExpr *guard)
{
   call(sb, "on_write", &on_write, address, n_bytes, guard);
}

static void
add_dirty(IRSB *sb, const IRDirty *dirty)
{
   if (dirty->mFx == Ifx_Read)
      add_read(sb, dirty->mAddr, dirty->mSize, dirty->guard);
   if (dirty->mFx == Ifx_Modify)
      add_read_for_update(sb, dirty->mAddr, dirty->mSize, dirty->guard);
   if (dirty->mFx == Ifx_Write || dirty->mFx == Ifx_Modify)
      add_write(sb, dirty->mAddr, dirty->mSize, dirty->guard);
}

static void
add_cas(IRSB *sb, const IRCAS *cas)
{
   UInt n_bytes = sizeofIRType(typeOfIRExpr(sb->tyenv, cas->dataLo));

   if (cas->dataHi != NULL)
      n_bytes *= 2;
   add_read_for_update(sb, cas->addr, n_bytes, NULL);
   add_write(sb, cas->addr, n_bytes, NULL);
}

static void
add_guarded_load(IRSB *sb, const IRLoadG *load)
{
   IRType wide, loaded;

   typeOfIRLoadGOp(load->cvt, &wide, &loaded);
   add_read(sb, load->addr, sizeofIRType(loaded), load->guard);
}

static void
add_linked(IRSB *sb, const IRStmt *st)
{
   if (st->Ist.LLSC.storedata == NULL)
      add_read(sb, st->Ist.LLSC.addr,
               sizeofIRType(typeOfIRTemp(sb->tyenv, st->Ist.LLSC.result)), NULL);
   else
      add_write(sb, st->Ist.LLSC.addr,
                sizeofIRType(typeOfIRExpr(sb->tyenv, st->Ist.LLSC.storedata)),
                NULL);
}

static Bool
writes_to(const IRStmt *st, IRExpr *address)
{
   return (st->tag == Ist_Store && eqIRAtom(st->Ist.Store.addr, address)) ||
          (st->tag == Ist_CAS && eqIRAtom(st->Ist.CAS.details->addr, address));
}

/* The load in statement i.  */
static void
add_load(IRSB *sb, const IRSB *in, Int i)
{
   const IRExpr *load = in->stmts[i]->Ist.WrTmp.data;
   UInt n_bytes = sizeofIRType(load->Iex.Load.ty);

   while (++i < in->stmts_used && in->stmts[i]->tag != Ist_IMark)
      if (writes_to(in->stmts[i], load->Iex.Load.addr)) {
         add_read_for_update(sb, load->Iex.Load.addr, n_bytes, NULL);
         return;
      }
   add_read(sb, load->Iex.Load.addr, n_bytes, NULL);
}

/* The calls that statement i needs, in front of it.  */
static void
add_calls(IRSB *sb, const IRSB *in, Int i)
{
   const IRStmt *st = in->stmts[i];
   const IRStoreG *store;
   UInt n_bytes;

   switch (st->tag) {
   case Ist_IMark:
      n_bytes = st->Ist.IMark.len;
      call(sb, "on_fetch", &on_fetch, mkIRExpr_HWord(st->Ist.IMark.addr),
           n_bytes != 0 ? n_bytes : 1, NULL);   /* 0: not an instruction */
      break;
   case Ist_WrTmp:
      if (st->Ist.WrTmp.data->tag == Iex_Load)
         add_load(sb, in, i);
      break;
   case Ist_LoadG:
      add_guarded_load(sb, st->Ist.LoadG.details);
      break;
   case Ist_Store:
      add_write(sb, st->Ist.Store.addr,
                sizeofIRType(typeOfIRExpr(sb->tyenv, st->Ist.Store.data)), NULL);
      break;
   case Ist_StoreG:
      store = st->Ist.StoreG.details;
      add_write(sb, store->addr,
                sizeofIRType(typeOfIRExpr(sb->tyenv, store->data)), store->guard);
      break;
   case Ist_Dirty:
      add_dirty(sb, st->Ist.Dirty.details);
      break;
   case Ist_CAS:
      add_cas(sb, st->Ist.CAS.details);
      break;
   case Ist_LLSC:
      add_linked(sb, st);
      break;
   default:
      break;
   }
}

static IRSB *
instrument(VgCallbackClosure *closure, IRSB *in, const VexGuestLayout *layout,
           const VexGuestExtents *extents, const VexArchInfo *arch,
           IRType guest_word, IRType host_word)
{
   IRSB *out = deepCopyIRSBExceptStmts(in);
   Bool in_guest = False;
   Int i;

   for (i = 0; i < in->stmts_used; i++) {
      if (in->stmts[i]->tag == Ist_IMark)
         in_guest = True;
      if (in_guest)
         add_calls(out, in, i);
      addStmtToIRSB(out, in->stmts[i]);
   }
   return out;
}

/* ------------------------------------------------ options and output --- */

static void
parse_shape(const HChar *option, const HChar *text, struct ref_shape *shape)
{
   HChar *rest, *end = NULL;

   shape->n_entries = VG_(strtoull10)(text, &rest);
   if (*rest == ',')
      shape->n_ways = VG_(strtoull10)(rest + 1, &end);
   if (end == NULL || *end != '\0' || shape->n_ways == 0
       || shape->n_entries == 0 || shape->n_entries % shape->n_ways != 0)
      VG_(fmsg_bad_option)(option, "wanted: entries,ways\n");
}

static Bool
process_option(const HChar *arg)
{
   const HChar *shape, *text;

   if VG_STR_CLO(arg, "--itlb", shape)
      parse_shape(arg, shape, &clo_itlb);
   else if VG_STR_CLO(arg, "--dtlb", shape)
      parse_shape(arg, shape, &clo_dtlb);
   else if VG_STR_CLO(arg, "--stlb", shape)
      parse_shape(arg, shape, &clo_stlb);
   else if VG_BINT_CLO(arg, "--cores", ref_n_cores, 1, REF_MAX_CORES) {}
   else if VG_BINT_CLO(arg, "--ws-window", clo_window_instrs, 1000, 1000000000) {}
   else if VG_STR_CLO(arg, "--ram", text) clo_ram_bytes = VG_(strtoull10)(text, NULL);
   else if VG_STR_CLO(arg, "--reclaim", clo_reclaim) {}
   else if VG_STR_CLO(arg, "--ref-out", clo_out) {}
   else if VG_BOOL_CLO(arg, "--ref-exact-loads", clo_exact_loads) {}
   else
      return False;
   return True;
}

static void
print_usage(void)
{
   VG_(printf)(
"    --itlb= --dtlb= --stlb=<entries>,<ways>  TLBs [128,8 64,4 1536,12]\n"
"    --cores=<n>                  simulated cores [1]\n"
"    --ws-window=<instructions>   windows of so many [none]\n"
"    --ram=<bytes>                a memory of so many [unlimited]\n"
"    --reclaim=lru|clock|fifo|random  and its policy [lru]\n"
"    --ref-out=<file>             write what was counted there\n"
"    --ref-exact-loads=no|yes     no optimiser: no load is lost [yes]\n");
}

static void
print_debug_usage(void)
{
   VG_(printf)("    (none)\n");
}

static void
after_options(void)
{
   VG_(clo_vex_control).iropt_register_updates_default =
      VexRegUpdAllregsAtEachInsn;
   if (clo_exact_loads)
      VG_(clo_vex_control).iropt_level = 0;
   ref_pages_init();
   ref_tlb_init(&clo_itlb, &clo_dtlb, &clo_stlb);
   ref_touches_init(clo_window_instrs);
   if (!ref_memory_init(clo_ram_bytes / REF_PAGE_BYTES, clo_reclaim))
      VG_(fmsg_bad_option)(clo_reclaim, "wanted: lru, clock, fifo or random\n");
}

static void
write_record(const HChar *counts)
{
   HChar *path = VG_(expand_file_name)("--ref-out", clo_out);
   VgFile *out = VG_(fopen)(path, VKI_O_CREAT | VKI_O_TRUNC | VKI_O_WRONLY, 0644);

   if (out != NULL) {
      VG_(fprintf)(out, "{%s", counts);
      ref_touches_print(out);
      ref_memory_print(out);
      VG_(fprintf)(out, "}\n");
      VG_(fclose)(out);
   } else {
      VG_(umsg)("cannot write %s\n", path);
   }
   VG_(free)(path);
}

static void
finish(Int exit_code)
{
   const struct ref_counts *c = &ref_counts;
   HChar text[256];

   ref_touches_settle();
   VG_(snprintf)(text, sizeof text,
                 "\"Ir\":%llu,\"Dr\":%llu,\"Dw\":%llu,"
                 "\"ItlbM\":%llu,\"DtlbM\":%llu,\"StlbM\":%llu",
                 c->ir, c->dr, c->dw, c->itlb_misses, c->dtlb_misses,
                 c->stlb_misses);
   VG_(umsg)("%s\n", text);
   if (clo_out != NULL)
      write_record(text);
}

static void
before_options(void)
{
   VG_(details_name)("vmtref");
   VG_(details_version)(NULL);
   VG_(details_description)("a naive reference for vmtrace");
   VG_(details_copyright_author)("Copyright (C) the vmtrace authors.");
   VG_(details_bug_reports_to)("the vmtrace authors");
   VG_(details_avg_translation_sizeB)(600);
   VG_(basic_tool_funcs)(after_options, instrument, finish);
   VG_(needs_command_line_options)(process_option, print_usage,
                                   print_debug_usage);
   VG_(needs_syscall_wrapper)(ref_syscall_before, ref_syscall_after);
   ref_kernel_init();
   VG_(track_pre_deliver_signal)(on_signal);
   VG_(track_pre_thread_ll_create)(on_begin);
   VG_(track_post_mem_write)(on_kernel_write);
   VG_(atfork)(NULL, on_fork, on_fork_in_child);
}

VG_DETERMINE_INTERFACE_VERSION(before_options)
