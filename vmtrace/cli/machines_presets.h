/* Machines by name: the presets that come with vmtrace, machine files, and the
   processor at hand.

   Presets are the files NAME.machine in $VMTRACE_MACHINES, else in the folder
   they were installed to.  A preset owns its sources.  */

#ifndef VMT_CLI_MACHINES_PRESETS_H
#define VMT_CLI_MACHINES_PRESETS_H

#include <stddef.h>

#include "vmtrace/mmu/machine/config.h"

struct vmt_preset {
   struct vmt_machine_config config;
   char **sources;              /* the `source` lines' values, in their order */
   size_t n_sources;
};

/* The names of all presets, sorted.  0, or 2 after complaining.  Freed by
   vmt_preset_names_free.  */
int vmt_preset_names(char ***names, size_t *n_names);
void vmt_preset_names_free(char **names, size_t n_names);

/* name is a preset's, `host`, or the path of a machine file: a path if there is
   a slash in it or no preset is called that.  0, or 2 after complaining.  */
int vmt_preset_load(const char *name, struct vmt_preset *preset);
void vmt_preset_free(struct vmt_preset *preset);

#endif
