#include "vmtrace/host/first_touch.h"

#include <stdlib.h>

#include "vmtrace/host/blame.h"
#include "vmtrace/host/memory.h"

void
vmt_first_touch_free(struct vmt_first_touch *first)
{
   free(first->list);
}

int64_t
vmt_misplaced_pages(const struct vmt_first_touch *first)
{
   int64_t pages = 0;

   for (size_t i = 0; i < first->n; i++)
      pages = vmt_wrapping_sum(pages, first->list[i].pages);
   return pages;
}

/* ---- the table ---- */

/* While it is made: rows and users as they come up.  */
struct making {
   struct vmt_first_touch_table *table;
   struct vmt_keymap rows, users;
   size_t row_capacity, user_capacity;
};

static uint32_t
row_of(struct making *making, uint32_t place, uint32_t run, uint32_t thread)
{
   struct vmt_first_touch_table *table = making->table;
   bool added;
   uint32_t row = vmt_keymap_intern(&making->rows, (uint64_t) place << 32 | thread, run,
                                    (uint32_t) table->n_rows, &added);

   if (added) {
      table->rows = vmt_grow(table->rows, table->n_rows, &making->row_capacity,
                             sizeof *table->rows);
      table->rows[table->n_rows++] = (struct vmt_first_touch_row){
         .place = place, .run = run, .thread = thread
      };
   }
   return row;
}

static struct vmt_first_touch_user *
user_of(struct making *making, uint32_t row, uint32_t thread)
{
   struct vmt_first_touch_table *table = making->table;
   bool added;
   uint32_t user = vmt_keymap_intern(&making->users, row, thread,
                                     (uint32_t) table->n_users, &added);

   if (added) {
      table->users = vmt_grow(table->users, table->n_users, &making->user_capacity,
                              sizeof *table->users);
      table->users[table->n_users++] = (struct vmt_first_touch_user){ row, thread, 0, 0 };
   }
   return &table->users[user];
}

static void
add(struct making *making, const struct vmt_profile *profile,
    const struct vmt_blame *blame, uint32_t run, const struct vmt_misplaced *misplaced)
{
   const struct vmt_profile_charge *charge = &profile->charges[misplaced->charge];
   uint32_t at = row_of(making, vmt_blame_place(blame, charge->stack), run,
                        charge->thread);
   struct vmt_first_touch_row *row = &making->table->rows[at];
   struct vmt_first_touch_user *user = user_of(making, at, misplaced->by);

   row->pages = vmt_wrapping_sum(row->pages, misplaced->pages);
   row->own_uses = vmt_wrapping_sum(row->own_uses, misplaced->own_uses);
   row->uses = vmt_wrapping_sum(row->uses, misplaced->uses);
   user->pages = vmt_wrapping_sum(user->pages, misplaced->pages);
   user->uses = vmt_wrapping_sum(user->uses, misplaced->by_uses);
}

static int
compare_rows(const void *a, const void *b)
{
   const struct vmt_first_touch_row *x = a, *y = b;

   if (x->pages != y->pages)
      return x->pages > y->pages ? -1 : 1;
   if (x->run != y->run)
      return x->run < y->run ? -1 : 1;
   if (x->thread != y->thread)
      return x->thread < y->thread ? -1 : 1;
   return x->place < y->place ? -1 : x->place > y->place;
}

static int
compare_users(const void *a, const void *b)
{
   const struct vmt_first_touch_user *x = a, *y = b;

   if (x->row != y->row)
      return x->row < y->row ? -1 : 1;
   if (x->pages != y->pages)
      return x->pages > y->pages ? -1 : 1;
   return x->thread < y->thread ? -1 : x->thread > y->thread;
}

/* Users lie together by the rows' numbers as they came up.  */
static void
put_in_order(struct vmt_first_touch_table *table)
{
   qsort(table->users, table->n_users, sizeof *table->users, compare_users);
   for (size_t i = 0; i < table->n_users; i++) {
      struct vmt_first_touch_row *row = &table->rows[table->users[i].row];

      if (row->n_users++ == 0)
         row->first_user = i;
   }
   qsort(table->rows, table->n_rows, sizeof *table->rows, compare_rows);
}

void
vmt_first_touch_table_init(struct vmt_first_touch_table *table,
                           const struct vmt_profile *profile,
                           const struct vmt_blame *blame)
{
   struct making making = { .table = table };

   *table = (struct vmt_first_touch_table){ .n_rows = 0 };
   for (uint32_t run = 0; run < profile->n_runs; run++)
      for (size_t i = 0; i < profile->runs[run].first_touch.n; i++)
         add(&making, profile, blame, run, &profile->runs[run].first_touch.list[i]);
   if (table->n_rows)
      put_in_order(table);
   vmt_keymap_free(&making.rows);
   vmt_keymap_free(&making.users);
}

void
vmt_first_touch_table_free(struct vmt_first_touch_table *table)
{
   free(table->rows);
   free(table->users);
}
