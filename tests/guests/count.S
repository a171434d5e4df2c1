# Beside each instruction what it adds: the reads (r) and writes (w) of data.

   .text

   .macro part name
   .globl \name
   .type \name, @function
\name:
   .endm
   .macro done name
   .size \name, . - \name
   .endm

# 100 times 6 instructions, 1 read, 1 write; 1 instruction before.
   part copy_loop
   part copy_loop_body
   movl $100, %ecx
1: movq (%rdi), %rax            # r
   addq $8, %rdi
   movq %rax, (%rsi)            # w
   addq $8, %rsi
   decl %ecx
   jnz 1b
   done copy_loop_body
   ret
   done copy_loop

# 16 instructions outside `leaf`, which is called twice: 2 more each time.
   part stack_instructions
   part stack_instructions_body
   pushq %rcx                   # w
   pushq (%rsp)                 # r w
   popq %rax                    # r
   pushq $7                     # w
   popq (%rsp)                  # r w
   popq %rcx                    # r
   enter $32, $0                # w
   leave                        # r
   pushfq                       # w
   popfq                        # r
   call leaf                    # w
   leaq leaf(%rip), %rax
   pushq %rax                   # w
   call *(%rsp)                 # r w
   popq %rax                    # r
   jmp 2f
   part leaf
   nop
   ret                          # r
   done leaf
2:
   done stack_instructions_body
   ret
   done stack_instructions

# A repeated instruction is executed once for each repetition and once more to
# find that nothing is left.
   part string_instructions
   part string_instructions_body
   cld
   xchgq %rdi, %rsi             # from in rsi, to in rdi
   movl $50, %ecx
   rep movsb                    # 50 r, 50 w
   movl $30, %ecx
   rep stosq                    # 30 w
   xorl %eax, %eax
   movl $20, %ecx
   repe scasl                   # 20 r: all are zero
   movsq                        # r w
   stosb                        # w
   lodsb                        # r
   done string_instructions_body
   ret
   done string_instructions

# rep with a count of 0.
   part string_nothing
   part string_nothing_body
   xorl %ecx, %ecx
   rep movsb
   rep stosq
   done string_nothing_body
   ret
   done string_nothing

   part read_modify_write
   part read_modify_write_body
   incq (%rdi)                  # r w
   addl $5, 8(%rdi)             # r w
   negb 16(%rdi)                # r w
   shll $1, 24(%rdi)            # r w
   addq (%rdi), %rax            # r
   cmpb $3, (%rdi)              # r
   testl %eax, 8(%rdi)          # r
   movl $1, 32(%rdi)            # w
   done read_modify_write_body
   ret
   done read_modify_write

# Valgrind makes a load and a compare-and-swap of xchg and of a locked xadd, add
# or inc: a CAS is one read and one write, the load one read more.
   part atomics
   part atomics_body
   movl $1, %eax
   movl $2, %ecx
   lock xaddl %ecx, (%rdi)      # 2 r w
   xchgl %ecx, (%rdi)           # 2 r w
   lock incl (%rdi)             # 2 r w
   lock addl $1, (%rdi)         # 2 r w
   lock cmpxchgl %ecx, (%rdi)   # r w
   xaddl %ecx, (%rdi)           # r w
   cmpxchgl %ecx, (%rdi)        # r w
   mfence
   done atomics_body
   ret
   done atomics

# Conditional moves load whether or not they move; set stores always.
   part conditionals
   part conditionals_body
   xorl %eax, %eax
   cmovzl (%rdi), %ecx          # r
   cmovnzl (%rdi), %ecx         # r
   setz (%rdi)                  # w
   jz 1f
   movl (%rdi), %ecx            # jumped over
1:
   done conditionals_body
   ret
   done conditionals

   part odd_sizes
   part odd_sizes_body
   movups (%rdi), %xmm0         # r
   movups %xmm0, 64(%rdi)       # w
   paddd 16(%rdi), %xmm0        # r (aligned)
   fldt (%rdi)                  # r: 10 bytes
   fstpt 80(%rdi)               # w
   fildl (%rdi)                 # r
   fstps 96(%rdi)               # w
   movb (%rdi), %al             # r
   done odd_sizes_body
   ret
   done odd_sizes

# One access each, though it touches two pages or two lines.
   part straddles
   part straddles_body
   movq 4092(%rdi), %rax        # r
   movq %rax, 4092(%rdi)        # w
   incq 4092(%rdi)              # r w
   movups 4088(%rdi), %xmm0     # r
   done straddles_body
   ret
   done straddles

# 10 times 4 instructions, of which one is jumped over every time: 3; 2 before.
   part branches
   part branches_body
   movl $10, %ecx
   xorl %eax, %eax
1: testl %eax, %eax
   jz 2f
   nop
2: loop 1b
   done branches_body
   ret
   done branches

# What follows an instruction that faults is not executed: the handler goes on at
# the end.
   part cut_short
   incl %eax
   incl %eax
1: movb (%rdi), %al
   part after_cut
   incl %eax
   incl %eax
   movq (%rsp), %rcx
   done after_cut
2: ret
   done cut_short
   .pushsection fixups, "a"
   .long 1b - ., 2b - .
   .popsection

   .section .note.GNU-stack, "", @progbits
