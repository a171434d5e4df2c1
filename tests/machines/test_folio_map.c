/* The folio map: what it takes, what it refuses and where, and changed maps.  */

#include <stdio.h>
#include <string.h>

#include "tests/machines/fuzz_folio_map.h"
#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/folio_map.h"

#define N_ROUNDS 20000
#define HEADER "vmtrace-folios 1\n"
#define FILE_A "file 254:0 1234 8388608 1763746000.123456789 /usr/lib/a b#.so\n"

static const char whole[] =
   HEADER
   "# Linux 6.18\n"
   "\n"
   FILE_A
   "0 16\n"
   "  16 4\r\n"
   "20 2\n"
   "# a comment\n"
   "2048 512\n"
   "file 0:1048575 9999999999 0 0.000000000 x\n"
   "file 7:3 1 1 18446744073.000000001 /y\n"
   "4 4";

static void
check_file(const struct vmt_folio_map_file *file, uint32_t dev_major,
           uint32_t dev_minor, uint64_t inode, uint64_t bytes, uint64_t seconds,
           uint32_t ns, const char *path)
{
   CHECK_EQ(file->dev_major, dev_major);
   CHECK_EQ(file->dev_minor, dev_minor);
   CHECK_EQ(file->inode, inode);
   CHECK_EQ(file->bytes, bytes);
   CHECK_EQ(file->changed_seconds, seconds);
   CHECK_EQ(file->changed_ns, ns);
   CHECK(vmt_text_is(file->path, path));
}

static void
check_folio(struct vmt_folio_map_reader *reader, uint64_t start, uint64_t end)
{
   CHECK_EQ(vmt_folio_map_next(reader), VMT_FOLIO_MAP_FOLIO);
   CHECK_EQ(reader->folio.start, start);
   CHECK_EQ(reader->folio.end, end);
}

static void
check_whole(void)
{
   struct vmt_folio_map_reader reader;

   vmt_folio_map_start(&reader, whole, sizeof whole - 1);
   CHECK_EQ(vmt_folio_map_next(&reader), VMT_FOLIO_MAP_FILE);
   check_file(&reader.file, 254, 0, 1234, 8388608, 1763746000, 123456789,
              "/usr/lib/a b#.so");
   check_folio(&reader, 0, 16);
   check_folio(&reader, 16, 20);
   check_folio(&reader, 20, 22);
   check_folio(&reader, 2048, 2560);
   CHECK_EQ(vmt_folio_map_next(&reader), VMT_FOLIO_MAP_FILE);
   check_file(&reader.file, 0, 1048575, 9999999999, 0, 0, 0, "x");
   CHECK_EQ(vmt_folio_map_next(&reader), VMT_FOLIO_MAP_FILE);
   check_file(&reader.file, 7, 3, 1, 1, 18446744073, 1, "/y");
   check_folio(&reader, 4, 8);
   CHECK_EQ(vmt_folio_map_next(&reader), VMT_FOLIO_MAP_END);
}

/* ---- what is bad ---- */

static const struct {
   const char *text;
   uint32_t line;
   const char *message;                 /* a part of it */
} bads[] = {
   { "", 1, "empty" },
   { "\n", 1, "first line" },
   { "vmtrace-folios 2\n", 1, "first line" },
   { "{\"vmtrace\":1}\n", 1, "first line" },
   { FILE_A, 1, "first line" },
   { HEADER "0 2\n", 2, "before any file" },
   { HEADER "file\n", 2, "device" },
   { HEADER "file 254 1 1 1.000000000 x\n", 2, "device" },
   { HEADER "file 254: 1 1 1.000000000 x\n", 2, "device" },
   { HEADER "file fe:0 1 1 1.000000000 x\n", 2, "device" },
   { HEADER "file 254:0\n", 2, "inode" },
   { HEADER "file 254:0 x 1 1.000000000 x\n", 2, "inode" },
   { HEADER "file 254:0 1\n", 2, "size" },
   { HEADER "file 254:0 1 -1 1.000000000 x\n", 2, "size" },
   { HEADER "file 254:0 1 9999999999999999999 1.000000000 x\n", 2, "size" },
   { HEADER "file 254:0 1 1\n", 2, "time" },
   { HEADER "file 254:0 1 1 1 x\n", 2, "time" },
   { HEADER "file 254:0 1 1 1.5 x\n", 2, "time" },
   { HEADER "file 254:0 1 1 1.0000000000 x\n", 2, "time" },
   { HEADER "file 254:0 1 1 1.000000000\n", 2, "path" },
   { HEADER "file 254:0 1 1 1.000000000 \n", 2, "path" },
   { HEADER "File 254:0 1 1 1.000000000 x\n", 2, "expected `file" },
   { HEADER FILE_A "\n7\n", 4, "expected `file" },
   { HEADER FILE_A "7 x\n", 3, "expected `file" },
   { HEADER FILE_A "0 16 1\n", 3, "expected `file" },
   { HEADER FILE_A "0x0 16\n", 3, "expected `file" },
   { HEADER FILE_A "0 0\n", 3, "a folio is 2, 4, 8" },
   { HEADER FILE_A "0 1\n", 3, "a folio is 2, 4, 8" },
   { HEADER FILE_A "0 3\n", 3, "a folio is 2, 4, 8" },
   { HEADER FILE_A "2 4\n", 3, "a folio is 2, 4, 8" },
   { HEADER FILE_A "0 2251799813685248\n", 3, "that large" },
   { HEADER FILE_A "2251799813685248 2\n", 3, "that large" },
   { HEADER FILE_A "0 4\n0 4\n", 4, "rising" },
   { HEADER FILE_A "0 4\n2 2\n", 4, "rising" },
   { HEADER FILE_A "8 4\n4 4\n", 4, "rising" },
};

static void
check_bad(size_t i)
{
   struct vmt_folio_map_reader reader;
   enum vmt_folio_map_record record;

   vmt_folio_map_start(&reader, bads[i].text, strlen(bads[i].text));
   do
      record = vmt_folio_map_next(&reader);
   while (record < VMT_FOLIO_MAP_END);
   if (record != VMT_FOLIO_MAP_BAD || reader.line != bads[i].line ||
       strstr(reader.message, bads[i].message) == NULL)
      printf("%s\nwanted line %u, %s\ngot line %u, %s\n", bads[i].text, bads[i].line,
             bads[i].message, reader.line,
             record == VMT_FOLIO_MAP_BAD ? reader.message : "nothing wrong");
   CHECK_EQ(record, VMT_FOLIO_MAP_BAD);
   CHECK_EQ(reader.line, bads[i].line);
   CHECK(strstr(reader.message, bads[i].message) != NULL);
}

/* ---- changed maps ---- */

static size_t
change(char *text, size_t bytes)
{
   static const char letters[] = "0123456789:. #\n\r\t-file\x80\xff\0";
   size_t at = (size_t)test_random(bytes + 1);
   size_t n = 1 + (size_t)test_random(8);

   switch (test_random(4)) {
   case 0:                              /* another character */
      if (at < bytes)
         text[at] = letters[test_random(sizeof letters)];
      return bytes;
   case 1:                              /* one more */
      memmove(text + at + 1, text + at, bytes - at);
      text[at] = letters[test_random(sizeof letters)];
      return bytes + 1;
   case 2:                              /* some less */
      n = n < bytes - at ? n : bytes - at;
      memmove(text + at, text + at + n, bytes - at - n);
      return bytes - n;
   default:                             /* the end is lost */
      return at < bytes / 2 ? bytes : at;
   }
}

static void
check_changed(void)
{
   uint64_t n_accepted = 0;

   for (uint64_t round = 0; round < N_ROUNDS; round++) {
      char text[sizeof whole + 8];
      size_t bytes = sizeof whole - 1;

      test_reseed(round);
      memcpy(text, whole, bytes);
      for (uint64_t n = 1 + test_random(3); n > 0; n--)
         bytes = change(text, bytes);
      n_accepted += fuzz_folio_map(text, bytes);
   }
   printf("%llu of %d changed maps accepted\n", (unsigned long long)n_accepted,
          N_ROUNDS);
   CHECK(n_accepted > 0 && n_accepted < N_ROUNDS);
}

int
main(void)
{
   test_begin("folio_map");
   check_whole();
   for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++)
      check_bad(i);
   CHECK(fuzz_folio_map(whole, sizeof whole - 1));
   for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++)
      CHECK(!fuzz_folio_map(bads[i].text, strlen(bads[i].text)));
   check_changed();
   return test_end();
}
