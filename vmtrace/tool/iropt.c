#include "vmtrace/tool/iropt.h"

#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/heap_names.h"
#include "vmtrace_config.h"

#include "libvex_guest_amd64.h"

#ifdef HAVE_WRAP_IROPT

/* Register offsets have 16 bits in the optimiser's keys; the guest state and
   its two shadows end well below.  */
#define FIRST_HINT 0x4000
#define END_HINTS 0xfff8
#define N_HINTS ((END_HINTS - FIRST_HINT) / 8)

/* In the place of a size: a conditional load comes next.  */
#define GUARDED 0xffff

typedef Bool precise_fn(Int, Int, VexRegisterUpdates);
typedef IRExpr *spec_fn(const HChar *, IRExpr **, IRStmt **, Int);

/* VEX/priv/ir_opt.h; called by VEX/priv/main_main.c.  */
extern IRSB *__real_do_iropt_BB(IRSB *, spec_fn *, precise_fn *,
                                VexRegisterUpdates, Addr, VexArch);
IRSB *__wrap_do_iropt_BB(IRSB *, spec_fn *, precise_fn *, VexRegisterUpdates,
                         Addr, VexArch);

/* The sizes of the loads of the block that is being translated.  */
static UShort hint_bytes[N_HINTS];
static precise_fn *core_precise;

static void
add_hint(IRSB *out, UInt *n_hints, IRExpr *addr, UInt bytes)
{
   tl_assert(*n_hints < N_HINTS);
   hint_bytes[*n_hints] = (UShort)bytes;
   addStmtToIRSB(out, IRStmt_Put(FIRST_HINT + 8 * (Int)*n_hints, addr));
   (*n_hints)++;
}

/* Whether the block has to end before the statement.  */
static Bool
is_allocators(const IRStmt *st)
{
   return heap_is_tracked && st->tag == Ist_IMark &&
          heap_names_at(st->Ist.IMark.addr) != NULL;
}

static IRSB *
add_hints(const IRSB *in)
{
   IRSB *out = deepCopyIRSBExceptStmts(in);
   Bool any_before = False;
   UInt n_hints = 0;
   Int i;

   for (i = 0; i < in->stmts_used; i++) {
      IRStmt *st = in->stmts[i];

      if (any_before && is_allocators(st)) {
         out->next = IRExpr_Const(IRConst_U64(st->Ist.IMark.addr));
         out->jumpkind = Ijk_Boring;
         return out;
      }
      any_before |= st->tag == Ist_IMark;
      if (st->tag == Ist_WrTmp && st->Ist.WrTmp.data->tag == Iex_Load) {
         const IRExpr *load = st->Ist.WrTmp.data;

         add_hint(out, &n_hints, load->Iex.Load.addr,
                  (UInt)sizeofIRType(load->Iex.Load.ty));
      } else if (st->tag == Ist_LoadG) {
         add_hint(out, &n_hints, st->Ist.LoadG.details->addr, GUARDED);
      }
      addStmtToIRSB(out, st);
   }
   return out;
}

/* Stack pointer and frame pointer stay exact for unwinding; the program counter
   the tool knows.  */
static Bool
precise_but_pc(Int first, Int last, VexRegisterUpdates updates)
{
   const Int pc = offsetof(VexGuestAMD64State, guest_RIP);

   if (updates == VexRegUpdUnwindregsAtMemAccess && first >= pc &&
       last < pc + 8)
      return False;
   return core_precise(first, last, updates);
}

IRSB *
__wrap_do_iropt_BB(IRSB *sb, spec_fn *specialise, precise_fn *precise,
                   VexRegisterUpdates updates, Addr addr, VexArch arch)
{
   core_precise = precise;
   return __real_do_iropt_BB(add_hints(sb), specialise, precise_but_pc, updates,
                             addr, arch);
}

Bool
iropt_hints(void)
{
   return True;
}

void
iropt_init(void)
{
}

Bool
iropt_is_hint(const IRStmt *st)
{
   return st->tag == Ist_Put && st->Ist.Put.offset >= FIRST_HINT;
}

static UInt
bytes_of(const IRStmt *st)
{
   return hint_bytes[(st->Ist.Put.offset - FIRST_HINT) / 8];
}

IRExpr *
iropt_hinted_load(const IRStmt *st, UInt *bytes)
{
   if (!iropt_is_hint(st) || bytes_of(st) == GUARDED)
      return NULL;
   *bytes = bytes_of(st);
   return st->Ist.Put.data;
}

Bool
iropt_hints_guarded_load(const IRStmt *st)
{
   return iropt_is_hint(st) && bytes_of(st) == GUARDED;
}

#else

Bool
iropt_hints(void)
{
   return False;
}

void
iropt_init(void)
{
   VG_(clo_vex_control).iropt_register_updates_default =
      VexRegUpdAllregsAtEachInsn;
}

Bool
iropt_is_hint(const IRStmt *st)
{
   return False;
}

IRExpr *
iropt_hinted_load(const IRStmt *st, UInt *bytes)
{
   return NULL;
}

Bool
iropt_hints_guarded_load(const IRStmt *st)
{
   return False;
}

#endif

#ifdef HAVE_WRAP_SANITY

/* coregrind/pub_core_options.h; 1 unless the user says otherwise.  */
extern Int vgPlain_clo_sanity_level __attribute__((weak));

/* VEX/priv/ir_defs.h; called by VEX/priv/main_main.c for every block, before and
   after instrumentation: whether types and uses are in order.  */
extern void __real_sanityCheckIRSB(const IRSB *, const HChar *, Bool, IRType);
void __wrap_sanityCheckIRSB(const IRSB *, const HChar *, Bool, IRType);

void
__wrap_sanityCheckIRSB(const IRSB *sb, const HChar *caller, Bool must_be_flat,
                       IRType word)
{
   if (&vgPlain_clo_sanity_level == NULL || vgPlain_clo_sanity_level > 1)
      __real_sanityCheckIRSB(sb, caller, must_be_flat, word);
}

#endif
