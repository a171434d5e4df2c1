/* A chosen moment: what is resident is recorded, by vmtrace (a snapshot in the profile)
   and natively by follow.c, which knows this call of getpriority.  Both are done on both
   sides, and between the two no memory is touched: the call is not the C library's.  */

#define _GNU_SOURCE
#include <sys/syscall.h>
#include <unistd.h>
#include <vmtrace/vmtrace.h>

static inline void
moment(int number)
{
   const char name[] = { (char)('0' + number), '\0' };
   long result = SYS_getpriority;

   VMTRACE_SNAPSHOT(name);
   __asm__ volatile("syscall" : "+a"(result) : "D"(0x766d7472l), "S"((long)number)
                    : "rcx", "r11", "memory");
}
