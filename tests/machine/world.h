/* Several machines with one limited memory, in one process: a file and an object of memory
   that all know, and places that live as long as `alive` says.  */

#ifndef TESTS_MACHINE_WORLD_H
#define TESTS_MACHINE_WORLD_H

#include "vmtrace/mmu/machine/machine.h"

#define N_MACHINES 4
#define N_PAGES 160                     /* of each address space */
#define BASE ((vmt_vpn)0x40000 - 60)
#define OBJECT_PAGES 64
#define ROOM_BYTES ((size_t)64 << 20)
#define RW (VMT_AREA_READ | VMT_AREA_WRITE)

enum { A_FILE = 1, A_MEMORY };

extern const struct vmt_common_limits limits;
extern struct vmt_common *common;
extern struct vmt_memory *room;
extern uint64_t alive, tick;            /* alive: bits by place */

extern struct space {
   struct vmt_machine machine;
   bool is_there;
   uint32_t place;
} spaces[N_MACHINES];

static inline vmt_addr
addr_of(uint64_t page)
{
   return (BASE + page) << VMT_PAGE_SHIFT;
}

/* One that nobody has, entered.  */
uint32_t new_place(void);

void map_pages(struct space *space, uint64_t start, uint64_t end, uint32_t flags,
               enum vmt_backing backing, uint64_t object);

void begin_space(struct space *space, const struct vmt_settings *settings);

/* Orderly, or without a word.  */
void end_space(struct space *space, bool killed);

void open_world(void);
void close_world(void);

void charge_space(struct space *space, struct vmt_outcome *outcome);

#endif
