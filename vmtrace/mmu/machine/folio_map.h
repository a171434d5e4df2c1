/* Reads a folio map: which large folios the page cache keeps files in
   (docs/FOLIOS.md).

      vmtrace-folios 1
      # a comment
      file 254:0 1234 8388608 1763746000.123456789 /usr/lib/libx.so
      0 16
      16 4

   A `file` line has device, inode, bytes, time of the last change and path; the
   lines after it have the first page and the number of pages of each of its
   folios of two pages or more, by rising page.  A folio is a power of two of pages
   at a multiple of its size, and may reach beyond the file's end.

   The reader hands out one record after the other.  It owns nothing: the text must
   stay while it is used.  */

#ifndef VMT_MMU_MACHINE_FOLIO_MAP_H
#define VMT_MMU_MACHINE_FOLIO_MAP_H

#include "vmtrace/mmu/machine/text.h"
#include "vmtrace/mmu/mechanisms/folios.h"

#define VMT_FOLIO_MAP_HEADER "vmtrace-folios 1"

struct vmt_folio_map_file {
   uint32_t dev_major, dev_minor;
   uint64_t inode, bytes;
   uint64_t changed_seconds;            /* since 1970 */
   uint32_t changed_ns;
   struct vmt_text path;                /* not empty */
};

enum vmt_folio_map_record {
   VMT_FOLIO_MAP_FILE,                  /* reader->file */
   VMT_FOLIO_MAP_FOLIO,                 /* reader->folio, of the last file */
   VMT_FOLIO_MAP_END,
   VMT_FOLIO_MAP_BAD                    /* reader->line, reader->message */
};

struct vmt_folio_map_reader {
   struct vmt_text rest;
   uint32_t line;                       /* the last one read, from 1 */
   bool has_header, has_file;
   const char *message;
   struct vmt_folio_map_file file;
   struct vmt_folio folio;
};

void vmt_folio_map_start(struct vmt_folio_map_reader *reader, const char *text,
                         size_t bytes);

/* After END or BAD it must not be called again.  */
enum vmt_folio_map_record
vmt_folio_map_next(struct vmt_folio_map_reader *reader);

#endif
