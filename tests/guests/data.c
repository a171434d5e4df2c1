/* A program with .data that ends where its file does: nothing for the kernel to
   clear at execve, so the first write is the program's.  */

#include "rt/rt.h"

void read_data(void);
void write_data(void);

static char data[3 * PAGE] __attribute__((aligned(4096))) = {1};

PART void
read_data(void)
{
   READ(data);
}

PART void
write_data(void)
{
   WRITE(data);
   WRITE(data + PAGE);
}

int
guest(struct rt *rt)
{
   RUN(rt, read_data);
   RUN(rt, write_data);
   return 0;
}
