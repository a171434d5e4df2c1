/* vmt_areas against the running kernel: the same random operations on both.

   Each sequence keeps to a few kinds of mapping, protections and pieces of
   advice, so that neighbours that could merge are common.  Half-way it forks,
   and both processes go on.  Then come cases that chance seldom finds.

   usage: native_areas [first-seed [n-sequences]]  */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/areas/native_cases.h"
#include "tests/areas/native_maps.h"
#include "tests/areas/native_pair.h"
#include "vmtrace/mmu/base/random.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum {
   REGION_PAGES = 14,
   FILE_PAGES = 4 * REGION_PAGES,
   STEPS = 120,                 /* before the fork, and after it in both */
   N_SEQUENCES = 50
};

/* What can be mapped.  Two opens of one file are two objects.  */
enum kind {
   PRIVATE_ANON,
   PRIVATE_NORESERVE,
   SHARED_ANON,
   PRIVATE_FILE,
   PRIVATE_FILE_AGAIN,
   SHARED_FILE,
   PRIVATE_MEMFD,
   SHARED_MEMFD,
   N_KINDS
};

static const int protections[] = {PROT_NONE, PROT_READ, PROT_READ | PROT_WRITE,
                                  PROT_READ | PROT_EXEC,
                                  PROT_READ | PROT_WRITE | PROT_EXEC};

static const struct advice {
   const char *name;
   int advice;
   uint32_t clear, set;
} advices[] = {
   {"NORMAL", MADV_NORMAL, VMT_AREA_SEQ_READ | VMT_AREA_RAND_READ, 0},
   {"SEQUENTIAL", MADV_SEQUENTIAL, VMT_AREA_RAND_READ, VMT_AREA_SEQ_READ},
   {"RANDOM", MADV_RANDOM, VMT_AREA_SEQ_READ, VMT_AREA_RAND_READ},
   {"DONTFORK", MADV_DONTFORK, 0, VMT_AREA_DONTFORK},
   {"DOFORK", MADV_DOFORK, VMT_AREA_DONTFORK, 0},
   {"DONTDUMP", MADV_DONTDUMP, 0, VMT_AREA_DONTDUMP},
   {"DODUMP", MADV_DODUMP, VMT_AREA_DONTDUMP, 0},
   {"HUGEPAGE", MADV_HUGEPAGE, VMT_AREA_NOHUGEPAGE, VMT_AREA_HUGEPAGE},
   {"NOHUGEPAGE", MADV_NOHUGEPAGE, VMT_AREA_HUGEPAGE, VMT_AREA_NOHUGEPAGE},
   {"WIPEONFORK", MADV_WIPEONFORK, 0, VMT_AREA_WIPEONFORK},
   {"KEEPONFORK", MADV_KEEPONFORK, VMT_AREA_WIPEONFORK, 0},
};

static struct vmt_random rng;
static uint64_t file_object, file_again_object, memfd_object;

/* What this sequence draws from.  */
static uint32_t kinds[3], n_kinds, prots[3], n_prots, picked[2], n_picked;
static bool uses_mlock;

static uint64_t
below(uint64_t bound)
{
   return vmt_random_below(&rng, bound);
}

static uint64_t
random_page(void)
{
   return native_start + below(REGION_PAGES) * PAGE;
}

/* A range of up to 6 pages in the region, often at the ends of areas.  */
static void
pick_range(uint64_t *start, uint64_t *end)
{
   uint64_t first = random_page(), n_pages = (native_end - first) / PAGE;
   struct vmt_area *area = vmt_areas_find(&native_areas, first);

   *start = first;
   *end = first + (1 + below(n_pages < 6 ? n_pages : 6)) * PAGE;
   if (area != NULL && below(3) == 0) {
      *start = area->start;
      *end = below(2) == 0 ? area->end : *end;
   }
}

/* Fills in what of kind is to be mapped, but not where and from which page on.  */
static void
set_kind(struct vmt_area *area, enum kind kind)
{
   static const uint32_t flags[N_KINDS] = {
      [PRIVATE_NORESERVE] = VMT_AREA_NORESERVE, [SHARED_ANON] = VMT_AREA_SHARED,
      [SHARED_FILE] = VMT_AREA_SHARED, [SHARED_MEMFD] = VMT_AREA_SHARED,
   };

   area->flags |= flags[kind];
   switch (kind) {
   case SHARED_ANON:
      area->backing = VMT_BACKING_SHMEM;
      area->object = native_new_object(-1, (area->end - area->start) / PAGE);
      break;
   case PRIVATE_FILE:
   case PRIVATE_FILE_AGAIN:
   case SHARED_FILE:
      area->backing = VMT_BACKING_FILE;
      area->object = kind == PRIVATE_FILE_AGAIN ? file_again_object : file_object;
      break;
   case PRIVATE_MEMFD:
   case SHARED_MEMFD:
      area->backing = VMT_BACKING_SHMEM;
      area->object = memfd_object;
      break;
   default:
      break;
   }
}

static void
do_map(void)
{
   struct vmt_area area = {.backing = VMT_BACKING_ANON};
   enum kind kind = kinds[below(n_kinds)];

   pick_range(&area.start, &area.end);
   area.flags = (uint32_t)protections[prots[below(n_prots)]];
   set_kind(&area, kind);
   /* Mostly the same distance between file and region, so that areas of one file
      run on.  */
   if (kind != SHARED_ANON && area.backing != VMT_BACKING_ANON)
      area.page_offset = native_page(area.start)
                         + (below(4) == 0 ? 1 + below(2) : 2);
   native_note("mmap pages %u..%u kind %d flags %x offset %lu",
               native_page(area.start), native_page(area.end), kind, area.flags,
               (unsigned long)area.page_offset);
   native_map(&area);
}

static void
do_unmap(uint64_t start, uint64_t end)
{
   native_note("munmap pages %u..%u", native_page(start), native_page(end));
   native_unmap(start, end);
}

static void
do_protect(uint64_t start, uint64_t end)
{
   int prot = protections[prots[below(n_prots)]];

   native_note("mprotect pages %u..%u prot %d", native_page(start),
               native_page(end), prot);
   native_protect(start, end, prot);
}

static void
do_lock(uint64_t start, uint64_t end)
{
   bool lock = below(2) == 0;

   native_note("%s pages %u..%u", lock ? "mlock" : "munlock", native_page(start),
               native_page(end));
   native_lock(start, end, lock);
}

static void
do_advise(uint64_t start, uint64_t end)
{
   const struct advice *advice = &advices[picked[below(n_picked)]];

   native_note("madvise pages %u..%u %s", native_page(start), native_page(end),
               advice->name);
   if (advice->set == VMT_AREA_WIPEONFORK) {
      /* Refused for files, perhaps after some areas: one that it takes.  */
      struct vmt_area *area = vmt_areas_find(&native_areas, start);

      if (area == NULL || area->backing != VMT_BACKING_ANON)
         return;
      end = end < area->end ? end : area->end;
   }
   native_advise(start, end, advice->advice, advice->clear, advice->set);
}

/* In place: growing fails where something is in the way.  */
static void
do_resize(void)
{
   struct vmt_area *area = vmt_areas_find(&native_areas, random_page());
   uint64_t from, old_bytes, new_bytes;

   if (area == NULL)
      return;
   from = area->start + below((area->end - area->start) / PAGE) * PAGE;
   old_bytes = area->end - from;
   new_bytes = (1 + below((native_end - from) / PAGE)) * PAGE;
   native_note("mremap in place pages %u..%u to %lu pages", native_page(from),
               native_page(from + old_bytes), (unsigned long)(new_bytes / PAGE));
   native_move(from, old_bytes, from, new_bytes, false);
}

static void
do_move(void)
{
   struct vmt_area *area = vmt_areas_find(&native_areas, random_page());
   uint64_t n_pages, from, to = random_page(), old_bytes, new_bytes;
   bool keep_old = below(4) == 0;

   if (area == NULL)
      return;
   n_pages = (area->end - area->start) / PAGE;
   from = below(2) == 0 ? area->start : area->start + below(n_pages) * PAGE;
   n_pages = (area->end - from) / PAGE;
   old_bytes = (below(2) == 0 ? n_pages : 1 + below(n_pages)) * PAGE;
   new_bytes = keep_old || below(2) == 0 ? old_bytes : (1 + below(5)) * PAGE;
   /* A second mapping of the same pages.  */
   if ((area->flags & VMT_AREA_SHARED) != 0 && below(4) == 0 && !keep_old)
      old_bytes = 0;
   if (to + new_bytes > native_end || to == from)
      return;
   native_note("mremap pages %u..%u to pages %u..%u%s", native_page(from),
               native_page(from + old_bytes), native_page(to),
               native_page(to + new_bytes), keep_old ? " DONTUNMAP" : "");
   native_move(from, old_bytes, to, new_bytes, keep_old);
}

static void
do_touch(void)
{
   uint64_t addr = random_page();

   native_note("touch page %u", native_page(addr));
   native_touch(addr);
}

static void
do_step(void)
{
   uint64_t dice = below(100), start, end;

   pick_range(&start, &end);
   if (dice < 25)
      do_map();
   else if (dice < 30)
      do_unmap(start, end);
   else if (dice < 50)
      do_protect(start, end);
   else if (dice < 56)
      do_resize();
   else if (dice < 70)
      do_move();
   else if (dice < 76 && uses_mlock)
      do_lock(start, end);
   else if (dice < 84 && n_picked != 0)
      do_advise(start, end);
   else
      do_touch();
}

static void
draw_palette(bool may_lock)
{
   n_kinds = (uint32_t)(1 + below(N(kinds)));
   for (uint32_t i = 0; i < n_kinds; i++)
      kinds[i] = (uint32_t)(below(2) == 0 ? PRIVATE_ANON : below(N_KINDS));
   n_prots = (uint32_t)(1 + below(N(prots)));
   prots[0] = 2;
   for (uint32_t i = 1; i < n_prots; i++)
      prots[i] = (uint32_t)below(N(protections));
   n_picked = (uint32_t)(below(2) * 2);
   for (uint32_t i = 0; i < n_picked; i++)
      picked[i] = (uint32_t)below(N(advices));
   uses_mlock = may_lock && below(3) == 0;
}

static void
run_steps(void)
{
   for (int i = 0; i < STEPS; i++)
      do_step();
}

static uint64_t
open_file(const char *path, int fd)
{
   if (fd < 0)
      fd = open(path, O_RDWR);
   if (fd < 0 || ftruncate(fd, FILE_PAGES * PAGE) != 0) {
      perror(path);
      exit(99);
   }
   return native_new_object(fd, FILE_PAGES);
}

static void
open_files(void)
{
   char path[] = "native_areas.XXXXXX";
   int fd = mkstemp(path);

   file_object = open_file(path, fd);
   file_again_object = open_file(path, -1);
   unlink(path);
   memfd_object = open_file("memfd", memfd_create("areas", 0));
}

static bool
is_kernel_modelled(void)
{
   struct utsname name;
   int major = 0, minor = 0;

   uname(&name);
   sscanf(name.release, "%d.%d", &major, &minor);
   printf("kernel %s\n", name.release);
   return major == 6 && (minor == 17 || minor == 18);
}

int
main(int argc, char **argv)
{
   static char buffer[1 << 16];
   uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
   uint64_t n_sequences = argc > 2 ? strtoull(argv[2], NULL, 0) : N_SEQUENCES;
   struct rlimit limit = {0};
   bool may_lock;

   setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
   if (!is_kernel_modelled()) {
      puts("SKIP: the rules are those of Linux 6.17 and 6.18");
      return 77;
   }
   native_set_up(REGION_PAGES);
   open_files();
   getrlimit(RLIMIT_MEMLOCK, &limit);
   may_lock = limit.rlim_cur >= 1 << 20;
   for (uint64_t seed = first; seed < first + n_sequences; seed++) {
      native_seed = rng.state = seed;
      draw_palette(may_lock);
      native_start_again();
      run_steps();
      native_run_both(run_steps, run_steps);
   }
   native_seed = 0;
   native_check_cases();
   printf("%lu sequences of %d operations from seed %lu%s%s\n",
          (unsigned long)n_sequences, 3 * STEPS, (unsigned long)first,
          native_vmas_have_flags() ? "" : "; this kernel does not show flags",
          may_lock ? "" : "; without mlock");
   return 0;
}
