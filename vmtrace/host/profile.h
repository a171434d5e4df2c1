/* Profiles in memory: what docs/PROFILE.md describes, read from one file or from
   several that are added up.

   Ids of the files become positions in arrays.  What is the same in two files
   (an object with the same path and build id, a stack of the same addresses, an
   area's label) is one thing here; each charge still knows the run (the file) it
   came from.  A stack's parent has a smaller position than the stack.

   Memory: in proportion to the distinct addresses, stacks and charges; repeated
   additions to a counter take none.  Strings are bytes as the system has them
   (print them by escape.h).  Everything belongs to the struct vmt_profile.  */

#ifndef VMT_HOST_PROFILE_H
#define VMT_HOST_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "vmtrace/host/events.h"
#include "vmtrace/host/family.h"
#include "vmtrace/host/first_touch.h"
#include "vmtrace/host/heap.h"
#include "vmtrace/host/keymap.h"
#include "vmtrace/host/marks.h"
#include "vmtrace/host/pressure.h"
#include "vmtrace/host/processes.h"
#include "vmtrace/host/threads.h"

#define VMT_PROFILE_FORMAT 1
/* No writer keeps more frames of a stack; a file that has them is damaged.  */
#define VMT_STACK_DEPTH_MAX 1024

struct vmt_profile_object {     /* position 0: code that is in no file */
   const char *path;
   const char *build_id;        /* NULL: none */
};

struct vmt_profile_frame {
   uint32_t object;
   uint64_t offset;
};

struct vmt_profile_stack {      /* position 0: start-up by the kernel */
   uint32_t frame;
   uint32_t parent;             /* 0: none */
   uint16_t depth;              /* 1: no parent */
   bool cut;                    /* there were more callers */
};

struct vmt_profile_area {       /* position 0: no area */
   const char *name;
   const char *kind;
};

/* One counter of a charge; 0 ends the chain.  Of distances, the event is a bucket
   (vmt_distance_bucket_start) and the value how many touches were in it.  */
struct vmt_profile_count {
   uint32_t next;
   uint32_t event;
   int64_t value;
};

struct vmt_profile_charge {
   uint32_t stack, area, thread, run;
   uint32_t site;               /* whose memory it was on */
   uint32_t call_site;          /* on the allocator's own: from where the call of it
                                   was that did so; 0: not known, or none */
   uint32_t first_count, first_distance;
   int64_t evicted_pages;       /* of those that it had made resident */
};

/* What one instruction executed; sorted by object and offset, no two alike.  */
struct vmt_profile_instr {
   uint32_t object;
   uint64_t offset;
   int64_t ir, dr, dw;
};

/* Where memory was asked for, in one run.  */
struct vmt_profile_site {       /* position 0: nowhere; of no run */
   uint32_t stack, run;
   enum vmt_site_kind kind;
   int64_t numbers[VMT_N_SITE_NUMBERS];
};

/* Of a charge's ForkCow, those that copied a frame which a process of the run still
   had then; `with` is its id, 0: not known.  */
struct vmt_profile_copies {
   uint32_t charge, with;
   int64_t n;
};

struct vmt_profile_run {
   char *file;                  /* the profile's path */
   json_t *header;
   json_t *end;                 /* NULL: the profile is cut short */
   uint64_t n_lines;
   int64_t totals[VMT_EVENTS_MAX];
   int64_t excluded[VMT_EVENTS_MAX];
   int64_t rss_peak_pages;      /* the most a checkpoint told */
   struct vmt_pressure pressure;
   struct vmt_heap heap;
   struct vmt_family family;
   struct vmt_marks marks;
   struct vmt_threads threads;
   struct vmt_first_touch first_touch;
};

struct vmt_profile {
   const char *phase;           /* set before reading: what happened in this phase
                                   alone is read, and nothing that is of no time;
                                   NULL: all */
   struct vmt_events events;
   struct vmt_profile_object *objects;
   struct vmt_profile_frame *frames;
   struct vmt_profile_stack *stacks;
   struct vmt_profile_area *areas;
   struct vmt_profile_count *counts, *distances;
   struct vmt_profile_charge *charges;
   struct vmt_profile_instr *instrs;
   struct vmt_profile_site *sites;
   struct vmt_profile_run *runs;
   struct vmt_profile_copies *copies;
   struct vmt_processes processes;      /* of finish */
   char **notes;                /* of all files, each once */
   char **warnings;             /* what a reader should know of the data */
   size_t n_objects, n_frames, n_stacks, n_areas, n_counts, n_distances, n_charges,
      n_instrs, n_sites, n_runs, n_copies, n_notes, n_warnings;

   /* The reader's.  */
   size_t object_capacity, frame_capacity, stack_capacity, area_capacity,
      count_capacity, distance_capacity, charge_capacity, instr_capacity,
      site_capacity, run_capacity, copies_capacity, note_capacity, warning_capacity, n_merged_instrs;
   struct vmt_strings *strings;
   struct vmt_keymap object_map, area_map, frame_map, stack_map, charge_map,
      copies_map;
   char trouble[512];           /* why vmt_profile_read failed: one line */
};

/* Sums over what a damaged file may say: never undefined behaviour.  */
static inline int64_t
vmt_wrapping_sum(int64_t a, int64_t b)
{
   return (int64_t) ((uint64_t) a + (uint64_t) b);
}

void vmt_profile_init(struct vmt_profile *profile);
void vmt_profile_free(struct vmt_profile *profile);

/* Adds the file at path ("-": standard input).  0, or -1 with
   profile->trouble set and the profile fit for nothing but being freed.  A last
   line that is not complete is left out.  */
int vmt_profile_read(struct vmt_profile *profile, const char *path);

/* Whether the file at path begins as a profile does; nothing but a regular file is
   looked at.  */
bool vmt_profile_begins(const char *path);

/* After the last file: sorts and merges instrs, finds the processes, compares the
   totals with what the files say they should be.  */
void vmt_profile_finish(struct vmt_profile *profile);

/* Whether every file has its end record; how many have not.  */
bool vmt_profile_complete(const struct vmt_profile *profile);
size_t vmt_profile_n_cut(const struct vmt_profile *profile);

/* The sum over the runs; of a size the largest of one run, but of RssPeak that of all
   processes together (vmt_processes_rss_peak).  */
int64_t vmt_profile_total(const struct vmt_profile *profile, int event);
int64_t vmt_profile_excluded(const struct vmt_profile *profile, int event);

/* An event of a reader's own: its position, with no counts, those of a file under
   that name being dropped; -1 when there are VMT_EVENTS_MAX.  And counts for it.  */
int vmt_profile_new_event(struct vmt_profile *profile, const char *name);
void vmt_profile_charge_event(struct vmt_profile *profile, uint32_t charge,
                              int event, int64_t number);

/* A string member of a run's header, which the caller frees; NULL when there is
   none.  */
char *vmt_profile_header_text(const struct vmt_profile_run *run, const char *name);

/* The position of an object's path after its last slash; "[jit]" for object 0.  */
const char *vmt_profile_object_name(const struct vmt_profile *profile,
                                    uint32_t object);

#endif
