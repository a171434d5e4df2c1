/* The only door out of the simulated machine: memory, what other processes do to
   memory that they share and whether they live, and the end of the world.

   The program that embeds the machine (the Valgrind tool, a host command, a
   test) fills in a struct vmt_port and hands it to vmt_port_set() before
   anything else.  alloc returns NULL when there is no memory; the block is not
   cleared; `what` names the owner for the embedder's own accounting.  look tells
   which pages of shared memory there are; is_alive, whether a place in what the
   processes of a run have in common (mechanisms/common.h) is still some process's;
   pause lets others run: these three may be NULL.  fatal does not return.  */

#ifndef VMT_MMU_BASE_PORT_H
#define VMT_MMU_BASE_PORT_H

#include "vmtrace/mmu/base/types.h"

struct vmt_port {
   void *(*alloc)(const char *what, size_t bytes);
   void (*free)(void *block);
   bool (*look)(uint64_t addr, uint32_t n_pages, uint8_t *there);
   bool (*is_alive)(uint32_t place);
   void (*pause)(void);
   void (*fatal)(const char *file, int line, const char *condition,
                 uint64_t left, uint64_t right) __attribute__((noreturn));
};

void vmt_port_set(const struct vmt_port *port);

void *vmt_alloc(const char *what, size_t bytes);
void *vmt_alloc_zeroed(const char *what, size_t bytes);
void vmt_free(void *block);                    /* NULL is allowed */

/* Whether each of the n_pages 4 KiB pages from addr on, which is mapped shared, is in
   memory: 0 or 1 each.  false: that cannot be told.  */
bool vmt_look(uint64_t addr, uint32_t n_pages, uint8_t *there);

bool vmt_is_alive(uint32_t place);             /* true where that cannot be told */
void vmt_pause(void);

/* memcpy, memmove and memset are all that mmu/ may ask of its surroundings
   besides the port; a compiler calls them by itself.  */
void *memcpy(void *to, const void *from, size_t bytes);
void *memmove(void *to, const void *from, size_t bytes);
void *memset(void *to, int value, size_t bytes);

#endif
