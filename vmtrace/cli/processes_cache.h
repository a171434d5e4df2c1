/* Files in the page cache of a run, as its processes tell of them.

   Each profile tells of the cache as it was when it ended; of several the largest
   number counts.  */

#ifndef VMT_CLI_PROCESSES_CACHE_H
#define VMT_CLI_PROCESSES_CACHE_H

#include "vmtrace/host/profile.h"

struct vmt_cache_file {
   uint32_t tree, area;
   int64_t cached_pages;
   int64_t mapped_pages;        /* the most of one process */
   int64_t shared_pages;        /* of these, mapped by others too */
   uint32_t n_processes;        /* that tell of it */
   uint32_t last_process;       /* of these */
};

/* The most in the cache first; to be freed.  */
struct vmt_cache_file *vmt_cache_files_find(const struct vmt_profile *profile,
                                            size_t *n);

#endif
