# Loops whose accesses can be counted on one's fingers.  Each loop is a symbol of
# its own; what leads to it is not in it.

   .text

# The first of these starts on a multiple of 128 KiB, as chain does, so that no window
# of fault-around that the runtime's code opens reaches it.

# ring(first, pages, rounds, stride): one byte of each of `pages` pages, `stride`
# bytes apart, `rounds` times.
# A round is 2 + 4 * pages + 2 instructions and `pages` reads.
   .p2align 12
   .globl ring
   .type ring, @function
ring:
   jmp ring_body
   .globl ring_body
   .type ring_body, @function
ring_body:
1: movq %rdi, %rax
   movq %rsi, %r9
2: movb (%rax), %r8b
   addq %rcx, %rax
   decq %r9
   jnz 2b
   decq %rdx
   jnz 1b
   .size ring_body, . - ring_body
   ret
   .size ring, . - ring

# recency(p): pages a b c d a e a b of four ways.
   .globl recency
   .type recency, @function
recency:
   jmp recency_body
   .globl recency_body
   .type recency_body, @function
recency_body:
   movb (%rdi), %al             # a: fills
   movb 4096(%rdi), %al         # b: fills
   movb 8192(%rdi), %al         # c: fills
   movb 12288(%rdi), %al        # d: fills
   movb (%rdi), %al             # a: there
   movb 16384(%rdi), %al        # e: b, used longest ago, goes
   movb (%rdi), %al             # a: there (gone, had it been the oldest that goes)
   movb 4096(%rdi), %al         # b: c goes
   .size recency_body, . - recency_body
   ret
   .size recency, . - recency

# kinds(p): reads, writes, both and straddling accesses of fresh pages 0 to 4.
   .globl kinds
   .type kinds, @function
kinds:
   jmp kinds_body
   .globl kinds_body
   .type kinds_body, @function
kinds_body:
   movb (%rdi), %al             # page 0: misses; the zero page is mapped
   movb $1, (%rdi)              # hits, has no right to write: refreshed in place
   incb (%rdi)                  # hits
   movb $1, 4096(%rdi)          # page 1: misses
   incb 8192(%rdi)              # page 2: misses once
   movq 16380(%rdi), %rax       # pages 3 and 4: two misses
   movq 16380(%rdi), %rax       # two hits
   .size kinds_body, . - kinds_body
   ret
   .size kinds, . - kinds

# Page walks.  The first load, which is not in the symbol, brings the upper
# entries of the 1 GiB that all the others lie in.

# one_table(p): 8 pages of the second 2 MiB.
   .globl one_table
   .type one_table, @function
one_table:
   movb (%rdi), %al
   .globl one_table_body
   .type one_table_body, @function
one_table_body:
   addq $0x200000, %rdi
   movl $8, %ecx
1: movb (%rdi), %al
   addq $4096, %rdi
   decl %ecx
   jnz 1b
   .size one_table_body, . - one_table_body
   ret
   .size one_table, . - one_table

# five_tables(p): the first page of each of five times 2 MiB, then the second
# page of each.
   .globl five_tables
   .type five_tables, @function
five_tables:
   movb (%rdi), %al
   .globl five_tables_body
   .type five_tables_body, @function
five_tables_body:
   movl $2, %edx
1: addq $0x200000, %rdi
   movq %rdi, %rax
   movl $5, %ecx
2: movb (%rax), %r8b
   addq $0x200000, %rax
   decl %ecx
   jnz 2b
   subq $0x200000 - 4096, %rdi
   decl %edx
   jnz 1b
   .size five_tables_body, . - five_tables_body
   ret
   .size five_tables, . - five_tables

# chain(rounds): a jump at the start of each of 17 pages, round and round.
# A round is 16 jumps, a dec and a jnz: 18 instructions.  It starts on a multiple
# of 128 KiB, so that nothing before it has mapped its pages by fault-around.
   .p2align 17
   .globl chain
   .type chain, @function
chain:
   .rept 16
   jmp 1f
   .p2align 12
1:
   .endr
   decq %rdi
   jnz chain
   .size chain, . - chain
   ret
   .p2align 12                  # the rest of the page is nobody's

   .section .note.GNU-stack, "", @progbits
