#include "vmtrace/mmu/machine/folio_map.h"

#include "vmtrace/mmu/base/port.h"

/* No file has more pages: sizes are below 2^63 bytes.  */
#define MAX_PAGES ((uint64_t)1 << 51)

void
vmt_folio_map_start(struct vmt_folio_map_reader *reader, const char *text,
                    size_t bytes)
{
   memset(reader, 0, sizeof *reader);
   reader->rest = (struct vmt_text){ text, bytes };
}

static enum vmt_folio_map_record
bad(struct vmt_folio_map_reader *reader, const char *message)
{
   reader->message = message;
   return VMT_FOLIO_MAP_BAD;
}

/* "MAJOR:MINOR" */
static bool
read_device(struct vmt_text text, struct vmt_folio_map_file *file)
{
   struct vmt_text major = vmt_text_cut(&text, ':');

   return text.at != NULL && vmt_text_number(major, &file->dev_major) &&
          vmt_text_number(text, &file->dev_minor);
}

/* "SECONDS.NANOSECONDS" */
static bool
read_changed(struct vmt_text text, struct vmt_folio_map_file *file)
{
   struct vmt_text seconds = vmt_text_cut(&text, '.');

   return text.at != NULL && text.bytes == 9 &&
          vmt_text_long_number(seconds, &file->changed_seconds) &&
          vmt_text_number(text, &file->changed_ns);
}

static enum vmt_folio_map_record
read_file(struct vmt_folio_map_reader *reader, struct vmt_text line)
{
   struct vmt_folio_map_file file;

   if (!read_device(vmt_text_cut(&line, ' '), &file))
      return bad(reader, "file: expected a device as in 254:0");
   if (line.at == NULL ||
       !vmt_text_long_number(vmt_text_cut(&line, ' '), &file.inode))
      return bad(reader, "file: expected an inode");
   if (line.at == NULL ||
       !vmt_text_long_number(vmt_text_cut(&line, ' '), &file.bytes) ||
       file.bytes >> VMT_PAGE_SHIFT >= MAX_PAGES)
      return bad(reader, "file: expected a size in bytes");
   if (line.at == NULL || !read_changed(vmt_text_cut(&line, ' '), &file))
      return bad(reader, "file: expected a time as in 1763746000.000000000");
   if (line.at == NULL || line.bytes == 0)
      return bad(reader, "file: expected a path");
   file.path = line;
   reader->file = file;
   reader->folio = (struct vmt_folio){ 0, 0 };
   reader->has_file = true;
   return VMT_FOLIO_MAP_FILE;
}

static enum vmt_folio_map_record
read_folio(struct vmt_folio_map_reader *reader, struct vmt_text first,
           struct vmt_text rest)
{
   uint64_t start, n_pages;

   if (!vmt_text_long_number(first, &start) || rest.at == NULL ||
       !vmt_text_long_number(rest, &n_pages))
      return bad(reader, "expected `file ...' or a page and a number of pages");
   if (!reader->has_file)
      return bad(reader, "a folio before any file");
   if (start >= MAX_PAGES || n_pages >= MAX_PAGES)
      return bad(reader, "no file is that large");
   if (n_pages < 2 || (n_pages & (n_pages - 1)) != 0 || start % n_pages != 0)
      return bad(reader, "a folio is 2, 4, 8, ... pages, at a multiple of its size");
   if (start < reader->folio.end)
      return bad(reader, "folios are listed by rising page, and do not overlap");
   reader->folio = (struct vmt_folio){ start, start + n_pages };
   return VMT_FOLIO_MAP_FOLIO;
}

enum vmt_folio_map_record
vmt_folio_map_next(struct vmt_folio_map_reader *reader)
{
   while (reader->rest.at != NULL && reader->rest.bytes > 0) {
      struct vmt_text line = vmt_text_cut(&reader->rest, '\n'), first;

      reader->line++;
      if (!reader->has_header) {
         if (!vmt_text_is(line, VMT_FOLIO_MAP_HEADER))
            return bad(reader, "the first line is not `" VMT_FOLIO_MAP_HEADER "'");
         reader->has_header = true;
         continue;
      }
      if (line.bytes == 0 || line.at[0] == '#')
         continue;
      first = vmt_text_cut(&line, ' ');
      if (vmt_text_is(first, "file"))
         return read_file(reader, line);
      return read_folio(reader, first, line);
   }
   reader->line += reader->line == 0;
   return reader->has_header ? VMT_FOLIO_MAP_END
                             : bad(reader, "the file is empty");
}
