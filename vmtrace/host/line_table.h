/* Which file and line an address has: the line program of a unit, sorted for
   look-up.  Where several rows have one address, the last of its sequence
   holds; where sequences overlap, the one that starts first.  */

#ifndef VMT_HOST_LINE_TABLE_H
#define VMT_HOST_LINE_TABLE_H

#include "vmtrace/host/elf_file.h"
#include "vmtrace/host/line_program.h"
#include "vmtrace/host/strings.h"

struct vmt_line_entry {
   uint64_t start;              /* up to the start of the next entry */
   uint32_t file;               /* VMT_LINE_NO_FILE: no line is known here */
   uint32_t line;
};

enum { VMT_LINE_NO_FILE = UINT32_MAX };

struct vmt_line_table {
   struct vmt_line_entry *entries;
   size_t n_entries;
   size_t last;                 /* where the last search ended */
   struct vmt_line_file *files;
   const char **paths;          /* of the files, as far as asked for */
   size_t n_files;
};

/* Takes the files of program over, not its rows, which it sorts in place.
   Sequences that do not start in the code of elf are left out: the linker
   dropped what they describe. */
void vmt_line_table_build(struct vmt_line_table *table,
                          struct vmt_line_program *program,
                          const struct vmt_elf *elf);
void vmt_line_table_free(struct vmt_line_table *table);

/* NULL if none is known at address.  */
const struct vmt_line_entry *vmt_line_table_find(struct vmt_line_table *table,
                                                 uint64_t address);

/* The path of a file, kept in strings; NULL if there is no such file.  */
const char *vmt_line_table_path(struct vmt_line_table *table, uint32_t file,
                                const char *comp_dir,
                                struct vmt_strings *strings);

#endif
