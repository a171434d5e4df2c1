#include "vmtrace/mmu/machine/config.h"

#include "vmtrace/mmu/base/port.h"

/* Physical addresses end at bit 51 of a page-table entry.  */
#define MIN_PAGE_SHIFT 4
#define MAX_PA_BITS 52
#define MAX_VA_BITS 64

#define MAX_FAULT_AROUND_BYTES ((uint64_t)1 << 30)

#define SHIFT_2M 21
#define SHIFT_1G 30

static void
text_copy(char to[VMT_NAME_BYTES], const char *from)
{
   size_t i = 0;

   for (; from[i] != '\0' && i + 1 < VMT_NAME_BYTES; i++)
      to[i] = from[i];
   to[i] = '\0';
}

/* The TLBs of base pages are the program's promise; large pages and walk caches
   are those of the processor that has the same STLB, Intel's Skylake.  */
void
vmt_machine_config_generic(struct vmt_machine_config *config)
{
   memset(config, 0, sizeof *config);
   text_copy(config->name, "generic");
   text_copy(config->title, "Generic x86-64 with 4 KiB pages");
   config->va_bits = 48;
   config->pa_bits = 46;
   config->page_shift = VMT_PAGE_SHIFT;

   config->itlb[VMT_PAGE_4K] = (struct vmt_tlb_shape){ 128, 8, VMT_TLB_LRU };
   config->itlb[VMT_PAGE_2M] = (struct vmt_tlb_shape){ 8, 8, VMT_TLB_LRU };
   config->dtlb[VMT_PAGE_4K] = (struct vmt_tlb_shape){ 64, 4, VMT_TLB_LRU };
   config->dtlb[VMT_PAGE_2M] = (struct vmt_tlb_shape){ 32, 4, VMT_TLB_LRU };
   config->dtlb[VMT_PAGE_1G] = (struct vmt_tlb_shape){ 4, 4, VMT_TLB_LRU };
   config->stlb[VMT_PAGE_4K] = (struct vmt_tlb_shape){ 1536, 12, VMT_TLB_LRU };
   config->stlb[VMT_PAGE_1G] = (struct vmt_tlb_shape){ 16, 4, VMT_TLB_LRU };
   config->stlb_shared_2m = true;

   config->walk.n_levels = 4;
   for (uint32_t level = 1; level <= 4; level++)
      config->walk.index_bits[level] = 9;
   config->walk.n_entries[2] = 32;
   config->walk.n_entries[3] = 4;
   config->fault_around_bytes = 64 << 10;       /* mm/memory.c, Linux 6.18 */
}

static const char *
geometry_fault(const struct vmt_machine_config *config)
{
   const struct vmt_walk_shape *walk = &config->walk;
   uint32_t bits = config->page_shift;

   if (config->page_shift < MIN_PAGE_SHIFT ||
       config->page_shift > VMT_PAGE_SHIFT)
      return "page_bytes: not a power of two from 16 to 4096";
   for (uint32_t level = 1; level <= walk->n_levels; level++)
      bits += walk->index_bits[level];
   if (bits > MAX_VA_BITS)
      return "levels: more than 64 bits of address";
   if (config->va_bits != bits)
      return "va_bits: not the bits of the page and of all levels together";
   if (config->pa_bits <= config->page_shift || config->pa_bits > MAX_PA_BITS)
      return "pa_bits: not more than a page's bits, or more than 52";
   return NULL;
}

/* Entries of large pages mean something only where the page table has such
   pages: those of a level whose entries span exactly 2 MiB or 1 GiB.  */
static const char *
large_page_fault(const struct vmt_machine_config *config)
{
   const struct vmt_walk_shape *walk = &config->walk;
   uint32_t shift2 = config->page_shift + walk->index_bits[1];
   uint32_t shift3 = shift2 + (walk->n_levels >= 2 ? walk->index_bits[2] : 0);
   bool wants_2m = config->itlb[VMT_PAGE_2M].n_entries != 0 ||
                   config->dtlb[VMT_PAGE_2M].n_entries != 0 ||
                   config->stlb[VMT_PAGE_2M].n_entries != 0 ||
                   config->stlb_shared_2m;
   bool wants_1g = config->itlb[VMT_PAGE_1G].n_entries != 0 ||
                   config->dtlb[VMT_PAGE_1G].n_entries != 0 ||
                   config->stlb[VMT_PAGE_1G].n_entries != 0;

   if (wants_2m && (walk->n_levels < 2 || shift2 != SHIFT_2M))
      return "levels: the page table has no 2 MiB pages, the TLBs have";
   if (wants_1g && (walk->n_levels < 3 || shift3 != SHIFT_1G))
      return "levels: the page table has no 1 GiB pages, the TLBs have";
   return NULL;
}

static const char *
tlbs_fault(const struct vmt_machine_config *config)
{
   const struct vmt_tlb_shape *tlbs[] = {
      config->itlb, config->dtlb, config->stlb
   };

   for (size_t kind = 0; kind < 3; kind++) {
      for (size_t size = 0; size < VMT_N_PAGE_SIZES; size++) {
         const char *fault = vmt_tlb_shape_fault(&tlbs[kind][size]);

         if (fault != NULL)
            return fault;
      }
   }
   if (config->itlb[VMT_PAGE_4K].n_entries == 0)
      return "itlb: a machine has at least one entry";
   if (config->dtlb[VMT_PAGE_4K].n_entries == 0)
      return "dtlb: a machine has at least one entry";
   if (config->stlb_shared_2m && config->stlb[VMT_PAGE_4K].n_entries == 0)
      return "stlb.2m: shared with an STLB that is not there";
   if (config->stlb_shared_2m && config->stlb[VMT_PAGE_2M].n_entries != 0)
      return "stlb.2m: shared and of its own at once";
   return NULL;
}

static const char *
fault_around_fault(const struct vmt_machine_config *config)
{
   uint64_t bytes = config->fault_around_bytes;

   if (bytes < VMT_PAGE_BYTES || bytes > MAX_FAULT_AROUND_BYTES ||
       (bytes & (bytes - 1)) != 0)
      return "fault_around: not a power of two from 4K to 1G";
   return NULL;
}

const char *
vmt_machine_config_fault(const struct vmt_machine_config *config)
{
   const char *fault = vmt_walk_shape_fault(&config->walk);

   if (fault == NULL)
      fault = geometry_fault(config);
   if (fault == NULL)
      fault = tlbs_fault(config);
   if (fault == NULL)
      fault = large_page_fault(config);
   if (fault == NULL)
      fault = fault_around_fault(config);
   return fault;
}
