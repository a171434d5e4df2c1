#include "vmtrace/mmu/machine/cpuid.h"

#define INTEL 0x756e6547                /* EBX of leaf 0: "Genu" */
#define AMD 0x68747541                  /* "Auth" */

struct models {
   uint32_t vendor, family, first, last;
   const char *preset;
};

/* Families and models: arch/x86/include/asm/intel-family.h and
   arch/x86/kernel/cpu/amd.c of Linux 6.18.  */
static const struct models models[] = {
   { INTEL, 6, 0x1a, 0x1a, "core-i7-920" },     /* Nehalem */
   { INTEL, 6, 0x1e, 0x1f, "core-i7-920" },
   { INTEL, 6, 0x2e, 0x2e, "core-i7-920" },
   { INTEL, 6, 0x3c, 0x3c, "haswell" },
   { INTEL, 6, 0x3f, 0x3f, "haswell" },
   { INTEL, 6, 0x45, 0x46, "haswell" },
   { INTEL, 6, 0x4e, 0x4e, "skylake" },
   { INTEL, 6, 0x55, 0x55, "skylake" },         /* and its servers */
   { INTEL, 6, 0x5e, 0x5e, "skylake" },
   { INTEL, 6, 0x8e, 0x8e, "skylake" },         /* Kaby Lake */
   { INTEL, 6, 0x9e, 0x9e, "skylake" },
   { INTEL, 6, 0xa5, 0xa6, "skylake" },         /* Comet Lake */
   { INTEL, 6, 0x6a, 0x6a, "icelake" },
   { INTEL, 6, 0x6c, 0x6c, "icelake" },
   { INTEL, 6, 0x7d, 0x7e, "icelake" },
   { INTEL, 6, 0x8c, 0x8d, "icelake" },         /* Tiger Lake */
   { INTEL, 6, 0xa7, 0xa7, "icelake" },         /* Rocket Lake */
   { INTEL, 6, 0x8f, 0x8f, "goldencove" },      /* Sapphire Rapids */
   { INTEL, 6, 0x97, 0x97, "goldencove" },      /* Alder Lake */
   { INTEL, 6, 0x9a, 0x9a, "goldencove" },
   { INTEL, 6, 0xb7, 0xb7, "goldencove" },      /* Raptor Lake */
   { INTEL, 6, 0xba, 0xba, "goldencove" },
   { INTEL, 6, 0xbf, 0xbf, "goldencove" },
   { INTEL, 6, 0xcf, 0xcf, "goldencove" },      /* Emerald Rapids */
   { AMD, 0x17, 0x30, 0x4f, "zen2" },
   { AMD, 0x17, 0x60, 0x7f, "zen2" },
   { AMD, 0x17, 0x90, 0x91, "zen2" },
   { AMD, 0x17, 0xa0, 0xaf, "zen2" },
   { AMD, 0x19, 0x00, 0x0f, "zen3" },
   { AMD, 0x19, 0x20, 0x5f, "zen3" },
   { AMD, 0x19, 0x10, 0x1f, "zen4" },
   { AMD, 0x19, 0x60, 0xaf, "zen4" },
   { AMD, 0x1a, 0x00, 0x2f, "zen5" },
   { AMD, 0x1a, 0x40, 0x4f, "zen5" },
   { AMD, 0x1a, 0x60, 0x7f, "zen5" },
};

#define N_MODELS (sizeof models / sizeof models[0])

static struct vmt_cpuid_regs
ask(vmt_cpuid_read *read, void *context, uint32_t leaf)
{
   struct vmt_cpuid_regs regs = { 0, 0, 0, 0 };

   read(context, leaf, 0, &regs);
   return regs;
}

/* An E-core has the family and model of its P-cores (SDM vol. 2A, CPUID, leaf
   7 EDX bit 15 and leaf 0x1a EAX).  */
static bool
is_small_core(vmt_cpuid_read *read, void *context, uint32_t last_leaf)
{
   const uint32_t hybrid = (uint32_t)1 << 15, atom = 0x20;

   return last_leaf >= 0x1a && (ask(read, context, 7).edx & hybrid) != 0 &&
          ask(read, context, 0x1a).eax >> 24 == atom;
}

const char *
vmt_preset_from_cpuid(vmt_cpuid_read *read, void *context)
{
   struct vmt_cpuid_regs leaf0 = ask(read, context, 0);
   uint32_t signature = leaf0.eax >= 1 ? ask(read, context, 1).eax : 0;
   uint32_t family = (signature >> 8) & 0xf;
   uint32_t model = ((signature >> 4) & 0xf) | ((signature >> 12) & 0xf0);

   if (family == 0xf)
      family += (signature >> 20) & 0xff;
   if (is_small_core(read, context, leaf0.eax))
      return NULL;
   for (size_t i = 0; i < N_MODELS; i++) {
      const struct models *m = &models[i];

      if (m->vendor == leaf0.ebx && m->family == family && model >= m->first &&
          model <= m->last)
         return m->preset;
   }
   return NULL;
}

/* Every preset of the table has an L2 TLB.  */
enum vmt_tlbs_known
vmt_tlbs_from_cpuid(vmt_cpuid_read *read, void *context,
                    struct vmt_machine_config *config, const char **preset)
{
   struct vmt_machine_config told;
   enum vmt_status status = vmt_machine_from_cpuid(read, context, &told);

   *preset = vmt_preset_from_cpuid(read, context);
   if (*preset != NULL &&
       (status != VMT_OK || told.stlb[VMT_PAGE_4K].n_entries == 0))
      return VMT_TLBS_BY_PRESET;
   if (status == VMT_OK)
      *config = told;
   else
      vmt_machine_config_generic(config);
   return status == VMT_OK ? VMT_TLBS_BY_CPUID : VMT_TLBS_UNKNOWN;
}
