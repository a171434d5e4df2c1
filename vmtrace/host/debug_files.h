/* Where the files are that go with an ELF file: its separate debug file, the
   supplement that dwz made, split DWARF.  A file is taken only if its check
   (build id, or CRC) is right.

   Below each root R, in the order they were added and /usr/lib/debug last:
   R/.build-id/xx/yyyy.debug; then, for a .gnu_debuglink, next to the file, in
   its .debug folder, and in R with the file's folder below it.  */

#ifndef VMT_HOST_DEBUG_FILES_H
#define VMT_HOST_DEBUG_FILES_H

#include "vmtrace/host/elf_file.h"

struct vmt_debug_dirs {
   char **dirs;                 /* searched first to last */
   size_t n;
};

void vmt_debug_dirs_add(struct vmt_debug_dirs *dirs, const char *dir);
void vmt_debug_dirs_free(struct vmt_debug_dirs *dirs);

/* The debug file with this build id, or NULL; *path, to be freed, is where.  */
struct vmt_elf *vmt_debug_find_by_id(const struct vmt_debug_dirs *dirs,
                                     const struct vmt_build_id *id,
                                     char **path);

/* The debug file that the ELF file at path asks for, in the same way.  */
struct vmt_elf *vmt_debug_find(const struct vmt_debug_dirs *dirs,
                               struct vmt_elf *elf, const char *path,
                               char **debug_path);

/* The dwz supplement of the file at path, or NULL.  */
struct vmt_elf *vmt_debug_find_alt(const struct vmt_debug_dirs *dirs,
                                   struct vmt_elf *elf, const char *path);

/* The .dwo file called name by a unit compiled in comp_dir (which may be NULL),
   else one of that name beside the file at path, or NULL.  */
struct vmt_elf *vmt_debug_find_dwo(const char *path, const char *comp_dir,
                                   const char *name);

/* The .dwp file beside the file at path, or NULL.  */
struct vmt_elf *vmt_debug_find_dwp(const char *path);

#endif
