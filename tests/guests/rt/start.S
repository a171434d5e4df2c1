# The few lines that cannot be C.

   .text

# Where the kernel enters: the argument block is at the stack pointer.  16 pages
# of stack are touched, so that no part of a guest meets a fresh one by chance.
   .globl _start
   .type _start, @function
_start:
   xorl %ebp, %ebp
   movq %rsp, %rdi
   movl $16, %ecx
1: subq $4096, %rsp
   orb $0, (%rsp)
   decl %ecx
   jnz 1b
   movq %rdi, %rsp
   andq $-16, %rsp
   call rt_main
   ud2
   .size _start, . - _start

# A signal handler returns to this: rt_sigreturn.
   .globl rt_restorer
   .type rt_restorer, @function
rt_restorer:
   movl $15, %eax
   syscall
   .size rt_restorer, . - rt_restorer

# long rt_clone(flags, stack top, parent's word, child's word, fn, arg)
# The child finds fn and arg on its stack, calls, and exits.
   .globl rt_clone
   .type rt_clone, @function
rt_clone:
   subq $16, %rsi
   movq %r8, (%rsi)
   movq %r9, 8(%rsi)
   movq %rcx, %r10
   xorl %r8d, %r8d
   movl $56, %eax
   syscall
   testq %rax, %rax
   jz 1f
   ret
1: xorl %ebp, %ebp
   popq %rax
   popq %rdi
   call *%rax
   xorl %edi, %edi
   movl $60, %eax
   syscall
   ud2
   .size rt_clone, . - rt_clone

   .section .note.GNU-stack, "", @progbits
