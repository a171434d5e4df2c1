/* Which threads use which pages, and what that comes to for who first touched them.

   Model.  A use is a window of the working set (a number that never falls) in which a
   thread accessed a page at least once, so a thread has as many uses of a page as there
   are such windows.  A page is known from its first use until it leaves; what it was
   used for then goes to the sums, under the charge that owns it, if another thread than
   the owner's used it most.  Among equals the owner's thread has it, then the lowest
   number.

   Pages are page numbers, threads numbers below 65536, charges the caller's.  Owns its
   tables.

   Cost: 24 to 48 bytes a page that is there, 16 a thread that used it; O(1) expected a
   note for a page of few threads, O(their number) for others.  */

#ifndef VMT_MMU_MECHANISMS_PAGE_USERS_H
#define VMT_MMU_MECHANISMS_PAGE_USERS_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"

struct vmt_page_user {
   uint32_t next;                       /* index of the page's next one, 0: last */
   uint32_t last_window, n_windows;
   uint32_t thread;
};

/* Pages of one charge that thread `by` used most, which is not the charge's: in how many
   windows the charge's own thread did, that one, and all together.  */
struct vmt_misplaced {
   uint32_t charge, by;
   uint64_t n_pages, n_own, n_by, n_all;
};

struct vmt_misplaced_sums {
   struct vmt_hashmap ids;              /* charge << 16 | by -> index */
   struct vmt_vector sums;              /* struct vmt_misplaced */
   uint64_t n_pages;                    /* all, the others too */
};

struct vmt_page_users {
   struct vmt_hashmap pages;            /* page -> index of its first user */
   struct vmt_vector users;             /* 0 is none */
   uint32_t free;                       /* users that are not in use, linked; 0: none */
   struct vmt_misplaced_sums left;      /* pages that have left */
};

void vmt_misplaced_init(struct vmt_misplaced_sums *sums);
void vmt_misplaced_free(struct vmt_misplaced_sums *sums);

enum vmt_status vmt_page_users_init(struct vmt_page_users *users);
void vmt_page_users_free(struct vmt_page_users *users);

/* The thread accessed the page in the window.  */
enum vmt_status vmt_page_users_note(struct vmt_page_users *users, vmt_vpn page,
                                    uint32_t thread, uint32_t window);

/* The page leaves; it is charge's, of thread.  charge 0: nobody's, and in no sum.  */
enum vmt_status vmt_page_users_leave(struct vmt_page_users *users, vmt_vpn page,
                                     uint32_t charge, uint32_t thread);

/* It goes to another place, where none is known.  */
enum vmt_status vmt_page_users_move(struct vmt_page_users *users, vmt_vpn from,
                                    vmt_vpn to);

/* The next page that is there, from *cursor on, which starts at 0; false: none.  */
bool vmt_page_users_next(const struct vmt_page_users *users, uint64_t *cursor,
                         vmt_vpn *page);

/* Adds a page that is there to sums, as if it left.  */
enum vmt_status vmt_page_users_add(const struct vmt_page_users *users, vmt_vpn page,
                                   uint32_t charge, uint32_t thread,
                                   struct vmt_misplaced_sums *sums);

/* In how many windows the thread used the page.  */
uint32_t vmt_page_users_count(const struct vmt_page_users *users, vmt_vpn page,
                              uint32_t thread);

#endif
