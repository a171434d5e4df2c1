/* The folio map of --folios=FILE: which large folios the page cache keeps the
   files of the program in (mmu/machine/folio_map.h).

   A file is known by device and inode, and must be as long and as old as when the
   map was made: when the run starts, and when the program first maps it.  What
   the program creates or writes has folios that the map cannot know.  */

#ifndef VMT_TOOL_FOLIO_MAP_H
#define VMT_TOOL_FOLIO_MAP_H

#include "vmtrace/tool/valgrind.h"

/* Reads the map; NULL path: there is none.  False: it cannot be read, and why
   says so, with the line if it is the file's text.  */
Bool folio_map_read(const HChar *path, HChar *why, SizeT why_bytes);

/* Looks whether the files are as the map has them; those that are not are left
   out from now on, and one line on Valgrind's log says so.  */
void folio_map_check_files(void);

/* The machine's object `id` is the file of st, just made: it gets its folios.  */
void folio_map_apply(UInt id, const struct vg_stat *st);

#endif
