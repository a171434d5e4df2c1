/* vmtrace calibrate: this host's settings as a machine file.  */

#include <cpuid.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "vmtrace/cli/calibrate.h"
#include "vmtrace/cli/output.h"
#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/memory.h"

static const char help[] =
   "usage: vmtrace calibrate [options]\n"
   "       vmtrace calibrate [options] --folios=MAP FILE...\n"
   "\n"
   "Reads this host and writes a machine file for --machine=FILE: its processor's\n"
   "TLBs, by CPUID, and what its kernel is set to.  Settings that are not simulated\n"
   "are comments.  Nothing on the host is changed.\n"
   "\n"
   "options:\n"
   "      --folios=MAP               write which large folios the page cache keeps the\n"
   "                                 files in to MAP, for the tool's --folios=MAP;\n"
   "                                 needs root.  A machine file is written only\n"
   "                                 with -o, then\n"
   "      --format=text|json         a machine file, or JSON [text]\n"
   "  -o, --output=FILE              where to write it [standard output]\n"
   "      --color=auto|always|never  whether to use colours [auto]\n"
   "  -h, --help                     this text\n";

struct calibrate_options {
   const char *path, *folios;
   enum vmt_color_mode color;
   bool json;
};

static void
read_cpuid(void *context, uint32_t leaf, uint32_t subleaf,
           struct vmt_cpuid_regs *regs)
{
   __cpuid_count(leaf, subleaf, regs->eax, regs->ebx, regs->ecx, regs->edx);
}

/* 0, or 2 after complaining.  */
static int
take_processor(struct vmt_calibration *host)
{
   struct vmt_machine_config config;
   const char *name;
   int status;

   host->known = vmt_tlbs_from_cpuid(read_cpuid, NULL, &config, &name);
   if (host->known != VMT_TLBS_BY_CPUID) {
      name = host->known == VMT_TLBS_BY_PRESET ? name : "generic";
      vmt_complain("calibrate: this processor, or its hypervisor, does not tell "
                   "its TLBs; those of '%s' are taken", name);
   } else
      name = "host";
   status = vmt_preset_load(name, &host->machine);
   return status;
}

static void
take_kernel(struct vmt_calibration *host)
{
   struct vmt_machine_config *config = &host->machine.config;
   struct vmt_machine_config wanted = *config;
   const struct vmt_host_setting *setting;

   wanted.fault_around_bytes = vmt_host_fault_around_bytes(&host->settings);
   host->fault_around_known = vmt_machine_config_fault(&wanted) == NULL;
   if (host->fault_around_known) {
      *config = wanted;
      return;
   }
   setting = vmt_host_settings_find(&host->settings, "fault_around");
   vmt_complain("calibrate: %s %s; fault_around is the kernel's default",
                setting->path, setting->value == NULL
                                  ? "cannot be read" : "has no size in it");
}

static int
print(const struct calibrate_options *options, const struct vmt_calibration *host)
{
   struct vmt_output out;
   int status = vmt_output_open(&out, options->path, options->color, true);

   if (status != VMT_EXIT_OK)
      return status;
   if (options->json)
      status = vmt_calibration_json(host, out.file);
   else
      vmt_calibration_text(host, &out);
   if (vmt_output_close(&out) != VMT_EXIT_OK)
      status = VMT_EXIT_TROUBLE;
   return status;
}

/* 0, 2 after complaining, or -1: help was asked for.  */
static int
take_options(struct calibrate_options *options, int argc, char **argv)
{
   enum { FORMAT = 256, COLOR, FOLIOS };
   static const struct option names[] = {
      { "format", required_argument, NULL, FORMAT },
      { "output", required_argument, NULL, 'o' },
      { "color", required_argument, NULL, COLOR },
      { "folios", required_argument, NULL, FOLIOS },
      { "help", no_argument, NULL, 'h' },
      { NULL, 0, NULL, 0 }
   };
   int code;

   opterr = 0;
   while ((code = getopt_long(argc, argv, ":o:h", names, NULL)) != -1) {
      if (code == 'o')
         options->path = optarg;
      else if (code == FOLIOS)
         options->folios = optarg;
      else if (code == 'h')
         return -1;
      else if (code == FORMAT && (strcmp(optarg, "json") == 0 || strcmp(optarg, "text") == 0))
         options->json = optarg[0] == 'j';
      else if (code == COLOR && vmt_color_mode_parse(optarg, &options->color))
         continue;
      else if (code == FORMAT || code == COLOR) {
         vmt_complain("calibrate: --%s cannot be '%s'; see 'vmtrace help calibrate'",
                      code == FORMAT ? "format" : "color", optarg);
         return VMT_EXIT_TROUBLE;
      } else
         return vmt_verb_bad_option(code, argv);
   }
   return VMT_EXIT_OK;
}

static int
write_machine(const struct calibrate_options *options, struct vmt_calibration *host)
{
   int status = take_processor(host);

   if (status != VMT_EXIT_OK)
      return status;
   take_kernel(host);
   return print(options, host);
}

int
vmt_verb_calibrate(int argc, char **argv)
{
   struct calibrate_options options = { .color = VMT_COLOR_AUTO };
   struct vmt_calibration host = { 0 };
   int status = take_options(&options, argc, argv);

   if (status < 0)
      return vmt_output_text(help);
   if (status != VMT_EXIT_OK)
      return status;
   if ((optind < argc) != (options.folios != NULL)) {
      vmt_complain("calibrate: --folios=MAP and files go together; see "
                   "'vmtrace help calibrate'");
      return VMT_EXIT_TROUBLE;
   }
   vmt_host_settings_read(&host.settings, "");
   if (options.folios != NULL)
      status = vmt_calibrate_folios(&host.settings, options.folios, argv + optind,
                                    (size_t)(argc - optind));
   if (status == VMT_EXIT_OK && (options.folios == NULL || options.path != NULL))
      status = write_machine(&options, &host);
   vmt_host_settings_free(&host.settings);
   vmt_preset_free(&host.machine);
   return status;
}
