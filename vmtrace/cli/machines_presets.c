#include "vmtrace/cli/machines_presets.h"

#include <cpuid.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmtrace/cli/output.h"
#include "vmtrace/cli/verbs.h"
#include "vmtrace/mmu/machine/cpuid.h"
#include "vmtrace/mmu/machine/machine_file.h"

#define SUFFIX ".machine"
#define MAX_FILE_BYTES 65536

static const char *
presets_dir(void)
{
   const char *dir = getenv("VMTRACE_MACHINES");

   return dir != NULL && dir[0] != '\0' ? dir : VMT_PKGDATADIR "/machines";
}

static int
no_memory(void)
{
   vmt_complain("out of memory");
   return VMT_EXIT_TROUBLE;
}

/* --- Names --- */

static int
is_preset(const struct dirent *entry)
{
   size_t n = strlen(entry->d_name), suffix = strlen(SUFFIX);

   return n > suffix && entry->d_name[0] != '.' &&
          strcmp(entry->d_name + n - suffix, SUFFIX) == 0;
}

int
vmt_preset_names(char ***names, size_t *n_names)
{
   struct dirent **entries;
   int n = scandir(presets_dir(), &entries, is_preset, alphasort);
   bool good;

   if (n < 0) {
      vmt_complain("machines: cannot read the presets in %s: %s", presets_dir(),
                   strerror(errno));
      return VMT_EXIT_TROUBLE;
   }
   *n_names = 0;
   *names = calloc((size_t)n + 1, sizeof **names);
   good = *names != NULL;
   for (int i = 0; i < n; i++) {
      const char *name = entries[i]->d_name;

      if (good) {
         (*names)[*n_names] = strndup(name, strlen(name) - strlen(SUFFIX));
         good = (*names)[*n_names] != NULL;
         *n_names += good;
      }
      free(entries[i]);
   }
   free(entries);
   if (good)
      return VMT_EXIT_OK;
   vmt_preset_names_free(*names, *n_names);
   return no_memory();
}

void
vmt_preset_names_free(char **names, size_t n_names)
{
   for (size_t i = 0; i < n_names; i++)
      free(names[i]);
   free(names);
}

/* --- Files --- */

/* Keeps the value of each `source` line of a file that has been parsed.  */
static bool
take_sources(char *text, struct vmt_preset *preset)
{
   char *line, *rest = text;

   while ((line = strsep(&rest, "\n")) != NULL) {
      char *value, *end, **more;

      line += strspn(line, " \t\r");
      if (strncmp(line, "source", 6) != 0)
         continue;
      value = line + 6 + strspn(line + 6, " \t\r");
      if (*value != '=')
         continue;
      value += 1 + strspn(value + 1, " \t\r");
      end = value + strcspn(value, "#");
      while (end > value && strchr(" \t\r", end[-1]) != NULL)
         end--;
      more = reallocarray(preset->sources, preset->n_sources + 1, sizeof *more);
      if (more == NULL)
         return false;
      preset->sources = more;
      more[preset->n_sources] = strndup(value, (size_t)(end - value));
      if (more[preset->n_sources] == NULL)
         return false;
      preset->n_sources++;
   }
   return true;
}

static int
load_file(const char *path, struct vmt_preset *preset)
{
   struct vmt_machine_file_error error;
   char *text = calloc(1, MAX_FILE_BYTES + 1);
   FILE *file = fopen(path, "re");
   size_t bytes = 0;
   int status = VMT_EXIT_TROUBLE;

   if (text == NULL)
      no_memory();
   else if (file == NULL ||
            ((bytes = fread(text, 1, MAX_FILE_BYTES + 1, file)) == 0 && ferror(file)))
      vmt_complain("machines: cannot read %s: %s", path, strerror(errno));
   else if (bytes > MAX_FILE_BYTES)
      vmt_complain("machines: %s is too large to be a machine file", path);
   else if (vmt_machine_file_parse(text, bytes, &preset->config, &error) != VMT_OK)
      vmt_complain("machines: %s:%u: %s", path, error.line, error.message);
   else if (!take_sources(text, preset))
      no_memory();
   else
      status = VMT_EXIT_OK;
   if (file != NULL)
      fclose(file);
   free(text);
   return status;
}

/* --- This processor --- */

static void
read_cpuid(void *context, uint32_t leaf, uint32_t subleaf,
           struct vmt_cpuid_regs *regs)
{
   __cpuid_count(leaf, subleaf, regs->eax, regs->ebx, regs->ecx, regs->edx);
}

static int
load_host(struct vmt_preset *preset)
{
   if (vmt_machine_from_cpuid(read_cpuid, NULL, &preset->config) != VMT_OK) {
      vmt_complain("machines: this processor does not tell its TLBs");
      return VMT_EXIT_TROUBLE;
   }
   preset->sources = calloc(1, sizeof *preset->sources);
   if (preset->sources == NULL ||
       (preset->sources[0] = strdup("CPUID of this computer")) == NULL)
      return no_memory();
   preset->n_sources = 1;
   return VMT_EXIT_OK;
}

int
vmt_preset_load(const char *name, struct vmt_preset *preset)
{
   char *path;
   int status;

   *preset = (struct vmt_preset){ 0 };
   if (strcmp(name, "host") == 0)
      status = load_host(preset);
   else if (strchr(name, '/') != NULL)
      status = load_file(name, preset);
   else if (asprintf(&path, "%s/%s%s", presets_dir(), name, SUFFIX) < 0)
      status = no_memory();
   else {
      if (access(path, F_OK) == 0)
         status = load_file(path, preset);
      else if (access(name, F_OK) == 0)
         status = load_file(name, preset);
      else {
         vmt_complain("machines: there is no preset or file '%s'; 'vmtrace machines' "
                      "lists the presets", name);
         status = VMT_EXIT_TROUBLE;
      }
      free(path);
   }
   if (status != VMT_EXIT_OK)
      vmt_preset_free(preset);
   return status;
}

void
vmt_preset_free(struct vmt_preset *preset)
{
   for (size_t i = 0; i < preset->n_sources; i++)
      free(preset->sources[i]);
   free(preset->sources);
   *preset = (struct vmt_preset){ 0 };
}
