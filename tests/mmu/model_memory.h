/* A memory of n frames as one would write it down for each replacement
   policy: an array of frames, searched from one end to the other for
   everything.

   It includes nothing of the code it checks.  Time is the number of the
   event.  Of the free frames the one freed last is taken, or the lowest that
   was never in use.  OPT reads the future anew at each fault; random has its
   own splitmix64.  */

#ifndef TESTS_MMU_MODEL_MEMORY_H
#define TESTS_MMU_MODEL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#define MODEL_MEMORY_FRAMES 64
#define MODEL_NO_PAGE (~(uint64_t)0)

enum model_replacement {
   MODEL_REPLACE_LRU,
   MODEL_REPLACE_CLOCK,
   MODEL_REPLACE_FIFO,
   MODEL_REPLACE_RANDOM,
   MODEL_REPLACE_OPT
};

struct model_event {
   uint64_t page;
   bool remove, write;
};

struct model_memory {
   enum model_replacement policy;
   uint32_t n_frames;
   struct {
      uint64_t page;                    /* MODEL_NO_PAGE: free */
      uint64_t loaded, used, freed;     /* when */
      bool referenced, dirty;
   } frames[MODEL_MEMORY_FRAMES];
   uint64_t now;
   uint32_t hand;
   uint64_t random;
   const struct model_event *future;    /* OPT: event `now` of it comes next */
   uint64_t n_future;
};

struct model_touch {
   bool hit, evicts, victim_dirty;
   uint32_t frame;
   uint64_t victim;
};

/* future, n_future: for OPT.  seed: for random.  */
void model_memory_init(struct model_memory *memory,
                       enum model_replacement policy, uint32_t n_frames,
                       uint64_t seed, const struct model_event *future,
                       uint64_t n_future);
struct model_touch model_memory_touch(struct model_memory *memory, uint64_t page,
                                      bool write);
void model_memory_remove(struct model_memory *memory, uint64_t page);
bool model_memory_holds(const struct model_memory *memory, uint64_t page);

#endif
