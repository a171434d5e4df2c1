#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/cpuid_private.h"

#define MAX_SUBLEAF 63                  /* nobody has more TLBs; a bound */

#define HAS_4K (1u << VMT_PAGE_4K)
#define HAS_2M (1u << VMT_PAGE_2M)
#define HAS_1G (1u << VMT_PAGE_1G)

/* --- Leaf 2 --- */

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
   { 0x01, KIND_I, HAS_4K, 4, 32 },
   { 0x02, KIND_I, HAS_2M, VMT_FULLY, 2 },
   { 0x03, KIND_D, HAS_4K, 4, 64 },
   { 0x04, KIND_D, HAS_2M, 4, 8 },
   { 0x05, KIND_D, HAS_2M, 4, 32 },
   { 0x0b, KIND_I, HAS_2M, 4, 4 },
   { 0x4f, KIND_I, HAS_4K, VMT_FULLY, 32 },
   { 0x50, KIND_I, HAS_4K | HAS_2M, VMT_FULLY, 64 },
   { 0x51, KIND_I, HAS_4K | HAS_2M, VMT_FULLY, 128 },
   { 0x52, KIND_I, HAS_4K | HAS_2M, VMT_FULLY, 256 },
   { 0x55, KIND_I, HAS_2M, VMT_FULLY, 7 },
   { 0x56, KIND_D, HAS_2M, 4, 16 },
   { 0x57, KIND_D, HAS_4K, 4, 16 },
   { 0x59, KIND_D, HAS_4K, VMT_FULLY, 16 },
   { 0x5a, KIND_D, HAS_2M, 4, 32 },
   { 0x5b, KIND_D, HAS_4K | HAS_2M, VMT_FULLY, 64 },
   { 0x5c, KIND_D, HAS_4K | HAS_2M, VMT_FULLY, 128 },
   { 0x5d, KIND_D, HAS_4K | HAS_2M, VMT_FULLY, 256 },
   { 0x61, KIND_I, HAS_4K, VMT_FULLY, 48 },
   { 0x63, KIND_D, HAS_2M, 4, 32 },
   { 0x63, KIND_D, HAS_1G, 4, 4 },
   { 0x64, KIND_D, HAS_4K, 4, 512 },
   { 0x6a, KIND_D, HAS_4K, 8, 64 },
   { 0x6b, KIND_D, HAS_4K, 8, 256 },
   { 0x6c, KIND_D, HAS_2M, 8, 128 },
   { 0x6d, KIND_D, HAS_1G, VMT_FULLY, 16 },
   { 0x76, KIND_I, HAS_2M, VMT_FULLY, 8 },
   { 0xa0, KIND_D, HAS_4K, VMT_FULLY, 32 },
   { 0xb0, KIND_I, HAS_4K, 4, 128 },
   { 0xb1, KIND_I, HAS_2M, 4, 8 },
   { 0xb2, KIND_I, HAS_4K, 4, 64 },
   { 0xb3, KIND_D, HAS_4K, 4, 128 },
   { 0xb4, KIND_D, HAS_4K, 4, 256 },
   { 0xb5, KIND_I, HAS_4K, 8, 64 },
   { 0xb6, KIND_I, HAS_4K, 8, 128 },
   { 0xba, KIND_D, HAS_4K, 4, 64 },
   { 0xc0, KIND_D, HAS_2M, 4, 8 },
   { 0xc1, KIND_S, HAS_4K | HAS_2M, 8, 1024 },
   { 0xc2, KIND_D, HAS_2M, 4, 16 },
   { 0xc3, KIND_S, HAS_4K | HAS_2M, 6, 1536 },
   { 0xc3, KIND_S, HAS_1G, 4, 16 },
   { 0xc4, KIND_D, HAS_2M, 4, 32 },
   { 0xca, KIND_S, HAS_4K, 4, 512 },
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
      struct vmt_tlb_shape shape = vmt_cpu_shape(d->n_entries, d->n_ways);

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
read_leaf2(struct vmt_cpu *cpu)
{
   struct vmt_machine_config *config = &cpu->config;
   struct vmt_cpuid_regs regs = vmt_cpu_read(cpu, 2, 0);
   uint32_t values[4] = { regs.eax & ~0xffu, regs.ebx, regs.ecx, regs.edx };
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

/* --- Leaf 0x18 --- */

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
      struct vmt_tlb_shape shape = vmt_cpu_shape((uint32_t)n_entries, n_ways);

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
   config->stlb[VMT_PAGE_2M] = vmt_cpu_shape(0, 0);
   config->stlb_shared_2m = true;
}

/* Ice Lake's leaf names the 8 entries of large pages as the ITLB of all pages.
   Its 4 KiB pages have 128 entries of 8 ways (Intel Optimization Reference
   Manual, TLB parameters of Ice Lake), as Tiger Lake's leaf then reports.  */
static void
mend_ice_lake(const struct vmt_cpu *cpu, struct vmt_machine_config *config)
{
   uint32_t signature = vmt_cpu_read(cpu, 1, 0).eax;
   uint32_t family = (signature >> 8) & 0xf;
   uint32_t model = ((signature >> 4) & 0xf) | ((signature >> 12) & 0xf0);
   struct vmt_tlb_shape *itlb = config->itlb;

   if (family == 6 &&
       (model == 0x6a || model == 0x6c || model == 0x7d || model == 0x7e) &&
       shape_equal(&itlb[VMT_PAGE_4K], &itlb[VMT_PAGE_2M]))
      itlb[VMT_PAGE_4K] = vmt_cpu_shape(128, 8);
}

static bool
read_leaf18(struct vmt_cpu *cpu)
{
   struct vmt_machine_config *config = &cpu->config;
   struct vmt_cpuid_regs regs = vmt_cpu_read(cpu, 0x18, 0);
   uint32_t last = regs.eax < MAX_SUBLEAF ? regs.eax : MAX_SUBLEAF;

   add_array(config, regs);
   for (uint32_t subleaf = 1; subleaf <= last; subleaf++)
      add_array(config, vmt_cpu_read(cpu, 0x18, subleaf));
   share_2m(config);
   mend_ice_lake(cpu, config);
   return config->dtlb[VMT_PAGE_4K].n_entries != 0;
}

/* --- Both --- */

void
vmt_cpu_read_intel(struct vmt_cpu *cpu, uint32_t last_leaf)
{
   struct vmt_machine_config empty = cpu->config;

   if (last_leaf >= 0x18 && read_leaf18(cpu))
      return;
   cpu->config = empty;
   if (last_leaf >= 2)
      read_leaf2(cpu);
}
