#include "vmtrace/tool/call_stub.h"

#include "vmtrace_config.h"

/* Translated code calls with the stack aligned to 16 bytes: after the return
   address and eight registers, 8 bytes align it again, and 208 more hold the
   thirteen vector registers that translated code uses.  */
#define STUB(name, quick, function)                                            \
   __asm__(".text\n"                                                           \
           ".globl " name "\n"                                                 \
           ".type " name ", @function\n"                                       \
           name ":\n"                                                          \
           "   pushq %rax; pushq %rcx; pushq %rdx; pushq %rsi\n"               \
           "   pushq %rdi; pushq %r8; pushq %r9; pushq %r10\n"                 \
           "   subq $8, %rsp\n"                                                \
           "   movq %rbp, %rdx\n" quick                                        \
           "   subq $208, %rsp\n"                                              \
           "   movups %xmm0, 0(%rsp);    movups %xmm1, 16(%rsp)\n"             \
           "   movups %xmm2, 32(%rsp);   movups %xmm3, 48(%rsp)\n"             \
           "   movups %xmm4, 64(%rsp);   movups %xmm5, 80(%rsp)\n"             \
           "   movups %xmm6, 96(%rsp);   movups %xmm7, 112(%rsp)\n"            \
           "   movups %xmm8, 128(%rsp);  movups %xmm9, 144(%rsp)\n"            \
           "   movups %xmm10, 160(%rsp); movups %xmm11, 176(%rsp)\n"           \
           "   movups %xmm12, 192(%rsp)\n"                                     \
           "   call " function "\n"                                            \
           "   movups 0(%rsp), %xmm0;    movups 16(%rsp), %xmm1\n"             \
           "   movups 32(%rsp), %xmm2;   movups 48(%rsp), %xmm3\n"             \
           "   movups 64(%rsp), %xmm4;   movups 80(%rsp), %xmm5\n"             \
           "   movups 96(%rsp), %xmm6;   movups 112(%rsp), %xmm7\n"            \
           "   movups 128(%rsp), %xmm8;  movups 144(%rsp), %xmm9\n"            \
           "   movups 160(%rsp), %xmm10; movups 176(%rsp), %xmm11\n"           \
           "   movups 192(%rsp), %xmm12\n"                                     \
           "   addq $208, %rsp\n"                                              \
           "1: addq $8, %rsp\n"                                                \
           "   popq %r10; popq %r9; popq %r8; popq %rdi\n"                     \
           "   popq %rsi; popq %rdx; popq %rcx; popq %rax\n"                   \
           "   ret\n"                                                          \
           ".size " name ", . - " name "\n")

STUB("call_stub_group_miss",
     "   call charge_group_quick\n"
     "   testb %al, %al\n"
     "   jnz 1f\n"
     "   movq 32(%rsp), %rdi; movq 40(%rsp), %rsi\n"
     "   movq %rbp, %rdx\n",
     "charge_group_miss");
STUB("call_stub_fetch_miss",
     "   call charge_fetch_quick\n"
     "   testb %al, %al\n"
     "   jnz 1f\n"
     "   movq 32(%rsp), %rdi\n"
     "   movq %rbp, %rdx\n",
     "charge_fetch_miss");

STUB("call_stub_deadline", "   xorl %edi, %edi\n", "charge_deadline");
STUB("call_stub_late_deadline", "", "charge_deadline");
STUB("call_stub_heap_return",
     "   call heap_return_quick\n"
     "   testb %al, %al\n"
     "   jnz 1f\n"
     "   movq %rbp, %rdx\n",
     "heap_return");

#ifdef HAVE_WRAP_CALLS

/* VEX/priv/host_generic_regs.h: struct HRegUsage begins with the sets of real
   registers read and written.  */
struct register_usage {
   ULong read, written;
};

extern void __real_getRegUsage_AMD64Instr(struct register_usage *,
                                          const void *, Bool);
void __wrap_getRegUsage_AMD64Instr(struct register_usage *, const void *, Bool);

/* A call names its target in one of its first words, and nothing but a call
   writes this many registers.  */
static Bool
calls_stub(const struct register_usage *usage, const Addr *insn)
{
   const Int call_writes = 18;
   UInt i;

   if (__builtin_popcountll(usage->written) < call_writes)
      return False;
   for (i = 0; i < 4; i++)
      if (insn[i] == (Addr)&call_stub_group_miss ||
          insn[i] == (Addr)&call_stub_fetch_miss ||
          insn[i] == (Addr)&call_stub_deadline ||
          insn[i] == (Addr)&call_stub_late_deadline ||
          insn[i] == (Addr)&call_stub_heap_return)
         return True;
   return False;
}

/* The target is loaded into r11, the last register that a call is said to
   write; it is outside the allocator's reach, so the set may as well be
   empty.  */
void
__wrap_getRegUsage_AMD64Instr(struct register_usage *usage, const void *insn,
                              Bool mode64)
{
   __real_getRegUsage_AMD64Instr(usage, insn, mode64);
   if (calls_stub(usage, insn))
      usage->written = 0;
}

#endif
