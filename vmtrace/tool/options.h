/* The tool's command line, as Valgrind's tools have it.  */

#ifndef VMT_TOOL_OPTIONS_H
#define VMT_TOOL_OPTIONS_H

#include "vmtrace/tool/valgrind.h"

#include "vmtrace/mmu/machine/config.h"
#include "vmtrace/mmu/machine/machine.h"

struct tool_options {
   const HChar *out_file;               /* with %p and %q{} still in it */
   const HChar *machine;                /* preset or file */
   const HChar *fault_log;              /* the same; NULL: none */
   const HChar *folios;                 /* "none" or a folio map */
   Long window_instrs;
   Long swap_latency_us;
   Bool native_layout;
   Bool summary;
   Bool counts_at_start;
   Long top;
   struct vmt_settings settings;
   struct vmt_machine_config config;    /* after tool_options_finish() */
};

extern struct tool_options tool_options;

Bool tool_options_parse(const HChar *arg);
void tool_options_usage(void);
void tool_options_debug_usage(void);

/* Reads the machine file and checks what belongs together; ends the run with
   Valgrind's bad-option message if it cannot be.  */
void tool_options_finish(void);

/* As --reclaim names it.  */
const HChar *tool_options_policy(void);

#endif
