/* vmt_areas against the running kernel: the same random operations on both, in
   one small region of this process, and after each of them the kernel's list of
   VMAs must be the one that vmt_areas has.

   Each sequence keeps to a few kinds of mapping, protections and pieces of
   advice, so that neighbours that could merge are common.  Half-way it forks,
   and both processes go on.

   usage: native_areas [first-seed [n-sequences]]  */

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/areas/native_maps.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/base/random.h"
#include "vmtrace/mmu/mechanisms/areas.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

enum {
   PAGE = 4096,
   REGION_PAGES = 14,
   FILE_PAGES = 4 * REGION_PAGES,
   STEPS = 120,                 /* before the fork, and after it in both */
   N_SEQUENCES = 50,
   MAX_OBJECTS = 4096
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

#define N(array) (sizeof(array) / sizeof((array)[0]))

static struct vmt_areas areas;
static struct vmt_random rng;
static uint64_t region, region_end;

/* Of each open file, or made-up number for shared anonymous memory.  */
static struct {
   int fd;
   uint64_t inode;              /* 0: not seen yet */
   uint64_t n_pages;
} objects[MAX_OBJECTS];
static uint64_t n_objects;
static uint64_t file_object, file_again_object, memfd_object;

/* What this sequence draws from.  */
static uint32_t kinds[3], n_kinds, prots[3], n_prots, picked[2], n_picked;
static bool uses_mlock;

static uint64_t seed;
static const char *who = "parent";
static char history[16][160];
static uint64_t n_steps;

/* No heap: malloc would map and unmap in the holes of the region.  */
static char arena[64 << 20];
static size_t arena_bytes;

static void *
arena_alloc(const char *what, size_t bytes)
{
   void *block = arena + arena_bytes;

   arena_bytes += (bytes + 15) & ~(size_t)15;
   return arena_bytes <= sizeof(arena) ? block : NULL;
}

static void
arena_free(void *block)
{
}

static void __attribute__((noreturn))
fatal(const char *file, int line, const char *condition, uint64_t left,
      uint64_t right)
{
   fprintf(stderr, "%s:%d: %s (%#lx, %#lx), seed %lu\n", file, line, condition,
           (unsigned long)left, (unsigned long)right, (unsigned long)seed);
   abort();
}

static void __attribute__((format(printf, 1, 2)))
note(const char *format, ...)
{
   va_list args;
   char *line = history[n_steps % N(history)];

   va_start(args, format);
   vsnprintf(line, sizeof(history[0]), format, args);
   va_end(args);
}

static uint64_t
below(uint64_t bound)
{
   return vmt_random_below(&rng, bound);
}

static unsigned
page_no(uint64_t addr)
{
   return (unsigned)((addr - region) / PAGE);
}

/* ---- comparing ---- */

static void
print_line(const char *side, uint64_t start, uint64_t end, uint32_t flags,
           uint64_t offset_bytes, uint64_t inode, uint64_t frames_id)
{
   fprintf(stderr, "  %-7s pages %2u..%2u flags %05x offset %6lx inode %lu", side,
           page_no(start), page_no(end), flags, (unsigned long)offset_bytes,
           (unsigned long)inode);
   if (frames_id != 0)
      fprintf(stderr, " frames %lx", (unsigned long)frames_id);
   fputc('\n', stderr);
}

static void __attribute__((noreturn))
fail(const char *what, const struct native_vma *vmas, size_t n_vmas)
{
   fprintf(stderr, "native_areas: %s; seed %lu, %s, step %lu\n", what,
           (unsigned long)seed, who, (unsigned long)n_steps);
   for (uint64_t i = n_steps >= N(history) ? n_steps - N(history) + 1 : 0;
        i <= n_steps; i++)
      fprintf(stderr, "  %4lu %s\n", (unsigned long)i, history[i % N(history)]);
   for (size_t i = 0; i < n_vmas; i++)
      print_line("kernel", vmas[i].start, vmas[i].end, vmas[i].flags,
                 vmas[i].offset_bytes, vmas[i].inode, 0);
   for (struct vmt_area *area = vmt_areas_from(&areas, region); area != NULL;
        area = vmt_areas_after(&areas, area))
      print_line("vmtrace", area->start, area->end, area->flags,
                 area->page_offset * PAGE, objects[area->object].inode,
                 area->frames_id);
   exit(1);
}

static bool
is_same(const struct vmt_area *area, const struct native_vma *vma)
{
   uint32_t known = native_vmas_have_flags()
                       ? ~(uint32_t)0
                       : VMT_AREA_PROTECTION | VMT_AREA_SHARED;
   uint64_t object = area->object;

   if (area->start != vma->start || area->end != vma->end
       || ((area->flags ^ vma->flags) & known) != 0)
      return false;
   if (area->backing == VMT_BACKING_ANON)
      return vma->inode == 0;
   if (objects[object].inode == 0)
      objects[object].inode = vma->inode;
   return objects[object].inode == vma->inode
          && area->page_offset * PAGE == vma->offset_bytes;
}

static void
compare(void)
{
   static struct native_vma vmas[REGION_PAGES + 1];
   size_t n_vmas = native_vmas_read(region, region_end, vmas, N(vmas)), i = 0;
   uint64_t n_pages = 0;

   for (struct vmt_area *area = vmt_areas_from(&areas, region); area != NULL;
        area = vmt_areas_after(&areas, area), i++) {
      if (i == n_vmas || !is_same(area, &vmas[i]))
         fail("the areas differ", vmas, n_vmas);
      n_pages += (area->end - area->start) / PAGE;
   }
   if (i != n_vmas)
      fail("the kernel has more areas", vmas, n_vmas);
   if (n_pages != areas.n_mapped_pages)
      fail("n_mapped_pages is wrong", vmas, n_vmas);
}

/* The kernel did, or refused to do, what vmt_areas did or refused.  */
static void
check_agreed(bool kernel_did, enum vmt_status status)
{
   if (kernel_did != (status == VMT_OK))
      fail(kernel_did ? "vmt_areas refused" : "the kernel refused", NULL, 0);
}

/* ---- the operations ---- */

/* A range of 1 to n pages in the region, often at the ends of areas.  */
static void
pick_range(uint64_t *start, uint64_t *end)
{
   uint64_t first = below(REGION_PAGES);
   uint64_t n_pages = 1 + below(REGION_PAGES - first < 6 ? REGION_PAGES - first : 6);
   struct vmt_area *area = vmt_areas_find(&areas, region + first * PAGE);

   *start = region + first * PAGE;
   *end = *start + n_pages * PAGE;
   if (area != NULL && below(3) == 0) {
      *start = area->start;
      *end = below(2) == 0 || *end <= area->start ? area->end : *end;
   }
}

/* [*start, *end) up to the first hole in it; false when it starts in one.  The
   kernel's walks over several areas stop there.  */
static bool
cut_at_hole(uint64_t start, uint64_t *end)
{
   uint64_t at = start;
   struct vmt_area *area = vmt_areas_find(&areas, start);

   while (area != NULL && area->start <= at && at < *end) {
      at = area->end;
      area = vmt_areas_after(&areas, area);
   }
   if (at < *end)
      *end = at;
   return at > start;
}

static uint64_t
new_object(int fd, uint64_t n_pages)
{
   struct stat st = {0};

   if (n_objects + 1 == MAX_OBJECTS)
      fail("out of objects", NULL, 0);
   n_objects++;
   if (fd >= 0 && fstat(fd, &st) != 0)
      fail("fstat", NULL, 0);
   objects[n_objects].fd = fd;
   objects[n_objects].inode = st.st_ino;
   objects[n_objects].n_pages = n_pages;
   return n_objects;
}

/* Fills in what of kind is to be mapped, but not where and from which page on.  */
static int
set_kind(struct vmt_area *area, enum kind kind)
{
   switch (kind) {
   case PRIVATE_ANON:
      return MAP_PRIVATE | MAP_ANONYMOUS;
   case PRIVATE_NORESERVE:
      area->flags |= VMT_AREA_NORESERVE;
      return MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
   case SHARED_ANON:
      area->flags |= VMT_AREA_SHARED;
      area->backing = VMT_BACKING_SHMEM;
      area->object = new_object(-1, (area->end - area->start) / PAGE);
      return MAP_SHARED | MAP_ANONYMOUS;
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
   case N_KINDS:
      break;
   }
   if (kind != SHARED_FILE && kind != SHARED_MEMFD)
      return MAP_PRIVATE;
   area->flags |= VMT_AREA_SHARED;
   return MAP_SHARED;
}

static void
do_map(void)
{
   struct vmt_area area = {.backing = VMT_BACKING_ANON};
   enum kind kind = kinds[below(n_kinds)];
   int prot = protections[prots[below(n_prots)]], flags, fd = -1;
   void *addr;

   pick_range(&area.start, &area.end);
   area.flags = (uint32_t)prot;
   flags = set_kind(&area, kind) | MAP_FIXED;
   if (kind != SHARED_ANON && area.backing != VMT_BACKING_ANON) {
      fd = objects[area.object].fd;
      /* Mostly the same distance between file and region, so that areas of
         the same file run on.  */
      area.page_offset = page_no(area.start) + (below(4) == 0 ? 1 + below(2) : 2);
   }
   note("mmap pages %u..%u kind %d prot %d offset %lu", page_no(area.start),
        page_no(area.end), kind, prot, (unsigned long)area.page_offset);
   addr = mmap((void *)area.start, area.end - area.start, prot, flags, fd,
               (off_t)(area.page_offset * PAGE));
   check_agreed(addr != MAP_FAILED, vmt_areas_map(&areas, &area));
}

static void
do_unmap(void)
{
   uint64_t start, end;

   pick_range(&start, &end);
   note("munmap pages %u..%u", page_no(start), page_no(end));
   check_agreed(munmap((void *)start, end - start) == 0,
                vmt_areas_unmap(&areas, start, end));
}

static void
do_protect(void)
{
   uint64_t start, end;
   int prot = protections[prots[below(n_prots)]];

   pick_range(&start, &end);
   note("mprotect pages %u..%u prot %d", page_no(start), page_no(end), prot);
   if (!cut_at_hole(start, &end))
      return;
   check_agreed(mprotect((void *)start, end - start, prot) == 0,
                vmt_areas_change(&areas, start, end, VMT_AREA_PROTECTION,
                                 (uint32_t)prot));
}

static void
do_lock(void)
{
   uint64_t start, end;
   bool lock = below(2) == 0;

   pick_range(&start, &end);
   note("%s pages %u..%u", lock ? "mlock" : "munlock", page_no(start),
        page_no(end));
   if (!cut_at_hole(start, &end))
      return;
   /* ONFAULT, so that nothing is touched here.  */
   check_agreed((lock ? mlock2((void *)start, end - start, MLOCK_ONFAULT)
                      : munlock((void *)start, end - start)) == 0,
                vmt_areas_change(&areas, start, end, VMT_AREA_LOCKED,
                                 lock ? VMT_AREA_LOCKED : 0));
}

/* One area at a time where the kernel may refuse in the middle.  */
static void
do_advise(void)
{
   const struct advice *advice = &advices[picked[below(n_picked)]];
   uint64_t start, end;
   struct vmt_area *area;

   pick_range(&start, &end);
   note("madvise pages %u..%u %s", page_no(start), page_no(end), advice->name);
   if (advice->set == VMT_AREA_WIPEONFORK) {
      area = vmt_areas_find(&areas, start);
      if (area == NULL || area->backing != VMT_BACKING_ANON)
         return;
      end = end < area->end ? end : area->end;
   }
   if (!cut_at_hole(start, &end))
      return;
   /* EINVAL: this kernel was built without it.  */
   if (madvise((void *)start, end - start, advice->advice) == 0)
      check_agreed(true, vmt_areas_change(&areas, start, end, advice->clear,
                                          advice->set));
}

/* In place: growing fails where something is in the way.  */
static void
do_resize(void)
{
   struct vmt_area *area = vmt_areas_find(&areas, region + below(REGION_PAGES) * PAGE);
   uint64_t from, old_bytes, new_bytes;

   note("mremap of nothing");
   if (area == NULL)
      return;
   from = area->start + below((area->end - area->start) / PAGE) * PAGE;
   old_bytes = area->end - from;
   new_bytes = (1 + below((region_end - from) / PAGE)) * PAGE;
   note("mremap in place pages %u..%u to %lu pages", page_no(from),
        page_no(from + old_bytes), (unsigned long)(new_bytes / PAGE));
   check_agreed(mremap((void *)from, old_bytes, new_bytes, 0) != MAP_FAILED,
                vmt_areas_move(&areas, from, old_bytes, from, new_bytes, false));
}

static void
do_move(void)
{
   struct vmt_area *area = vmt_areas_find(&areas, region + below(REGION_PAGES) * PAGE);
   uint64_t n_pages, from, to, old_bytes, new_bytes;
   bool keep_old = below(4) == 0, duplicate;

   note("mremap of nothing");
   if (area == NULL)
      return;
   n_pages = (area->end - area->start) / PAGE;
   from = below(2) == 0 ? area->start : area->start + below(n_pages) * PAGE;
   n_pages = (area->end - from) / PAGE;
   old_bytes = (below(2) == 0 ? n_pages : 1 + below(n_pages)) * PAGE;
   duplicate = (area->flags & VMT_AREA_SHARED) != 0 && below(4) == 0 && !keep_old;
   to = region + below(REGION_PAGES) * PAGE;
   new_bytes = keep_old || below(2) == 0 ? old_bytes : (1 + below(5)) * PAGE;
   if (duplicate)
      old_bytes = 0;
   if (to + new_bytes > region_end)
      return;
   note("mremap pages %u..%u to pages %u..%u%s", page_no(from),
        page_no(from + old_bytes), page_no(to), page_no(to + new_bytes),
        keep_old ? " DONTUNMAP" : "");
   if (to == from)
      return;
   check_agreed(mremap((void *)from, old_bytes, new_bytes,
                       MREMAP_MAYMOVE | MREMAP_FIXED
                          | (keep_old ? MREMAP_DONTUNMAP : 0), (void *)to)
                   != MAP_FAILED,
                vmt_areas_move(&areas, from, old_bytes, to, new_bytes, keep_old));
}

static bool
is_beyond_object(const struct vmt_area *area, uint64_t addr)
{
   return area->backing != VMT_BACKING_ANON
          && area->page_offset + (addr - area->start) / PAGE
                >= objects[area->object].n_pages;
}

/* A write makes a private frame, a read does not.  */
static void
do_touch(void)
{
   uint64_t addr = region + below(REGION_PAGES) * PAGE;
   struct vmt_area *area = vmt_areas_find(&areas, addr);
   volatile char *byte = (volatile char *)addr;

   note("touch page %u", page_no(addr));
   if (area == NULL || is_beyond_object(area, addr))
      return;
   if ((area->flags & VMT_AREA_WRITE) != 0) {
      *byte = 1;
      if ((area->flags & VMT_AREA_SHARED) == 0)
         vmt_areas_note_frame(&areas, area);
   } else if ((area->flags & VMT_AREA_READ) != 0) {
      (void)*byte;
   }
}

static void
do_step(void)
{
   uint64_t dice = below(100);

   if (dice < 25)
      do_map();
   else if (dice < 30)
      do_unmap();
   else if (dice < 50)
      do_protect();
   else if (dice < 56)
      do_resize();
   else if (dice < 70)
      do_move();
   else if (dice < 76 && uses_mlock)
      do_lock();
   else if (dice < 84 && n_picked != 0)
      do_advise();
   else
      do_touch();
   compare();
   n_steps++;
}

/* ---- sequences ---- */

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

/* Runs the second half here and in a child.  */
static void
run_both(void)
{
   int status;
   pid_t child;

   fflush(stdout);
   note("fork");
   n_steps++;
   child = fork();
   if (child == 0) {
      who = "child";
      vmt_areas_become_child(&areas);
      note("being the child");
      compare();
      run_steps();
      _exit(0);
   }
   run_steps();
   if (child < 0 || waitpid(child, &status, 0) != child)
      fail("fork", NULL, 0);
   if (status != 0)
      exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void
run_sequence(bool may_lock)
{
   struct vmt_area all = {.start = region, .end = region_end};

   rng.state = seed;
   n_steps = 0;
   n_objects = memfd_object;
   draw_palette(may_lock);
   vmt_areas_free(&areas);
   vmt_areas_init(&areas);
   munmap((void *)region, region_end - region);
   note("mmap all, no rights");
   if (mmap((void *)region, region_end - region, PROT_NONE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
      fail("mmap", NULL, 0);
   vmt_areas_map(&areas, &all);
   compare();
   n_steps++;
   run_steps();
   run_both();
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
   return new_object(fd, FILE_PAGES);
}

/* The region has a page of shared memory on each side, which merges with
   nothing.  */
static void
set_up(void)
{
   char path[] = "native_areas.XXXXXX";
   char *outer = mmap(NULL, (REGION_PAGES + 2) * PAGE, PROT_NONE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
   int fd = mkstemp(path);

   if (outer == MAP_FAILED || fd < 0) {
      perror("native_areas");
      exit(99);
   }
   region = (uint64_t)outer + PAGE;
   region_end = region + REGION_PAGES * PAGE;
   file_object = open_file(path, fd);
   file_again_object = open_file(path, -1);
   unlink(path);
   memfd_object = open_file("memfd", memfd_create("areas", 0));
}

/* GROWSDOWN cannot be drawn at random: the kernel keeps a gap below it.  */
static void
check_growing_down(void)
{
   enum { ROOM = 4 << 20 };
   char *room = mmap(NULL, ROOM, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   uint64_t top = (uint64_t)room + ROOM - 2 * PAGE;
   struct vmt_area stack = {.start = top - PAGE, .end = top,
                            .flags = VMT_AREA_READ | VMT_AREA_WRITE
                                     | VMT_AREA_GROWSDOWN};

   vmt_areas_free(&areas);
   vmt_areas_init(&areas);
   munmap(room, ROOM);
   region = (uint64_t)room;
   region_end = region + ROOM;
   n_steps = 0;
   note("mmap GROWSDOWN");
   if (mmap((void *)stack.start, PAGE, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0)
       == MAP_FAILED)
      fail("mmap", NULL, 0);
   vmt_areas_map(&areas, &stack);
   compare();
   for (int i = 0; i < 3; i++) {
      struct vmt_area *area = vmt_areas_from(&areas, region);
      uint64_t to = area->start - (uint64_t)(i + 1) * PAGE;

      n_steps++;
      note("growing down to page %u", page_no(to));
      (void)*(volatile char *)to;
      check_agreed(true, vmt_areas_grow_down(&areas, area, to));
      compare();
   }
   /* Its offset fell with it: a page of it put back merges.  */
   n_steps++;
   note("munmap, mmap a page of it");
   stack.start = top - 4 * PAGE;
   stack.end = top - 3 * PAGE;
   if (mmap((void *)stack.start, PAGE, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_GROWSDOWN, -1, 0)
       == MAP_FAILED)
      fail("mmap", NULL, 0);
   vmt_areas_map(&areas, &stack);
   compare();
   /* It has an anon_vma, although nothing wrote to it: it stays accounted.  */
   n_steps++;
   note("mprotect its upper page to read only");
   check_agreed(mprotect((void *)(top - PAGE), PAGE, PROT_READ) == 0,
                vmt_areas_change(&areas, top - PAGE, top, VMT_AREA_PROTECTION,
                                 VMT_AREA_READ));
   compare();
   munmap(room, ROOM);
}

static void
map_anon(unsigned page, unsigned n_pages, bool wipe)
{
   struct vmt_area area = {.start = region + page * PAGE,
                           .end = region + (page + n_pages) * PAGE,
                           .flags = VMT_AREA_READ | VMT_AREA_WRITE};

   note("mmap pages %u..%u", page, page + n_pages);
   if (mmap((void *)area.start, n_pages * PAGE, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
      fail("mmap", NULL, 0);
   vmt_areas_map(&areas, &area);
   if (wipe && madvise((void *)area.start, n_pages * PAGE, MADV_WIPEONFORK) == 0)
      vmt_areas_change(&areas, area.start, area.end, 0, VMT_AREA_WIPEONFORK);
   compare();
   n_steps++;
}

static void
touch(unsigned page)
{
   note("touch page %u", page);
   *(volatile char *)(region + page * PAGE) = 1;
   vmt_areas_note_frame(&areas, vmt_areas_find(&areas, region + page * PAGE));
   compare();
   n_steps++;
}

static void
protect(unsigned page, int prot)
{
   note("mprotect page %u to %d", page, prot);
   check_agreed(mprotect((void *)(region + page * PAGE), PAGE, prot) == 0,
                vmt_areas_change(&areas, region + page * PAGE,
                                 region + (page + 1) * PAGE, VMT_AREA_PROTECTION,
                                 (uint32_t)prot));
   compare();
   n_steps++;
}

static void
move_page(unsigned from, unsigned to)
{
   note("mremap page %u to %u", from, to);
   check_agreed(mremap((void *)(region + from * PAGE), PAGE, PAGE,
                       MREMAP_MAYMOVE | MREMAP_FIXED, (void *)(region + to * PAGE))
                   != MAP_FAILED,
                vmt_areas_move(&areas, region + from * PAGE, PAGE,
                               region + to * PAGE, PAGE, false));
   compare();
   n_steps++;
}

/* What random sequences seldom come upon: frames that came through a fork.  */
static void
check_forks(void)
{
   struct vmt_area all = {.start = region, .end = region_end};
   int status;
   pid_t child;

   n_steps = 0;
   note("mmap all, no rights");
   vmt_areas_map(&areas, &all);
   mmap((void *)region, region_end - region, PROT_NONE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
   map_anon(1, 2, false);
   touch(1);
   protect(2, PROT_READ);
   map_anon(4, 2, true);
   touch(4);
   map_anon(7, 2, false);
   touch(7);
   touch(8);
   fflush(stdout);
   child = fork();
   if (child == 0) {
      who = "child";
      vmt_areas_become_child(&areas);
      /* One area in the parent, two with frames of their own here.  */
      protect(2, PROT_READ | PROT_WRITE);
      /* Wiped: as if never touched.  */
      map_anon(6, 1, true);
      /* A copy of what was inherited does not take in what is new.  */
      move_page(8, 12);
      map_anon(9, 1, false);
      protect(7, PROT_NONE);
      move_page(12, 8);
      _exit(0);
   }
   protect(2, PROT_READ | PROT_WRITE);
   map_anon(6, 1, true);
   move_page(8, 12);
   map_anon(9, 1, false);
   move_page(12, 8);
   if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
      exit(1);
}

/* 0 when this kernel is one whose rules are modelled.  */
static int
kernel_is_other(void)
{
   struct utsname name;
   int major = 0, minor = 0;

   uname(&name);
   sscanf(name.release, "%d.%d", &major, &minor);
   printf("kernel %s\n", name.release);
   return major != 6 || minor < 17 || minor > 18;
}

int
main(int argc, char **argv)
{
   static char buffer[1 << 16];
   static const struct vmt_port port = {arena_alloc, arena_free, fatal};
   uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
   uint64_t n_sequences = argc > 2 ? strtoull(argv[2], NULL, 0) : N_SEQUENCES;
   struct rlimit limit = {0};

   setvbuf(stdout, buffer, _IOFBF, sizeof(buffer));
   vmt_port_set(&port);
   if (kernel_is_other()) {
      puts("SKIP: the rules are those of Linux 6.17 and 6.18");
      return 77;
   }
   set_up();
   vmt_areas_init(&areas);
   getrlimit(RLIMIT_MEMLOCK, &limit);
   for (seed = first; seed < first + n_sequences; seed++)
      run_sequence(limit.rlim_cur >= 1 << 20);
   seed = 0;
   check_forks();
   check_growing_down();
   printf("%lu sequences of %d steps from seed %lu%s%s\n",
          (unsigned long)n_sequences, 3 * STEPS, (unsigned long)first,
          native_vmas_have_flags() ? "" : "; flags not shown by this kernel",
          limit.rlim_cur >= 1 << 20 ? "" : "; without mlock");
   return 0;
}
