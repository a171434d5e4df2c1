/* Calls of an allocator that do not just begin and end, counted by hand in
   check-heap-calls.

   usage: heap_calls MODE [LIBRARY].  A call is interrupted where posix_memalign stores
   its result into a page that is closed; the handler opens it.  */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <malloc.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define PAGE 4096
#define STACK_BYTES (16 * PAGE)

/* Through pointers that the compiler knows nothing of.  */
static void *(*volatile do_malloc)(size_t) = malloc;
static void *(*volatile do_calloc)(size_t, size_t) = calloc;
static void *(*volatile do_realloc)(void *, size_t) = realloc;
static void (*volatile do_free)(void *) = free;

static void *
closed_page(void)
{
   return mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void
handle_faults(void (*handler)(int, siginfo_t *, void *), int flags)
{
   struct sigaction action = {.sa_sigaction = handler,
                              .sa_flags = SA_SIGINFO | SA_NODEFER | flags};

   sigaction(SIGSEGV, &action, NULL);
}

static void
open_page(const siginfo_t *info)
{
   mprotect((void *)((uintptr_t)info->si_addr & -PAGE), PAGE, PROT_READ | PROT_WRITE);
}

static void *
interrupted(size_t bytes)
{
   void **place = closed_page();

   if (posix_memalign(place, 64, bytes) != 0)
      abort();
   return *place;
}

/* ---- the family ---- */

/* A jump to malloc: it returns to where this was called.  */
void *jump_to_malloc(size_t bytes);
__asm__(".text\n.globl jump_to_malloc\n.type jump_to_malloc, @function\n"
        "jump_to_malloc: jmp malloc@PLT\n");

/* An allocator's function that is jumped to from nearby, and soon has something else in
   the register that says how much is wanted.  */
void *jump_nearby(void);
void je_free(void *block);
__asm__(".text\n.globl jump_nearby\n.type jump_nearby, @function\n"
        "jump_nearby: movl $29, %edi\n   jmp je_malloc\n"
        ".globl je_malloc\n.type je_malloc, @function\n"
        "je_malloc: leaq 16(%rdi), %rdi\n   leaq je_place(%rip), %rax\n   ret\n"
        ".size je_malloc, . - je_malloc\n"
        ".local je_place\n.comm je_place, 64, 16\n");

void __attribute__((noinline))
je_free(void *block)
{
   __asm__ volatile("" : : "r"(block));
}

static void
nearby(void)
{
   void *(*volatile jump)(void) = jump_nearby;

   je_free(jump());
}

static void
family(void)
{
   void *block, *nowhere;
   char *line = NULL;
   size_t size = 0;
   volatile size_t too_many = SIZE_MAX / 2;

   setvbuf(stdin, NULL, _IONBF, 0);
   do_free(do_realloc(NULL, 21));
   block = do_malloc(22);
   block = reallocarray(block, 23, 2);
   if (reallocarray(block, too_many, 4) != NULL || do_calloc(too_many, 4) != NULL ||
       posix_memalign(&nowhere, 3, 1) == 0)
      abort();
   do_free(block);
   do_free(pvalloc(24));
   do_free(jump_to_malloc(25));
   block = do_malloc(26);
   if (malloc_usable_size(block) < 26)
      abort();
   do_free(block);
   do_free(strdup("27: strdup asks for 31 bytes.."));
   getline(&line, &size, stdin);                        /* 120 to start with */
   do_free(line);
}

static void
free_by_realloc(void)
{
   void *volatile block = do_malloc(28);

   do_free(do_realloc(block, 0));
}

/* ---- signal handlers ---- */

static void
opener(int number, siginfo_t *info, void *context)
{
   (void)number, (void)context;
   do_free(do_malloc(31));
   open_page(info);
}

static void
handler(void)
{
   handle_faults(opener, 0);
   do_free(interrupted(32));
}

static void
other_stack(void)
{
   stack_t stack = {.ss_sp = do_malloc(STACK_BYTES), .ss_size = STACK_BYTES};

   sigaltstack(&stack, NULL);
   handle_faults(opener, SA_ONSTACK);
   do_free(interrupted(32));
}

static void
nester(int number, siginfo_t *info, void *context)
{
   static int depth;

   (void)number, (void)context;
   if (++depth < 4)
      do_free(interrupted(33));
   open_page(info);
}

static void
nested(void)
{
   handle_faults(nester, 0);
   do_free(interrupted(34));
}

static sigjmp_buf outside;

static void
jumper(int number, siginfo_t *info, void *context)
{
   jmp_buf inside;

   (void)number, (void)context;
   if (setjmp(inside) == 0)
      longjmp(inside, 1);
   do_free(do_malloc(35));
   open_page(info);
}

/* A longjmp within the handler leaves nothing that is open.  */
static void
jump_inside(void)
{
   handle_faults(jumper, 0);
   do_free(interrupted(36));
}

static void
leaver(int number, siginfo_t *info, void *context)
{
   (void)number, (void)info, (void)context;
   do_free(do_malloc(37));
   siglongjmp(outside, 1);
}

/* Out of two handlers, the inner one on the other's stack.  */
static void
leave_both(int number, siginfo_t *info, void *context)
{
   (void)number, (void)info, (void)context;
   handle_faults(leaver, 0);
   interrupted(38);
}

static void
jump_outside(void)
{
   stack_t stack = {.ss_sp = do_malloc(STACK_BYTES), .ss_size = STACK_BYTES};

   sigaltstack(&stack, NULL);
   handle_faults(leave_both, SA_ONSTACK);
   if (sigsetjmp(outside, 1) == 0)
      interrupted(39);
   do_free(do_malloc(40));
}

/* ---- coroutines ---- */

static ucontext_t middle, sides[2];
static int side;

static void
to_the_middle(int number, siginfo_t *info, void *context)
{
   int own = side;

   (void)number, (void)context;
   swapcontext(&sides[own], &middle);
   open_page(info);
}

static void
coroutine(void)
{
   size_t bytes = 41 + (size_t)side;

   do_free(interrupted(bytes));
}

static void
resume(int which)
{
   side = which;
   swapcontext(&middle, &sides[which]);
}

static void *
guarded_stack(void)
{
   char *place = mmap(NULL, PAGE + STACK_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS,
                      -1, 0);

   mprotect(place + PAGE, STACK_BYTES, PROT_READ | PROT_WRITE);
   return place + PAGE;
}

/* Both are interrupted, and go on in the order in which they began.  */
static void
coroutines(void)
{
   handle_faults(to_the_middle, 0);
   for (int i = 0; i < 2; i++) {
      getcontext(&sides[i]);
      sides[i].uc_stack.ss_sp = guarded_stack();
      sides[i].uc_stack.ss_size = STACK_BYTES;
      sides[i].uc_link = &middle;
      makecontext(&sides[i], coroutine, 0);
      resume(i);
      do_free(do_malloc(43));
   }
   resume(0);
   do_free(do_malloc(44));
   resume(1);
   do_free(do_malloc(45));
}

/* ---- processes, wrong frees ---- */

static void
by_vfork(void)
{
   void *block = do_malloc(51);

   if (vfork() == 0)
      _exit(0);
   wait(NULL);
   do_free(block);
}

static void
free_twice(void)
{
   void *volatile block = do_malloc(2000), *volatile other = do_malloc(53);

   do_free(block);
   do_free(block);
   do_free(other);
}

static void
free_unknown(void)
{
   static long double nothing[4];

   do_malloc(54);
   do_free(&nothing[1]);
}

/* ---- libraries ---- */

static const char *library;

static void
use_library(const char *allocate, const char *give_back, size_t bytes)
{
   void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
   void *(*its_malloc)(size_t) = (void *(*)(size_t))dlsym(handle, allocate);
   void (*its_free)(void *) = (void (*)(void *))dlsym(handle, give_back);

   its_free(its_malloc(bytes));
   dlclose(handle);
}

/* A library of its own, LIBRARY-named, has functions of other names at the same places.  */
static void
libraries(void)
{
   char other[4096];

   use_library("malloc", "free", 100061);
   use_library("malloc", "free", 100062);
   snprintf(other, sizeof other, "%s-named", library);
   library = other;
   use_library("take", "give", 100063);
}

/* ---- what an allocator has besides, preloaded ---- */

typedef void *(*function)(uintptr_t, uintptr_t, uintptr_t, uintptr_t);

static uintptr_t
call(const char *name, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)
{
   function found = (function)dlsym(RTLD_DEFAULT, name);

   if (found == NULL) {
      fprintf(stderr, "heap_calls: no %s here; preload the allocator\n", name);
      exit(2);
   }
   return (uintptr_t)found(a, b, c, d);
}

static void
its_tcmalloc(void)
{
   call("tc_free", call("tc_malloc", 81, 0, 0, 0), 0, 0, 0);
   call("tc_delete", call("tc_new", 82, 0, 0, 0), 0, 0, 0);
   call("tc_deletearray_sized", call("tc_newarray_aligned", 83, 64, 0, 0), 83, 0, 0);
   call("tc_free", call("tc_memalign", 64, 84, 0, 0), 0, 0, 0);
}

static void
its_jemalloc(void)
{
   uintptr_t block = call("mallocx", 81, 0, 0, 0);

   block = call("rallocx", block, 82000, 0, 0);
   call("sdallocx", block, 82000, 0, 0);
   call("dallocx", call("mallocx", 83, 6, 0, 0), 0, 0, 0);      /* aligned to 64 */
}

static void
its_mimalloc(void)
{
   uintptr_t heap = call("mi_heap_new", 0, 0, 0, 0), block;

   call("mi_free", call("mi_malloc", 81, 0, 0, 0), 0, 0, 0);
   call("mi_free_size", call("mi_zalloc_aligned", 82, 64, 0, 0), 82, 0, 0);
   block = call("mi_heap_malloc", heap, 83, 0, 0);
   block = call("mi_heap_realloc", heap, block, 84, 0);
   block = call("mi_heap_recalloc", heap, block, 5, 17);
   call("mi_free", block, 0, 0, 0);
   call("mi_free", call("mi_heap_calloc", heap, 43, 2, 0), 0, 0, 0);
   call("mi_free", call("mi_new_n", 29, 3, 0, 0), 0, 0, 0);
   call("mi_free", call("mi_recalloc", 0, 8, 11, 0), 0, 0, 0);
}

int
main(int argc, char **argv)
{
   static const struct {
      const char *name;
      void (*run)(void);
   } modes[] = {{"family", family}, {"nearby", nearby}, {"realloc0", free_by_realloc},
                {"handler", handler}, {"other-stack", other_stack}, {"nested", nested},
                {"jump-inside", jump_inside}, {"jump-outside", jump_outside},
                {"coroutines", coroutines}, {"vfork", by_vfork},
                {"free-twice", free_twice}, {"free-unknown", free_unknown},
                {"libraries", libraries}, {"tcmalloc", its_tcmalloc},
                {"jemalloc", its_jemalloc}, {"mimalloc", its_mimalloc}};

   library = argc > 2 ? argv[2] : NULL;
   for (size_t i = 0; argc >= 2 && i < sizeof modes / sizeof modes[0]; i++)
      if (strcmp(argv[1], modes[i].name) == 0)
         modes[i].run();
   return 0;
}
