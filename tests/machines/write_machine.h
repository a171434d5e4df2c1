/* A configuration written down as a machine file, for the way there and back.  */

#ifndef TESTS_MACHINES_WRITE_MACHINE_H
#define TESTS_MACHINES_WRITE_MACHINE_H

#include <stdio.h>

#include "vmtrace/mmu/machine/machine_file.h"

static inline void
write_shape(FILE *to, const char *name, const char *size,
            const struct vmt_tlb_shape *shape)
{
   static const char *const policies[] = { "lru", "plru", "fifo", "random" };

   if (shape->n_entries == 0)
      fprintf(to, "%s%s = none\n", name, size);
   else
      fprintf(to, "%s%s = %u,%u,%s\n", name, size, shape->n_entries,
              shape->n_ways, policies[shape->policy]);
}

/* The bytes written to text[0, room).  */
static inline size_t
write_machine(char *text, size_t room, const struct vmt_machine_config *config)
{
   static const char *const sizes[] = { "", ".2m", ".1g" };
   const struct vmt_walk_shape *walk = &config->walk;
   FILE *to = fmemopen(text, room, "w");
   size_t bytes;

   fprintf(to, "name = %s\ntitle = %s\n", config->name, config->title);
   fprintf(to, "va_bits = %u\npa_bits = %u\npage_bytes = %u\n",
           config->va_bits, config->pa_bits, 1u << config->page_shift);
   for (int size = 0; size < 3; size++) {
      write_shape(to, "itlb", sizes[size], &config->itlb[size]);
      write_shape(to, "dtlb", sizes[size], &config->dtlb[size]);
      if (size == VMT_PAGE_2M && config->stlb_shared_2m)
         fprintf(to, "stlb.2m = shared\n");
      else
         write_shape(to, "stlb", sizes[size], &config->stlb[size]);
   }
   fprintf(to, "levels = ");
   for (uint32_t level = walk->n_levels; level >= 1; level--)
      fprintf(to, "%u%s", walk->index_bits[level], level > 1 ? "," : "\n");
   if (walk->n_levels == 1)
      fprintf(to, "walk_cache = none\n");
   else
      fprintf(to, "walk_cache = ");
   for (uint32_t level = walk->n_levels; level >= 2; level--)
      fprintf(to, "%u%s", walk->n_entries[level], level > 2 ? "," : "\n");
   fprintf(to, "fault_around = %llu\n",
           (unsigned long long)config->fault_around_bytes);
   bytes = (size_t)ftell(to);
   fclose(to);
   return bytes;
}

/* What a machine is, whatever lies in the padding and unused levels.  */
static inline bool
same_machine(const struct vmt_machine_config *a,
             const struct vmt_machine_config *b)
{
   char first[4096], second[4096];
   size_t n_first = write_machine(first, sizeof first, a);
   size_t n_second = write_machine(second, sizeof second, b);

   return n_first == n_second && __builtin_memcmp(first, second, n_first) == 0;
}

#endif
