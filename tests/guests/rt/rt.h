/* What the guests stand on instead of a C library: system calls, a way to run
   one part at a time, and single accesses that no compiler can change.

   A guest does nothing but what its source says: no start-up code of a library,
   no dynamic loader, no buffer that comes into being unasked.  So its counts are
   the same in every environment.  All state is on the stack, which is touched
   64 KiB deep before the first part runs: a guest without data of its own has
   neither .data nor .bss.

   Under the tool a part is told from the rest by its symbol: what is charged to
   an instruction of the part is the part's.  Natively, with VMT_PARTS=1 in the
   environment, each part's own ru_minflt and ru_majflt are printed instead:

      part NAME MINFLT MAJFLT

   A part may do nothing outside its own symbol but make system calls (rt_sys is
   always inlined).  */

#ifndef VMT_GUESTS_RT_H
#define VMT_GUESTS_RT_H

#define PAGE 4096L
#define NULL ((void *)0)

struct rt {
   long argc;
   char **argv, **envp;
   long parts;                  /* VMT_PARTS was given */
   long before[18];             /* struct rusage when the part began */
};

/* The guest; its result is the exit status.  */
int guest(struct rt *rt);

/* A function whose events are counted.  External, so that no clone of it with a
   changed name is made.  */
#define PART __attribute__((noinline, noclone))

#define RUN(rt, part, ...)                      \
   do {                                         \
      rt_part_begin(rt);                        \
      part(__VA_ARGS__);                        \
      rt_part_end(rt, #part);                   \
   } while (0)

void rt_part_begin(struct rt *rt);
void rt_part_end(struct rt *rt, const char *name);

/* System calls, by number (arch/x86/entry/syscalls/syscall_64.tbl).  */
enum {
   SYS_read = 0,
   SYS_write = 1,
   SYS_open = 2,
   SYS_close = 3,
   SYS_fstat = 5,
   SYS_mmap = 9,
   SYS_mprotect = 10,
   SYS_munmap = 11,
   SYS_brk = 12,
   SYS_sigaction = 13,
   SYS_pread = 17,
   SYS_pwrite = 18,
   SYS_readv = 19,
   SYS_pipe = 22,
   SYS_mremap = 25,
   SYS_msync = 26,
   SYS_madvise = 28,
   SYS_shmget = 29,
   SYS_shmat = 30,
   SYS_shmctl = 31,
   SYS_nanosleep = 35,
   SYS_getpid = 39,
   SYS_clone = 56,
   SYS_fork = 57,
   SYS_vfork = 58,
   SYS_execve = 59,
   SYS_exit = 60,
   SYS_wait4 = 61,
   SYS_kill = 62,
   SYS_uname = 63,
   SYS_shmdt = 67,
   SYS_ftruncate = 77,
   SYS_fallocate = 285,
   SYS_unlink = 87,
   SYS_getrusage = 98,
   SYS_sigaltstack = 131,
   SYS_mlock = 149,
   SYS_setrlimit = 160,
   SYS_prctl = 157,
   SYS_futex = 202,
   SYS_exit_group = 231,
   SYS_waitid = 247,
   SYS_memfd_create = 319,
};

static inline __attribute__((always_inline)) long
rt_sys(long number, long a, long b, long c, long d, long e, long f)
{
   long result;
   register long r10 __asm__("r10") = d;
   register long r8 __asm__("r8") = e;
   register long r9 __asm__("r9") = f;

   __asm__ volatile("syscall"
                    : "=a"(result)
                    : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                    : "rcx", "r11", "memory");
   return result;
}

#define SYS0(n) rt_sys(SYS_##n, 0, 0, 0, 0, 0, 0)
#define SYS1(n, a) rt_sys(SYS_##n, (long)(a), 0, 0, 0, 0, 0)
#define SYS2(n, a, b) rt_sys(SYS_##n, (long)(a), (long)(b), 0, 0, 0, 0)
#define SYS3(n, a, b, c) rt_sys(SYS_##n, (long)(a), (long)(b), (long)(c), 0, 0, 0)
#define SYS4(n, a, b, c, d) \
   rt_sys(SYS_##n, (long)(a), (long)(b), (long)(c), (long)(d), 0, 0)
#define SYS5(n, a, b, c, d, e) \
   rt_sys(SYS_##n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), 0)

enum { PROT_NONE = 0, PROT_READ = 1, PROT_WRITE = 2, PROT_EXEC = 4, PROT_RW = 3 };
enum {
   MAP_SHARED = 1,
   MAP_PRIVATE = 2,
   MAP_FIXED = 0x10,
   MAP_ANON = 0x20,
   MAP_NORESERVE = 0x4000,
   MAP_POPULATE = 0x8000
};
enum {
   MADV_DONTNEED = 4,
   MADV_FREE = 8,
   MADV_REMOVE = 9,
   MADV_WIPEONFORK = 18,
   MADV_COLD = 20,
   MADV_POPULATE_READ = 22,
   MADV_POPULATE_WRITE = 23
};
enum { MREMAP_MAYMOVE = 1, MREMAP_FIXED = 2 };
enum { MS_SYNC = 4 };
enum { O_RDONLY = 0, O_RDWR = 2, O_CREAT = 0100, O_TRUNC = 01000 };
enum { SIGBUS = 7, SIGUSR1 = 10, SIGSEGV = 11 };

/* mmap; pages is a length in pages and offset one in pages of the file.  An
   error ends the guest with status 99.  */
static inline __attribute__((always_inline)) char *
rt_map(void *at, long pages, long prot, long flags, long fd, long offset)
{
   long result = rt_sys(SYS_mmap, (long)at, pages * PAGE, prot, flags, fd,
                        offset * PAGE);

   if (result < 0 && result > -4096)
      SYS1(exit_group, 99);
   return (char *)result;
}

/* Ends the guest with status 99 when a system call failed.  */
static inline __attribute__((always_inline)) long
rt_must(long result)
{
   if (result < 0 && result > -4096)
      SYS1(exit_group, 99);
   return result;
}

/* Fresh private anonymous memory.  */
static inline __attribute__((always_inline)) char *
rt_fresh(long pages)
{
   return rt_map(NULL, pages, PROT_RW, MAP_PRIVATE | MAP_ANON, -1, 0);
}

/* 16 MiB of addresses that nothing else uses, aligned to 16 MiB (so on a 2 MiB
   boundary, and all of it within one aligned 1 GiB), mapped without any right.  */
char *rt_reserve(void);

/* A file of `pages` pages, or the one that is there with that name, written
   4 KiB at a time, so that the page cache holds it in single pages.  */
long rt_file(const char *path, long pages);
void rt_fill(long fd, long pages);

long rt_number(const char *text);
int rt_same(const char *a, const char *b);

/* Faults that the guest provokes.  An instruction written with TRY is jumped
   over when it faults; rt_catch installs the handler for SIGSEGV and SIGBUS, on
   stack [stack, stack + bytes) if that is not NULL.  */
void rt_catch(void *stack, long bytes);
void rt_action(long signal, void (*handler)(int, void *, void *), long flags);

#define FIXUP_ENTRY                             \
   ".pushsection fixups, \"a\"\n\t"             \
   ".long 1b - ., 2b - .\n\t"                   \
   ".popsection"
#define TRY(instruction, address)                                              \
   __asm__ volatile("1:\t" instruction "\n2:\n\t" FIXUP_ENTRY : : "r"(address) \
                    : "rax", "memory")
#define TRY_READ(address) TRY("movb (%0), %%al", address)
#define TRY_WRITE(address) TRY("movb $1, (%0)", address)

/* One instruction each.  */
#define READ(address) \
   __asm__ volatile("movb (%0), %%al" : : "r"(address) : "rax", "memory")
#define WRITE(address) \
   __asm__ volatile("movb $1, (%0)" : : "r"(address) : "memory")
#define INCREMENT(address) \
   __asm__ volatile("incb (%0)" : : "r"(address) : "memory", "cc")

static inline __attribute__((always_inline)) void
rt_read_pages(const char *p, long pages)
{
   for (long i = 0; i < pages; i++)
      READ(p + i * PAGE);
}

static inline __attribute__((always_inline)) void
rt_write_pages(char *p, long pages)
{
   for (long i = 0; i < pages; i++)
      WRITE(p + i * PAGE);
}

/* Writes to the stack from 15 pages below to the page of *rt: after a fork, so
   that a part does not meet a shared page of it.  */
void rt_touch_stack(struct rt *rt);

/* A thread that shares everything, on a stack whose top page the caller has
   touched; runs fn(arg), then ends.  flags as glibc's pthread_create gives
   them.  Its number.  */
long rt_thread(void (*fn)(void *), void *arg, char *stack_top, int *tid_word,
               int *clear_word);
void rt_join(int *clear_word);

#endif
