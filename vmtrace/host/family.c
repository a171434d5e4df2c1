#include "vmtrace/host/family.h"

#include <stdlib.h>

void
vmt_family_free(struct vmt_family *family)
{
   free(family->forks);
   free(family->gone);
   free(family->cached);
}

struct vmt_resident_part
vmt_resident_sum(const struct vmt_resident *resident)
{
   struct vmt_resident_part sum = { 0 };

   for (size_t i = 0; i < VMT_N_RESIDENT_KINDS; i++) {
      sum.private_pages += resident->parts[i].private_pages;
      sum.shared_pages += resident->parts[i].shared_pages;
      sum.pss_bytes += resident->parts[i].pss_bytes;
   }
   return sum;
}
