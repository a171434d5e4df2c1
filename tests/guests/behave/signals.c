#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include "behave.h"

static volatile sig_atomic_t n_usr1, n_usr2, depth, deepest;
static sigjmp_buf escape;
static char *alternate;
static volatile int on_alternate;

static void
install(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
   struct sigaction action;

   memset(&action, 0, sizeof action);
   action.sa_sigaction = handler;
   action.sa_flags = SA_SIGINFO | flags;
   sigaction(signal, &action, NULL);
}

static void
on_usr2(int signal, siginfo_t *info, void *context)
{
   (void)signal, (void)context;
   depth++;
   if (depth > deepest)
      deepest = depth;
   n_usr2 += info->si_pid == getpid();
   depth--;
}

static void
on_usr1(int signal, siginfo_t *info, void *context)
{
   char here;

   (void)signal, (void)info, (void)context;
   depth++;
   n_usr1++;
   on_alternate = &here >= alternate && &here < alternate + SIGSTKSZ * 4;
   raise(SIGUSR2);              /* nested: delivered at once */
   depth--;
}

static void
on_escape(int signal, siginfo_t *info, void *context)
{
   (void)signal, (void)info, (void)context;
   siglongjmp(escape, 1);
}

static volatile int n_alarms;

static void
on_alarm(int signal, siginfo_t *info, void *context)
{
   (void)signal, (void)info, (void)context;
   n_alarms++;
}

static void
handlers(void)
{
   stack_t stack = {.ss_size = SIGSTKSZ * 4};

   alternate = stack.ss_sp = malloc(SIGSTKSZ * 4);
   sigaltstack(&stack, NULL);
   install(SIGUSR1, on_usr1, SA_ONSTACK);
   install(SIGUSR2, on_usr2, 0);
   for (int i = 0; i < 100; i++)
      raise(SIGUSR1);
   say("USR1", n_usr1);
   say("USR2, from ourselves", n_usr2);
   say("deepest", deepest);
   check("on the alternate stack", on_alternate);
   install(SIGUSR1, on_usr1, 0);
   raise(SIGUSR1);
   check("on the alternate stack without SA_ONSTACK", on_alternate);
}

static void
masks(void)
{
   sigset_t set, pending;

   sigemptyset(&set);
   sigaddset(&set, SIGUSR2);
   sigprocmask(SIG_BLOCK, &set, NULL);
   n_usr2 = 0;
   raise(SIGUSR2);
   raise(SIGUSR2);
   sigpending(&pending);
   check("pending", sigismember(&pending, SIGUSR2));
   say("USR2 while blocked", n_usr2);
   sigprocmask(SIG_UNBLOCK, &set, NULL);
   say("USR2 afterwards", n_usr2);
}

static void
jumps(void)
{
   volatile int n = 0;

   install(SIGUSR1, on_escape, 0);
   while (n < 1000) {
      if (sigsetjmp(escape, 1) == 0)
         raise(SIGUSR1);
      else
         n++;
   }
   say("jumped out of handlers", n);
}

void
case_signals(void)
{
   struct itimerval soon = {.it_value = {.tv_usec = 20000}};

   handlers();
   masks();
   jumps();
   install(SIGALRM, on_alarm, 0);
   setitimer(ITIMER_REAL, &soon, NULL);
   while (n_alarms == 0)
      continue;                 /* a loop that makes no system call */
   say("alarms", n_alarms);
}

/* Faults that the program causes and looks at.  */

extern char fault_read[], fault_write[], fault_bus[];
static volatile int seen_signal, seen_code, right_address, right_place;
static char *wanted_address, *wanted_place;

static void
on_fault(int signal, siginfo_t *info, void *context)
{
   ucontext_t *uc = context;

   seen_signal = signal;
   seen_code = info->si_code;
   right_address = info->si_addr == wanted_address;
   right_place = (char *)uc->uc_mcontext.gregs[REG_RIP] == wanted_place;
   siglongjmp(escape, 1);
}

static void
report(const char *what)
{
   say(what, seen_signal);
   say("   si_code", seen_code);
   check("   si_addr is the address", right_address);
   check("   the saved RIP is the instruction", right_place);
   seen_signal = seen_code = right_address = right_place = -1;
}

static __attribute__((noinline)) void
read_at(char *p)
{
   __asm__ volatile(".globl fault_read\nfault_read:\tmovb (%0), %%al" : : "r"(p) : "rax");
}

static __attribute__((noinline)) void
write_at(char *p)
{
   __asm__ volatile(".globl fault_write\nfault_write:\tmovb $1, (%0)" : : "r"(p) : "memory");
}

static void
attempt(const char *what, void (*access)(char *), char *place, char *address)
{
   wanted_address = address;
   wanted_place = place;
   if (sigsetjmp(escape, 1) == 0) {
      access(address);
      seen_signal = 0;
   }
   report(what);
}

static void
call_at(char *p)
{
   ((void (*)(void))(uintptr_t)p)();
}

/* Makes the page writable and returns: the store is made again.  */
static void
on_fault_mend(int signal, siginfo_t *info, void *context)
{
   (void)signal, (void)context;
   n_usr1++;
   mprotect((void *)((uintptr_t)info->si_addr & -4096ul), 4096, PROT_READ | PROT_WRITE);
}

void
case_faults(void)
{
   char *p = mmap(NULL, 4 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   int fd = memfd_create("behave", 0);
   char *file = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
   stack_t stack = {.ss_size = SIGSTKSZ * 4, .ss_sp = malloc(SIGSTKSZ * 4)};

   sigaltstack(&stack, NULL);
   install(SIGSEGV, on_fault, SA_ONSTACK);
   install(SIGBUS, on_fault, 0);
   munmap(p + 3 * 4096, 4096);
   attempt("read of nothing", read_at, fault_read, p + 3 * 4096 + 5);
   attempt("read of null", read_at, fault_read, NULL);
   attempt("write to read-only", write_at, fault_write, p + 17);
   attempt("read beyond the end of a file", read_at, fault_read, file + 100);
   attempt("call of what is not code", call_at, p + 4096, p + 4096);
   attempt("call of nothing", call_at, p + 3 * 4096, p + 3 * 4096);
   check("EFAULT", write(fd, p + 3 * 4096, 10) == -1);
   signal(SIGSEGV, SIG_DFL);
   signal(SIGBUS, SIG_DFL);
}

/* The instruction is made again with the registers that the handler was given: they
   must be those that it began with.  */
void
case_mend(void)
{
   char *p = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

   install(SIGSEGV, on_fault_mend, 0);
   n_usr1 = 0;
   for (int i = 0; i < 3; i++)
      for (int k = 0; k < 100; k++)
         p[i * 4096 + k]++;
   say("pages put right", n_usr1);
   say("what they hold", p[0] + p[4096 + 99] + p[2 * 4096 + 50]);
   signal(SIGSEGV, SIG_DFL);
}
