/* Settings of a host whose /proc and /sys are files made here.  */

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vmtrace/host/host_settings.h"

static int n_checks, n_wrong;
static char root[] = "/tmp/vmtrace-test.XXXXXX";

static void
check(const char *what, bool truth)
{
   n_checks++;
   n_wrong += !truth;
   if (!truth)
      printf("does not hold: %s\n", what);
}

static void
check_value(const struct vmt_host_settings *settings, const char *name,
            const char *expected)
{
   const struct vmt_host_setting *setting = vmt_host_settings_find(settings, name);
   const char *got = setting != NULL ? setting->value : "(no such setting)";
   bool good = expected == NULL || got == NULL ? got == expected
                                               : strcmp(got, expected) == 0;

   n_checks++;
   n_wrong += !good;
   if (!good)
      printf("%s\n  expected: %s\n  got:      %s\n", name,
             expected ? expected : "NULL", got ? got : "NULL");
}

/* ---- the host ---- */

static void
put(const char *path, const char *text, size_t bytes)
{
   char whole[4096];
   FILE *file;

   snprintf(whole, sizeof whole, "%s%s", root, path);
   for (char *slash = strchr(whole + sizeof root, '/'); slash != NULL;
        slash = strchr(slash + 1, '/')) {
      *slash = '\0';
      mkdir(whole, 0700);
      *slash = '/';
   }
   file = fopen(whole, "w");
   if (file == NULL || fwrite(text, 1, bytes, file) != bytes || fclose(file) != 0) {
      perror(whole);
      exit(1);
   }
}

static void
put_text(const char *path, const char *text)
{
   put(path, text, strlen(text));
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
   return remove(path);
}

static void
make_host(void)
{
   if (mkdtemp(root) == NULL) {
      perror(root);
      exit(1);
   }
   put_text("/proc/sys/kernel/osrelease", "6.12.3-test\n");
   put_text("/sys/kernel/debug/fault_around_bytes", "32768\n");
   put_text("/sys/kernel/mm/transparent_hugepage/enabled",
            "always [madvise] never\n");
   put_text("/sys/kernel/mm/transparent_hugepage/defrag",
            "always defer defer+madvise madvise [never]\n");
   put_text("/sys/kernel/mm/transparent_hugepage/hugepages-1024kB/enabled",
            "always inherit madvise [never]\n");
   put_text("/sys/kernel/mm/transparent_hugepage/hugepages-64kB/enabled",
            "[always] inherit madvise never\n");
   put_text("/sys/kernel/mm/transparent_hugepage/hugepages-8kB/shmem_enabled",
            "always [never]\n");
   put_text("/proc/sys/vm/swappiness", "60\n");
   put_text("/proc/sys/vm/page-cluster", "\t3  \n\n");
   put_text("/proc/sys/vm/overcommit_memory", "");
   put("/sys/kernel/mm/lru_gen/enabled", "0x\0007\n\xff", 7);
   put_text("/proc/meminfo", "MemFree:      1 kB\nMemTotal:       2048 kB\n"
                             "MemTotal:  9 kB\n");
   put_text("/proc/swaps",
            "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
            "/dev/vda2                               partition\t8388604\t\t17\t\t-2\n"
            "/swap\\040file                           file\t\t4096\t\t0\t\t-3\n");
}

/* ---- what is read ---- */

static void
check_host(void)
{
   struct vmt_host_settings settings;

   vmt_host_settings_read(&settings, root);
   check_value(&settings, "kernel", "6.12.3-test");
   check_value(&settings, "fault_around", "32768");
   check_value(&settings, "thp.enabled", "madvise");
   check_value(&settings, "thp.defrag", "never");
   check_value(&settings, "thp.hugepages-64kB.enabled", "always");
   check_value(&settings, "thp.hugepages-1024kB.enabled", "never");
   check_value(&settings, "thp.hugepages-8kB.enabled", "(no such setting)");
   check_value(&settings, "thp.use_zero_page", NULL);
   check_value(&settings, "vm.swappiness", "60");
   check_value(&settings, "vm.page-cluster", "3");
   check_value(&settings, "vm.overcommit_memory", "");
   check_value(&settings, "vm.overcommit_ratio", NULL);
   check_value(&settings, "lru_gen.enabled", "0x");     /* up to the zero byte */
   check_value(&settings, "ram", "2048K");
   check_value(&settings, "swap",
               "/dev/vda2 partition 8388604K priority -2; "
               "/swap\\040file file 4096K priority -3");
   check_value(&settings, "no.such", "(no such setting)");
   check("what is not there is not there",
         vmt_host_settings_find(&settings, "vm.overcommit_ratio")->error == ENOENT);
   check("sizes in their order, not the letters'",
         vmt_host_settings_find(&settings, "thp.hugepages-64kB.enabled") <
            vmt_host_settings_find(&settings, "thp.hugepages-1024kB.enabled"));
   check("paths are those of the host",
         strcmp(vmt_host_settings_find(&settings, "ram")->path,
                "/proc/meminfo") == 0);
   check("fault-around", vmt_host_fault_around_bytes(&settings) == 32768);
   for (size_t i = 0; i < settings.n; i++)
      check("one setting is simulated",
            settings.all[i].is_simulated ==
               (strcmp(settings.all[i].name, "fault_around") == 0));
   vmt_host_settings_free(&settings);
}

static void
check_versions(void)
{
   static const struct {
      const char *release;
      bool maps_folios;
   } versions[] = {
      { "5.17.0\n", false }, { "6.1.0-9-amd64\n", false }, { "6.17.13\n", false },
      { "6.18.0-rc1\n", true }, { "6.18.44-fc-v657\n", true }, { "6.20\n", true },
      { "7.0.1\n", true }, { "10.2\n", true }, { "strange\n", false }, { "\n", false },
   };

   for (size_t i = 0; i < sizeof versions / sizeof versions[0]; i++) {
      struct vmt_host_settings settings;

      put_text("/proc/sys/kernel/osrelease", versions[i].release);
      vmt_host_settings_read(&settings, root);
      check(versions[i].release,
            vmt_host_maps_folios(&settings) == versions[i].maps_folios);
      vmt_host_settings_free(&settings);
   }
}

static void
check_odd_values(void)
{
   struct vmt_host_settings settings;
   char line[5000], blanks[201];

   memset(line, 'x', sizeof line);
   memset(blanks, 'x', sizeof blanks - 1);
   blanks[200] = '\0';
   put("/proc/sys/vm/swappiness", line, sizeof line);
   put_text("/proc/sys/vm/page-cluster", "a\x01\xc3\xa9 b\rc");
   put_text("/sys/kernel/debug/fault_around_bytes", "64K\n");
   put_text("/proc/swaps", "Filename Type Size Used Priority\n");
   put_text("/proc/meminfo", "MemFree: 12 kB\n");
   vmt_host_settings_read(&settings, root);
   check_value(&settings, "vm.swappiness", blanks);     /* cut at 200 */
   check_value(&settings, "vm.page-cluster", "a??? b?c");
   check_value(&settings, "swap", "none");
   check_value(&settings, "ram", NULL);
   check("not a number", vmt_host_fault_around_bytes(&settings) == 0);
   vmt_host_settings_free(&settings);
}

/* Where there is nothing, each setting says so and nothing else happens.  */
static void
check_nothing(void)
{
   struct vmt_host_settings settings;

   vmt_host_settings_read(&settings, "/nowhere/at/all");
   check("there are settings", settings.n > 10);
   for (size_t i = 0; i < settings.n; i++)
      check(settings.all[i].name,
            settings.all[i].value == NULL && settings.all[i].error == ENOENT);
   check("no fault-around", vmt_host_fault_around_bytes(&settings) == 0);
   check("no folios", !vmt_host_maps_folios(&settings));
   vmt_host_settings_free(&settings);
}

int
main(void)
{
   make_host();
   check_host();
   check_versions();
   check_odd_values();
   check_nothing();
   nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
   printf("%d checks, %d wrong\n", n_checks, n_wrong);
   return n_wrong > 0;
}
