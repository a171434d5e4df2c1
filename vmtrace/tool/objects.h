/* The files (and other things) that are mapped: their identity, their labels in
   reports, and where code addresses lie in them.

   A label is what reports call an area: a path, [heap], [stack], [anon], ...
   An object is a file by device and inode, or a shared anonymous thing.  Ids of
   both are indices from 1; object ids are the machine's too.  */

#ifndef VMT_TOOL_OBJECTS_H
#define VMT_TOOL_OBJECTS_H

#include "vmtrace/tool/valgrind.h"

struct tool_label {
   HChar *name;
   const HChar *kind;           /* file, heap, stack, anon, shmem, special */
};

struct tool_object {
   HChar *path;
   HChar *build_id;             /* hex, or NULL */
   ULong dev, ino;
   UInt label;
   UInt older;                  /* id of one known before that may be the same
                                   inode; 0: none */
   Bool is_elf, headers_read, defined;
   Bool is_shmem;               /* tmpfs, memfd */
   Bool is_special;             /* a device: nothing known of its pages */
   Bool is_preload;             /* Valgrind's own library in the program */
   Bool tells_pages;            /* memory of which mincore tells us the truth */
   Bool has_outsiders;          /* ... that any process may map by its number */
   UInt n_loads;
   struct tool_load {
      ULong file_offset, file_bytes, vaddr;
   } loads[8];
};

void objects_init(void);

UInt objects_label(const HChar *name, const HChar *kind);

/* The file behind an open descriptor, or at a path.  0: none such.  What pages a
   tmpfs file has is looked up (contents.h).  */
UInt objects_of_fd(Int fd);
UInt objects_of_path(const HChar *path);
Bool objects_fd_is_shmem(Int fd);

/* A shared object without a file.  */
UInt objects_anonymous(const HChar *name);

/* A shared memory segment that shmget has made.  */
UInt objects_system_v(UWord segment);

/* After a fork: what is shared memory is changed by other processes too.  */
void objects_become_shared(void);

const struct tool_object *objects_get(UInt id);
UInt objects_n_labels(void);
const struct tool_label *objects_get_label(UInt id);

/* The object that code at pc comes from and its address as linked; 0 and pc
   itself where there is no file.  */
UInt objects_locate(Addr pc, Addr *offset);

/* The file mapped at addr may have grown: True if it has.  */
Bool objects_refresh_size(Addr addr);

/* The object of a file that was mapped under one name or another; further ones
   of the same inode by objects_next_of().  0: none.  */
UInt objects_known(const struct vg_stat *st);
UInt objects_next_of(UInt id);

/* Whether fd is the zero device, a mapping of which is anonymous memory.  */
Bool objects_is_zero_device(Int fd);

/* Whether the profile knows the object already; marks it so.  */
Bool objects_defined(UInt id);
void objects_forget_defined(void);

/* Reads a mapped file's ELF headers while it is still there.  */
void objects_read_headers(UInt id);

#endif
