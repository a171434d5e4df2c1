#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/machine/cpuid_private.h"

/* --- AMD --- */

/* One half of a register of leaf 0x80000005: entries, and ways in full.  */
static struct vmt_tlb_shape
amd_l1(uint32_t half)
{
   uint32_t n_entries = half & 0xff, n_ways = (half >> 8) & 0xff;

   if (n_entries == 0 || n_ways == 0)
      return vmt_cpu_shape(0, 0);
   return vmt_cpu_shape(n_entries, n_ways == 0xff ? VMT_FULLY : n_ways);
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
      return vmt_cpu_shape(0, 0);
   return vmt_cpu_shape(n_entries, code == 0xf ? VMT_FULLY : ways[code]);
}

/* The data half, or what both share when the upper half is empty.  A separate
   second-level ITLB has no place in this machine: instructions use the STLB.  */
static struct vmt_tlb_shape
amd_stlb(uint32_t value, uint32_t unit)
{
   return amd_l2(value >> 16 != 0 ? value >> 16 : value & 0xffff, unit);
}

static void
read_amd(struct vmt_cpu *cpu, uint32_t last_leaf)
{
   struct vmt_machine_config *config = &cpu->config;
   struct vmt_cpuid_regs l1 = vmt_cpu_read(cpu, 0x80000005, 0);
   struct vmt_cpuid_regs l2 = vmt_cpu_read(cpu, 0x80000006, 0);
   uint32_t unit = 1;

   if (last_leaf >= 0x80000021 &&
       (vmt_cpu_read(cpu, 0x80000021, 0).eax & (1u << 14)) != 0)
      unit = 32;
   config->itlb[VMT_PAGE_2M] = amd_l1(l1.eax & 0xffff);
   config->dtlb[VMT_PAGE_2M] = amd_l1(l1.eax >> 16);
   config->itlb[VMT_PAGE_4K] = amd_l1(l1.ebx & 0xffff);
   config->dtlb[VMT_PAGE_4K] = amd_l1(l1.ebx >> 16);
   config->stlb[VMT_PAGE_2M] = amd_stlb(l2.eax, unit);
   config->stlb[VMT_PAGE_4K] = amd_stlb(l2.ebx, unit);
   if (last_leaf >= 0x80000019) {
      struct vmt_cpuid_regs g1 = vmt_cpu_read(cpu, 0x80000019, 0);

      config->itlb[VMT_PAGE_1G] = amd_l2(g1.eax & 0xffff, 1);
      config->dtlb[VMT_PAGE_1G] = amd_l2(g1.eax >> 16, 1);
      config->stlb[VMT_PAGE_1G] = amd_stlb(g1.ebx, unit);
   }
   /* One skewed array that 2 MiB pages may use fewer ways of.  */
   if (config->stlb[VMT_PAGE_4K].n_entries != 0 &&
       config->stlb[VMT_PAGE_4K].n_entries ==
          config->stlb[VMT_PAGE_2M].n_entries) {
      config->stlb[VMT_PAGE_2M] = vmt_cpu_shape(0, 0);
      config->stlb_shared_2m = true;
   }
}

/* --- All --- */

static bool
vendor_is(const struct vmt_cpuid_regs *regs, const char vendor[12])
{
   uint32_t words[3] = { regs->ebx, regs->edx, regs->ecx };

   for (size_t i = 0; i < 12; i++) {
      if ((char)(words[i / 4] >> (i % 4 * 8)) != vendor[i])
         return false;
   }
   return true;
}

/* The brand string, 48 bytes with blanks around it.  */
static void
read_title(struct vmt_cpu *cpu, uint32_t last_leaf)
{
   char *title = cpu->config.title;
   size_t n = 0;

   memcpy(title, "This processor", sizeof "This processor");
   if (last_leaf < 0x80000004)
      return;
   for (uint32_t i = 0; i < 48; i++) {
      struct vmt_cpuid_regs regs = vmt_cpu_read(cpu, 0x80000002 + i / 16, 0);
      uint32_t words[4] = { regs.eax, regs.ebx, regs.ecx, regs.edx };
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
read_geometry(struct vmt_cpu *cpu, uint32_t last_leaf)
{
   struct vmt_machine_config *config = &cpu->config;
   uint32_t eax;

   if (last_leaf < 0x80000008)
      return;
   eax = vmt_cpu_read(cpu, 0x80000008, 0).eax;
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
   struct vmt_cpu cpu = { .read = read, .context = context };
   struct vmt_cpuid_regs leaf0 = vmt_cpu_read(&cpu, 0, 0);
   uint32_t last_leaf = vmt_cpu_read(&cpu, 0x80000000, 0).eax;

   vmt_machine_config_generic(&cpu.config);
   memcpy(cpu.config.name, "host", sizeof "host");
   forget_tlbs(&cpu.config);
   if (vendor_is(&leaf0, "GenuineIntel"))
      vmt_cpu_read_intel(&cpu, leaf0.eax);
   else if ((vendor_is(&leaf0, "AuthenticAMD") ||
             vendor_is(&leaf0, "HygonGenuine")) && last_leaf >= 0x80000006)
      read_amd(&cpu, last_leaf);
   read_geometry(&cpu, last_leaf);
   read_title(&cpu, last_leaf);
   if (vmt_machine_config_fault(&cpu.config) != NULL)
      return VMT_BAD_INPUT;
   *config = cpu.config;
   return VMT_OK;
}
