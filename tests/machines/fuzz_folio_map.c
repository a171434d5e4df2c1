/* Any bytes as a folio map.

   What is accepted can be added to a table of folios file by file, and comes back
   the same when it is written down and read again; what is refused says why, at a
   line of the text.  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/machines/fuzz_folio_map.h"
#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/folio_map.h"

static void
write_file(FILE *to, const struct vmt_folio_map_file *file)
{
   fprintf(to, "file %u:%u %llu %llu %llu.%09u ", file->dev_major, file->dev_minor,
           (unsigned long long)file->inode, (unsigned long long)file->bytes,
           (unsigned long long)file->changed_seconds, file->changed_ns);
   fwrite(file->path.at, 1, file->path.bytes, to);
   putc('\n', to);
}

static void
write_folio(FILE *to, struct vmt_folio folio)
{
   fprintf(to, "%llu %llu\n", (unsigned long long)folio.start,
           (unsigned long long)(folio.end - folio.start));
}

/* Writes what the reader hands out to `to`.  How it ends.  */
static enum vmt_folio_map_record
copy_records(struct vmt_folio_map_reader *reader, FILE *to)
{
   struct vmt_folios folios;
   enum vmt_folio_map_record record;

   fprintf(to, "%s\n", VMT_FOLIO_MAP_HEADER);
   vmt_folios_init(&folios);
   while ((record = vmt_folio_map_next(reader)) < VMT_FOLIO_MAP_END) {
      if (record == VMT_FOLIO_MAP_FILE) {
         CHECK(reader->file.path.bytes > 0);
         CHECK(memchr(reader->file.path.at, '\n', reader->file.path.bytes) == NULL);
         write_file(to, &reader->file);
         vmt_folios_free(&folios);
         continue;
      }
      CHECK_EQ(vmt_folios_add(&folios, reader->folio.start, reader->folio.end),
               VMT_OK);
      write_folio(to, reader->folio);
   }
   vmt_folios_free(&folios);
   return record;
}

static void
check_refused(const struct vmt_folio_map_reader *reader, const char *text,
              size_t bytes)
{
   size_t n_lines = 1;

   for (size_t i = 0; i + 1 < bytes; i++)
      n_lines += text[i] == '\n';
   CHECK(reader->line >= 1 && reader->line <= n_lines);
   CHECK(reader->message != NULL && reader->message[0] != '\0');
}

bool
fuzz_folio_map(const char *text, size_t bytes)
{
   struct vmt_folio_map_reader reader;
   char *copy = NULL, *again = NULL;
   size_t copy_bytes, again_bytes;
   FILE *to = open_memstream(&copy, &copy_bytes);
   enum vmt_folio_map_record record;

   vmt_folio_map_start(&reader, text, bytes);
   record = copy_records(&reader, to);
   fclose(to);
   if (record == VMT_FOLIO_MAP_BAD)
      check_refused(&reader, text, bytes);
   else {
      to = open_memstream(&again, &again_bytes);
      vmt_folio_map_start(&reader, copy, copy_bytes);
      CHECK_EQ(copy_records(&reader, to), VMT_FOLIO_MAP_END);
      fclose(to);
      CHECK_EQ(copy_bytes, again_bytes);
      CHECK(memcmp(copy, again, copy_bytes) == 0);
   }
   free(copy);
   free(again);
   CHECK_EQ(test_n_blocks(), 0);
   return record == VMT_FOLIO_MAP_END;
}

#ifdef VMT_FUZZER
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
   static bool begun;

   if (!begun)
      test_begin("fuzz_folio_map");
   begun = true;
   fuzz_folio_map((const char *)data, bytes);
   return 0;
}
#endif
