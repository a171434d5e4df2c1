#include "vmtrace/host/folio_scan.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmtrace/host/memory.h"

#define PAGE_BYTES 4096ull

/* Folios start at multiples of their size, so none crosses the end of a piece:
   256 MiB is more than any has.  */
#define PIECE_PAGES 65536ull

/* Documentation/admin-guide/mm/pagemap.rst, Linux 6.18.  */
#define PAGEMAP_PRESENT (1ull << 63)
#define PAGEMAP_FRAME ((1ull << 55) - 1)
#define KPF_COMPOUND_HEAD (1ull << 15)
#define KPF_COMPOUND_TAIL (1ull << 16)
#define KPF_HUGETLB (1ull << 17)

/* ---- frames ---- */

/* Reads words [first, first + n) of a file of 64-bit words, as far as it goes.
   How many there were.  */
static size_t
read_up_to(int fd, uint64_t first, uint64_t *words, size_t n)
{
   size_t bytes = n * sizeof *words, done = 0;

   while (done < bytes) {
      ssize_t got = pread(fd, (char *)words + done, bytes - done,
                          (off_t)(first * sizeof *words + done));

      if (got < 0 && errno == EINTR)
         continue;
      if (got == 0)
         errno = EIO;
      if (got <= 0)
         break;
      done += (size_t)got;
   }
   return done / sizeof *words;
}

static bool
read_words(int fd, uint64_t first, uint64_t *words, size_t n)
{
   return read_up_to(fd, first, words, n) == n;
}

/* The pages of the folio whose first page is frame; 1: no large folio begins
   there.  0: errno says why.  */
static uint64_t
n_folio_pages(const struct vmt_folio_scan *scan, uint64_t frame)
{
   uint64_t flags[64], n_pages = 1;
   size_t n = 0, at = 0;

   if (!read_words(scan->kpageflags_fd, frame, flags, 1))
      return 0;
   if ((flags[0] & KPF_COMPOUND_HEAD) == 0 || (flags[0] & KPF_HUGETLB) != 0)
      return 1;
   for (;; n_pages++, at++) {
      if (at == n) {
         n = read_up_to(scan->kpageflags_fd, frame + n_pages, flags, 64);
         at = 0;
      }
      if (n == 0 || (flags[at] & KPF_COMPOUND_TAIL) == 0)
         return n_pages;
   }
}

static void
add_range(struct vmt_folio_ranges *ranges, uint64_t start, uint64_t n_pages)
{
   ranges->all = vmt_grow(ranges->all, ranges->n, &ranges->room, sizeof *ranges->all);
   ranges->all[ranges->n++] = (struct vmt_folio_range){ start, n_pages };
}

bool
vmt_folio_scan_mapped(const struct vmt_folio_scan *scan, const void *memory,
                      uint64_t n_pages, uint64_t first_page,
                      struct vmt_folio_ranges *ranges)
{
   uint64_t *entries = vmt_calloc(n_pages, sizeof *entries), step;
   bool good = read_words(scan->pagemap_fd, (uintptr_t)memory / PAGE_BYTES,
                          entries, n_pages);

   for (uint64_t page = 0; good && page < n_pages; page += step) {
      uint64_t frame = entries[page] & PAGEMAP_FRAME;

      step = 1;
      if ((entries[page] & PAGEMAP_PRESENT) == 0)
         continue;
      if (frame == 0) {
         errno = EPERM;
         good = false;
         break;
      }
      step = n_folio_pages(scan, frame);
      good = step != 0;
      if (step > 1)
         add_range(ranges, first_page + page, step);
   }
   free(entries);
   return good;
}

/* ---- files ---- */

static bool
touch(const struct vmt_folio_scan *scan, const char *page)
{
   char byte;

   if (write(scan->pipe_fds[1], page, 1) == 1)
      return read(scan->pipe_fds[0], &byte, 1) == 1;
   return errno == EFAULT;              /* the page is gone */
}

/* Maps the pages that are in the page cache.  A fault may map more than one.  */
static bool
map_resident(const struct vmt_folio_scan *scan, char *memory, uint64_t n_pages)
{
   unsigned char *resident = vmt_calloc(n_pages, 1);
   bool good = mincore(memory, n_pages * PAGE_BYTES, resident) == 0;

   for (uint64_t page = 0; good && page < n_pages; page++) {
      char *at = memory + page * PAGE_BYTES;
      uint64_t entry;

      if ((resident[page] & 1) == 0)
         continue;
      good = read_words(scan->pagemap_fd, (uintptr_t)at / PAGE_BYTES, &entry, 1) &&
             ((entry & PAGEMAP_PRESENT) != 0 || touch(scan, at));
   }
   free(resident);
   return good;
}

static bool
scan_piece(const struct vmt_folio_scan *scan, int fd, uint64_t first_page,
           uint64_t n_pages, struct vmt_folio_ranges *ranges)
{
   size_t bytes = n_pages * PAGE_BYTES;
   char *memory = mmap(NULL, bytes, PROT_READ, MAP_SHARED, fd,
                       (off_t)(first_page * PAGE_BYTES));
   bool good;
   int error;

   if (memory == MAP_FAILED)
      return false;
   good = madvise(memory, bytes, MADV_RANDOM) == 0 &&
          map_resident(scan, memory, n_pages) &&
          vmt_folio_scan_mapped(scan, memory, n_pages, first_page, ranges);
   error = errno;
   munmap(memory, bytes);
   errno = error;
   return good;
}

bool
vmt_folio_scan_file(const struct vmt_folio_scan *scan, int fd, uint64_t bytes,
                    struct vmt_folio_ranges *ranges)
{
   uint64_t n_pages = bytes / PAGE_BYTES + (bytes % PAGE_BYTES != 0);

   *ranges = (struct vmt_folio_ranges){ 0 };
   for (uint64_t page = 0; page < n_pages; page += PIECE_PAGES) {
      uint64_t left = n_pages - page;

      if (!scan_piece(scan, fd, page, left < PIECE_PAGES ? left : PIECE_PAGES,
                      ranges))
         return false;
   }
   return true;
}

bool
vmt_folio_scan_open(struct vmt_folio_scan *scan, const char **path)
{
   *scan = (struct vmt_folio_scan){ -1, -1, { -1, -1 } };
   *path = "/proc/kpageflags";
   scan->kpageflags_fd = open(*path, O_RDONLY | O_CLOEXEC);
   if (scan->kpageflags_fd >= 0) {
      *path = "/proc/self/pagemap";
      scan->pagemap_fd = open(*path, O_RDONLY | O_CLOEXEC);
   }
   if (scan->pagemap_fd >= 0) {
      *path = "a pipe";
      if (pipe2(scan->pipe_fds, O_CLOEXEC) == 0)
         return true;
   }
   vmt_folio_scan_close(scan);
   return false;
}

void
vmt_folio_scan_close(struct vmt_folio_scan *scan)
{
   int fds[] = { scan->kpageflags_fd, scan->pagemap_fd, scan->pipe_fds[0],
                 scan->pipe_fds[1] };
   int error = errno;

   for (size_t i = 0; i < sizeof fds / sizeof fds[0]; i++)
      if (fds[i] >= 0)
         close(fds[i]);
   errno = error;
}
