#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <sched.h>
#include <stdint.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "behave.h"

extern char **environ;

static Elf64_auxv_t *
aux_vector(void)
{
   char **word = environ;

   while (*word != NULL)
      word++;
   return (Elf64_auxv_t *)(word + 1);
}

static const char *
after(const char *string)
{
   return string + strlen(string) + 1;
}

/* copy_strings() and create_elf_tables(): each string ends where the one before it
   in this list begins.  */
static void
stack_layout(void)
{
   const char *path = (const char *)getauxval(AT_EXECFN);
   const char *end = after(path), *lowest = behave_argv[0];
   const char *platform = (const char *)getauxval(AT_PLATFORM);
   uintptr_t sp = (uintptr_t)behave_argv - sizeof(long);
   int in_order = 1, n_env = 0, n_aux = 1;

   for (char **variable = environ; *variable != NULL; variable++, n_env++)
      in_order &= after(*variable) == (variable[1] != NULL ? variable[1] : path);
   for (Elf64_auxv_t *aux = aux_vector(); aux->a_type != AT_NULL; aux++)
      n_aux++;
   check("stack: a word behind the path, then a page's end",
         ((uintptr_t)end + sizeof(long)) % 4096 == 0 && *(long *)end == 0);
   check("stack: environment below the path", in_order && n_env > 0);
   check("stack: arguments below the environment",
         after(behave_argv[behave_argc - 1]) == environ[0]);
   check("stack: platform", (uintptr_t)platform ==
         ((uintptr_t)lowest & ~15ul) - strlen(platform) - 1);
   check("stack: random bytes",
         getauxval(AT_RANDOM) == (uintptr_t)platform - 16);
   check("stack: vectors", sp == ((getauxval(AT_RANDOM) - n_aux * 16ul -
         (1 + behave_argc + 1 + n_env + 1) * 8ul) & ~15ul));
}

static void
aux_values(void)
{
   Elf64_auxv_t shown[64] = {{0}}, *own = aux_vector();
   int fd = open("/proc/self/auxv", O_RDONLY);
   ssize_t n = read(fd, shown, sizeof shown);

   close(fd);
   check("aux: first is the vDSO", own[0].a_type == AT_SYSINFO_EHDR);
   check("aux: signal stack", getauxval(51) >= 2048);
   check("aux: shown as it is", n > 0 && memcmp(own, shown, (size_t)n) == 0);
   for (char **variable = environ; *variable != NULL; variable++)
      if (strncmp(*variable, "LD_PRELOAD=", 11) == 0)
         check("environment: LD_PRELOAD is set", 1);
}

static void
vdso(void)
{
   const char *image = (const char *)getauxval(AT_SYSINFO_EHDR);
   struct timespec before, now, after_it, resolution, real_resolution;
   struct timeval day;
   unsigned cpu = ~0u;
   void *library;
   int (*ask)(clockid_t, struct timespec *);

   check("vdso: an ELF image", image != NULL && memcmp(image, ELFMAG, SELFMAG) == 0);
   check("vdso: below the loader",
         (uintptr_t)image + 0x2000 == getauxval(AT_BASE));
   library = dlopen("linux-vdso.so.1", RTLD_NOLOAD | RTLD_NOW);
   ask = library == NULL ? NULL
         : (int (*)(clockid_t, struct timespec *))dlsym(library, "__vdso_clock_gettime");
   check("vdso: the loader knows it", ask != NULL);
   syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &before);
   check("vdso: clock_gettime", ask != NULL && ask(CLOCK_MONOTONIC, &now) == 0);
   syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &after_it);
   check("vdso: a time in between",
         (now.tv_sec - before.tv_sec) * 1000000000 + now.tv_nsec >= before.tv_nsec &&
         (after_it.tv_sec - now.tv_sec) * 1000000000 + after_it.tv_nsec >= now.tv_nsec);
   check("vdso: a clock that is none", clock_gettime(99, &now) == -1);
   check("vdso: gettimeofday", gettimeofday(&day, NULL) == 0 &&
         day.tv_sec - time(NULL) <= 1 && time(NULL) - day.tv_sec <= 1);
   syscall(SYS_clock_getres, CLOCK_REALTIME_COARSE, &real_resolution);
   check("vdso: clock_getres", clock_getres(CLOCK_REALTIME_COARSE, &resolution) == 0 &&
         resolution.tv_nsec == real_resolution.tv_nsec);
   check("vdso: getcpu", getcpu(&cpu, NULL) == 0 &&
         cpu < (unsigned)sysconf(_SC_NPROCESSORS_CONF));
}

void
case_image(void)
{
   stack_layout();
   aux_values();
   vdso();
}

/* ---- what the dynamic loader saves ---- */

#define DEEP_BYTES 16384

/* Marks the stack below the caller.  */
static __attribute__((noinline)) void
mark_stack(void)
{
   volatile char below[DEEP_BYTES];

   for (size_t i = 0; i < sizeof below; i++)
      below[i] = 0x5a;
}

/* How much of it was written to since.  */
static __attribute__((noinline)) long
unmarked_stack(void)
{
   volatile char below[DEEP_BYTES];
   size_t i = 0;

   __asm__("" : "=m"(below));           /* what is there, is there */
   while (i < sizeof below && below[i] == 0x5a)
      i++;
   return (long)(sizeof below - i);
}

/* The first call of a function of a library goes through the loader, which saves all
   registers that can hold arguments, at a multiple of 64 bytes.  */
void
case_saved_state(void)
{
   char frame[64] __attribute__((aligned(64)));

   __asm__ volatile("" : : "r"(frame));
   mark_stack();
   getpgrp();
   say("bytes of stack, at least", unmarked_stack());
}
