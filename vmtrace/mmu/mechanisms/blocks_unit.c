/* The files of blocks.h, compiled as one: a block comes and goes by some twenty small
   functions, and a call of each took a fifth of what it costs to watch an allocator.  */

#include "vmtrace/mmu/mechanisms/blocks.c"
#include "vmtrace/mmu/mechanisms/blocks_pages.c"
#include "vmtrace/mmu/mechanisms/blocks_ranges.c"
#include "vmtrace/mmu/mechanisms/blocks_sites.c"
#include "vmtrace/mmu/mechanisms/blocks_table.c"
