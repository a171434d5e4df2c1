#include "tests/areas/native_cases.h"

#include <sys/mman.h>

#include "tests/areas/native_pair.h"

static uint64_t
at(unsigned page)
{
   return native_start + page * PAGE;
}

static void
map_pages(unsigned first, unsigned end, bool wipe)
{
   struct vmt_area area = {.start = at(first), .end = at(end),
                           .flags = VMT_AREA_READ | VMT_AREA_WRITE};

   native_note("mmap pages %u..%u", first, end);
   native_map(&area);
   if (wipe)
      native_advise(at(first), at(end), MADV_WIPEONFORK, 0, VMT_AREA_WIPEONFORK);
}

static void
protect_page(unsigned page, int prot)
{
   native_note("mprotect page %u prot %d", page, prot);
   native_protect(at(page), at(page + 1), prot);
}

static void
move_page(unsigned from, unsigned to)
{
   native_note("mremap page %u to %u", from, to);
   native_move(at(from), PAGE, at(to), PAGE, false);
}

/* Of three areas the middle one, which only mprotect keeps apart, takes the
   frames of the one above.  */
static void
check_lending(void)
{
   native_start_again();
   map_pages(1, 4, false);
   protect_page(2, PROT_READ | PROT_WRITE | PROT_EXEC);
   native_touch(at(1));
   native_touch(at(3));
   native_touch(at(2));
   protect_page(2, PROT_READ | PROT_WRITE);
}

/* Areas that became alike by other means than an operation on them stay apart,
   also under an mprotect that changes nothing: here 3, emptied by
   MREMAP_DONTUNMAP.  */
static void
check_left_alone(void)
{
   native_start_again();
   map_pages(1, 2, false);
   map_pages(3, 4, false);
   native_touch(at(1));
   native_touch(at(3));
   map_pages(2, 3, false);
   native_note("mremap page 3 to 9 DONTUNMAP");
   native_move(at(3), PAGE, at(9), PAGE, true);
   native_note("mprotect pages 1..4 to what they are");
   native_protect(at(1), at(4), PROT_READ | PROT_WRITE);
   protect_page(3, PROT_READ);
   protect_page(3, PROT_READ | PROT_WRITE);
}

/* In the child pages 1 and 2 have frames of their own; 4 and 5 are as if never
   touched, and merge with frames of any kind; the copy of 8, which was
   inherited, does not take in 9.  */
static void
after_fork(void)
{
   protect_page(2, PROT_READ | PROT_WRITE);
   map_pages(6, 7, false);
   native_touch(at(6));
   native_note("madvise page 6 WIPEONFORK");
   native_advise(at(6), at(7), MADV_WIPEONFORK, 0, VMT_AREA_WIPEONFORK);
   move_page(8, 12);
   map_pages(9, 10, false);
   protect_page(7, PROT_NONE);
   move_page(12, 8);
}

static void
check_forks(void)
{
   native_start_again();
   map_pages(1, 3, false);
   native_touch(at(1));
   protect_page(2, PROT_READ);
   map_pages(4, 6, true);
   native_touch(at(4));
   map_pages(7, 9, false);
   native_touch(at(7));
   native_touch(at(8));
   native_run_both(after_fork, after_fork);
}

/* The kernel keeps a gap below what grows down, so this needs room.  */
static void
check_growing_down(void)
{
   enum { ROOM_PAGES = 1024 };
   uint64_t top;
   struct vmt_area stack = {.flags = VMT_AREA_READ | VMT_AREA_WRITE
                                     | VMT_AREA_GROWSDOWN};

   vmt_areas_free(&native_areas);
   native_set_up(ROOM_PAGES);
   top = native_end - PAGE;
   stack.start = top - PAGE;
   stack.end = top;
   native_note("mmap GROWSDOWN");
   native_map(&stack);
   for (unsigned n_pages = 2; n_pages < 9; n_pages += n_pages - 1) {
      native_note("growing down to %u pages", n_pages);
      native_grow_down(top - n_pages * PAGE);
   }
   /* Its offset fell with it: a page of it put back merges.  */
   native_note("mmap one of its pages");
   stack.start = top - 4 * PAGE;
   stack.end = top - 3 * PAGE;
   native_map(&stack);
   /* It has an anon_vma, although nothing wrote to it: it stays accounted.  */
   native_note("mprotect its upper page");
   native_protect(top - PAGE, top, PROT_READ);
}

void
native_check_cases(void)
{
   check_lending();
   check_left_alone();
   check_forks();
   check_growing_down();
}
