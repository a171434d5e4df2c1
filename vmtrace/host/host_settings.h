/* What this host's kernel is set to, as far as its page faults and its memory
   management depend on it, from /proc and /sys.

   Values are one line of printable ASCII.  Of "always [madvise] never" the value
   is the choice, madvise.  Nothing is read that changes by itself (free memory,
   swap in use), so that an idle host reads the same twice.  Nothing on the host
   is changed.  */

#ifndef VMT_HOST_HOST_SETTINGS_H
#define VMT_HOST_HOST_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmt_host_setting {
   char *name;                  /* "vm.swappiness", "fault_around" */
   char *path;                  /* where it is read, without the root */
   char *value;                 /* NULL: it could not be read */
   int error;                   /* errno, then; ENOENT: the kernel, or this root
                                   of a file system, has no such setting */
   bool is_simulated;           /* a setting of machine files (machine_file.h),
                                   under the same name */
};

struct vmt_host_settings {
   struct vmt_host_setting *all;        /* always the same order */
   size_t n;
   size_t room;
};

/* root is put before each path; "" for the host itself.  */
void vmt_host_settings_read(struct vmt_host_settings *settings, const char *root);
void vmt_host_settings_free(struct vmt_host_settings *settings);

/* By name; NULL: there is none.  */
const struct vmt_host_setting *
vmt_host_settings_find(const struct vmt_host_settings *settings, const char *name);

/* What one read fault of a file maps on this host, or 0: it does not say.  */
uint64_t vmt_host_fault_around_bytes(const struct vmt_host_settings *settings);

/* Whether a fault maps whole large folios of the page cache: since Linux 6.18
   (mm/filemap.c, filemap_map_folio_range; mm/memory.c, finish_fault).  */
bool vmt_host_maps_folios(const struct vmt_host_settings *settings);

#endif
