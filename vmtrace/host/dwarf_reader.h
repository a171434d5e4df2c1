/* The DIEs of DWARF as libdwarf reads them, one unit at a time.

   libdwarf is given just the unit asked for as its .debug_info, so that opening
   one of many thousand units, or finding a DIE, takes no walk over the others.
   Offsets of DIEs are therefore relative to their unit.

   Strings are those of the sections and live as long as these.  Functions
   return false for what cannot be read, and vmt_dwarf_unit_trouble says why.  */

#ifndef VMT_HOST_DWARF_READER_H
#define VMT_HOST_DWARF_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmtrace/host/dwarf_ranges.h"
#include "vmtrace/host/dwarf_sections.h"

enum { VMT_DWARF_NO_PARENT = UINT32_MAX };

/* Where another DIE is.  */
enum vmt_die_ref_kind {
   VMT_REF_NONE,
   VMT_REF_UNIT,                /* offset in the same unit */
   VMT_REF_INFO,                /* in .debug_info of the same file */
   VMT_REF_ALT                  /* in .debug_info of the dwz supplement */
};

struct vmt_die_ref {
   enum vmt_die_ref_kind kind;
   uint64_t offset;
};

/* What the DIE of a unit itself says.  */
struct vmt_unit_root {
   const char *comp_dir;
   const char *dwo_name;        /* NULL: not split */
   uint64_t dwo_id;             /* DWARF 4 */
   bool has_lines;
   uint64_t line_offset;
   uint64_t addr_base;
   uint64_t ranges_base;
   uint64_t rnglists_base;
   bool has_rnglists_base;
   struct vmt_die_pcs pcs;
};

/* A function with code of its own, or an inlined call.  */
struct vmt_die_code {
   uint64_t offset;             /* of the DIE, in the unit */
   uint32_t parent;             /* the code it is inlined into */
   uint32_t call_file;
   uint32_t call_line;
   bool inlined;
   struct vmt_die_ref origin;   /* where its name is, if not in itself */
   struct vmt_die_pcs pcs;
};

struct vmt_die_names {
   const char *name;
   const char *linkage_name;
   struct vmt_die_ref next;     /* abstract origin or specification */
};

struct vmt_dwarf_unit;

/* NULL on failure; *trouble, if it was NULL, says why then, to be freed.
   sections must stay until the unit is closed.  */
struct vmt_dwarf_unit *
vmt_dwarf_unit_open(const struct vmt_dwarf_sections *sections,
                    const struct vmt_unit_header *header, char **trouble);
void vmt_dwarf_unit_close(struct vmt_dwarf_unit *unit);

/* The last failure, to be freed; NULL if there was none.  */
char *vmt_dwarf_unit_trouble(struct vmt_dwarf_unit *unit);

void vmt_dwarf_unit_root(struct vmt_dwarf_unit *unit,
                         struct vmt_unit_root *root);

/* All code of the unit, parents before what is inlined into them, to be freed.
   What was read before a failure is kept.  */
struct vmt_die_code *vmt_dwarf_unit_code(struct vmt_dwarf_unit *unit,
                                         size_t *n);

bool vmt_dwarf_unit_names(struct vmt_dwarf_unit *unit, uint64_t offset,
                          struct vmt_die_names *names);

#endif
