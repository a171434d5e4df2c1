/* What `vmtrace calibrate` found out about this host, and how it is written.  */

#ifndef VMT_CLI_CALIBRATE_H
#define VMT_CLI_CALIBRATE_H

#include "vmtrace/cli/machines_presets.h"
#include "vmtrace/cli/output.h"
#include "vmtrace/host/host_settings.h"
#include "vmtrace/mmu/machine/cpuid.h"

struct vmt_calibration {
   struct vmt_preset machine;           /* with the kernel's settings in it */
   enum vmt_tlbs_known known;           /* where its TLBs come from */
   bool fault_around_known;             /* else it is the kernel's default */
   struct vmt_host_settings settings;
};

/* A machine file with a comment on where each setting comes from.  */
void vmt_calibration_text(const struct vmt_calibration *host,
                          struct vmt_output *out);

/* The same as one JSON object; schemas/calibrate.schema.json.  0, or 2 after
   complaining.  */
int vmt_calibration_json(const struct vmt_calibration *host, FILE *file);

/* Writes the large folios that the page cache keeps these files in to path, as a
   folio map (docs/FOLIOS.md).  0, or 2 after complaining.  */
int vmt_calibrate_folios(const struct vmt_host_settings *settings,
                         const char *path, char *const *names, size_t n_names);

#endif
