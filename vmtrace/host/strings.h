/* Strings kept once each: equal strings are the same pointer.  With each string
   goes, once it has been asked for, its demangled form (C++, Rust, D).
   Memory that cannot be had ends the program with a message.  */

#ifndef VMT_HOST_STRINGS_H
#define VMT_HOST_STRINGS_H

#include <stddef.h>

struct vmt_strings;

struct vmt_strings *vmt_strings_new(void);
void vmt_strings_free(struct vmt_strings *strings);

/* The kept copy of text; NULL for NULL.  */
const char *vmt_strings_keep(struct vmt_strings *strings, const char *text);
const char *vmt_strings_keep_bytes(struct vmt_strings *strings,
                                   const char *text, size_t size);

/* The demangled form of name, kept, without a word on clones (`.cold', `.part');
   name itself, kept, if it is not mangled.  */
const char *vmt_strings_demangle(struct vmt_strings *strings,
                                 const char *name);

/* File name of line tables: name below dir below comp_dir, each of which may be
   NULL, stops at the first absolute one, with `.', `..' and double slashes
   folded.  comp_dir is left out where it is ./X and dir is below it already.
   NULL if name is.  */
const char *vmt_strings_path(struct vmt_strings *strings, const char *comp_dir,
                             const char *dir, const char *name);

#endif
