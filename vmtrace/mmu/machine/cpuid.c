#include "vmtrace/mmu/machine/cpuid.h"

#include "vmtrace/mmu/base/port.h"

#define FULLY 0                         /* ways: as many as entries */
#define MAX_SUBLEAF 63                  /* nobody has more TLBs; a bound */

#define HAS_4K (1u << VMT_PAGE_4K)
#define HAS_2M (1u << VMT_PAGE_2M)
#define HAS_1G (1u << VMT_PAGE_1G)

struct cpu {
   vmt_cpuid_read *read;
   void *context;
   struct vmt_machine_config config;
};

static struct vmt_cpuid_regs
cpu_read(const struct cpu *cpu, uint32_t leaf, uint32_t subleaf)
{
   struct vmt_cpuid_regs regs = {0, 0, 0, 0};

   cpu->read(cpu->context, leaf, subleaf, &regs);
   return regs;
}

static struct vmt_tlb_shape
tlb_shape(uint32_t n_entries, uint32_t n_ways)
{
   return (struct vmt_tlb_shape){
      n_entries, n_ways == FULLY ? n_entries : n_ways, VMT_TLB_LRU
   };
}

/* --- Intel, leaf 2 --- */

enum kind {
   KIND_I,                      /* instructions */
   KIND_D,                      /* data, of either level */
   KIND_S                       /* second level, of both */
};

struct descriptor {
   uint8_t code, kind, sizes, n_ways;
   uint16_t n_entries;
};

/* Intel SDM vol. 2A, CPUID, "Encoding of CPUID Leaf 2 Descriptors": those that
   name a TLB; two rows where one descriptor names two.  4 MiB pages are those
   of 32-bit paging, and the same entries hold the 2 MiB pages of 64-bit
   programs.  0xC0 and 0xC2 come beside another array of 4 KiB entries, and are
   taken for the one of large pages.  Where the table is silent about ways (0x4F
   to 0x52, 0x5B to 0x5D) the TLB is fully associative, as the Pentium 4's.  */
static const struct descriptor descriptors[] = {
   {0x01, KIND_I, HAS_4K, 4, 32},
   {0x02, KIND_I, HAS_2M, FULLY, 2},
   {0x03, KIND_D, HAS_4K, 4, 64},
   {0x04, KIND_D, HAS_2M, 4, 8},
   {0x05, KIND_D, HAS_2M, 4, 32},
   {0x0b, KIND_I, HAS_2M, 4, 4},
   {0x4f, KIND_I, HAS_4K, FULLY, 32},
   {0x50, KIND_I, HAS_4K | HAS_2M, FULLY, 64},
   {0x51, KIND_I, HAS_4K | HAS_2M, FULLY, 128},
   {0x52, KIND_I, HAS_4K | HAS_2M, FULLY, 256},
   {0x55, KIND_I, HAS_2M, FULLY, 7},
   {0x56, KIND_D, HAS_2M, 4, 16},
   {0x57, KIND_D, HAS_4K, 4, 16},
   {0x59, KIND_D, HAS_4K, FULLY, 16},
   {0x5a, KIND_D, HAS_2M, 4, 32},
   {0x5b, KIND_D, HAS_4K | HAS_2M, FULLY, 64},
   {0x5c, KIND_D, HAS_4K | HAS_2M, FULLY, 128},
   {0x5d, KIND_D, HAS_4K | HAS_2M, FULLY, 256},
   {0x61, KIND_I, HAS_4K, FULLY, 48},
   {0x63, KIND_D, HAS_2M, 4, 32},
   {0x63, KIND_D, HAS_1G, 4, 4},
   {0x64, KIND_D, HAS_4K, 4, 512},
   {0x6a, KIND_D, HAS_4K, 8, 64},
   {0x6b, KIND_D, HAS_4K, 8, 256},
   {0x6c, KIND_D, HAS_2M, 8, 128},
   {0x6d, KIND_D, HAS_1G, FULLY, 16},
   {0x76, KIND_I, HAS_2M, FULLY, 8},
   {0xa0, KIND_D, HAS_4K, FULLY, 32},
   {0xb0, KIND_I, HAS_4K, 4, 128},
   {0xb1, KIND_I, HAS_2M, 4, 8},
   {0xb2, KIND_I, HAS_4K, 4, 64},
   {0xb3, KIND_D, HAS_4K, 4, 128},
   {0xb4, KIND_D, HAS_4K, 4, 256},
   {0xb5, KIND_I, HAS_4K, 8, 64},
   {0xb6, KIND_I, HAS_4K, 8, 128},
   {0xba, KIND_D, HAS_4K, 4, 64},
   {0xc0, KIND_D, HAS_2M, 4, 8},
   {0xc1, KIND_S, HAS_4K | HAS_2M, 8, 1024},
   {0xc2, KIND_D, HAS_2M, 4, 16},
   {0xc3, KIND_S, HAS_4K | HAS_2M, 6, 1536},
   {0xc3, KIND_S, HAS_1G, 4, 16},
   {0xc4, KIND_D, HAS_2M, 4, 32},
   {0xca, KIND_S, HAS_4K, 4, 512},
};

/* A processor with two levels of data TLBs lists both as data TLBs: the smaller
   is the first level.  The larger becomes the second one unless a shared TLB
   is listed, which then has the last word.  */
static void
add_data(struct vmt_tlb_shape *first, struct vmt_tlb_shape *second,
         struct vmt_tlb_shape shape)
{
   if (first->n_entries == 0)
      *first = shape;
   else if (shape.n_entries < first->n_entries) {
      *second = *first;
      *first = shape;
   } else if (shape.n_entries > first->n_entries)
      *second = shape;
}

struct leaf2 {
   struct vmt_tlb_shape itlb[VMT_N_PAGE_SIZES];
   struct vmt_tlb_shape data[VMT_N_PAGE_SIZES], data2[VMT_N_PAGE_SIZES];
   struct vmt_tlb_shape shared[VMT_N_PAGE_SIZES];
   bool shared_2m;
};

static void
add_descriptor(struct leaf2 *leaf2, uint8_t code)
{
   size_t n = sizeof descriptors / sizeof descriptors[0];

   for (size_t i = 0; i < n; i++) {
      const struct descriptor *d = &descriptors[i];
      struct vmt_tlb_shape shape = tlb_shape(d->n_entries, d->n_ways);

      if (d->code != code)
         continue;
      if (d->kind == KIND_S && d->sizes == (HAS_4K | HAS_2M)) {
         leaf2->shared[VMT_PAGE_4K] = shape;
         leaf2->shared_2m = true;
         continue;
      }
      for (uint32_t size = 0; size < VMT_N_PAGE_SIZES; size++) {
         if ((d->sizes & (1u << size)) == 0)
            continue;
         if (d->kind == KIND_I)
            leaf2->itlb[size] = shape;
         else if (d->kind == KIND_S)
            leaf2->shared[size] = shape;
         else
            add_data(&leaf2->data[size], &leaf2->data2[size], shape);
      }
   }
}

static void
read_leaf2(struct cpu *cpu)
{
   struct vmt_machine_config *config = &cpu->config;
   struct vmt_cpuid_regs regs = cpu_read(cpu, 2, 0);
   uint32_t values[4] = {regs.eax & ~0xffu, regs.ebx, regs.ecx, regs.edx};
   struct leaf2 leaf2;

   memset(&leaf2, 0, sizeof leaf2);
   for (size_t i = 0; i < 4; i++) {
      if (values[i] >> 31 != 0)         /* the register says nothing */
         continue;
      for (uint32_t shift = 0; shift < 32; shift += 8)
         add_descriptor(&leaf2, (uint8_t)(values[i] >> shift));
   }
   for (uint32_t size = 0; size < VMT_N_PAGE_SIZES; size++) {
      config->itlb[size] = leaf2.itlb[size];
      config->dtlb[size] = leaf2.data[size];
      config->stlb[size] = leaf2.shared[VMT_PAGE_4K].n_entries != 0
                              ? leaf2.shared[size]
                              : leaf2.data2[size];
   }
   config->stlb_shared_2m = leaf2.shared_2m;
}

/* --- Intel, leaf 0x18 --- */

enum leaf18_type {
   TYPE_DATA = 1,
   TYPE_INSTRUCTION = 2,
   TYPE_UNIFIED = 3,
   TYPE_LOAD = 4                /* 5, of stores only, is left out */
};

/* Arrays of as many sets that hold pages of one size are one TLB with the ways
   of both: from Ice Lake on, 4 KiB pages may lie in the STLB's half for 2 MiB
   pages and in its half for 1 GiB pages.  */
static void
add_ways(struct vmt_tlb_shape *tlb, struct vmt_tlb_shape shape)
{
   if (tlb->n_entries != 0 &&
       tlb->n_entries / tlb->n_ways == shape.n_entries / shape.n_ways) {
      tlb->n_entries += shape.n_entries;
      tlb->n_ways += shape.n_ways;
   } else if (shape.n_entries > tlb->n_entries)
      *tlb = shape;
}

static void
add_array(struct vmt_machine_config *config, struct vmt_cpuid_regs regs)
{
   uint32_t type = regs.edx & 0x1f, level = (regs.edx >> 5) & 7;
   uint32_t n_ways = regs.ebx >> 16;
   uint64_t n_entries = (uint64_t)n_ways * regs.ecx;
   bool sizes[VMT_N_PAGE_SIZES] = {
      (regs.ebx & 1) != 0, (regs.ebx & 6) != 0, (regs.ebx & 8) != 0
   };

   if (n_entries == 0 || n_entries > VMT_TLB_MAX_ENTRIES)
      return;
   for (uint32_t size = 0; size < VMT_N_PAGE_SIZES; size++) {
      struct vmt_tlb_shape shape = tlb_shape((uint32_t)n_entries, n_ways);

      if (!sizes[size])
         continue;
      if (level == 1 && (type == TYPE_INSTRUCTION || type == TYPE_UNIFIED))
         add_ways(&config->itlb[size], shape);
      if (level == 1 && (type == TYPE_DATA || type == TYPE_UNIFIED ||
                         type == TYPE_LOAD))
         add_ways(&config->dtlb[size], shape);
      if (level == 2 && (type == TYPE_DATA || type == TYPE_UNIFIED ||
                         type == TYPE_LOAD))
         add_ways(&config->stlb[size], shape);
   }
}

static bool
shape_equal(const struct vmt_tlb_shape *a, const struct vmt_tlb_shape *b)
{
   return a->n_entries == b->n_entries && a->n_ways == b->n_ways;
}

/* 4 KiB and 2 MiB pages that have the same second-level array share it.  */
static void
share_2m(struct vmt_machine_config *config)
{
   if (config->stlb[VMT_PAGE_4K].n_entries == 0 ||
       !shape_equal(&config->stlb[VMT_PAGE_4K], &config->stlb[VMT_PAGE_2M]))
      return;
   config->stlb[VMT_PAGE_2M] = tlb_shape(0, 0);
   config->stlb_shared_2m = true;
}

/* Ice Lake's leaf names the 8 entries of large pages as the ITLB of all pages.
   Its 4 KiB pages have 128 entries of 8 ways (Intel Optimization Reference
   Manual, TLB parameters of Ice Lake), which Tiger Lake's leaf then reports.  */
static void
mend_ice_lake(const struct cpu *cpu, struct vmt_machine_config *config)
{
   uint32_t signature = cpu_read(cpu, 1, 0).eax;
   uint32_t family = (signature >> 8) & 0xf;
   uint32_t model = ((signature >> 4) & 0xf) | ((signature >> 12) & 0xf0);
   struct vmt_tlb_shape *itlb = config->itlb;

   if (family == 6 &&
       (model == 0x6a || model == 0x6c || model == 0x7d || model == 0x7e) &&
       shape_equal(&itlb[VMT_PAGE_4K], &itlb[VMT_PAGE_2M]))
      itlb[VMT_PAGE_4K] = tlb_shape(128, 8);
}

static bool
read_leaf18(struct cpu *cpu)
{
   struct vmt_machine_config *config = &cpu->config;
   struct vmt_cpuid_regs regs = cpu_read(cpu, 0x18, 0);
   uint32_t last = regs.eax < MAX_SUBLEAF ? regs.eax : MAX_SUBLEAF;

   add_array(config, regs);
   for (uint32_t subleaf = 1; subleaf <= last; subleaf++)
      add_array(config, cpu_read(cpu, 0x18, subleaf));
   share_2m(config);
   mend_ice_lake(cpu, config);
   return config->dtlb[VMT_PAGE_4K].n_entries != 0;
}

/* --- AMD --- */

/* One half of a register of leaf 0x80000005: entries, and ways in full.  */
static struct vmt_tlb_shape
amd_l1(uint32_t half)
{
   uint32_t n_entries = half & 0xff, n_ways = (half >> 8) & 0xff;

   if (n_entries == 0 || n_ways == 0)
      return tlb_shape(0, 0);
   return tlb_shape(n_entries, n_ways == 0xff ? FULLY : n_ways);
}

/* One half of a register of 0x80000006 or 0x80000019: entries in units, and a
   code for the ways (APM vol. 3, E.4.5, "L2/L3 Cache and TLB Associativity
   Field Encoding").  */
static struct vmt_tlb_shape
amd_l2(uint32_t half, uint32_t unit)
{
   static const uint8_t ways[16] = {
      0, 1, 2, 3, 4, 6, 8, 0, 16, 0, 32, 48, 64, 96, 128, 0
   };
   uint32_t n_entries = (half & 0xfff) * unit, code = (half >> 12) & 0xf;

   if (n_entries == 0 || (code != 0xf && ways[code] == 0))
      return tlb_shape(0, 0);
   return tlb_shape(n_entries, code == 0xf ? FULLY : ways[code]);
}

/* The data half, or what both share when the upper half is empty.  The separate
   second-level ITLB has no place in this machine: instructions use the STLB.  */
static struct vmt_tlb_shape
amd_stlb(uint32_t value, uint32_t unit)
{
   return amd_l2(value >> 16 != 0 ? value >> 16 : value & 0xffff, unit);
}

static void
read_amd(struct cpu *cpu, uint32_t last_leaf)
{
   struct vmt_machine_config *config = &cpu->config;
   struct vmt_cpuid_regs l1 = cpu_read(cpu, 0x80000005, 0);
   struct vmt_cpuid_regs l2 = cpu_read(cpu, 0x80000006, 0);
   uint32_t unit = 1;

   if (last_leaf >= 0x80000021 &&
       (cpu_read(cpu, 0x80000021, 0).eax & (1u << 14)) != 0)
      unit = 32;
   config->itlb[VMT_PAGE_2M] = amd_l1(l1.eax & 0xffff);
   config->dtlb[VMT_PAGE_2M] = amd_l1(l1.eax >> 16);
   config->itlb[VMT_PAGE_4K] = amd_l1(l1.ebx & 0xffff);
   config->dtlb[VMT_PAGE_4K] = amd_l1(l1.ebx >> 16);
   config->stlb[VMT_PAGE_2M] = amd_stlb(l2.eax, unit);
   config->stlb[VMT_PAGE_4K] = amd_stlb(l2.ebx, unit);
   if (last_leaf >= 0x80000019) {
      struct vmt_cpuid_regs g1 = cpu_read(cpu, 0x80000019, 0);

      config->itlb[VMT_PAGE_1G] = amd_l2(g1.eax & 0xffff, 1);
      config->dtlb[VMT_PAGE_1G] = amd_l2(g1.eax >> 16, 1);
      config->stlb[VMT_PAGE_1G] = amd_stlb(g1.ebx, unit);
   }
   /* One skewed array that 2 MiB pages may use fewer ways of.  */
   if (config->stlb[VMT_PAGE_4K].n_entries != 0 &&
       config->stlb[VMT_PAGE_4K].n_entries ==
          config->stlb[VMT_PAGE_2M].n_entries) {
      config->stlb[VMT_PAGE_2M] = tlb_shape(0, 0);
      config->stlb_shared_2m = true;
   }
}

/* --- All --- */

static bool
vendor_is(const struct vmt_cpuid_regs *regs, const char vendor[12])
{
   uint32_t words[3] = {regs->ebx, regs->edx, regs->ecx};

   for (size_t i = 0; i < 12; i++) {
      if ((char)(words[i / 4] >> (i % 4 * 8)) != vendor[i])
         return false;
   }
   return true;
}

/* The brand string, 48 bytes with blanks around it.  */
static void
read_title(struct cpu *cpu, uint32_t last_leaf)
{
   char *title = cpu->config.title;
   size_t n = 0;

   memcpy(title, "This processor", sizeof "This processor");
   if (last_leaf < 0x80000004)
      return;
   for (uint32_t i = 0; i < 48; i++) {
      struct vmt_cpuid_regs regs = cpu_read(cpu, 0x80000002 + i / 16, 0);
      uint32_t words[4] = {regs.eax, regs.ebx, regs.ecx, regs.edx};
      char c = (char)(words[i % 16 / 4] >> (i % 4 * 8));

      if (c == '\0')
         break;
      if (c < ' ' || c > '~')
         c = '?';
      if (c != ' ' || n > 0)
         title[n++] = c;
   }
   while (n > 0 && title[n - 1] == ' ')
      n--;
   if (n > 0)
      title[n] = '\0';
}

/* With 57 bits of address the processor can have a fifth level, and the page
   table is then taken to have it.  */
static void
read_geometry(struct cpu *cpu, uint32_t last_leaf)
{
   struct vmt_machine_config *config = &cpu->config;
   uint32_t eax;

   if (last_leaf < 0x80000008)
      return;
   eax = cpu_read(cpu, 0x80000008, 0).eax;
   config->pa_bits = eax & 0xff;
   config->va_bits = (eax >> 8) & 0xff;
   if (config->va_bits == 57) {
      config->walk.n_levels = 5;
      config->walk.index_bits[5] = 9;
   }
}

static void
forget_tlbs(struct vmt_machine_config *config)
{
   memset(config->itlb, 0, sizeof config->itlb);
   memset(config->dtlb, 0, sizeof config->dtlb);
   memset(config->stlb, 0, sizeof config->stlb);
   config->stlb_shared_2m = false;
}

enum vmt_status
vmt_machine_from_cpuid(vmt_cpuid_read *read, void *context,
                       struct vmt_machine_config *config)
{
   struct cpu cpu = {.read = read, .context = context};
   struct vmt_cpuid_regs leaf0 = cpu_read(&cpu, 0, 0);
   uint32_t last_leaf = cpu_read(&cpu, 0x80000000, 0).eax;

   vmt_machine_config_generic(&cpu.config);
   memcpy(cpu.config.name, "host", sizeof "host");
   forget_tlbs(&cpu.config);
   if (vendor_is(&leaf0, "GenuineIntel")) {
      if (leaf0.eax < 0x18 || !read_leaf18(&cpu)) {
         forget_tlbs(&cpu.config);
         if (leaf0.eax >= 2)
            read_leaf2(&cpu);
      }
   } else if (vendor_is(&leaf0, "AuthenticAMD") ||
              vendor_is(&leaf0, "HygonGenuine")) {
      if (last_leaf >= 0x80000006)
         read_amd(&cpu, last_leaf);
   }
   read_geometry(&cpu, last_leaf);
   read_title(&cpu, last_leaf);
   if (vmt_machine_config_fault(&cpu.config) != NULL)
      return VMT_BAD_INPUT;
   *config = cpu.config;
   return VMT_OK;
}
