/* Every machine that ships is what its sources say.  The table was typed from
   the sources, not from the files.  */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/machine_file.h"

struct shape {
   uint32_t n_entries, n_ways;
};

struct expected {
   const char *name;
   uint32_t va_bits, pa_bits, page_bytes;
   struct shape itlb[3], dtlb[3], stlb[3];      /* 4 KiB, 2 MiB, 1 GiB */
   bool shared_2m;
   const char *levels;                          /* top first, a letter each */
   uint32_t caches[4];                          /* of levels 2, 3, 4, 5 */
};

#define NONE { 0, 0 }

static const struct expected expected[] = {
   { "core-i7-920", 48, 52, 4096,
     { { 128, 4 }, { 7, 7 }, NONE }, { { 64, 4 }, { 32, 4 }, NONE },
     { { 512, 4 }, NONE, NONE }, false, "9999", { 32, 4, 0, 0 } },
   { "csapp-toy", 14, 12, 64,
     { { 16, 4 }, NONE, NONE }, { { 16, 4 }, NONE, NONE },
     { NONE, NONE, NONE }, false, "8", { 0, 0, 0, 0 } },
   { "generic", 48, 46, 4096,
     { { 128, 8 }, { 8, 8 }, NONE }, { { 64, 4 }, { 32, 4 }, { 4, 4 } },
     { { 1536, 12 }, NONE, { 16, 4 } }, true, "9999", { 32, 4, 0, 0 } },
   { "goldencove", 48, 46, 4096,
     { { 256, 8 }, { 32, 8 }, NONE }, { { 96, 6 }, { 32, 4 }, { 8, 8 } },
     { { 2048, 16 }, { 1024, 8 }, { 1024, 8 } }, false, "9999",
     { 32, 4, 0, 0 } },
   { "haswell", 48, 39, 4096,
     { { 128, 4 }, { 8, 8 }, NONE }, { { 64, 4 }, { 32, 4 }, { 4, 4 } },
     { { 1024, 8 }, NONE, NONE }, true, "9999", { 32, 4, 0, 0 } },
   { "icelake", 48, 39, 4096,
     { { 128, 8 }, { 16, 8 }, NONE }, { { 64, 4 }, { 32, 4 }, { 8, 8 } },
     { { 2048, 16 }, { 1024, 8 }, { 1024, 8 } }, false, "9999",
     { 32, 4, 0, 0 } },
   { "neoverse-n1", 48, 48, 4096,
     { { 48, 48 }, { 48, 48 }, NONE }, { { 48, 48 }, { 48, 48 }, NONE },
     { { 1280, 5 }, NONE, NONE }, true, "9999", { 32, 4, 0, 0 } },
   { "skylake", 48, 39, 4096,
     { { 128, 8 }, { 8, 8 }, NONE }, { { 64, 4 }, { 32, 4 }, { 4, 4 } },
     { { 1536, 12 }, NONE, { 16, 4 } }, true, "9999", { 32, 4, 0, 0 } },
   { "zen2", 48, 48, 4096,
     { { 64, 64 }, { 64, 64 }, { 64, 64 } },
     { { 64, 64 }, { 64, 64 }, { 64, 64 } },
     { { 2048, 16 }, NONE, NONE }, true, "9999", { 32, 4, 0, 0 } },
   { "zen3", 48, 48, 4096,
     { { 64, 64 }, { 64, 64 }, { 64, 64 } },
     { { 64, 64 }, { 64, 64 }, { 64, 64 } },
     { { 2048, 16 }, NONE, { 64, 64 } }, true, "9999", { 32, 4, 0, 0 } },
   { "zen4", 48, 48, 4096,
     { { 64, 64 }, { 64, 64 }, { 64, 64 } },
     { { 72, 72 }, { 72, 72 }, { 72, 72 } },
     { { 3072, 24 }, NONE, { 64, 64 } }, true, "9999", { 32, 4, 0, 0 } },
   { "zen5", 48, 48, 4096,
     { { 64, 64 }, { 64, 64 }, { 64, 64 } },
     { { 96, 96 }, { 96, 96 }, { 96, 96 } },
     { { 4096, 16 }, NONE, { 1024, 4 } }, true, "9999", { 32, 4, 0, 0 } },
};

#define N_EXPECTED (sizeof expected / sizeof expected[0])

static const char *
machines_folder(void)
{
   static char path[4096];
   const char *srcdir = getenv("srcdir");

   snprintf(path, sizeof path, "%s/vmtrace/machines",
            srcdir != NULL ? srcdir : ".");
   return path;
}

static struct vmt_machine_config
read_machine(const char *name, char *text, size_t room)
{
   struct vmt_machine_config config;
   struct vmt_machine_file_error error = { 0, "" };
   char path[5000];
   FILE *file;
   size_t bytes;

   snprintf(path, sizeof path, "%s/%s.machine", machines_folder(), name);
   file = fopen(path, "rb");
   if (file == NULL)
      perror(path);
   CHECK(file != NULL);
   bytes = fread(text, 1, room, file);
   fclose(file);
   CHECK(bytes > 0 && bytes < room);
   text[bytes] = '\0';
   if (vmt_machine_file_parse(text, bytes, &config, &error) != VMT_OK) {
      printf("%s:%u: %s\n", path, error.line, error.message);
      CHECK(!"a machine that ships can be read");
   }
   return config;
}

static void
check_shapes(const struct vmt_tlb_shape *got, const struct shape *wanted)
{
   for (int size = 0; size < 3; size++) {
      struct vmt_tlb tlb;

      CHECK_EQ(got[size].n_entries, wanted[size].n_entries);
      CHECK_EQ(got[size].n_ways, wanted[size].n_ways);
      CHECK_EQ(got[size].policy, VMT_TLB_LRU);
      CHECK_EQ(vmt_tlb_init(&tlb, &got[size], 1), VMT_OK);
      vmt_tlb_free(&tlb);
   }
}

static void
check_machine(const struct expected *wanted)
{
   static char text[1 << 16];
   struct vmt_machine_config got =
      read_machine(wanted->name, text, sizeof text);
   uint32_t n_levels = (uint32_t)strlen(wanted->levels);

   printf("%s\n", wanted->name);
   CHECK(strcmp(got.name, wanted->name) == 0);
   CHECK(strcmp(got.title, got.name) != 0 && got.title[0] != '\0');
   CHECK(strstr(text, "\nsource = ") != NULL);
   CHECK(vmt_machine_config_fault(&got) == NULL);
   CHECK_EQ(got.va_bits, wanted->va_bits);
   CHECK_EQ(got.pa_bits, wanted->pa_bits);
   CHECK_EQ(1u << got.page_shift, wanted->page_bytes);
   check_shapes(got.itlb, wanted->itlb);
   check_shapes(got.dtlb, wanted->dtlb);
   check_shapes(got.stlb, wanted->stlb);
   CHECK_EQ(got.stlb_shared_2m, wanted->shared_2m);
   CHECK_EQ(got.walk.n_levels, n_levels);
   for (uint32_t level = 1; level <= VMT_MAX_LEVELS; level++) {
      CHECK_EQ(got.walk.index_bits[level],
               level <= n_levels ? wanted->levels[n_levels - level] - '0' : 0);
      if (level > 1)
         CHECK_EQ(got.walk.n_entries[level], wanted->caches[level - 2]);
   }
}

/* A preset that the table forgot would go unchecked.  */
static void
check_none_is_missing(void)
{
   DIR *folder = opendir(machines_folder());
   struct dirent *entry;
   size_t n = 0;

   CHECK(folder != NULL);
   while ((entry = readdir(folder)) != NULL) {
      size_t bytes = strlen(entry->d_name);
      bool known = false;

      if (bytes < 8 || strcmp(entry->d_name + bytes - 8, ".machine") != 0)
         continue;
      for (size_t i = 0; i < N_EXPECTED; i++) {
         known |= strlen(expected[i].name) == bytes - 8 &&
                  strncmp(expected[i].name, entry->d_name, bytes - 8) == 0;
      }
      if (!known)
         printf("%s is in no table\n", entry->d_name);
      CHECK(known);
      n++;
   }
   closedir(folder);
   CHECK_EQ(n, N_EXPECTED);
}

/* The built-in machine and the file of the same name are one.  */
static void
check_generic(void)
{
   static char text[1 << 16];
   struct vmt_machine_config built_in;
   struct vmt_machine_config file = read_machine("generic", text, sizeof text);

   vmt_machine_config_generic(&built_in);
   CHECK(strcmp(built_in.name, file.name) == 0);
   CHECK(strcmp(built_in.title, file.title) == 0);
   memset(built_in.name, 0, sizeof built_in.name);
   memset(built_in.title, 0, sizeof built_in.title);
   memset(file.name, 0, sizeof file.name);
   memset(file.title, 0, sizeof file.title);
   CHECK(memcmp(&built_in, &file, sizeof file) == 0);
}

int
main(void)
{
   test_begin("presets");
   for (size_t i = 0; i < N_EXPECTED; i++)
      check_machine(&expected[i]);
   check_none_is_missing();
   check_generic();
   return test_end();
}
