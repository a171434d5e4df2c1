/* From code addresses to source: which function, file and line an address of an
   ELF file belongs to, inlined frames included.

   An address is an offset as the profile keeps it (the address as linked).
   Debug information is looked for in the file itself, then in separate debug
   files by build id and by .gnu_debuglink below /usr/lib/debug (and the folders
   of --debug-dir), with dwz supplements and split DWARF (.dwo, .dwp) as found;
   where there is no line, the symbol table still names the function (ELF
   symbols, then dynamic ones).  Units are read when an address in them is first
   asked for.

   Strings belong to the struct vmt_symbols and live as long as it does; equal
   strings are the same pointer, so that tables can compare pointers.  */

#ifndef VMT_HOST_SYMBOLS_H
#define VMT_HOST_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmt_symbols;
struct vmt_symbols_object;

enum vmt_debug_state {
   VMT_DEBUG_LINES,             /* line information was found */
   VMT_DEBUG_SYMBOLS,           /* no lines, but a symbol table */
   VMT_DEBUG_NONE,              /* the file is there, with neither */
   VMT_DEBUG_MISMATCH,          /* a file is there, with another build id */
   VMT_DEBUG_MISSING,           /* no such file (and no debug file either) */
   VMT_DEBUG_DAMAGED            /* not ELF, or its DWARF cannot be read */
};

/* One level of inlining.  Members that are not known are NULL or 0.  */
struct vmt_source_frame {
   const char *function;        /* demangled, of a clone the function's own */
   const char *linkage_name;    /* as in the symbol table; may equal function,
                                   and does if it is not known */
   const char *file;            /* absolute where the debug info allows */
   uint32_t line;
};

struct vmt_symbols *vmt_symbols_new(void);
void vmt_symbols_free(struct vmt_symbols *symbols);

/* One more root to look for debug files in, before /usr/lib/debug.  */
void vmt_symbols_add_debug_dir(struct vmt_symbols *symbols, const char *dir);

/* The file at path; build_id (hex) may be NULL: then any file will do.  Always
   returns an object, whose state says what was found.  */
struct vmt_symbols_object *vmt_symbols_open(struct vmt_symbols *symbols,
                                            const char *path,
                                            const char *build_id);
enum vmt_debug_state
vmt_symbols_state(const struct vmt_symbols_object *object);

/* One line for the user, or NULL: always for VMT_DEBUG_DAMAGED and MISMATCH, for
   VMT_DEBUG_LINES if part of the debug information could not be read.  State
   and trouble can change as addresses are resolved, when a unit turns out to
   be damaged.  */
const char *vmt_symbols_trouble(const struct vmt_symbols_object *object);

/* The frames at offset, innermost first, at most max of them in frames; how
   many.  0: nothing is known.  The last one is the function that has code of
   its own; the ones before were inlined into it.  Offsets in rising order are
   fastest.  */
size_t vmt_symbols_resolve(struct vmt_symbols_object *object, uint64_t offset,
                           struct vmt_source_frame *frames, size_t max);

#endif
