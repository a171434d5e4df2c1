/* The machine file: what it takes, what it refuses and in which words, and the
   way there and back for random machines.  */

#include <stdio.h>
#include <string.h>

#include "tests/machines/write_machine.h"
#include "tests/mmu/check.h"

static struct vmt_machine_config
parse(const char *text)
{
   struct vmt_machine_config config;
   struct vmt_machine_file_error error = { 0, "" };

   memset(&config, 0xa5, sizeof config);
   if (vmt_machine_file_parse(text, strlen(text), &config, &error) != VMT_OK) {
      printf("%s\nline %u: %s\n", text, error.line, error.message);
      CHECK(!"this file is good");
   }
   CHECK(vmt_machine_config_fault(&config) == NULL);
   return config;
}

static bool
shape_is(const struct vmt_tlb_shape *shape, uint32_t n_entries, uint32_t n_ways,
         enum vmt_tlb_policy policy)
{
   return shape->n_entries == n_entries && shape->n_ways == n_ways &&
          shape->policy == policy;
}

/* --- What is good --- */

static void
check_empty(void)
{
   static const char *const texts[] = { "", "\n", "# nothing\n", "  \t\r\n\n" };
   struct vmt_machine_config generic;

   vmt_machine_config_generic(&generic);
   for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
      struct vmt_machine_config got = parse(texts[i]);

      CHECK(strcmp(got.name, "custom") == 0);
      CHECK(strcmp(got.title, "custom") == 0);
      CHECK(shape_is(&got.itlb[VMT_PAGE_4K], 128, 8, VMT_TLB_LRU));
      CHECK(shape_is(&got.dtlb[VMT_PAGE_4K], 64, 4, VMT_TLB_LRU));
      CHECK(shape_is(&got.stlb[VMT_PAGE_4K], 1536, 12, VMT_TLB_LRU));
      for (int size = VMT_PAGE_2M; size <= VMT_PAGE_1G; size++) {
         CHECK_EQ(got.itlb[size].n_entries, 0);
         CHECK_EQ(got.dtlb[size].n_entries, 0);
         CHECK_EQ(got.stlb[size].n_entries, 0);
      }
      CHECK(!got.stlb_shared_2m);
      CHECK(memcmp(&got.walk, &generic.walk, sizeof got.walk) == 0);
      CHECK_EQ(got.fault_around_bytes, 65536);
   }
}

static void
check_every_setting(void)
{
   struct vmt_machine_config got = parse(
      "# a comment\r\n"
      "name=box-1\r\n"
      "\ttitle =  A box, with = and commas   # and a comment\n"
      "source = one\n"
      "source = two\n"
      "va_bits = 57\n"
      "pa_bits = 52\n"
      "page_bytes = 4096\n"
      "levels = 9 , 9,9,9,9\n"
      "walk_cache = 1,2,3,4\n"
      "fault_around = 128K\n"
      "itlb = 96 , 6 , fifo\n"
      "itlb.2m = 8,8\n"
      "itlb.1g = 2,1,random\n"
      "dtlb = 64,4,plru\n"
      "dtlb.2m = 32,4,lru\n"
      "dtlb.1g = none\n"
      "stlb = 1048576,16\n"
      "stlb.2m = shared\n"
      "stlb.1g = 16,4");

   CHECK(strcmp(got.name, "box-1") == 0);
   CHECK(strcmp(got.title, "A box, with = and commas") == 0);
   CHECK_EQ(got.va_bits, 57);
   CHECK_EQ(got.pa_bits, 52);
   CHECK_EQ(got.page_shift, 12);
   CHECK_EQ(got.walk.n_levels, 5);
   for (uint32_t level = 1; level <= 5; level++)
      CHECK_EQ(got.walk.index_bits[level], 9);
   CHECK_EQ(got.walk.n_entries[5], 1);
   CHECK_EQ(got.walk.n_entries[4], 2);
   CHECK_EQ(got.walk.n_entries[3], 3);
   CHECK_EQ(got.walk.n_entries[2], 4);
   CHECK_EQ(got.fault_around_bytes, 131072);
   CHECK(shape_is(&got.itlb[VMT_PAGE_4K], 96, 6, VMT_TLB_FIFO));
   CHECK(shape_is(&got.itlb[VMT_PAGE_2M], 8, 8, VMT_TLB_LRU));
   CHECK(shape_is(&got.itlb[VMT_PAGE_1G], 2, 1, VMT_TLB_RANDOM));
   CHECK(shape_is(&got.dtlb[VMT_PAGE_4K], 64, 4, VMT_TLB_PLRU));
   CHECK(shape_is(&got.dtlb[VMT_PAGE_2M], 32, 4, VMT_TLB_LRU));
   CHECK(shape_is(&got.dtlb[VMT_PAGE_1G], 0, 0, VMT_TLB_LRU));
   CHECK(shape_is(&got.stlb[VMT_PAGE_4K], 1048576, 16, VMT_TLB_LRU));
   CHECK(got.stlb_shared_2m);
   CHECK(shape_is(&got.stlb[VMT_PAGE_1G], 16, 4, VMT_TLB_LRU));
}

/* Top first in the file, the leaf at 1 in the shape; the walk caches of levels
   that are gone go with them.  */
static void
check_levels(void)
{
   struct vmt_machine_config got =
      parse("va_bits = 32\npa_bits = 34\nlevels = 4,6,10\n");

   CHECK_EQ(got.walk.n_levels, 3);
   CHECK_EQ(got.walk.index_bits[3], 4);
   CHECK_EQ(got.walk.index_bits[2], 6);
   CHECK_EQ(got.walk.index_bits[1], 10);
   CHECK_EQ(got.walk.index_bits[4], 0);
   CHECK_EQ(got.walk.n_entries[2], 32);
   CHECK_EQ(got.walk.n_entries[3], 4);

   got = parse("va_bits = 32\nlevels = 10,10\nwalk_cache = 7\n");
   CHECK_EQ(got.walk.n_entries[2], 7);
   CHECK_EQ(got.walk.n_entries[3], 0);

   got = parse("walk_cache = none\n");
   CHECK_EQ(got.walk.n_entries[2], 0);
   CHECK_EQ(got.walk.n_entries[3], 0);

   got = parse("va_bits = 8\npa_bits = 5\npage_bytes = 16\nlevels = 4\n"
               "stlb = none\n");
   CHECK_EQ(got.page_shift, 4);
   CHECK_EQ(got.walk.n_levels, 1);
   CHECK_EQ(got.walk.n_entries[2], 0);
   CHECK_EQ(got.stlb[VMT_PAGE_4K].n_entries, 0);
}

static void
check_sizes(void)
{
   static const struct {
      const char *text;
      uint64_t bytes;
   } sizes[] = {
      { "4096", 4096 }, { "4K", 4096 }, { "4k", 4096 }, { "16384", 16384 },
      { "1M", 1048576 }, { "2m", 2097152 }, { "1024K", 1048576 },
      { "1G", 1073741824 }, { "1g", 1073741824 },
      { "1073741824", 1073741824 },
   };
   uint64_t bytes = 7;

   for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      char text[100];

      snprintf(text, sizeof text, "fault_around = %s\n", sizes[i].text);
      CHECK_EQ(parse(text).fault_around_bytes, sizes[i].bytes);
      CHECK(vmt_size_parse(sizes[i].text, strlen(sizes[i].text), &bytes));
      CHECK_EQ(bytes, sizes[i].bytes);
   }
   bytes = 7;
   CHECK(!vmt_size_parse("64T", 3, &bytes));
   CHECK(!vmt_size_parse("64 K", 4, &bytes));
   CHECK(!vmt_size_parse("", 0, &bytes));
   CHECK_EQ(bytes, 7);
}

/* --- What is bad --- */

struct bad {
   const char *text;
   uint32_t line;
   const char *message;                 /* a part of it */
};

#define LONG63 "123456789012345678901234567890123456789012345678901234567890123"

static const struct bad bads[] = {
   { "dtlb\n", 1, "expected name = value, got 'dtlb'" },
   { "\n# c\ndtlb 64,4\n", 3, "expected name = value, got 'dtlb 64,4'" },
   { "dtlb = 64,4\ntlb = 64,4\n", 2, "there is no setting 'tlb'" },
   { "Dtlb = 64,4\n", 1, "there is no setting 'Dtlb'" },
   { "= 4\n", 1, "there is no setting ''" },
   { "itlb.4k = 4,4\n", 1, "there is no setting 'itlb.4k'" },
   { "dtlb = 64,4\ndtlb = 64,4\n", 2, "dtlb: given twice" },
   { "name = a\n\nname = a\n", 3, "name: given twice" },
   { "dtlb =\n", 1, "dtlb: no value" },
   { "source = # nothing\n", 1, "source: no value" },
   { "name = two words\n", 1, "a name is one word" },
   { "name = \x01\n", 1, "name = ?: not plain ASCII" },
   { "title = caf\xc3\xa9\n", 1, "title = caf??: not plain ASCII" },
   { "name = " LONG63 "4\n", 1, "longer than 63 bytes" },
   { "title = " LONG63 "4\n", 1, "longer than 63 bytes" },
   { "dtlb = 64\n", 1, "dtlb = 64: expected entries,ways" },
   { "dtlb = shared\n", 1, "dtlb = shared: expected entries,ways" },
   { "stlb.1g = shared\n", 1, "stlb.1g = shared: expected entries,ways" },
   { "dtlb = 64,\n", 1, "expected whole numbers of entries and ways" },
   { "dtlb = ,4\n", 1, "expected whole numbers of entries and ways" },
   { "dtlb = 6 4,4\n", 1, "expected whole numbers of entries and ways" },
   { "dtlb = -64,4\n", 1, "expected whole numbers of entries and ways" },
   { "dtlb = 0x40,4\n", 1, "expected whole numbers of entries and ways" },
   { "dtlb = 4294967360,4\n", 1, "expected whole numbers of entries and ways" },
   { "dtlb = 0,0\n", 1, "0 entries are written as none" },
   { "dtlb = 64,3\n", 1, "dtlb = 64,3: the number of entries" },
   { "dtlb = 64,0\n", 1, "dtlb = 64,0: the number of entries" },
   { "dtlb = 4,8\n", 1, "dtlb = 4,8: the number of entries" },
   { "dtlb = 2097152,4\n", 1, "at most 1048576 entries" },
   { "dtlb = 60,6,plru\n", 1, "power of two ways" },
   { "dtlb = 64,4,mru\n", 1, "one of lru, plru, fifo, random" },
   { "dtlb = 64,4,\n", 1, "one of lru, plru, fifo, random" },
   { "dtlb = 64,4,lru,lru\n", 1, "one of lru, plru, fifo, random" },
   { "name = x\nitlb = none\n", 2, "itlb: a machine has at least one entry" },
   { "dtlb = none\nname = x\n", 1, "dtlb: a machine has at least one entry" },
   { "stlb = none\nstlb.2m = shared\n\n", 2, "stlb.2m: shared with an STLB" },
   { "va_bits = x\n", 1, "expected a number of bits" },
   { "va_bits = 47\n", 1, "va_bits: not the bits of the page and of all" },
   { "name = x\nlevels = 9,9,9\n", 2, "va_bits: not the bits of the page" },
   { "pa_bits = 12\n", 1, "pa_bits: not more than a page's bits" },
   { "pa_bits = 53\n", 1, "pa_bits: not more than a page's bits" },
   { "page_bytes = 100\n", 1, "page_bytes = 100: not a power of two" },
   { "page_bytes = 0\n", 1, "page_bytes = 0: not a power of two" },
   { "page_bytes = 8\n", 1, "page_bytes: not a power of two from 16" },
   { "page_bytes = 65536\n", 1, "page_bytes: not a power of two from 16" },
   { "levels = \n", 1, "levels: no value" },
   { "levels = none\n", 1, "levels = none: expected whole numbers" },
   { "levels = 9,,9\n", 1, "expected whole numbers with commas" },
   { "levels = 9,9,9,9,\n", 1, "expected whole numbers with commas" },
   { "levels = 4,4,4,4,4,4\n", 1, "more than 5 numbers" },
   { "\nlevels = 9,9,9,3\n", 2, "levels: the index of a page-table level" },
   { "levels = 17,9,9,9\n", 1, "levels: the index of a page-table level" },
   { "levels = 16,16,16,16\n", 1, "levels: the indices of all" },
   { "walk_cache = 4,32\n", 1, "walk_cache: not one number less" },
   { "walk_cache = 1,2,3,4\n", 1, "walk_cache: not one number less" },
   { "va_bits = 20\nwalk_cache = 1\nlevels = 8\n", 2, "not one number less" },
   { "name = x\nwalk_cache = 0,4,1048577\n", 2, "walk_cache: a page-walk" },
   { "fault_around = x\n", 1, "fault_around = x: expected a size" },
   { "fault_around = K\n", 1, "fault_around = K: expected a size" },
   { "fault_around = 64KB\n", 1, "fault_around = 64KB: expected a size" },
   { "fault_around = -64K\n", 1, "expected a size" },
   { "fault_around = 9999999999\n", 1, "fault_around: not a power of two" },
   { "fault_around = 17179869185G\n", 1, "expected a size" },
   { "fault_around = 99999999999999999999\n", 1, "expected a size" },
   { "\nfault_around = 5K\nname = x\n", 2, "fault_around: not a power of two" },
   { "fault_around = 2K\n", 1, "fault_around: not a power of two from 4K" },
   { "fault_around = 2G\n", 1, "fault_around: not a power of two from 4K" },
   { "fault_around = 4G\n", 1, "fault_around: not a power of two from 4K" },
   { "fault_around = 0\n", 1, "fault_around: not a power of two from 4K" },
   { "fault_around = none\n", 1, "expected a size" },
   { "va_bits = 32\nlevels = 10,10\ndtlb.2m = 4,4\n", 2,
     "levels: the page table has no 2 MiB pages" },
   { "va_bits = 21\nlevels = 9\nstlb.2m = shared\n", 2,
     "levels: the page table has no 2 MiB pages" },
   { "va_bits = 30\nlevels = 9,9\nitlb.1g = 4,4\n", 2,
     "levels: the page table has no 1 GiB pages" },
   { "va_bits = 40\nlevels = 9,10,9\ndtlb.2m = 4,4\nitlb.1g = 4,4\n", 2,
     "levels: the page table has no 1 GiB pages" },
};

static void
check_bad(const struct bad *bad)
{
   struct vmt_machine_config config, before;
   struct vmt_machine_file_error error = { 0, "" };
   enum vmt_status status;

   memset(&config, 0xa5, sizeof config);
   before = config;
   status = vmt_machine_file_parse(bad->text, strlen(bad->text), &config,
                                   &error);
   if (status != VMT_BAD_INPUT || error.line != bad->line ||
       strstr(error.message, bad->message) == NULL)
      printf("%s\nwanted line %u, %s\ngot line %u, %s\n", bad->text, bad->line,
             bad->message, error.line, error.message);
   CHECK_EQ(status, VMT_BAD_INPUT);
   CHECK_EQ(error.line, bad->line);
   CHECK(strstr(error.message, bad->message) != NULL);
   CHECK(memcmp(&config, &before, sizeof config) == 0);
}

/* The text ends where its length says; a zero byte is one like others.  */
static void
check_bytes(void)
{
   struct vmt_machine_config config;
   struct vmt_machine_file_error error;
   char text[] = "dtlb = 64,4";

   CHECK_EQ(vmt_machine_file_parse(text, sizeof text - 1, &config, &error),
            VMT_OK);
   CHECK_EQ(vmt_machine_file_parse(text, sizeof text - 2, &config, &error),
            VMT_BAD_INPUT);
   CHECK_EQ(vmt_machine_file_parse(text, sizeof text, &config, &error),
            VMT_BAD_INPUT);
}

/* A message ends within its room however long the text that it quotes.  */
static void
check_long_message(void)
{
   struct vmt_machine_config config;
   struct vmt_machine_file_error error;
   char text[2000];

   memset(text, 'x', sizeof text);
   memcpy(text, "dtlb = ", 7);
   CHECK_EQ(vmt_machine_file_parse(text, sizeof text, &config, &error),
            VMT_BAD_INPUT);
   CHECK(strnlen(error.message, sizeof error.message) < sizeof error.message);
   CHECK(strstr(error.message, "x: expected entries,ways") != NULL);
   CHECK_EQ(vmt_machine_file_parse(text + 7, sizeof text - 7, &config, &error),
            VMT_BAD_INPUT);
   CHECK(strnlen(error.message, sizeof error.message) < sizeof error.message);
   CHECK(strstr(error.message, "x...'") != NULL);
}

/* --- Shapes alone --- */

static void
check_shape(const char *text, bool good, uint32_t n_entries, uint32_t n_ways,
            enum vmt_tlb_policy policy)
{
   struct vmt_tlb_shape shape = { 7, 7, VMT_TLB_FIFO };

   CHECK_EQ(vmt_tlb_shape_parse(text, strlen(text), &shape), good);
   if (!good)
      CHECK(shape_is(&shape, 7, 7, VMT_TLB_FIFO));
   else
      CHECK(shape_is(&shape, n_entries, n_ways, policy));
}

static void
check_shapes(void)
{
   check_shape("64,4", true, 64, 4, VMT_TLB_LRU);
   check_shape(" 64 ,\t4 ", true, 64, 4, VMT_TLB_LRU);
   check_shape("1,1", true, 1, 1, VMT_TLB_LRU);
   check_shape("48,48,fifo", true, 48, 48, VMT_TLB_FIFO);
   check_shape("48,16,plru", true, 48, 16, VMT_TLB_PLRU);
   check_shape("48,48,random", true, 48, 48, VMT_TLB_RANDOM);
   check_shape("0048,048", true, 48, 48, VMT_TLB_LRU);
   check_shape("none", true, 0, 0, VMT_TLB_LRU);
   check_shape("", false, 0, 0, VMT_TLB_LRU);
   check_shape("64", false, 0, 0, VMT_TLB_LRU);
   check_shape("64,5", false, 0, 0, VMT_TLB_LRU);
   check_shape("64;4", false, 0, 0, VMT_TLB_LRU);
   check_shape("64,4 lru", false, 0, 0, VMT_TLB_LRU);
   check_shape("64,4,LRU", false, 0, 0, VMT_TLB_LRU);
   check_shape("48,48,plru", false, 0, 0, VMT_TLB_LRU);
   check_shape("none,lru", false, 0, 0, VMT_TLB_LRU);
   check_shape("99999999999,1", false, 0, 0, VMT_TLB_LRU);
}

/* --- There and back --- */

static struct vmt_tlb_shape
random_shape(bool may_be_none)
{
   struct vmt_tlb_shape shape = { 0, 0, VMT_TLB_LRU };
   uint32_t n_sets = 1 + (uint32_t)test_random(100);

   if (may_be_none && test_random(3) == 0)
      return shape;
   shape.policy = (enum vmt_tlb_policy)test_random(4);
   shape.n_ways = shape.policy == VMT_TLB_PLRU
                     ? 1u << test_random(6)
                     : 1 + (uint32_t)test_random(64);
   shape.n_entries = n_sets * shape.n_ways;
   return shape;
}

static struct vmt_machine_config
random_machine(void)
{
   struct vmt_machine_config config;
   bool hardware = test_random(2) == 0;
   uint32_t bits;

   memset(&config, 0, sizeof config);
   memcpy(config.name, "random", sizeof "random");
   memcpy(config.title, "A random machine", sizeof "A random machine");
   config.page_shift = hardware ? 12 : 4 + (uint32_t)test_random(9);
   config.walk.n_levels = hardware ? 4 + (uint32_t)test_random(2)
                                   : 1 + (uint32_t)test_random(5);
   bits = config.page_shift;
   for (uint32_t level = 1; level <= config.walk.n_levels; level++) {
      config.walk.index_bits[level] =
         hardware ? 9 : 4 + (uint32_t)test_random(7);
      bits += config.walk.index_bits[level];
      if (level > 1)
         config.walk.n_entries[level] = (uint32_t)test_random(100);
   }
   config.va_bits = bits;
   config.pa_bits = 13 + (uint32_t)test_random(40);
   for (int size = 0; size < (hardware ? 3 : 1); size++) {
      config.itlb[size] = random_shape(size > 0);
      config.dtlb[size] = random_shape(size > 0);
      config.stlb[size] = random_shape(true);
   }
   if (hardware && config.stlb[VMT_PAGE_4K].n_entries != 0 &&
       test_random(2) == 0) {
      config.stlb[VMT_PAGE_2M] = (struct vmt_tlb_shape){ 0, 0, VMT_TLB_LRU };
      config.stlb_shared_2m = true;
   }
   config.fault_around_bytes = (uint64_t)4096 << test_random(19);
   return config;
}

static void
check_there_and_back(void)
{
   for (uint64_t round = 0; round < 2000; round++) {
      struct vmt_machine_config config, back;
      struct vmt_machine_file_error error;
      char text[4096];
      size_t bytes;

      test_reseed(round);
      config = random_machine();
      CHECK(vmt_machine_config_fault(&config) == NULL);
      bytes = write_machine(text, sizeof text, &config);
      CHECK_EQ(vmt_machine_file_parse(text, bytes, &back, &error), VMT_OK);
      CHECK(same_machine(&config, &back));
   }
}

int
main(void)
{
   test_begin("machine_file");
   check_empty();
   check_every_setting();
   check_levels();
   check_sizes();
   for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++)
      check_bad(&bads[i]);
   check_bytes();
   check_long_message();
   check_shapes();
   check_there_and_back();
   return test_end();
}
