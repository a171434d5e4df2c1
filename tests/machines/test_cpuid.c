/* The machine from CPUID: recorded answers of real processors give what the
   manuals say of them.

   Expected values were worked out by hand from the registers: for leaf 2 with
   the descriptor table of Intel's SDM (vol. 2A, CPUID), for leaf 0x18 and AMD's
   leaves with the bit fields of the SDM and of AMD's APM (vol. 3, appendix E);
   the descriptors are named beside each.  */

#include <stdio.h>
#include <string.h>

#include "tests/machines/cpuid_tables.h"
#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/cpuid.h"

struct table {
   const struct cpuid_row *rows;
   size_t n_rows;
};

static void
play_back(void *context, uint32_t leaf, uint32_t subleaf,
          struct vmt_cpuid_regs *regs)
{
   const struct table *table = context;

   *regs = (struct vmt_cpuid_regs){ 0, 0, 0, 0 };
   for (size_t i = 0; i < table->n_rows; i++) {
      const struct cpuid_row *row = &table->rows[i];

      if (row->leaf == leaf && row->subleaf == subleaf) {
         *regs = (struct vmt_cpuid_regs){ row->eax, row->ebx, row->ecx,
                                          row->edx };
         return;                        /* unused rows are zeros */
      }
   }
}

struct shape {
   uint32_t n_entries, n_ways;
};

struct expected {
   struct table table;
   const char *title;
   uint32_t va_bits, pa_bits;
   struct shape itlb[3], dtlb[3], stlb[3];      /* 4 KiB, 2 MiB, 1 GiB */
   bool shared_2m;
};

#define NONE { 0, 0 }
#define FULL(n) { n, n }
#define TABLE(rows) { rows, sizeof rows / sizeof rows[0] }

static const struct expected expected[] = {
   /* 51: ITLB 128 of all sizes; 5b: DTLB 64 of all sizes.  */
   { TABLE(prescott_rows), "Intel(R) Celeron(R) CPU 2.53GHz", 48, 36,
     { FULL(128), FULL(128), NONE }, { FULL(64), FULL(64), NONE },
     { NONE, NONE, NONE }, false },
   /* b1: ITLB 2M 8/4; b0: ITLB 128/4; 57, 56: DTLB0 16/4, large 16/4;
      b4, 05: DTLB1 256/4, large 32/4.  */
   { TABLE(penryn_rows), "Pentium(R) Dual-Core CPU       T4200  @ 2.00GHz",
     48, 36,
     { { 128, 4 }, { 8, 4 }, NONE }, { { 16, 4 }, { 16, 4 }, NONE },
     { { 256, 4 }, { 32, 4 }, NONE }, false },
   /* 5a: DTLB 2M 32/4; 03: DTLB 64/4; 55: ITLB 2M 7; b2: ITLB 64/4;
      ca: shared 512/4.  */
   { TABLE(nehalem_rows), "Intel(R) Core(TM) i7 CPU         920  @ 2.67GHz",
     48, 36,
     { { 64, 4 }, FULL(7), NONE }, { { 64, 4 }, { 32, 4 }, NONE },
     { { 512, 4 }, NONE, NONE }, false },
   /* 5a, 03, 76: ITLB 2M 8; b0: ITLB 128/4; ca.  */
   { TABLE(sandy_bridge_rows), "Intel(R) Core(TM) i5-2400 CPU @ 3.10GHz",
     48, 36,
     { { 128, 4 }, FULL(8), NONE }, { { 64, 4 }, { 32, 4 }, NONE },
     { { 512, 4 }, NONE, NONE }, false },
   /* a0: DTLB 32; b3: DTLB 128/4; 61: ITLB 48; c2: DTLB of large pages 16/4. */
   { TABLE(silvermont_rows), "Intel(R) Atom(TM) CPU  Z3740  @ 1.33GHz", 48, 36,
     { FULL(48), NONE, NONE }, { FULL(32), { 16, 4 }, NONE },
     { { 128, 4 }, NONE, NONE }, false },
   /* 6a: uTLB 64/8; 6b: DTLB 256/8; 6c: DTLB 2M 128/8; 6d: DTLB 1G 16;
      61: ITLB 48.  */
   { TABLE(knights_landing_rows), "Intel(R) Xeon Phi(TM) CPU 7210 @ 1.30GHz",
     48, 46,
     { FULL(48), NONE, NONE }, { { 64, 8 }, { 128, 8 }, FULL(16) },
     { { 256, 8 }, NONE, NONE }, false },
   /* 63: DTLB 2M 32/4, 1G 4/4; 03: DTLB 64/4; 76: ITLB 2M 8; b5: ITLB 64/8;
      c1: shared 4K and 2M 1024/8.  */
   { TABLE(haswell_rows), "Intel(R) Core(TM) i7-4770 CPU @ 3.40GHz", 48, 39,
     { { 64, 8 }, FULL(8), NONE }, { { 64, 4 }, { 32, 4 }, { 4, 4 } },
     { { 1024, 8 }, NONE, NONE }, true },
   /* 63, 03, 76, b6: ITLB 128/8; c3: shared 4K and 2M 1536/6, 1G 16/4.  */
   { TABLE(skylake_rows), "Intel(R) Core(TM) i5-6400T CPU @ 2.20GHz", 48, 39,
     { { 128, 8 }, FULL(8), NONE }, { { 64, 4 }, { 32, 4 }, { 4, 4 } },
     { { 1536, 6 }, NONE, { 16, 4 } }, true },
   /* Leaf 0x18: an ITLB of 8 for all sizes (mended to 128/8 for 4K); loads
      16 sets of 4, 8 sets of 4 large, 8 of 1G; 128 sets of 8 for 4K and 2M, and
      128 of 8 for 4K and 1G.  */
   { TABLE(ice_lake_rows), "Intel(R) Core(TM) i7-1065G7 CPU @ 1.30GHz", 48, 39,
     { { 128, 8 }, FULL(8), NONE }, { { 64, 4 }, { 32, 4 }, FULL(8) },
     { { 2048, 16 }, { 1024, 8 }, { 1024, 8 } }, false },
   /* The same with ITLBs of 16 sets of 8 and of 2 sets of 8, large.  */
   { TABLE(tiger_lake_rows), "11th Gen Intel(R) Core(TM) i5-1135G7 @ 2.40GHz",
     48, 39,
     { { 128, 8 }, { 16, 8 }, NONE }, { { 64, 4 }, { 32, 4 }, FULL(8) },
     { { 2048, 16 }, { 1024, 8 }, { 1024, 8 } }, false },
   /* The same with 32 and 4 sets.  */
   { TABLE(golden_cove_rows), "12th Gen Intel(R) Core(TM) i9-12900K", 48, 46,
     { { 256, 8 }, { 32, 8 }, NONE }, { { 64, 4 }, { 32, 4 }, FULL(8) },
     { { 2048, 16 }, { 1024, 8 }, { 1024, 8 } }, false },
   /* DTLB 48 and ITLB 64 of 4K; 512 sets of 4 for 4K and 2M; 8 of 1G.  */
   { TABLE(gracemont_rows), "12th Gen Intel(R) Core(TM) i7-12800HX", 48, 39,
     { FULL(64), NONE, NONE }, { FULL(48), NONE, NONE },
     { { 2048, 4 }, NONE, FULL(8) }, true },
   { TABLE(sapphire_rapids_rows), "Intel(R) Xeon(R) w9-3475X", 57, 46,
     { { 256, 8 }, { 32, 8 }, NONE }, { { 64, 4 }, { 32, 4 }, FULL(8) },
     { { 2048, 16 }, { 1024, 8 }, { 1024, 8 } }, false },
   /* 0x80000005: 24 and 48 ITLB, 32 DTLB; 0x80000006: code 6 (8 ways), 1024 of
      either size; 0x80000019: 24, 32 and 1024 of 8.  */
   { TABLE(bulldozer_rows), "AMD FX(tm)-8150 Eight-Core Processor", 48, 48,
     { FULL(48), FULL(24), FULL(24) }, { FULL(32), FULL(32), FULL(32) },
     { { 1024, 8 }, NONE, { 1024, 8 } }, true },
   /* 0x600 = 1536 entries of code 6; 2M: the same entries, code 2.  */
   { TABLE(zen_rows), "AMD Ryzen 7 1700X Eight-Core Processor", 48, 48,
     { FULL(64), FULL(64), FULL(64) }, { FULL(64), FULL(64), FULL(64) },
     { { 1536, 8 }, NONE, NONE }, true },
   { TABLE(zen2_rows), "AMD Ryzen 9 3950X 16-Core Processor", 48, 48,
     { FULL(64), FULL(64), FULL(64) }, { FULL(64), FULL(64), FULL(64) },
     { { 2048, 8 }, NONE, NONE }, true },
   { TABLE(zen3_rows), "AMD Ryzen 9 5950X 16-Core Processor", 48, 48,
     { FULL(64), FULL(64), FULL(64) }, { FULL(64), FULL(64), FULL(64) },
     { { 2048, 8 }, NONE, FULL(64) }, true },
   /* 0x48 = 72; 0xc00 = 3072.  */
   { TABLE(zen4_rows), "AMD Ryzen 7 7700X 8-Core Processor", 48, 48,
     { FULL(64), FULL(64), FULL(64) }, { FULL(72), FULL(72), FULL(72) },
     { { 3072, 8 }, NONE, FULL(64) }, true },
   /* 0x60 = 96; units of 32: 0x080 is 4096, 0x020 is 1024.  */
   { TABLE(zen5_rows), "AMD Ryzen 9 9950X 16-Core Processor", 48, 48,
     { FULL(64), FULL(64), FULL(64) }, { FULL(96), FULL(96), FULL(96) },
     { { 4096, 8 }, NONE, { 1024, 4 } }, true },
};

static void
check_shapes(const struct vmt_tlb_shape *got, const struct shape *wanted)
{
   for (int size = 0; size < 3; size++) {
      CHECK_EQ(got[size].n_entries, wanted[size].n_entries);
      CHECK_EQ(got[size].n_ways, wanted[size].n_ways);
      CHECK_EQ(got[size].policy, VMT_TLB_LRU);
   }
}

static void
check_processor(const struct expected *wanted)
{
   struct vmt_machine_config got, generic;

   printf("%s\n", wanted->title);
   fflush(stdout);
   memset(&got, 0xa5, sizeof got);
   CHECK_EQ(vmt_machine_from_cpuid(play_back, (void *)&wanted->table, &got),
            VMT_OK);
   CHECK(strcmp(got.name, "host") == 0);
   if (strcmp(got.title, wanted->title) != 0)
      fprintf(stderr, "got %s\n", got.title);
   CHECK(strcmp(got.title, wanted->title) == 0);
   CHECK_EQ(got.va_bits, wanted->va_bits);
   CHECK_EQ(got.pa_bits, wanted->pa_bits);
   CHECK_EQ(got.page_shift, 12);
   check_shapes(got.itlb, wanted->itlb);
   check_shapes(got.dtlb, wanted->dtlb);
   check_shapes(got.stlb, wanted->stlb);
   CHECK_EQ(got.stlb_shared_2m, wanted->shared_2m);
   CHECK(vmt_machine_config_fault(&got) == NULL);

   vmt_machine_config_generic(&generic);
   CHECK_EQ(got.walk.n_levels, wanted->va_bits == 57 ? 5 : 4);
   for (uint32_t level = 1; level <= got.walk.n_levels; level++) {
      CHECK_EQ(got.walk.index_bits[level], 9);
      CHECK_EQ(got.walk.n_entries[level], generic.walk.n_entries[level]);
   }
}

/* --- What cannot be told --- */

#define INTEL 0x756e6547, 0x6c65746e, 0x49656e69
#define AMD 0x68747541, 0x444d4163, 0x69746e65
#define N_ROWS 8

struct refused {
   const char *why;
   struct cpuid_row rows[N_ROWS];
};

static const struct refused refused[] = {
   { "nothing at all", { { 0, 0, 0, 0, 0, 0 } } },
   { "a vendor that is not known",
     { { 0, 0, 2, 0x746e6543, 0x736c7561, 0x48727561 },
       { 2, 0, 0x76036301, 0x00f0b5ff, 0, 0x00c10000 } } },
   { "no leaf 2",
     { { 0, 0, 1, INTEL }, { 2, 0, 0x76036301, 0x00f0b5ff, 0, 0x00c10000 } } },
   { "registers with bit 31 set say nothing",
     { { 0, 0, 2, INTEL }, { 2, 0, 0xf6036301, 0x80f0b5ff, 0, 0x80c10000 } } },
   { "data TLBs without an instruction TLB",
     { { 0, 0, 2, INTEL }, { 2, 0, 0x00036301, 0, 0, 0 } } },
   { "a null descriptor and the count, which is not one",
     { { 0, 0, 2, INTEL }, { 2, 0, 0x00000003, 0x000000b5, 0, 0 } } },
   { "AMD without TLB leaves",
     { { 0, 0, 1, AMD }, { 0x80000000, 0, 0x80000004, AMD },
       { 0x80000005, 0, 0, 0xff40ff40, 0, 0 } } },
   { "AMD's leaf 5 of zeros, as a hypervisor may give",
     { { 0, 0, 1, AMD }, { 0x80000000, 0, 0x80000008, AMD },
       { 0x80000008, 0, 0x3030, 0, 0, 0 } } },
   { "ways that do not divide the entries",
     { { 0, 0, 1, AMD }, { 0x80000000, 0, 0x80000006, AMD },
       { 0x80000005, 0, 0, 0xff40ff40, 0, 0 },
       { 0x80000006, 0, 0, 0x68010000, 0, 0 } } },
   { "an odd number of address bits",
     { { 0, 0, 2, INTEL }, { 2, 0, 0x76036301, 0x00f0b5ff, 0, 0x00c10000 },
       { 0x80000000, 0, 0x80000008, 0, 0, 0 },
       { 0x80000008, 0, 0x3127, 0, 0, 0 } } },
};

static void
check_refused(const struct refused *refused_one)
{
   struct table table = { refused_one->rows, N_ROWS };
   struct vmt_machine_config config, before;

   printf("refused: %s\n", refused_one->why);
   fflush(stdout);
   memset(&config, 0xa5, sizeof config);
   before = config;
   CHECK_EQ(vmt_machine_from_cpuid(play_back, &table, &config), VMT_BAD_INPUT);
   CHECK(memcmp(&config, &before, sizeof config) == 0);
}

/* --- Corners --- */

/* A leaf 0x18 that names no data TLB: leaf 2 it is.  No leaf 0x80000008 and no
   brand: generic's bits, and a title that says so.  */
static void
check_fall_back(void)
{
   static const struct cpuid_row rows[] = {
      { 0, 0, 0x1b, INTEL },
      { 2, 0, 0x76036301, 0x00f0b5ff, 0, 0x00c10000 },
      { 0x18, 0, 1, 0, 0, 0 },
      { 0x18, 1, 0, 0x00080007, 1, 0x4122 },
   };
   struct table table = TABLE(rows);
   struct vmt_machine_config config, generic;

   vmt_machine_config_generic(&generic);
   CHECK_EQ(vmt_machine_from_cpuid(play_back, &table, &config), VMT_OK);
   CHECK_EQ(config.itlb[VMT_PAGE_4K].n_entries, 64);
   CHECK_EQ(config.stlb[VMT_PAGE_4K].n_entries, 1024);
   CHECK_EQ(config.va_bits, generic.va_bits);
   CHECK_EQ(config.pa_bits, generic.pa_bits);
   CHECK(strcmp(config.title, "This processor") == 0);
}

/* 03 and ba are both DTLBs of 64: one level, not two.  */
static void
check_same_data(void)
{
   static const struct cpuid_row rows[] = {
      { 0, 0, 2, INTEL },
      { 2, 0, 0x00ba0301, 0xb0, 0, 0 },
   };
   struct table table = TABLE(rows);
   struct vmt_machine_config config;

   CHECK_EQ(vmt_machine_from_cpuid(play_back, &table, &config), VMT_OK);
   CHECK_EQ(config.dtlb[VMT_PAGE_4K].n_entries, 64);
   CHECK_EQ(config.stlb[VMT_PAGE_4K].n_entries, 0);
}

/* A leaf that claims 2^32 subleaves ends; its fields at their largest are not
   entries; one TLB for data and instructions is both.  */
static void
check_leaf18_corners(void)
{
   static const struct cpuid_row rows[] = {
      { 0, 0, 0x18, INTEL },
      { 0x18, 0, 0xffffffff, 0, 0, 0 },
      { 0x18, 1, 0, 0x00200001, 1, 0x0123 },
      { 0x18, 2, 0, 0xffff000f, 0xffffffff, 0x0043 },
      { 0x18, 3, 0, 0x0000000f, 16, 0x0043 },
      { 0x18, 4, 0, 0x0010000f, 1, 0x0125 },
   };
   struct table table = TABLE(rows);
   struct vmt_machine_config config;

   CHECK_EQ(vmt_machine_from_cpuid(play_back, &table, &config), VMT_OK);
   CHECK_EQ(config.itlb[VMT_PAGE_4K].n_entries, 32);
   CHECK_EQ(config.dtlb[VMT_PAGE_4K].n_entries, 32);
   CHECK_EQ(config.dtlb[VMT_PAGE_4K].n_ways, 32);
   for (int size = 0; size < VMT_N_PAGE_SIZES; size++)
      CHECK_EQ(config.stlb[size].n_entries, 0);
   CHECK(!config.stlb_shared_2m);
}

/* An older processor of AMD's kind: its upper half empty, the L2 TLB is one for data and
   instructions; and 2 MiB pages have an array of their own.  */
static void
check_amd_unified(void)
{
   static const struct cpuid_row rows[] = {
      { 0, 0, 1, 0x6f677948, 0x656e6975, 0x6e65476e },   /* HygonGenuine */
      { 0x80000000, 0, 0x80000006, AMD },
      { 0x80000005, 0, 0x02080410, 0xff30ff20, 0, 0 },
      { 0x80000006, 0, 0x00002080, 0x00004200, 0, 0 },
      { 0x80000019, 0, 0xf040f040, 0x20020000, 0, 0 },   /* beyond the last */
   };
   struct table table = TABLE(rows);
   struct vmt_machine_config config;

   CHECK_EQ(vmt_machine_from_cpuid(play_back, &table, &config), VMT_OK);
   CHECK_EQ(config.dtlb[VMT_PAGE_2M].n_entries, 8);
   CHECK_EQ(config.dtlb[VMT_PAGE_2M].n_ways, 2);
   CHECK_EQ(config.itlb[VMT_PAGE_2M].n_entries, 16);
   CHECK_EQ(config.itlb[VMT_PAGE_2M].n_ways, 4);
   CHECK_EQ(config.stlb[VMT_PAGE_4K].n_entries, 512);
   CHECK_EQ(config.stlb[VMT_PAGE_4K].n_ways, 4);
   CHECK_EQ(config.stlb[VMT_PAGE_2M].n_entries, 128);
   CHECK_EQ(config.stlb[VMT_PAGE_2M].n_ways, 2);
   CHECK(!config.stlb_shared_2m);
   CHECK_EQ(config.dtlb[VMT_PAGE_1G].n_entries, 0);
}

/* Only bit 14 of 0x80000021 makes the units 32, and only those of the second
   level; 0x80000019 counts in them too.  */
static void
check_amd_units(void)
{
   for (int bit = 0; bit < 32; bit++) {
      struct cpuid_row rows[] = {
         { 0, 0, 1, AMD },
         { 0x80000000, 0, 0x80000021, AMD },
         { 0x80000005, 0, 0, 0xff40ff40, 0, 0 },
         { 0x80000006, 0, 0, 0x40404040, 0, 0 },
         { 0x80000008, 0, 0x3030, 0, 0, 0 },
         { 0x80000019, 0, 0xf040f040, 0x20020000, 0, 0 },
         { 0x80000021, 0, (uint32_t)1 << bit, 0, 0, 0 },
      };
      struct table table = TABLE(rows);
      uint32_t unit = bit == 14 ? 32 : 1;
      struct vmt_machine_config config;

      CHECK_EQ(vmt_machine_from_cpuid(play_back, &table, &config), VMT_OK);
      CHECK_EQ(config.dtlb[VMT_PAGE_4K].n_entries, 64);
      CHECK_EQ(config.dtlb[VMT_PAGE_1G].n_entries, 64);
      CHECK_EQ(config.stlb[VMT_PAGE_4K].n_entries, 64 * unit);
      CHECK_EQ(config.stlb[VMT_PAGE_4K].n_ways, 4);
      CHECK_EQ(config.stlb[VMT_PAGE_1G].n_entries, 2 * unit);
      CHECK_EQ(config.stlb[VMT_PAGE_1G].n_ways, 2);
   }
}

/* The codes of the ways: APM vol. 3, E.4.5.  0xf is fully associative; 7 is
   reserved and 9 names another leaf, which has no TLBs.  */
static void
check_amd_codes(void)
{
   static const uint32_t ways[16] = {
      0, 1, 2, 3, 4, 6, 8, 0, 16, 0, 32, 48, 64, 96, 128, 1152
   };

   for (uint32_t code = 0; code < 16; code++) {
      struct cpuid_row rows[] = {
         { 0, 0, 1, AMD },
         { 0x80000000, 0, 0x80000006, AMD },
         { 0x80000005, 0, 0, 0xff40ff40, 0, 0 },
         { 0x80000006, 0, 0, code << 28 | 1152 << 16, 0, 0 },
      };
      struct table table = TABLE(rows);
      struct vmt_machine_config config;

      CHECK_EQ(vmt_machine_from_cpuid(play_back, &table, &config), VMT_OK);
      CHECK_EQ(config.stlb[VMT_PAGE_4K].n_ways, ways[code]);
      CHECK_EQ(config.stlb[VMT_PAGE_4K].n_entries, ways[code] == 0 ? 0 : 1152);
   }
}

/* Every answer at random: accepted machines are whole, refused ones untouched. */
static void
random_read(void *context, uint32_t leaf, uint32_t subleaf,
            struct vmt_cpuid_regs *regs)
{
   static const uint32_t vendors[2][3] = { { INTEL }, { AMD } };
   const uint32_t *vendor = vendors[*(int *)context];

   regs->eax = leaf == 0 ? 0x18 + (uint32_t)test_random(2) - 1
                         : (uint32_t)test_random((uint64_t)1 << 32);
   if (leaf == 0x80000000)
      regs->eax = 0x80000004 + (uint32_t)test_random(0x20);
   if (leaf == 0x80000008)
      regs->eax = 0x3030;
   regs->ebx = (uint32_t)test_random((uint64_t)1 << 32);
   regs->ecx = (uint32_t)test_random(leaf == 0x18 ? 64 : (uint64_t)1 << 32);
   regs->edx = (uint32_t)test_random(leaf == 0x18 ? 512 : (uint64_t)1 << 32);
   if (leaf == 0) {
      regs->ebx = vendor[0];
      regs->ecx = vendor[1];
      regs->edx = vendor[2];
   }
}

static void
check_random(void)
{
   uint32_t n_good = 0;

   for (uint64_t round = 0; round < 5000; round++) {
      struct vmt_machine_config config, before;
      int vendor = (int)(round & 1);

      test_reseed(round);
      memset(&config, 0xa5, sizeof config);
      before = config;
      if (vmt_machine_from_cpuid(random_read, &vendor, &config) == VMT_OK) {
         CHECK(vmt_machine_config_fault(&config) == NULL);
         n_good++;
      } else
         CHECK(memcmp(&config, &before, sizeof config) == 0);
   }
   printf("random answers: %u of 5000 are machines\n", n_good);
   CHECK(n_good > 0 && n_good < 5000);
}

/* --- Presets by family and model --- */

/* Signatures (leaf 1, EAX): those of the tables above and, for AMD, of the dumps
   of the same processors.  */
static const struct {
   uint32_t signature;
   uint32_t vendor[3];
   const char *preset;
} signatures[] = {
   { 0x00000f41, { INTEL }, NULL },             /* Prescott: family 15 */
   { 0x0001067a, { INTEL }, NULL },             /* Penryn */
   { 0x000106a4, { INTEL }, "core-i7-920" },
   { 0x000206a7, { INTEL }, NULL },             /* Sandy Bridge */
   { 0x00030673, { INTEL }, NULL },             /* Silvermont */
   { 0x00050671, { INTEL }, NULL },             /* Knights Landing */
   { 0x000306c3, { INTEL }, "haswell" },
   { 0x000506e3, { INTEL }, "skylake" },
   { 0x000706e5, { INTEL }, "icelake" },
   { 0x000806c1, { INTEL }, "icelake" },        /* Tiger Lake */
   { 0x00090672, { INTEL }, "goldencove" },
   { 0x000806f8, { INTEL }, "goldencove" },     /* Sapphire Rapids */
   { 0x00600f12, { AMD }, NULL },               /* Bulldozer */
   { 0x00800f11, { AMD }, NULL },               /* Zen */
   { 0x00870f10, { AMD }, "zen2" },
   { 0x00a20f10, { AMD }, "zen3" },
   { 0x00a10f11, { AMD }, "zen4" },             /* EPYC 9004 */
   { 0x00a60f12, { AMD }, "zen4" },
   { 0x00b40f40, { AMD }, "zen5" },
   { 0x000506e3, { AMD }, NULL },               /* another vendor's 5E */
   { 0x00a60f12, { INTEL }, NULL },
};

static void
check_presets(void)
{
   for (size_t i = 0; i < sizeof signatures / sizeof signatures[0]; i++) {
      const uint32_t *vendor = signatures[i].vendor;
      struct cpuid_row rows[] = {
         { 0, 0, 0x1a, vendor[0], vendor[1], vendor[2] },
         { 1, 0, signatures[i].signature, 0, 0, 0 },
      };
      struct table table = TABLE(rows);
      const char *preset = vmt_preset_from_cpuid(play_back, &table);

      if (preset == NULL || signatures[i].preset == NULL)
         CHECK(preset == signatures[i].preset);
      else
         CHECK(strcmp(preset, signatures[i].preset) == 0);
      rows[0].eax = 0;                  /* there is no leaf 1 */
      CHECK(vmt_preset_from_cpuid(play_back, &table) == NULL);
   }
}

/* A hypervisor that hides leaf 2 and 0x18, AMD's 0x80000005, or the L2 TLB of
   0x80000006.  */
static void
check_hidden(void)
{
   struct cpuid_row intel[] = {
      { 0, 0, 0x16, INTEL },
      { 1, 0, 0x000506e3, 0, 0, 0 },
   };
   struct cpuid_row amd[] = {
      { 0, 0, 0x10, AMD },
      { 1, 0, 0x00a60f12, 0, 0, 0 },
      { 0x80000000, 0, 0x80000008, AMD },
      { 0x80000005, 0, 0, 0xff48ff40, 0, 0 },
      { 0x80000008, 0, 0x3030, 0, 0, 0 },
   };
   struct table table = TABLE(intel);
   struct vmt_machine_config config, generic;
   const char *preset;

   vmt_machine_config_generic(&generic);
   CHECK_EQ(vmt_tlbs_from_cpuid(play_back, &table, &config, &preset),
            VMT_TLBS_BY_PRESET);
   CHECK(strcmp(preset, "skylake") == 0);
   intel[1].eax = 0x000206a7;           /* Sandy Bridge: no preset */
   CHECK_EQ(vmt_tlbs_from_cpuid(play_back, &table, &config, &preset),
            VMT_TLBS_UNKNOWN);
   CHECK(preset == NULL);
   CHECK(memcmp(&config, &generic, sizeof config) == 0);

   table = (struct table)TABLE(amd);
   CHECK_EQ(vmt_tlbs_from_cpuid(play_back, &table, &config, &preset),
            VMT_TLBS_BY_PRESET);
   CHECK(strcmp(preset, "zen4") == 0);
   amd[1].eax = 0x00600f12;             /* Bulldozer: what it says must do */
   CHECK_EQ(vmt_tlbs_from_cpuid(play_back, &table, &config, &preset),
            VMT_TLBS_BY_CPUID);
   CHECK_EQ(config.dtlb[VMT_PAGE_4K].n_entries, 72);
   CHECK_EQ(config.stlb[VMT_PAGE_4K].n_entries, 0);

   table = (struct table)TABLE(skylake_rows);
   CHECK_EQ(vmt_tlbs_from_cpuid(play_back, &table, &config, &preset),
            VMT_TLBS_BY_CPUID);
   CHECK_EQ(config.stlb[VMT_PAGE_4K].n_ways, 6);        /* the preset has 12 */
}

/* A hybrid's leaf 0x1a tells its two kinds of core apart: 0x20 and 0x40.  */
static void
check_small_core(void)
{
   struct cpuid_row rows[] = {
      { 0, 0, 0x1a, INTEL },
      { 1, 0, 0x90672, 0, 0, 0 },
      { 7, 0, 0, 0, 0, 1 << 15 },
      { 0x1a, 0, 0x20000001, 0, 0, 0 },
   };
   struct table table = TABLE(rows);

   CHECK(vmt_preset_from_cpuid(play_back, &table) == NULL);
   rows[3].eax = 0x40000001;
   CHECK(strcmp(vmt_preset_from_cpuid(play_back, &table), "goldencove") == 0);
   rows[3].eax = 0x20000001;
   rows[2].edx = 0;                     /* no hybrid */
   CHECK(strcmp(vmt_preset_from_cpuid(play_back, &table), "goldencove") == 0);
}

#if defined(__x86_64__)
#include <cpuid.h>

static void
execute(void *context, uint32_t leaf, uint32_t subleaf,
        struct vmt_cpuid_regs *regs)
{
   __cpuid_count(leaf, subleaf, regs->eax, regs->ebx, regs->ecx, regs->edx);
}

/* Whatever runs this test has a processor of some kind.  */
static void
check_this_processor(void)
{
   struct vmt_machine_config config;

   if (vmt_machine_from_cpuid(execute, NULL, &config) == VMT_OK) {
      CHECK(vmt_machine_config_fault(&config) == NULL);
      printf("here: %s, dtlb %u,%u, stlb %u,%u\n", config.title,
             config.dtlb[VMT_PAGE_4K].n_entries,
             config.dtlb[VMT_PAGE_4K].n_ways,
             config.stlb[VMT_PAGE_4K].n_entries,
             config.stlb[VMT_PAGE_4K].n_ways);
   } else
      printf("here: this processor does not say\n");
}
#else
static void
check_this_processor(void)
{
}
#endif

int
main(void)
{
   test_begin("cpuid");
   for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++)
      check_processor(&expected[i]);
   for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
      check_refused(&refused[i]);
   check_fall_back();
   check_same_data();
   check_leaf18_corners();
   check_amd_unified();
   check_amd_units();
   check_amd_codes();
   check_random();
   check_presets();
   check_hidden();
   check_small_core();
   check_this_processor();
   return test_end();
}
