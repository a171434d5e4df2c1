/* A program with 100 bytes of .data and five pages of .bss.  The kernel clears
   the rest of the file's last page at execve (fs/binfmt_elf.c, elf_load: "bss
   tail"), so that page is a private copy before the program runs.  */

#include "rt/rt.h"

void write_data(void);
void write_bss_tail(void);
void write_bss(void);
void read_bss(void);

static char data[100] = {1};
static char bss[5 * PAGE];

PART void
write_data(void)
{
   WRITE(data);
}

/* The .bss begins in the page of the .data.  */
PART void
write_bss_tail(void)
{
   WRITE(bss);
}

/* Two bytes a page apart, beyond the first page.  */
PART void
write_bss(void)
{
   WRITE(bss + PAGE);
   WRITE(bss + 2 * PAGE);
}

PART void
read_bss(void)
{
   READ(bss + 3 * PAGE);
}

int
guest(struct rt *rt)
{
   RUN(rt, write_data);
   RUN(rt, write_bss_tail);
   RUN(rt, write_bss);
   /* What lies beside the heap does not become a part of it.  */
   rt_must(SYS1(brk, SYS1(brk, 0) + PAGE));
   RUN(rt, read_bss);
   return 0;
}
