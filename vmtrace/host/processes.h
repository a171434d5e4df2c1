/* The processes that profiles are of, and the runs that the processes belong to.

   A profile is of one image: those of one process have one host, process id and
   start time, and other image numbers.  Processes of a run have its number; a process
   that has none, as it never forked and was not forked, or was taken by a tool that
   does not tell, belongs to the process whose id is its parent's, if that is there and
   started before, else it is a run of its own.

   A parent's position is below its children's, and processes of a run are one after
   the other.  */

#ifndef VMT_HOST_PROCESSES_H
#define VMT_HOST_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vmtrace/host/keymap.h"

struct vmt_profile;

#define VMT_NO_PROCESS VMT_KEYMAP_NONE

struct vmt_process {
   uint32_t first_image, n_images;      /* in vmt_processes.images */
   uint32_t tree;               /* its run, a position in vmt_processes.trees */
   uint32_t parent;             /* VMT_NO_PROCESS: none, or its profile is not there */
   int64_t id;                  /* in the run; 0: not known */
   int64_t parent_id;
};

/* A run.  */
struct vmt_process_tree {
   uint32_t first, n;           /* its processes */
   uint32_t image;              /* whose record of the whole has the most pages, or
                                   UINT32_MAX: none has one */
   int64_t rss_peak_bytes;
   bool is_sum;                 /* of the peaks of its processes: nothing tells their
                                   common one */
};

struct vmt_processes {
   struct vmt_process *list;
   struct vmt_process_tree *trees;
   uint32_t *images;            /* positions of profiles (vmt_profile.runs), those of a
                                   process in the order of its images */
   uint32_t *of_image;          /* of each profile the process */
   size_t n, n_trees;
   struct vmt_keymap by_id;     /* (tree, id) -> process */
};

/* After all profiles were read.  */
void vmt_processes_find(struct vmt_profile *profile);
void vmt_processes_free(struct vmt_processes *processes);

/* How many processes those that are here have forked, whose profiles are not.  */
size_t vmt_processes_n_missing(const struct vmt_profile *profile);

/* Of all images; of a size the largest.  */
int64_t vmt_process_total(const struct vmt_profile *profile, uint32_t process,
                          int event);

/* Of all runs together, and whether that is a sum of peaks at different times.  */
int64_t vmt_processes_rss_peak(const struct vmt_processes *processes, bool *is_sum);

/* The process with an id in a run, or VMT_NO_PROCESS.  */
uint32_t vmt_process_by_id(const struct vmt_processes *processes, uint32_t tree,
                           int64_t id);

#endif
