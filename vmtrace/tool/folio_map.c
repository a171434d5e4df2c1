#include "vmtrace/tool/folio_map.h"

#include "vmtrace/mmu/machine/folio_map.h"
#include "vmtrace/tool/tool.h"

struct mapped_file {
   struct vmt_folio_map_file as_mapped;
   Bool is_stale;
   UInt first_folio, n_folios;
};

/* The text stays: paths are in it.  */
static HChar *text;
static struct mapped_file *files;
static struct vmt_folio *folios;
static UInt n_files, n_folios;

/* ---- reading ---- */

static HChar *
read_whole(const HChar *path, SizeT *bytes)
{
   SysRes opened = VG_(open)(path, VKI_O_RDONLY, 0);
   SizeT room = 1 << 16;
   Int n = -1;
   HChar *whole;

   if (sr_isError(opened))
      return NULL;
   whole = VG_(malloc)("vmtrace.folios", room);
   for (*bytes = 0;; *bytes += (SizeT)n) {
      if (*bytes == room)
         whole = VG_(realloc)("vmtrace.folios", whole, room *= 2);
      n = VG_(read)((Int)sr_Res(opened), whole + *bytes, (Int)(room - *bytes));
      if (n <= 0)
         break;
   }
   VG_(close)((Int)sr_Res(opened));
   if (n == 0)
      return whole;
   VG_(free)(whole);
   return NULL;
}

static void
forget_map(void)
{
   VG_(free)(text);
   VG_(free)(files);
   VG_(free)(folios);
   text = NULL;
   files = NULL;
   folios = NULL;
   n_files = n_folios = 0;
}

static enum vmt_folio_map_record
count_records(struct vmt_folio_map_reader *reader)
{
   enum vmt_folio_map_record record;

   while ((record = vmt_folio_map_next(reader)) < VMT_FOLIO_MAP_END)
      if (record == VMT_FOLIO_MAP_FILE)
         n_files++;
      else
         n_folios++;
   return record;
}

static void
take_records(struct vmt_folio_map_reader *reader)
{
   struct mapped_file *file = files;
   struct vmt_folio *folio = folios;
   enum vmt_folio_map_record record;

   while ((record = vmt_folio_map_next(reader)) < VMT_FOLIO_MAP_END)
      if (record == VMT_FOLIO_MAP_FILE) {
         *file++ = (struct mapped_file){
            .as_mapped = reader->file, .first_folio = (UInt)(folio - folios)};
      } else {
         *folio++ = reader->folio;
         file[-1].n_folios++;
      }
}

Bool
folio_map_read(const HChar *path, HChar *why, SizeT why_bytes)
{
   struct vmt_folio_map_reader reader;
   SizeT bytes = 0;

   forget_map();
   if (path == NULL)
      return True;
   text = read_whole(path, &bytes);
   if (text == NULL) {
      VG_(snprintf)(why, why_bytes, "The file cannot be read.");
      return False;
   }
   vmt_folio_map_start(&reader, text, bytes);
   if (count_records(&reader) == VMT_FOLIO_MAP_BAD) {
      VG_(snprintf)(why, why_bytes, "Line %u of the folio map: %s.", reader.line,
                    reader.message);
      return False;
   }
   files = VG_(calloc)("vmtrace.folios", n_files + 1, sizeof *files);
   folios = VG_(calloc)("vmtrace.folios", n_folios + 1, sizeof *folios);
   vmt_folio_map_start(&reader, text, bytes);
   take_records(&reader);
   return True;
}

/* ---- files ---- */

static Bool
is_as_mapped(const struct mapped_file *file, const struct vg_stat *st)
{
   const struct vmt_folio_map_file *as = &file->as_mapped;

   return st->dev == VG_MAKEDEV(as->dev_major, as->dev_minor) &&
          st->ino == as->inode && (ULong)st->size == as->bytes &&
          st->mtime == as->changed_seconds && st->mtime_nsec == as->changed_ns;
}

/* The file's path; one that is too long is cut, and no file's.  */
static void
copy_path(const struct mapped_file *file, HChar *path, SizeT room)
{
   const struct vmt_text *as_mapped = &file->as_mapped.path;
   SizeT bytes = as_mapped->bytes < room ? as_mapped->bytes : room - 1;

   VG_(memcpy)(path, as_mapped->at, bytes);
   path[bytes] = 0;
}

static Bool
is_stale(const struct mapped_file *file)
{
   HChar path[4096];
   struct vg_stat st;

   copy_path(file, path, sizeof path);
   return sr_isError(VG_(stat)(path, &st)) || !is_as_mapped(file, &st);
}

void
folio_map_check_files(void)
{
   HChar first[200];
   UInt i, n_stale = 0;

   for (i = 0; i < n_files; i++) {
      files[i].is_stale = is_stale(&files[i]);
      if (files[i].is_stale && n_stale++ == 0)
         copy_path(&files[i], first, sizeof first);
   }
   if (n_stale != 0)
      VG_(umsg)("vmtrace: %s%s changed since the folio map was made; no large "
                "folios there; 'vmtrace calibrate --folios' makes a new map\n",
                first, n_stale > 1 ? " and other files have" : " has");
}

void
folio_map_apply(UInt id, const struct vg_stat *st)
{
   const struct mapped_file *file = NULL;
   UInt i;

   for (i = 0; i < n_files && file == NULL; i++)
      if (!files[i].is_stale && is_as_mapped(&files[i], st))
         file = &files[i];
   if (file == NULL)
      return;
   for (i = 0; i < file->n_folios; i++) {
      const struct vmt_folio *folio = &folios[file->first_folio + i];

      if (vmt_machine_add_folio(&tool_machine, id, folio->start, folio->end) !=
          VMT_OK)
         tool_no_memory();
   }
}
