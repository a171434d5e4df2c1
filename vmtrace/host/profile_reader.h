/* What the files that read profiles share; for profile*.c alone.  */

#ifndef VMT_HOST_PROFILE_READER_H
#define VMT_HOST_PROFILE_READER_H

#include "vmtrace/host/profile.h"

/* What a block may hold.  */
#define STEPS_MAX 65535
#define ACCESSES_MAX 65535
#define LENGTH_BYTES_MAX 255
#define COUNTED_MAX 255

/* Beyond any address space; sums of a few stay within 64 bits.  */
#define PAGES_MAX ((int64_t) 1 << 52)
#define COUNT_MAX (INT64_MAX >> 8)

/* One instruction of a block.  */
struct block_step {
   uint16_t dr, dw;
   uint8_t length_bytes, ir;
};

struct block {
   uint32_t object;
   uint64_t offset;
   size_t first_step, n_steps;
   int64_t n_executed;
};

/* Where what an id of the file stands for is in the profile.  */
struct profile_ids {
   uint32_t *positions;         /* of the ids 1 to n */
   size_t n, capacity;
   struct vmt_keymap others;
};

/* VMT_KEYMAP_NONE when the id, which is not 0, is not defined.  */
uint32_t profile_ids_find(const struct profile_ids *ids, uint64_t id);

/* False when the id is defined already.  */
bool profile_ids_define(struct profile_ids *ids, uint64_t id, uint32_t position);
void profile_ids_free(struct profile_ids *ids);

/* Ids of the file being read, and what is kept until its end.  */
struct profile_reader {
   struct vmt_profile *profile;
   struct vmt_profile_run *run;
   uint32_t run_position;
   const char *path;
   struct profile_ids objects, frames, stacks, areas, blocks, sites;
   size_t first_site, first_charge, first_instr;        /* of the profile's, the
                                                           file's own from there on */
   struct vmt_keymap phases;    /* by name */
   bool skips;                  /* additions: the phase asked for is not open */
   struct block *block_array;
   struct block_step *steps;
   size_t n_blocks, block_capacity, n_steps, step_capacity;
};

/* Records as numbers: all that parsers hand on.  */
struct profile_frame_record {
   int64_t id, object, offset;
};

struct profile_stack_record {
   int64_t id, frame, parent;
   bool cut;
};

struct profile_count {
   int event;
   int64_t number;
};

struct profile_counts {         /* of each event at most one */
   struct profile_count list[VMT_EVENTS_MAX];
   size_t n;
};

struct profile_charge_record {
   int64_t stack, area, thread;
   uint32_t site;               /* its position; 0: none */
   struct profile_counts counts;
};

struct profile_block_record {   /* its steps are beyond reader->n_steps */
   int64_t id, object, offset;
   size_t n_steps;
};

/* All of these return 0, or -1 after profile_complain.  */
int profile_complain(struct profile_reader *reader, const char *format, ...)
   __attribute__((format(printf, 2, 3)));

/* A record whose first member's name is `kind`.  */
int profile_read_header(struct profile_reader *reader, json_t *record);
int profile_read_record(struct profile_reader *reader, const char *kind,
                        json_t *record);
int profile_read_charge(struct profile_reader *reader, json_t *record);
int profile_read_excluded(struct profile_reader *reader, json_t *record);
int profile_read_block(struct profile_reader *reader, json_t *record);
int profile_read_exec(struct profile_reader *reader, json_t *record);
int profile_read_access(struct profile_reader *reader, json_t *record);
int profile_read_curve(struct profile_reader *reader, json_t *record);
int profile_read_distances(struct profile_reader *reader, json_t *record);
int profile_read_peak_owners(struct profile_reader *reader, json_t *record);
int profile_read_idle(struct profile_reader *reader, json_t *record);
int profile_read_oom(struct profile_reader *reader, json_t *record);
int profile_read_evicted(struct profile_reader *reader, json_t *record);
int profile_read_process(struct profile_reader *reader, json_t *record);
int profile_read_fork(struct profile_reader *reader, json_t *record);
int profile_read_gone(struct profile_reader *reader, json_t *record);
int profile_read_copies(struct profile_reader *reader, json_t *record);
int profile_read_resident(struct profile_reader *reader, json_t *record);
int profile_read_tree(struct profile_reader *reader, json_t *record);
int profile_read_cache_of(struct profile_reader *reader, json_t *record);
int profile_read_heap(struct profile_reader *reader, json_t *record);
int profile_read_heap_totals(struct profile_reader *reader, json_t *record);
int profile_read_heap_pages(struct profile_reader *reader, json_t *record);
int profile_read_site(struct profile_reader *reader, json_t *record);
int profile_read_windows(struct profile_reader *reader, json_t *record);
/* Whether a kind of record says nothing of one phase alone.  */
bool profile_is_timeless(const char *kind);
int profile_read_phase(struct profile_reader *reader, json_t *record);
int profile_read_phases(struct profile_reader *reader, json_t *record);
/* Where the sizes of a record go that is of the last snapshot; NULL: it is none.  */
struct vmt_resident *profile_resident_of_snapshot(struct profile_reader *reader,
                                                  const json_t *resident);
int profile_read_snapshot(struct profile_reader *reader, json_t *record);
int profile_read_counting(struct profile_reader *reader, json_t *record);
int profile_read_reset(struct profile_reader *reader, json_t *record);
int profile_read_thread(struct profile_reader *reader, json_t *record);
int profile_read_first_touch(struct profile_reader *reader, json_t *record);
int profile_read_timeline(struct profile_reader *reader, json_t *record);

int profile_add_frame(struct profile_reader *reader,
                      const struct profile_frame_record *frame);
int profile_add_stack(struct profile_reader *reader,
                      const struct profile_stack_record *stack);
int profile_add_charge(struct profile_reader *reader,
                       const struct profile_charge_record *charge);
int profile_add_distance(struct profile_reader *reader, uint32_t position,
                         int64_t bucket, int64_t n);
int profile_add_block(struct profile_reader *reader,
                      const struct profile_block_record *block);
int profile_add_exec(struct profile_reader *reader, int64_t block, int64_t n);

/* Makes room for reader->steps[reader->n_steps + i], all before being there.  */
void profile_reserve_step(struct profile_reader *reader, size_t i);

/* A line that is a record of the most frequent kinds in the tool's own form: 1
   when it was read, 0 when it is another line, -1 after profile_complain.  */
int profile_scan_record(struct profile_reader *reader, const char *line,
                        size_t n_bytes);

/* The program went on: execve failed after all.  */
void profile_take_back_end(struct profile_reader *reader);

/* Sorts instrs and adds up those that are alike.  */
void profile_merge_instrs(struct vmt_profile *profile);

/* Turns executed blocks into instrs.  */
int profile_expand_blocks(struct profile_reader *reader);

/* At the end of the file: what the sites say, as events of the run; before that, from
   which of them the allocator was called.  */
int profile_take_heap(struct profile_reader *reader);
int profile_find_calls(struct profile_reader *reader);

/* Helpers: an integer in [least, most], and one that is a number already; an id
   of this file as a position (0 is 0 where zero_is_none), and one that is a
   number already; the position that a new id is to have; an addition; an event's
   position by its name; an object's events; the position of a charge on no site's
   memory, which is made if it is new.  */
int profile_integer(struct profile_reader *reader, const json_t *value,
                    const char *what, int64_t least, int64_t most,
                    int64_t *number);
int profile_bounds(struct profile_reader *reader, const char *what, int64_t least,
                   int64_t most, int64_t number);
int profile_position(struct profile_reader *reader, const struct profile_ids *ids,
                     int64_t id, const char *what, bool zero_is_none,
                     uint32_t *position);
int profile_id(struct profile_reader *reader, const struct profile_ids *ids,
               const json_t *value, const char *what, bool zero_is_none,
               uint32_t *position);
int profile_define(struct profile_reader *reader, struct profile_ids *ids,
                   const json_t *value, const char *what, size_t position);
int profile_add(struct profile_reader *reader, int64_t *to, int64_t number);
int profile_event(struct profile_reader *reader, const char *name, int *event);
int profile_read_counts(struct profile_reader *reader, json_t *events,
                        struct profile_counts *counts);

/* Adds the counts to the vector, with the sums of kinds.  */
int profile_sum_counts(struct profile_reader *reader,
                       const struct profile_counts *counts, int64_t *vector);
int profile_charge_position(struct profile_reader *reader, int64_t of_stack,
                            int64_t of_area, int64_t thread, uint32_t *position);

/* A member of an object, from 0 to most; the numbers of an array that has just so
   many; whose pages, in place of the owners that there are.  */
int profile_member(struct profile_reader *reader, const json_t *object,
                   const char *name, int64_t most, int64_t *number);
int profile_numbers(struct profile_reader *reader, const json_t *array,
                    const char *what, size_t n, int64_t most, int64_t *list);
int profile_read_owners(struct profile_reader *reader, const json_t *list,
                        const char *what, struct vmt_page_owners *owners);

/* The numbers of a `resident` record's object.  */
int profile_take_resident(struct profile_reader *reader, const json_t *from,
                          struct vmt_resident *to);

/* What the header's settings say of the machine's memory.  */
void profile_take_limit(const json_t *settings, struct vmt_limit *limit);

/* Whether a name can be a column's: no name of an event needs more.  */
bool profile_plain_name(const char *name);

#endif
