#include "tests/areas/native_pair.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/areas/native_maps.h"
#include "vmtrace/mmu/base/port.h"

#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

#define N(array) (sizeof(array) / sizeof((array)[0]))

enum { MAX_OBJECTS = 4096, MAX_VMAS = 64 };

struct vmt_areas native_areas;
uint64_t native_start, native_end, native_seed;
static const char *who = "parent";

static struct {
   int fd;
   uint64_t inode;              /* 0: not seen yet */
   uint64_t n_pages;
} objects[MAX_OBJECTS];
static uint64_t n_objects, n_files;

static struct native_vma vmas[MAX_VMAS];
static size_t n_vmas;

static char history[16][160];
static uint64_t n_steps;

/* No heap: malloc would map and unmap in the holes of the region.  */
static char arena[1 << 20];
static size_t arena_bytes;

static void *
arena_alloc(const char *what, size_t bytes)
{
   void *block = arena + arena_bytes;

   arena_bytes += (bytes + 15) & ~(size_t)15;
   return arena_bytes <= sizeof(arena) ? block : NULL;
}

/* native_start_again() takes the arena back as a whole.  */
static void
arena_free(void *block)
{
}

static void __attribute__((noreturn))
fatal(const char *file, int line, const char *condition, uint64_t left,
      uint64_t right)
{
   fprintf(stderr, "%s:%d: %s (%#lx, %#lx)\n", file, line, condition,
           (unsigned long)left, (unsigned long)right);
   native_fail("assert");
}

unsigned
native_page(uint64_t addr)
{
   return (unsigned)((addr - native_start) / PAGE);
}

void
native_note(const char *format, ...)
{
   va_list args;

   va_start(args, format);
   vsnprintf(history[++n_steps % N(history)], sizeof(history[0]), format, args);
   va_end(args);
}

/* ---- comparing ---- */

static void
print_line(const char *side, uint64_t start, uint64_t end, uint32_t flags,
           uint64_t offset_bytes, uint64_t inode, uint64_t frames_id)
{
   fprintf(stderr, "  %-7s pages %2u..%2u flags %05x offset %6lx inode %lu", side,
           native_page(start), native_page(end), flags,
           (unsigned long)offset_bytes, (unsigned long)inode);
   if (frames_id != 0)
      fprintf(stderr, " frames %lx", (unsigned long)frames_id);
   fputc('\n', stderr);
}

void
native_fail(const char *what)
{
   uint64_t n_shown = n_steps < N(history) ? n_steps : N(history);

   fprintf(stderr, "native_areas: %s; seed %lu, %s\n", what,
           (unsigned long)native_seed, who);
   for (uint64_t i = n_steps - n_shown + 1; i <= n_steps; i++)
      fprintf(stderr, "  %4lu %s\n", (unsigned long)i, history[i % N(history)]);
   for (size_t i = 0; i < n_vmas; i++)
      print_line("kernel", vmas[i].start, vmas[i].end, vmas[i].flags,
                 vmas[i].offset_bytes, vmas[i].inode, 0);
   for (struct vmt_area *area = vmt_areas_from(&native_areas, 0); area != NULL;
        area = vmt_areas_after(&native_areas, area))
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
   uint64_t n_pages = 0;
   size_t i = 0;

   n_vmas = native_vmas_read(native_start, native_end, vmas, MAX_VMAS);
   for (struct vmt_area *area = vmt_areas_from(&native_areas, 0); area != NULL;
        area = vmt_areas_after(&native_areas, area), i++) {
      if (i == n_vmas || !is_same(area, &vmas[i]))
         native_fail("the areas differ");
      n_pages += (area->end - area->start) / PAGE;
   }
   if (i != n_vmas)
      native_fail("the kernel has more areas");
   if (n_pages != native_areas.n_mapped_pages)
      native_fail("n_mapped_pages is wrong");
}

/* The kernel did, or refused to do, what vmt_areas did or refused.  */
static void
check_agreed(bool kernel_did, enum vmt_status status)
{
   if (kernel_did != (status == VMT_OK))
      native_fail(kernel_did ? "vmt_areas refused" : "the kernel refused");
   compare();
}

/* ---- the region ---- */

void
native_set_up(unsigned n_pages)
{
   static const struct vmt_port port = {
      .alloc = arena_alloc, .free = arena_free, .fatal = fatal};
   char *outer = mmap(NULL, (n_pages + 2) * PAGE, PROT_NONE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);

   if (outer == MAP_FAILED || munmap(outer + PAGE, n_pages * PAGE) != 0) {
      perror("native_areas");
      exit(99);
   }
   native_start = (uint64_t)outer + PAGE;
   native_end = native_start + n_pages * PAGE;
   vmt_port_set(&port);
   vmt_areas_init(&native_areas);
}

void
native_start_again(void)
{
   struct vmt_area all = {.start = native_start, .end = native_end};

   n_steps = 0;
   n_objects = n_files;
   vmt_areas_free(&native_areas);
   arena_bytes = 0;
   vmt_areas_init(&native_areas);
   munmap((void *)native_start, native_end - native_start);
   native_note("mmap all, no rights");
   native_map(&all);
}

uint64_t
native_new_object(int fd, uint64_t n_pages)
{
   struct stat st = {0};

   if (n_objects + 1 == MAX_OBJECTS || (fd >= 0 && fstat(fd, &st) != 0))
      native_fail("no more objects");
   n_objects++;
   if (fd >= 0)
      n_files = n_objects;
   objects[n_objects].fd = fd;
   objects[n_objects].inode = st.st_ino;
   objects[n_objects].n_pages = n_pages;
   return n_objects;
}

/* ---- operations ---- */

/* MAP_FIXED over what is there; a shared object without a file is new.  */
void
native_map(const struct vmt_area *area)
{
   int fd = objects[area->object].fd;
   int flags = MAP_FIXED;
   void *addr;

   flags |= (area->flags & VMT_AREA_SHARED) != 0 ? MAP_SHARED : MAP_PRIVATE;
   flags |= (area->flags & VMT_AREA_NORESERVE) != 0 ? MAP_NORESERVE : 0;
   flags |= (area->flags & VMT_AREA_GROWSDOWN) != 0 ? MAP_GROWSDOWN : 0;
   if (area->backing == VMT_BACKING_ANON || fd < 0) {
      flags |= MAP_ANONYMOUS;
      fd = -1;
   }
   addr = mmap((void *)area->start, area->end - area->start,
               (int)(area->flags & VMT_AREA_PROTECTION), flags, fd,
               (off_t)(area->page_offset * PAGE));
   check_agreed(addr != MAP_FAILED, vmt_areas_map(&native_areas, area));
}

void
native_unmap(uint64_t start, uint64_t end)
{
   check_agreed(munmap((void *)start, end - start) == 0,
                vmt_areas_unmap(&native_areas, start, end));
}

/* The end of what is mapped without a hole from start on, at most end.  */
static uint64_t
end_before_hole(uint64_t start, uint64_t end)
{
   uint64_t at = start;

   for (struct vmt_area *area = vmt_areas_from(&native_areas, start);
        area != NULL && area->start <= at && at < end;
        area = vmt_areas_after(&native_areas, area))
      at = area->end;
   return at < end ? at : end;
}

void
native_protect(uint64_t start, uint64_t end, int prot)
{
   end = end_before_hole(start, end);
   if (start == end)
      return;
   check_agreed(mprotect((void *)start, end - start, prot) == 0,
                vmt_areas_change(&native_areas, start, end, VMT_AREA_PROTECTION,
                                 (uint32_t)prot));
}

/* ONFAULT, so that nothing is touched.  The address sanitizer makes munlock() do
   nothing.  */
void
native_lock(uint64_t start, uint64_t end, bool lock)
{
   end = end_before_hole(start, end);
   if (start == end)
      return;
   check_agreed((lock ? mlock2((void *)start, end - start, MLOCK_ONFAULT)
                      : syscall(SYS_munlock, start, end - start)) == 0,
                vmt_areas_change(&native_areas, start, end, VMT_AREA_LOCKED,
                                 lock ? VMT_AREA_LOCKED : 0));
}

/* The kernel may have been built without a piece of advice.  */
void
native_advise(uint64_t start, uint64_t end, int advice, uint32_t clear,
              uint32_t set)
{
   end = end_before_hole(start, end);
   if (start == end)
      return;
   if (madvise((void *)start, end - start, advice) == 0)
      check_agreed(true, vmt_areas_change(&native_areas, start, end, clear, set));
}

void
native_move(uint64_t from, uint64_t old_bytes, uint64_t to, uint64_t new_bytes,
            bool keep_old)
{
   int flags = (to != from ? MREMAP_MAYMOVE | MREMAP_FIXED : 0)
               | (keep_old ? MREMAP_DONTUNMAP : 0);
   void *addr = mremap((void *)from, old_bytes, new_bytes, flags, (void *)to);

   check_agreed(addr != MAP_FAILED, vmt_areas_move(&native_areas, from, old_bytes,
                                                   to, new_bytes, keep_old));
}

static bool
is_beyond_object(const struct vmt_area *area, uint64_t addr)
{
   return area->backing != VMT_BACKING_ANON
          && area->page_offset + (addr - area->start) / PAGE
                >= objects[area->object].n_pages;
}

/* A write to private memory makes a frame, a read does not.  */
void
native_touch(uint64_t addr)
{
   struct vmt_area *area = vmt_areas_find(&native_areas, addr);
   volatile char *byte = (volatile char *)addr;

   if (area == NULL || is_beyond_object(area, addr))
      return;
   if ((area->flags & VMT_AREA_WRITE) != 0) {
      *byte = 1;
      if ((area->flags & VMT_AREA_SHARED) == 0)
         vmt_areas_note_frame(&native_areas, area);
   } else if ((area->flags & VMT_AREA_READ) != 0) {
      (void)*byte;
   }
   compare();
}

void
native_grow_down(uint64_t to)
{
   (void)*(volatile char *)to;
   check_agreed(true, vmt_areas_grow_down(&native_areas,
                                          vmt_areas_from(&native_areas, 0), to));
}

void
native_run_both(void (*in_child)(void), void (*in_parent)(void))
{
   int status;
   pid_t child;

   fflush(stdout);
   native_note("fork");
   child = fork();
   if (child == 0) {
      who = "child";
      vmt_areas_become_child(&native_areas);
      compare();
      in_child();
      _exit(0);
   }
   in_parent();
   if (child < 0 || waitpid(child, &status, 0) != child)
      native_fail("fork");
   if (status != 0)
      exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}
