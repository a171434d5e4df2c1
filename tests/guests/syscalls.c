/* Pages that the kernel touches on the program's behalf.

   syscalls PATH: PATH is made, 8 pages long, and removed.  Buffers are read from
   a memfd and written to it, because a device like /dev/null looks at nothing.  */

#include "rt/rt.h"

void read_into_fresh(long fd, char *p);
void read_into_middle(long fd, char *p);
void read_short(long fd, char *p);
void read_after_read(long fd, char *p);
void read_into_private_file(long fd, char *p);
void read_into_shared_file(long fd, char *p);
void read_into_shared(long fd, char *p);
void read_into_two(long fd, char *p, char *q);
void read_nothing(long fd, char *p);
void write_from_fresh(long fd, char *p);
void write_to_pipe(const int *ends, char *p);
void write_from_file(long fd, char *p);
void uname_into_fresh(char *p);
void fstat_across_pages(long fd, char *p);
void pipe_into_fresh(char *p);
void path_in_fresh(char *p);
void action_in_fresh(char *p);
void signal_on_fresh_stack(void);

PART void
read_into_fresh(long fd, char *p)
{
   SYS4(pread, fd, p, 5 * PAGE, 0);
   rt_read_pages(p, 5);
   rt_write_pages(p, 5);
}

PART void
read_into_middle(long fd, char *p)
{
   SYS4(pread, fd, p + 100, PAGE, 0);
}

/* The buffer is larger than what there is to read.  */
PART void
read_short(long fd, char *p)
{
   SYS4(pread, fd, p, 8 * PAGE, 5 * PAGE + 100);
   rt_write_pages(p, 4);
}

PART void
read_after_read(long fd, char *p)
{
   rt_read_pages(p, 5);
   SYS4(pread, fd, p, 5 * PAGE, 0);
}

PART void
read_into_private_file(long fd, char *p)
{
   SYS4(pread, fd, p, 5 * PAGE, 0);
}

PART void
read_into_shared_file(long fd, char *p)
{
   SYS4(pread, fd, p, 5 * PAGE, 0);
}

PART void
read_into_shared(long fd, char *p)
{
   SYS4(pread, fd, p, 5 * PAGE, 0);
}

PART void
read_into_two(long fd, char *p, char *q)
{
   long vector[4] = {(long)p, 2 * PAGE, (long)q, 3 * PAGE};

   SYS3(readv, fd, vector, 2);
}

/* At the end of the file nothing is written.  */
PART void
read_nothing(long fd, char *p)
{
   SYS4(pread, fd, p, 5 * PAGE, 64 * PAGE);
}

PART void
write_from_fresh(long fd, char *p)
{
   SYS4(pwrite, fd, p, 5 * PAGE, 0);
   rt_write_pages(p, 1);
}

PART void
write_to_pipe(const int *ends, char *p)
{
   SYS3(write, ends[1], p, 5 * PAGE);
}

PART void
write_from_file(long fd, char *p)
{
   SYS4(pwrite, fd, p, 5 * PAGE, 0);
}

PART void
uname_into_fresh(char *p)
{
   SYS1(uname, p);
}

PART void
fstat_across_pages(long fd, char *p)
{
   SYS2(fstat, fd, p + PAGE - 72);
}

PART void
pipe_into_fresh(char *p)
{
   rt_must(SYS1(pipe, p));
}

/* The path is empty: the page is all zeroes.  */
PART void
path_in_fresh(char *p)
{
   SYS2(open, p, O_RDONLY);
}

/* struct sigaction of zeroes: SIG_DFL.  */
PART void
action_in_fresh(char *p)
{
   rt_must(SYS4(sigaction, SIGUSR1, p, NULL, 8));
}

/* The frame is put on the alternate stack, whose pages nobody has touched.  */
PART void
signal_on_fresh_stack(void)
{
   long pid = SYS0(getpid);

   SYS2(kill, pid, SIGUSR1);
}

static void
on_signal(int signal, void *info, void *context)
{
   (void)signal, (void)info, (void)context;
}

int
guest(struct rt *rt)
{
   long fd = rt_must(SYS2(memfd_create, "guest", 0));
   long file = rt_file(rt->argv[1], 8);
   char *a = rt_reserve(), *p;
   long alternate[3];
   int ends[2];

   SYS1(unlink, rt->argv[1]);
   rt_fill(fd, 8);
   rt_must(SYS1(pipe, ends));
   RUN(rt, read_into_fresh, fd, rt_fresh(5));
   RUN(rt, read_into_middle, fd, rt_fresh(5));
   RUN(rt, read_short, fd, rt_fresh(8));
   RUN(rt, read_after_read, fd, rt_fresh(5));
   RUN(rt, read_into_private_file, fd, rt_map(a, 5, PROT_RW, MAP_PRIVATE | MAP_FIXED, file, 0));
   RUN(rt, read_into_shared_file, fd, rt_map(a + 64 * PAGE, 5, PROT_RW, MAP_SHARED | MAP_FIXED, file, 0));
   RUN(rt, read_into_shared, fd, rt_map(NULL, 5, PROT_RW, MAP_SHARED | MAP_ANON, -1, 0));
   RUN(rt, read_into_two, fd, rt_fresh(2), rt_fresh(3));
   RUN(rt, read_nothing, fd, rt_fresh(5));
   RUN(rt, write_from_fresh, fd, rt_fresh(5));
   RUN(rt, write_to_pipe, ends, rt_fresh(5));
   RUN(rt, write_from_file, fd, rt_map(a + 128 * PAGE, 5, PROT_RW, MAP_PRIVATE | MAP_FIXED, file, 0));
   RUN(rt, uname_into_fresh, rt_fresh(1));
   RUN(rt, fstat_across_pages, fd, rt_fresh(2));
   RUN(rt, pipe_into_fresh, rt_fresh(1));
   RUN(rt, path_in_fresh, rt_fresh(1));
   RUN(rt, action_in_fresh, rt_fresh(1));
   p = rt_fresh(16);
   alternate[0] = (long)p, alternate[1] = 0, alternate[2] = 16 * PAGE;
   rt_must(SYS2(sigaltstack, alternate, NULL));
   rt_action(SIGUSR1, on_signal, 0x08000000L);  /* SA_ONSTACK */
   RUN(rt, signal_on_fresh_stack);
   return 0;
}
