/* The names of functions, found where DIEs refer to each other: within a unit,
   across units (LTO, dwz) and into a dwz supplement.  Every function is looked
   up once.  */

#ifndef VMT_HOST_DWARF_FUNCTIONS_H
#define VMT_HOST_DWARF_FUNCTIONS_H

#include "vmtrace/host/dwarf_reader.h"
#include "vmtrace/host/strings.h"

/* A file with DWARF, and the units in it.  */
struct vmt_dwarf_file {
   struct vmt_dwarf_sections sections;
   struct vmt_unit_header *headers;     /* ascending */
   size_t n_headers;
   uint32_t id;                         /* small, one for each file */
   const struct vmt_dwarf_file *alt;    /* dwz supplement, or NULL */
};

/* The unit that offset of .debug_info lies in, or NULL.  */
const struct vmt_unit_header *
vmt_dwarf_file_unit_at(const struct vmt_dwarf_file *file, uint64_t offset);

struct vmt_functions;

/* Names are kept in strings.  */
struct vmt_functions *vmt_functions_new(struct vmt_strings *strings);
void vmt_functions_free(struct vmt_functions *functions);

/* A number for the function whose DIE is at ref, as seen from the unit of file
   that has this header and is open as unit; vmt_functions_name takes it.  */
uint32_t vmt_functions_add(struct vmt_functions *functions,
                           const struct vmt_dwarf_file *file,
                           const struct vmt_unit_header *header,
                           struct vmt_dwarf_unit *unit,
                           struct vmt_die_ref ref);

/* Before file goes away: nothing that was added refers to it any more.  */
void vmt_functions_leave_file(struct vmt_functions *functions,
                              const struct vmt_dwarf_file *file);

/* Its demangled name and its name in the symbol table, each NULL if the debug
   information does not tell.  */
void vmt_functions_name(struct vmt_functions *functions, uint32_t function,
                        const char **name, const char **linkage_name);

#endif
