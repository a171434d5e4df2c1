/* Source frames of one ELF file with DWARF: units are read when an address of
   theirs is first asked for, and what was read is kept as sorted arrays.  */

#ifndef VMT_HOST_DEBUG_INFO_H
#define VMT_HOST_DEBUG_INFO_H

#include "vmtrace/host/elf_file.h"
#include "vmtrace/host/strings.h"
#include "vmtrace/host/symbols.h"

struct vmt_debug_info;

struct vmt_debug_info_files {
   struct vmt_elf *elf;         /* with the DWARF sections */
   struct vmt_elf *alt;         /* its dwz supplement, or NULL */
   struct vmt_elf *code;        /* whose sections say what is code */
   const char *path;            /* of the program or library */
   const char *debug_path;      /* of its debug file, or NULL */
};

/* NULL if there is no DWARF that can be read; then, if it is damaged, *trouble
   says how, to be freed.  The files stay the caller's, and open; the paths are
   copied.  */
struct vmt_debug_info *
vmt_debug_info_new(struct vmt_strings *strings,
                   const struct vmt_debug_info_files *files, char **trouble);
void vmt_debug_info_free(struct vmt_debug_info *info);

/* As vmt_symbols_resolve.  The function of the last frame is NULL if only its
   line is known.  */
size_t vmt_debug_info_find(struct vmt_debug_info *info, uint64_t address,
                           struct vmt_source_frame *frames, size_t max);

/* The first thing that could not be read, or NULL; and whether anything could.  */
const char *vmt_debug_info_trouble(const struct vmt_debug_info *info);
bool vmt_debug_info_is_useless(const struct vmt_debug_info *info);

#endif
