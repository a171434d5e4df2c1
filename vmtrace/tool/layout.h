/* Where things are placed: --layout=native.

   Valgrind puts a program's mappings elsewhere than the kernel would: bottom up,
   a heap of 8 MB, the executable and the stack at places of its own.  Rules that
   depend on addresses (fault-around windows, huge pages, an allocator that falls
   back from brk to mmap) then meet other ones.  So the core's own decisions are
   wrapped at link time, where configure finds that it can be done, and made as
   Linux makes them with address randomisation off (setarch -R): each base is
   congruent to the kernel's modulo 1 GiB, mmaps go top down, first fit, and
   large ones are aligned as the kernel aligns them.

   Bases, native and here (arch/x86/mm/mmap.c, include/asm/elf.h, Linux 6.18):
      stack's end      0x7ffffffff000    0x1ffffff000
      mmap, downwards  0x7ffff7fff000    0x1ff7fff000
      PIE              0x555555554000    0x215554000  */

#ifndef VMT_TOOL_LAYOUT_H
#define VMT_TOOL_LAYOUT_H

#include "vmtrace/tool/valgrind.h"

/* Whether things are placed so: what was asked for, where the core can be told.  */
Bool layout_is_native(void);

/* Where this address of ours is natively: itself unless things are placed as the
   kernel places them.  An address that the program insists on (MAP_FIXED) above
   the end of brk's place is taken for one of the kernel's choice.  */
Addr layout_native_address(Addr addr);

/* Where the kernel would map the vDSO's pages; 0: nowhere.  */
Addr layout_vdso(void);

/* The program runs: mappings are decided by what it asks for.  */
void layout_start(void);

#endif
