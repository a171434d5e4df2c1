#include "vmtrace/cli/calibrate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "vmtrace/cli/machines_print.h"
#include "vmtrace/cli/verbs.h"

/* ---- as a machine file ---- */

static void __attribute__((format(printf, 2, 3)))
comment(struct vmt_output *out, const char *format, ...)
{
   va_list arguments;

   fprintf(out->file, "%s# ", vmt_output_paint(out, VMT_PAINT_DIM));
   va_start(arguments, format);
   vfprintf(out->file, format, arguments);
   va_end(arguments);
   fprintf(out->file, "%s\n", vmt_output_paint(out, VMT_PAINT_PLAIN));
}

static const char *
trouble(const struct vmt_host_setting *setting)
{
   return setting->value == NULL ? strerror(setting->error) : "it has no size in it";
}

static void
print_processor(const struct vmt_calibration *host, struct vmt_output *out)
{
   if (host->known == VMT_TLBS_BY_CPUID)
      comment(out, "TLBs and addresses: CPUID.");
   else
      comment(out, "TLBs and addresses: not told by CPUID; those of '%s'.",
              host->machine.config.name);
   comment(out, "walk_cache: told by no processor; see docs/MACHINES.md.");
   vmt_processor_print(out->file, &host->machine);
   putc('\n', out->file);
}

static void
print_kernel(const struct vmt_calibration *host, struct vmt_output *out)
{
   const struct vmt_host_setting *setting =
      vmt_host_settings_find(&host->settings, "fault_around");

   if (host->fault_around_known)
      comment(out, "fault_around: %s.", setting->path);
   else {
      comment(out, "fault_around: the kernel's default.  %s:", setting->path);
      comment(out, "%s; it takes root, and debugfs mounted.", trouble(setting));
   }
   vmt_kernel_print(out->file, &host->machine.config);
   putc('\n', out->file);
}

static void
print_others(const struct vmt_calibration *host, struct vmt_output *out)
{
   comment(out, "Not simulated by this version:");
   for (size_t i = 0; i < host->settings.n; i++) {
      const struct vmt_host_setting *setting = &host->settings.all[i];

      if (setting->is_simulated || strcmp(setting->name, "kernel") == 0)
         continue;
      if (setting->value != NULL)
         comment(out, "%s = %s  (%s)", setting->name, setting->value,
                 setting->path);
      else
         comment(out, "%s: %s: %s", setting->name, setting->path,
                 strerror(setting->error));
   }
   putc('\n', out->file);
}

static void
print_folios(const struct vmt_calibration *host, struct vmt_output *out)
{
   if (vmt_host_maps_folios(&host->settings))
      comment(out, "Large folios of the page cache: this kernel maps them whole "
                   "(since Linux 6.18).");
   else
      comment(out, "Large folios of the page cache: this kernel maps their pages "
                   "one by one (before Linux 6.18).");
}

void
vmt_calibration_text(const struct vmt_calibration *host, struct vmt_output *out)
{
   const struct vmt_host_setting *kernel =
      vmt_host_settings_find(&host->settings, "kernel");

   comment(out, "This host, by vmtrace calibrate: Linux %s (%s).",
           kernel->value != NULL ? kernel->value : "of unknown version",
           kernel->path);
   putc('\n', out->file);
   print_processor(host, out);
   print_kernel(host, out);
   print_others(host, out);
   print_folios(host, out);
}

/* ---- as JSON ---- */

static json_t *
setting_json(const struct vmt_host_setting *setting)
{
   json_t *object = json_pack("{s:s, s:s?, s:s, s:b}", "name", setting->name,
                              "value", setting->value, "path", setting->path,
                              "simulated", setting->is_simulated);

   if (setting->value == NULL)
      json_object_set_new(object, "error", json_string(strerror(setting->error)));
   return object;
}

int
vmt_calibration_json(const struct vmt_calibration *host, FILE *file)
{
   static const char *const sources[] = {
      [VMT_TLBS_BY_CPUID] = "cpuid", [VMT_TLBS_BY_PRESET] = "preset",
      [VMT_TLBS_UNKNOWN] = "generic"
   };
   json_t *settings = json_array(), *object;

   for (size_t i = 0; i < host->settings.n; i++)
      json_array_append_new(settings, setting_json(&host->settings.all[i]));
   object = json_pack("{s:s, s:s, s:b, s:o, s:o}",
                      "tlbs_from", sources[host->known],
                      "fault_around_from",
                      host->fault_around_known ? "host" : "default",
                      "maps_whole_folios", vmt_host_maps_folios(&host->settings),
                      "machine", vmt_machine_json(&host->machine),
                      "settings", settings);
   if (object == NULL) {
      vmt_complain("out of memory");
      return VMT_EXIT_TROUBLE;
   }
   json_dumpf(object, file, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
   putc('\n', file);
   json_decref(object);
   return VMT_EXIT_OK;
}
