/* Line number programs of DWARF 2 to 5, run.

   This is read here and not by libdwarf: that of 2021 (Debian 12) starts each
   sequence of DWARF 5 in file 0 where GCC means file 1, which puts the first
   lines of functions from headers into the wrong file; and it allocates memory
   for every row.  */

#ifndef VMT_HOST_LINE_PROGRAM_H
#define VMT_HOST_LINE_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmtrace/host/dwarf_sections.h"

struct vmt_line_row {
   uint64_t address;
   uint32_t file;               /* index into files */
   uint32_t line;
   bool end;                    /* first address behind a sequence */
};

struct vmt_line_file {
   const char *dir;             /* NULL: the unit's own */
   const char *name;            /* NULL: no such file */
};

struct vmt_line_program {
   struct vmt_line_row *rows;   /* in the order of the program */
   size_t n_rows;
   struct vmt_line_file *files; /* strings are in the sections */
   size_t n_files;
};

/* Runs the program at offset of .debug_line, for a unit of this address size.
   Both arrays are to be freed, on failure too.  Returns NULL, or what is wrong;
   what comes before the damage is kept then.  Time and memory are bounded by
   the size of the program.  */
const char *vmt_line_program_run(const struct vmt_dwarf_sections *sections,
                                 uint64_t offset, size_t address_size,
                                 struct vmt_line_program *program);

#endif
