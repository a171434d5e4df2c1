/* What a profile says of the threads of one image of a process, besides what is
   charged to them.

   A thread's number counts from 1, in the order in which threads began; a late one may
   share that of one that had ended.  Its start is the outermost function of its call
   stacks that is the program's own: what pthread_create was given, main, the body of a
   parallel region, wherever a thread of a library calls the program.  */

#ifndef VMT_HOST_THREADS_H
#define VMT_HOST_THREADS_H

#include <stddef.h>
#include <stdint.h>

struct vmt_blame;
struct vmt_profile;

/* No tool numbers them higher.  */
#define VMT_THREADS_MAX UINT16_MAX

struct vmt_thread {
   int64_t core;                /* from 0 */
   int64_t n_threads;           /* that had the number, one after another; 0: nothing
                                   is known */
   int64_t instrs;
   int64_t shot;                /* shootdowns that reached its core */
   char *name;                  /* as the kernel knows it; NULL: the program set none */
};

struct vmt_threads {
   struct vmt_thread *list;     /* by number */
   size_t n, capacity;
};

void vmt_threads_free(struct vmt_threads *threads);

/* NULL: nothing is known.  */
const struct vmt_thread *vmt_thread_find(const struct vmt_threads *threads,
                                         uint32_t number);

/* The places where threads start.  */
struct vmt_thread_starts {
   uint32_t *places;
   size_t *first;               /* of each run's threads in places */
};

/* The blame must have whole_stacks.  */
void vmt_thread_starts_init(struct vmt_thread_starts *starts,
                            const struct vmt_profile *profile,
                            const struct vmt_blame *blame);
void vmt_thread_starts_free(struct vmt_thread_starts *starts);

/* The place, its line that of the last call; 0: not known.  */
uint32_t vmt_thread_start(const struct vmt_thread_starts *starts, uint32_t run,
                          uint32_t number);

#endif
