/* The kernel's own list of this process's VMAs, from /proc/self/smaps.  Uses no
   heap, which could move VMAs about between two readings.  */

#ifndef VMT_TESTS_AREAS_NATIVE_MAPS_H
#define VMT_TESTS_AREAS_NATIVE_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct native_vma {
   uint64_t start, end;
   uint64_t offset_bytes, inode;
   uint32_t flags;              /* enum vmt_area_flags */
};

/* The VMAs that overlap [start, end), lowest first; returns their number.  Ends
   the program when the file cannot be read or there are more than max.  */
size_t native_vmas_read(uint64_t start, uint64_t end, struct native_vma *vmas,
                        size_t max);

/* Does this kernel show the flags of its VMAs?  Without, only the protection and
   SHARED are known.  */
bool native_vmas_have_flags(void);

#endif
