/* A machine as it is shown: as a machine file, as JSON.  */

#ifndef VMT_CLI_MACHINES_PRINT_H
#define VMT_CLI_MACHINES_PRINT_H

#include <jansson.h>
#include <stdio.h>

#include "vmtrace/cli/machines_presets.h"

#define VMT_SHAPE_BYTES 48

/* "entries,ways[,policy]" or "none"; may be in buffer.  */
const char *vmt_shape_text(const struct vmt_tlb_shape *shape,
                           char buffer[VMT_SHAPE_BYTES]);

/* The settings of a machine file, sources included: those of the processor, and
   those of its kernel.  */
void vmt_processor_print(FILE *file, const struct vmt_preset *preset);
void vmt_kernel_print(FILE *file, const struct vmt_machine_config *config);

/* A new object; NULL: no memory.  */
json_t *vmt_machine_json(const struct vmt_preset *preset);

#endif
