/* Any bytes as a machine file and as the shape of a TLB.

   What is accepted has no fault, can be built (TLBs, walk caches, page table)
   and comes back the same when it is written down and read again; what is
   refused leaves the machine as it was and says why, at a line of the text.  A
   shape that an option accepts is one that a file accepts, and the same.  */

#include <string.h>

#include "tests/machines/fuzz_machine_file.h"
#include "tests/machines/write_machine.h"
#include "tests/mmu/check.h"
#include "vmtrace/mmu/mechanisms/pagetable.h"

static void
check_tlb(const struct vmt_tlb_shape *shape)
{
   struct vmt_tlb tlb;

   CHECK(vmt_tlb_shape_fault(shape) == NULL);
   CHECK_EQ(vmt_tlb_init(&tlb, shape, 1), VMT_OK);
   vmt_tlb_free(&tlb);
}

static void
check_accepted(const struct vmt_machine_config *config)
{
   struct vmt_machine_config again;
   struct vmt_machine_file_error error;
   struct vmt_walkcache cache;
   struct vmt_pagetable table;
   char text[4096];
   size_t bytes;

   CHECK(vmt_machine_config_fault(config) == NULL);
   for (int size = 0; size < VMT_N_PAGE_SIZES; size++) {
      check_tlb(&config->itlb[size]);
      check_tlb(&config->dtlb[size]);
      check_tlb(&config->stlb[size]);
   }
   CHECK_EQ(vmt_walkcache_init(&cache, &config->walk), VMT_OK);
   vmt_walkcache_free(&cache);
   CHECK_EQ(vmt_pagetable_init(&table, &config->walk), VMT_OK);
   vmt_pagetable_free(&table);
   bytes = write_machine(text, sizeof text, config);
   CHECK_EQ(vmt_machine_file_parse(text, bytes, &again, &error), VMT_OK);
   CHECK(same_machine(config, &again));
}

static void
check_refused(const struct vmt_machine_file_error *error, const char *text,
              size_t bytes)
{
   size_t n_lines = 1, length = strnlen(error->message, sizeof error->message);

   for (size_t i = 0; i + 1 < bytes; i++)
      n_lines += text[i] == '\n';
   CHECK(error->line >= 1 && error->line <= n_lines);
   CHECK(length > 0 && length < sizeof error->message);
   for (size_t i = 0; i < length; i++)
      CHECK(error->message[i] >= ' ' && error->message[i] <= '~');
}

static void
check_shape(const char *text, size_t bytes)
{
   static const char key[] = "itlb.2m = ";
   struct vmt_tlb_shape shape = { 7, 7, VMT_TLB_FIFO };
   struct vmt_machine_config config;
   struct vmt_machine_file_error error;
   char line[256];

   if (!vmt_tlb_shape_parse(text, bytes, &shape)) {
      CHECK(shape.n_entries == 7 && shape.n_ways == 7 &&
            shape.policy == VMT_TLB_FIFO);
      return;
   }
   check_tlb(&shape);
   if (bytes > sizeof line - sizeof key)
      return;
   memcpy(line, key, sizeof key - 1);
   memcpy(line + sizeof key - 1, text, bytes);
   CHECK_EQ(vmt_machine_file_parse(line, sizeof key - 1 + bytes, &config,
                                   &error), VMT_OK);
   CHECK_EQ(config.itlb[VMT_PAGE_2M].n_entries, shape.n_entries);
   CHECK_EQ(config.itlb[VMT_PAGE_2M].n_ways, shape.n_ways);
   CHECK_EQ(config.itlb[VMT_PAGE_2M].policy, shape.policy);
}

bool
fuzz_machine_file(const char *text, size_t bytes)
{
   struct vmt_machine_config config, before;
   struct vmt_machine_file_error error = { 0, "" };
   bool accepted;

   memset(&config, 0xa5, sizeof config);
   before = config;
   accepted = vmt_machine_file_parse(text, bytes, &config, &error) == VMT_OK;
   if (accepted)
      check_accepted(&config);
   else {
      CHECK(memcmp(&config, &before, sizeof config) == 0);
      check_refused(&error, text, bytes);
   }
   check_shape(text, bytes);
   CHECK_EQ(test_n_blocks(), 0);
   return accepted;
}

#ifdef VMT_FUZZER
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
   static bool begun;

   if (!begun)
      test_begin("fuzz_machine_file");
   begun = true;
   fuzz_machine_file((const char *)data, bytes);
   return 0;
}
#endif
