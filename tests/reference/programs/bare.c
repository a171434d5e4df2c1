/* Few enough accesses to count by hand, and no C library to add any.  The
   working is in tests/reference/by_hand.  `incl' is seven bytes long, three of
   them in the next page, and so is half of what it updates.  Exits with 0.  */

__asm__(
   " .globl _start\n"
   " .section .text.bare, \"ax\", @progbits\n"
   " .balign 4096\n"
   "_start:\n"
   " movl $3, %edx\n"
   "round:\n"
   " movl $buffer, %esi\n"
   " movl $5, %ecx\n"
   "page:\n"
   " movl (%rsi), %eax\n"
   " addq $4096, %rsi\n"
   " decl %ecx\n"
   " jnz page\n"
   " decl %edx\n"
   " jnz round\n"
   " jmp last\n"
   " .org 4096 - 4\n"
   "last:\n"
   " incl buffer + 4094\n"
   " movl buffer + 2 * 4096, %eax\n"
   " movl $60, %eax\n"
   " xorl %edi, %edi\n"
   " syscall\n"
   " .section .bss.bare, \"aw\", @nobits\n"
   " .balign 4096\n"
   "buffer:\n"
   " .skip 5 * 4096\n"
   " .text\n");
