/* vmt_areas and the running kernel side by side, for one region of this
   process: an operation is done to both, and then the kernel's list of VMAs must
   be the one that vmt_areas has.  */

#ifndef VMT_TESTS_AREAS_NATIVE_PAIR_H
#define VMT_TESTS_AREAS_NATIVE_PAIR_H

#include <stdbool.h>
#include <stdint.h>

#include "vmtrace/mmu/mechanisms/areas.h"

enum { PAGE = 4096 };

/* There is one pair in a program.  */
extern struct vmt_areas native_areas;
extern uint64_t native_start, native_end;
extern uint64_t native_seed;             /* only to be printed */

/* A region of n_pages pages, none mapped, with a page of shared memory on each
   side, which merges with nothing.  */
void native_set_up(unsigned n_pages);

/* Maps the whole region without any right, as one area, and forgets what was
   done and the shared anonymous memory.  */
void native_start_again(void);

/* An object for struct vmt_area: an open file of n_pages pages, or with a
   negative fd anonymous memory that has yet to be mapped.  */
uint64_t native_new_object(int fd, uint64_t n_pages);

/* Says what comes next, for the report of a failure.  */
void native_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Ends the program with status 1 after printing both lists and what was done.  */
void native_fail(const char *what) __attribute__((noreturn));

unsigned native_page(uint64_t addr);     /* number in the region */

/* Each does one thing to both, compares, and fails when the two disagree.  The
   kernel's walks over several areas stop at a hole, and so do protect, lock and
   advise.  */
void native_map(const struct vmt_area *area);
void native_unmap(uint64_t start, uint64_t end);
void native_protect(uint64_t start, uint64_t end, int prot);
void native_lock(uint64_t start, uint64_t end, bool lock);
void native_advise(uint64_t start, uint64_t end, int advice, uint32_t clear,
                   uint32_t set);
void native_move(uint64_t from, uint64_t old_bytes, uint64_t to,
                 uint64_t new_bytes, bool keep_old);
void native_touch(uint64_t addr);        /* a write if allowed, else a read */
void native_grow_down(uint64_t to);      /* of the lowest area */

/* Forks, and goes on in the child with one function and here with the other.
   Ends the program with the child's status if that is not 0.  */
void native_run_both(void (*in_child)(void), void (*in_parent)(void));

#endif
