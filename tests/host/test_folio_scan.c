/* Folios by frames: pagemap and kpageflags are files made here, and the memory is
   addresses that nothing is mapped at.  */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmtrace/host/folio_scan.h"

/* Documentation/admin-guide/mm/pagemap.rst */
#define PRESENT (1ull << 63)
#define SOFT_DIRTY (1ull << 55)
#define HEAD (1ull << 15)
#define TAIL (1ull << 16)
#define HUGETLB (1ull << 17)
#define THP (1ull << 22)

#define MEMORY ((void *)(16 * 4096ull))
#define N_PAGES 12
#define N_FRAMES 1024

static uint64_t entries[16 + N_PAGES], flags[N_FRAMES];
static int n_checks, n_wrong;

static void
check(const char *what, bool truth)
{
   n_checks++;
   n_wrong += !truth;
   if (!truth)
      printf("does not hold: %s\n", what);
}

static int
file_of(const char *name, const void *bytes, size_t n)
{
   int fd = memfd_create(name, 0);

   if (fd < 0 || write(fd, bytes, n) != (ssize_t)n) {
      perror(name);
      exit(1);
   }
   return fd;
}

/* A folio of n frames from `frame` on.  */
static void
make_folio(uint64_t frame, uint64_t n, uint64_t more)
{
   flags[frame] = HEAD | THP | more;
   for (uint64_t i = 1; i < n; i++)
      flags[frame + i] = TAIL | THP | more;
}

static void
map(uint64_t page, uint64_t frame)
{
   entries[16 + page] = PRESENT | SOFT_DIRTY | frame;
}

/* What is found of the first n_pages that show the file from page 100 on.  */
static bool
scan(uint64_t n_pages, size_t pagemap_bytes, struct vmt_folio_ranges *found)
{
   struct vmt_folio_scan scanner = {
      .pagemap_fd = file_of("pagemap", entries, pagemap_bytes),
      .kpageflags_fd = file_of("kpageflags", flags, sizeof flags),
      .pipe_fds = { -1, -1 }
   };
   bool good;

   *found = (struct vmt_folio_ranges){ 0 };
   good = vmt_folio_scan_mapped(&scanner, MEMORY, n_pages, 100, found);
   vmt_folio_scan_close(&scanner);
   return good;
}

static void
expect(const char *what, const struct vmt_folio_range *wanted, size_t n)
{
   struct vmt_folio_ranges found;
   bool good = scan(N_PAGES, sizeof entries, &found);

   check(what, good && found.n == n);
   for (size_t i = 0; good && i < n && i < found.n; i++)
      check(what, found.all[i].start == wanted[i].start &&
                     found.all[i].n_pages == wanted[i].n_pages);
   free(found.all);
   memset(entries, 0, sizeof entries);
   memset(flags, 0, sizeof flags);
}

#define EXPECT(what, ...)                                                      \
   expect(what, (const struct vmt_folio_range[]){ __VA_ARGS__ },               \
          sizeof((const struct vmt_folio_range[]){ __VA_ARGS__ }) /            \
             sizeof(struct vmt_folio_range))

static void
check_folios(void)
{
   expect("nothing is mapped", NULL, 0);

   map(0, 500);
   map(1, 501);
   expect("single pages side by side", NULL, 0);

   make_folio(64, 4, 0);
   make_folio(128, 2, 0);
   make_folio(130, 2, 0);
   for (uint64_t i = 0; i < 4; i++)
      map(i, 64 + i);
   map(5, 7);
   map(8, 128);
   map(9, 129);
   map(10, 130);
   map(11, 131);
   EXPECT("folios that follow each other", { 100, 4 }, { 108, 2 }, { 110, 2 });

   make_folio(256, 512, 0);
   map(2, 256);
   map(3, 257);
   EXPECT("one that reaches beyond the file", { 102, 512 });

   make_folio(N_FRAMES - 8, 8, 0);
   map(4, N_FRAMES - 8);
   EXPECT("the last folio of memory", { 104, 8 });

   make_folio(512, 8, HUGETLB);
   map(0, 512);
   expect("a page of hugetlbfs", NULL, 0);

   make_folio(64, 4, 0);
   map(0, 66);
   map(1, 67);
   expect("without its head", NULL, 0);
}

static void
check_refused(void)
{
   struct vmt_folio_ranges found;

   map(3, 0);
   errno = 0;
   check("frame numbers are hidden", !scan(N_PAGES, sizeof entries, &found) &&
                                        errno == EPERM);
   free(found.all);
   check("pagemap ends early", !scan(N_PAGES, sizeof entries - 8, &found));
   free(found.all);
   map(3, N_FRAMES + 5);
   check("a frame that is not there", !scan(N_PAGES, sizeof entries, &found));
   free(found.all);
}

int
main(void)
{
   check_folios();
   check_refused();
   printf("%d checks, %d wrong\n", n_checks, n_wrong);
   return n_wrong > 0;
}
