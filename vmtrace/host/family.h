/* What the profile of a process says of the processes it ran with: its place among
   them, the children it forked, and the memory that it shared.  All processes of a
   run share one simulated machine; docs/PROCESSES.md defines the numbers.

   A profile is of one image of a process: what execve started is another profile's.
   An id is a number of a process within its run, from 1.

   Units: pages of 4 KiB, bytes, instructions of the process itself.  */

#ifndef VMT_HOST_FAMILY_H
#define VMT_HOST_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VMT_RUN_NAME_BYTES 17   /* 16 hexadecimal digits */

struct vmt_fork {
   int64_t child, pid, instrs;
   uint32_t stack, thread;
   bool is_vfork;
};

/* The process has waited for a child.  */
struct vmt_gone {
   int64_t child, instrs;
};

enum vmt_resident_kind {
   VMT_RESIDENT_ANON,
   VMT_RESIDENT_FILE,
   VMT_RESIDENT_SHMEM,
   VMT_N_RESIDENT_KINDS
};

/* Resident pages that no other process has, that others have too, and the
   proportional size: a page that n processes show counts 1/n.  */
struct vmt_resident_part {
   int64_t private_pages, shared_pages, pss_bytes;
};

struct vmt_resident {
   bool is_known;
   int64_t instrs;
   struct vmt_resident_part parts[VMT_N_RESIDENT_KINDS];
   int64_t table_pages, swap_pages;
};

/* All processes of the run together, distinct pages.  */
struct vmt_tree_sizes {
   bool is_known;
   int64_t n_processes, n_processes_peak, pages, peak_pages, table_pages, cache_pages;
};

/* Pages of a file in the page cache of the run, mapped by this process, and of
   these by others as well.  */
struct vmt_cached_file {
   uint32_t area;
   int64_t cached_pages, mapped_pages, mapped_by_others_pages;
};

struct vmt_family {
   char run[VMT_RUN_NAME_BYTES];        /* "": it never forked and was not forked */
   int64_t id, parent;                  /* parent 0: none that is traced */
   int64_t instrs;                      /* when that became known */
   struct vmt_fork *forks;
   struct vmt_gone *gone;
   struct vmt_cached_file *cached;
   size_t n_forks, n_gone, n_cached, fork_capacity, gone_capacity;
   struct vmt_resident peak, end;
   struct vmt_tree_sizes tree;
};

void vmt_family_free(struct vmt_family *family);

/* The sum over the kinds.  */
struct vmt_resident_part vmt_resident_sum(const struct vmt_resident *resident);

#endif
