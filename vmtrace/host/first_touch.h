/* Pages that one thread touched first and others use: docs/THREADS.md.

   The numbers are of threads of one image of a process.  A use of a page by a thread is
   a window of the working set in which it accessed the page.  */

#ifndef VMT_HOST_FIRST_TOUCH_H
#define VMT_HOST_FIRST_TOUCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vmt_blame;
struct vmt_profile;

/* Pages that the charge's thread touched first and thread `by` used most; how often
   they did, and all threads together.  */
struct vmt_misplaced {
   uint32_t charge, by;
   int64_t pages, own_uses, by_uses, uses;
};

/* Of a run.  */
struct vmt_first_touch {
   bool is_known;               /* there was a second thread */
   int64_t window_instrs;
   int64_t pages;               /* that were used while there was one */
   struct vmt_misplaced *list;
   size_t n;
};

void vmt_first_touch_free(struct vmt_first_touch *first);

/* Pages that another thread used most than the one that touched them first.  */
int64_t vmt_misplaced_pages(const struct vmt_first_touch *first);

/* A line and the thread that it ran on; the threads that used its pages most are
   [first_user, first_user + n_users) of the table's, by the number of pages.  */
struct vmt_first_touch_row {
   uint32_t place, run, thread;
   int64_t pages, own_uses, uses;
   size_t first_user, n_users;
};

struct vmt_first_touch_user {
   uint32_t row, thread;
   int64_t pages, uses;
};

/* Rows with most pages first.  */
struct vmt_first_touch_table {
   struct vmt_first_touch_row *rows;
   struct vmt_first_touch_user *users;
   size_t n_rows, n_users;
};

void vmt_first_touch_table_init(struct vmt_first_touch_table *table,
                                const struct vmt_profile *profile,
                                const struct vmt_blame *blame);
void vmt_first_touch_table_free(struct vmt_first_touch_table *table);

#endif
