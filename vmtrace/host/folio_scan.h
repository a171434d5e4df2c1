/* Which large folios the page cache keeps a file in now, from /proc/self/pagemap
   and /proc/kpageflags; only root may ask.

   Nothing is read from the device, no page becomes younger, no read-ahead starts
   and folios stay as they are: pages that are in the page cache (mincore) are
   touched through a mapping with the advice that access is random, under which
   the kernel leaves recency and read-ahead alone (vma_has_recency,
   do_async_mmap_readahead; Linux 6.18).  A page that is reclaimed between the two
   is read again.  */

#ifndef VMT_HOST_FOLIO_SCAN_H
#define VMT_HOST_FOLIO_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmt_folio_range {
   uint64_t start;              /* page of the file */
   uint64_t n_pages;            /* 2 or more; may reach beyond the file's end */
};

struct vmt_folio_ranges {
   struct vmt_folio_range *all; /* by rising start */
   size_t n, room;
};

/* An open scanner.  */
struct vmt_folio_scan {
   int pagemap_fd, kpageflags_fd;
   int pipe_fds[2];             /* by which the kernel is made to touch a page: a
                                   file that shrinks is an error there, and no
                                   signal */
};

/* false: errno says why, and *path which file.  */
bool vmt_folio_scan_open(struct vmt_folio_scan *scan, const char **path);
void vmt_folio_scan_close(struct vmt_folio_scan *scan);

/* The folios of the file behind fd, of that size, into ranges, which is
   overwritten; freed by free(ranges->all).  false: errno says why; EPERM: frame
   numbers are hidden from us.  */
bool vmt_folio_scan_file(const struct vmt_folio_scan *scan, int fd,
                         uint64_t bytes, struct vmt_folio_ranges *ranges);

/* The same for what is mapped at [memory, memory + n_pages) already and shows
   the file's pages from first_page on: the part that looks at frames alone.
   Added to ranges.  */
bool vmt_folio_scan_mapped(const struct vmt_folio_scan *scan, const void *memory,
                           uint64_t n_pages, uint64_t first_page,
                           struct vmt_folio_ranges *ranges);

#endif
