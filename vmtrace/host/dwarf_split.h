/* Split DWARF: the unit in a .dwp package or a .dwo file that completes a
   skeleton unit of the program. */

#ifndef VMT_HOST_DWARF_SPLIT_H
#define VMT_HOST_DWARF_SPLIT_H

#include "vmtrace/host/dwarf_functions.h"

struct vmt_split;

/* main_file has the skeletons; a package lies beside one of the paths, and a
   .dwo file that is not where the skeleton says is looked for beside the first.
   debug_path may be NULL.  */
struct vmt_split *vmt_split_new(const struct vmt_dwarf_file *main_file,
                                const char *path, const char *debug_path);
void vmt_split_free(struct vmt_split *split);

/* A file with the completing unit as its header 0, to be given back, or NULL:
   then *trouble may say why, if it was NULL. */
const struct vmt_dwarf_file *
vmt_split_open(struct vmt_split *split, const struct vmt_unit_root *skeleton,
               char **trouble);
void vmt_split_close(struct vmt_split *split,
                     const struct vmt_dwarf_file *file);

#endif
