#include "vmtrace/host/host_settings.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmtrace/host/memory.h"

#define MAX_VALUE_BYTES 200

#define THP "/sys/kernel/mm/transparent_hugepage"

static const struct {
   const char *name, *path;
} files[] = {
   { "kernel", "/proc/sys/kernel/osrelease" },
   { "fault_around", "/sys/kernel/debug/fault_around_bytes" },
   { "thp.enabled", THP "/enabled" },
   { "thp.defrag", THP "/defrag" },
   { "thp.shmem_enabled", THP "/shmem_enabled" },
   { "thp.use_zero_page", THP "/use_zero_page" },
   { "thp.hpage_pmd_size", THP "/hpage_pmd_size" },
   { "thp.khugepaged.defrag", THP "/khugepaged/defrag" },
   { "thp.khugepaged.max_ptes_none", THP "/khugepaged/max_ptes_none" },
   { "thp.khugepaged.max_ptes_shared", THP "/khugepaged/max_ptes_shared" },
   { "thp.khugepaged.max_ptes_swap", THP "/khugepaged/max_ptes_swap" },
   { "vm.swappiness", "/proc/sys/vm/swappiness" },
   { "vm.page-cluster", "/proc/sys/vm/page-cluster" },
   { "vm.overcommit_memory", "/proc/sys/vm/overcommit_memory" },
   { "vm.overcommit_ratio", "/proc/sys/vm/overcommit_ratio" },
   { "vm.overcommit_kbytes", "/proc/sys/vm/overcommit_kbytes" },
   { "vm.min_free_kbytes", "/proc/sys/vm/min_free_kbytes" },
   { "vm.watermark_scale_factor", "/proc/sys/vm/watermark_scale_factor" },
   { "vm.watermark_boost_factor", "/proc/sys/vm/watermark_boost_factor" },
   { "lru_gen.enabled", "/sys/kernel/mm/lru_gen/enabled" },
   { "lru_gen.min_ttl_ms", "/sys/kernel/mm/lru_gen/min_ttl_ms" },
};

/* ---- one file ---- */

static FILE *
open_below(const char *root, const char *path)
{
   char *whole = vmt_format("%s%s", root, path);
   FILE *file = fopen(whole, "re");
   int error = errno;

   free(whole);
   errno = error;
   return file;
}

static bool
exists_below(const char *root, const char *path)
{
   char *whole = vmt_format("%s%s", root, path);
   bool exists = access(whole, F_OK) == 0;

   free(whole);
   return exists;
}

/* The text as a value: one line, one blank for any white space.  */
static char *
value_of(const char *text)
{
   char value[MAX_VALUE_BYTES + 1];
   size_t n = 0;

   for (; *text != '\0' && n < MAX_VALUE_BYTES; text++) {
      bool is_blank = strchr(" \t\n", *text) != NULL;

      if (is_blank && n > 0 && value[n - 1] != ' ')
         value[n++] = ' ';
      else if (!is_blank)
         value[n++] = *text >= ' ' && *text <= '~' ? *text : '?';
   }
   while (n > 0 && value[n - 1] == ' ')
      n--;
   value[n] = '\0';
   return vmt_strdup(value);
}

/* What stands in brackets, if anything does.  */
static char *
choice_of(char *text)
{
   char *start = strchr(text, '['), *end = start ? strchr(start, ']') : NULL;

   if (end == NULL)
      return value_of(text);
   *end = '\0';
   return value_of(start + 1);
}

static void
read_value(const char *root, struct vmt_host_setting *setting)
{
   char text[4096];
   FILE *file = open_below(root, setting->path);
   size_t n;

   setting->error = errno;
   if (file == NULL)
      return;
   errno = 0;
   n = fread(text, 1, sizeof text - 1, file);
   setting->error = errno;
   if (!ferror(file)) {
      text[n] = '\0';
      setting->value = choice_of(text);
      setting->error = 0;
   }
   fclose(file);
}

static struct vmt_host_setting *
new_setting(struct vmt_host_settings *settings, const char *name,
            const char *path)
{
   struct vmt_host_setting *setting;

   settings->all = vmt_grow(settings->all, settings->n, &settings->room,
                            sizeof *settings->all);
   setting = &settings->all[settings->n++];
   *setting = (struct vmt_host_setting){
      .name = vmt_strdup(name),
      .path = vmt_strdup(path),
      .is_simulated = strcmp(name, "fault_around") == 0
   };
   return setting;
}

/* ---- what takes more than one file, or part of one ---- */

static int
is_huge_size(const struct dirent *entry)
{
   return strncmp(entry->d_name, "hugepages-", 10) == 0;
}

static int
by_size(const struct dirent **a, const struct dirent **b)
{
   unsigned long left = strtoul((*a)->d_name + 10, NULL, 10);
   unsigned long right = strtoul((*b)->d_name + 10, NULL, 10);

   return left < right ? -1 : left > right;
}

/* Multi-size huge pages, since Linux 6.8; some sizes are for shmem alone.  */
static void
read_huge_sizes(struct vmt_host_settings *settings, const char *root)
{
   char *folder = vmt_format("%s%s", root, THP);
   struct dirent **entries;
   int n = scandir(folder, &entries, is_huge_size, by_size);

   free(folder);
   for (int i = 0; i < n; i++) {
      char *name = vmt_format("thp.%s.enabled", entries[i]->d_name);
      char *path = vmt_format("%s/%s/enabled", THP, entries[i]->d_name);

      if (exists_below(root, path))
         read_value(root, new_setting(settings, name, path));
      free(name);
      free(path);
      free(entries[i]);
   }
   if (n >= 0)
      free(entries);
}

/* "/dev/sda2 partition 8388604K priority -2", for each; or none.  */
static void
read_swaps(struct vmt_host_settings *settings, const char *root)
{
   struct vmt_host_setting *setting = new_setting(settings, "swap", "/proc/swaps");
   FILE *file = open_below(root, setting->path);
   char line[4096], *list = NULL;

   setting->error = errno;
   if (file == NULL)
      return;
   while (fgets(line, sizeof line, file) != NULL) {
      char name[2048], kind[64], *longer;
      unsigned long long kib;
      int priority;

      if (sscanf(line, "%2047s %63s %llu %*s %d", name, kind, &kib, &priority) != 4)
         continue;
      longer = vmt_format("%s%s%s %s %lluK priority %d", list ? list : "",
                          list ? "; " : "", name, kind, kib, priority);
      free(list);
      list = longer;
   }
   fclose(file);
   setting->value = value_of(list ? list : "none");
   setting->error = 0;
   free(list);
}

static void
read_memory(struct vmt_host_settings *settings, const char *root)
{
   struct vmt_host_setting *setting =
      new_setting(settings, "ram", "/proc/meminfo");
   FILE *file = open_below(root, setting->path);
   char line[256];
   unsigned long long kib;

   setting->error = errno;
   if (file == NULL)
      return;
   setting->error = ENOENT;
   while (fgets(line, sizeof line, file) != NULL && setting->value == NULL)
      if (sscanf(line, "MemTotal: %llu kB", &kib) == 1) {
         setting->value = vmt_format("%lluK", kib);
         setting->error = 0;
      }
   fclose(file);
}

/* ---- all ---- */

void
vmt_host_settings_read(struct vmt_host_settings *settings, const char *root)
{
   *settings = (struct vmt_host_settings){ 0 };
   for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
      read_value(root, new_setting(settings, files[i].name, files[i].path));
   read_huge_sizes(settings, root);
   read_memory(settings, root);
   read_swaps(settings, root);
}

void
vmt_host_settings_free(struct vmt_host_settings *settings)
{
   for (size_t i = 0; i < settings->n; i++) {
      free(settings->all[i].name);
      free(settings->all[i].path);
      free(settings->all[i].value);
   }
   free(settings->all);
   *settings = (struct vmt_host_settings){ 0 };
}

const struct vmt_host_setting *
vmt_host_settings_find(const struct vmt_host_settings *settings, const char *name)
{
   for (size_t i = 0; i < settings->n; i++)
      if (strcmp(settings->all[i].name, name) == 0)
         return &settings->all[i];
   return NULL;
}

uint64_t
vmt_host_fault_around_bytes(const struct vmt_host_settings *settings)
{
   const char *value = vmt_host_settings_find(settings, "fault_around")->value;
   char *end;
   unsigned long long bytes;

   if (value == NULL)
      return 0;
   bytes = strtoull(value, &end, 10);
   return *end == '\0' ? bytes : 0;
}

bool
vmt_host_maps_folios(const struct vmt_host_settings *settings)
{
   const char *value = vmt_host_settings_find(settings, "kernel")->value;
   unsigned major, minor;

   return value != NULL && sscanf(value, "%u.%u", &major, &minor) == 2 &&
          (major > 6 || (major == 6 && minor >= 18));
}
