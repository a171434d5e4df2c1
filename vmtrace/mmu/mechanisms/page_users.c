#include "vmtrace/mmu/mechanisms/page_users.h"

/* ---- life ---- */

void
vmt_misplaced_init(struct vmt_misplaced_sums *sums)
{
   vmt_hashmap_init(&sums->ids, "misplaced");
   vmt_vector_init(&sums->sums, "misplaced", sizeof(struct vmt_misplaced));
   sums->n_pages = 0;
}

void
vmt_misplaced_free(struct vmt_misplaced_sums *sums)
{
   vmt_hashmap_free(&sums->ids);
   vmt_vector_free(&sums->sums);
}

enum vmt_status
vmt_page_users_init(struct vmt_page_users *users)
{
   vmt_hashmap_init(&users->pages, "page users");
   vmt_vector_init(&users->users, "page users", sizeof(struct vmt_page_user));
   vmt_misplaced_init(&users->left);
   users->free = 0;
   return vmt_vector_push(&users->users) != NULL ? VMT_OK : VMT_NO_MEMORY;
}

void
vmt_page_users_free(struct vmt_page_users *users)
{
   vmt_hashmap_free(&users->pages);
   vmt_vector_free(&users->users);
   vmt_misplaced_free(&users->left);
}

/* ---- users ---- */

static struct vmt_page_user *
user_at(const struct vmt_page_users *users, uint32_t index)
{
   return vmt_vector_at(&users->users, index);
}

/* The index of a new one; 0: no memory.  */
static uint32_t
take_user(struct vmt_page_users *users)
{
   uint32_t index = users->free;

   if (index != 0) {
      users->free = user_at(users, index)->next;
      return index;
   }
   return vmt_vector_push(&users->users) != NULL ? users->users.n_records - 1 : 0;
}

enum vmt_status
vmt_page_users_note(struct vmt_page_users *users, vmt_vpn page, uint32_t thread,
                    uint32_t window)
{
   struct vmt_page_user *user;
   uint32_t index;
   uint64_t *first;

   if (vmt_hashmap_put(&users->pages, page, &first) != VMT_OK)
      return VMT_NO_MEMORY;
   for (index = (uint32_t)*first; index != 0; index = user->next) {
      user = user_at(users, index);
      if (user->thread != thread)
         continue;
      user->n_windows += user->last_window != window;
      user->last_window = window;
      return VMT_OK;
   }
   index = take_user(users);
   if (index == 0)
      return VMT_NO_MEMORY;
   *user_at(users, index) = (struct vmt_page_user){(uint32_t)*first, window, 1, thread};
   *first = index;
   return VMT_OK;
}

enum vmt_status
vmt_page_users_move(struct vmt_page_users *users, vmt_vpn from, vmt_vpn to)
{
   const uint64_t *old = vmt_hashmap_find(&users->pages, from);
   uint64_t first, *new;

   if (old == NULL)
      return VMT_OK;
   first = *old;
   vmt_hashmap_delete(&users->pages, from);
   if (vmt_hashmap_put(&users->pages, to, &new) != VMT_OK)
      return VMT_NO_MEMORY;
   *new = first;
   return VMT_OK;
}

bool
vmt_page_users_next(const struct vmt_page_users *users, uint64_t *cursor, vmt_vpn *page)
{
   const struct vmt_hashmap_slot *slot = vmt_hashmap_next(&users->pages, cursor);

   if (slot == NULL)
      return false;
   *page = slot->key;
   return true;
}

uint32_t
vmt_page_users_count(const struct vmt_page_users *users, vmt_vpn page, uint32_t thread)
{
   const uint64_t *first = vmt_hashmap_find(&users->pages, page);
   uint32_t index = first != NULL ? (uint32_t)*first : 0;

   for (; index != 0; index = user_at(users, index)->next)
      if (user_at(users, index)->thread == thread)
         return user_at(users, index)->n_windows;
   return 0;
}

/* ---- sums ---- */

/* Of one page: who used it most, and the numbers of struct vmt_misplaced.  */
static struct vmt_misplaced
look_at(const struct vmt_page_users *users, uint32_t index, uint32_t charge,
        uint32_t thread)
{
   struct vmt_misplaced page = {.charge = charge, .by = thread, .n_pages = 1};
   const struct vmt_page_user *user;
   uint32_t i;

   for (i = index; i != 0; i = user->next) {
      user = user_at(users, i);
      page.n_all += user->n_windows;
      if (user->thread == thread)
         page.n_own = user->n_windows;
   }
   page.n_by = page.n_own;
   for (i = index; i != 0; i = user->next) {
      user = user_at(users, i);
      if (user->n_windows > page.n_by ||
          (user->n_windows == page.n_by && page.by != thread && user->thread < page.by)) {
         page.by = user->thread;
         page.n_by = user->n_windows;
      }
   }
   return page;
}

static enum vmt_status
add(struct vmt_misplaced_sums *sums, const struct vmt_misplaced *page, uint32_t thread)
{
   struct vmt_misplaced *sum;
   uint64_t *index;

   sums->n_pages++;
   if (page->by == thread)
      return VMT_OK;
   if (vmt_hashmap_put(&sums->ids, (uint64_t)page->charge << 16 | page->by, &index) !=
       VMT_OK)
      return VMT_NO_MEMORY;
   if (*index == 0) {
      sum = vmt_vector_push(&sums->sums);
      if (sum == NULL)
         return VMT_NO_MEMORY;
      sum->charge = page->charge;
      sum->by = page->by;
      *index = sums->sums.n_records;
   }
   sum = vmt_vector_at(&sums->sums, (uint32_t)*index - 1);
   sum->n_pages += page->n_pages;
   sum->n_own += page->n_own;
   sum->n_by += page->n_by;
   sum->n_all += page->n_all;
   return VMT_OK;
}

enum vmt_status
vmt_page_users_add(const struct vmt_page_users *users, vmt_vpn page, uint32_t charge,
                   uint32_t thread, struct vmt_misplaced_sums *sums)
{
   const uint64_t *first = vmt_hashmap_find(&users->pages, page);
   struct vmt_misplaced of_page;

   if (first == NULL || charge == 0)
      return VMT_OK;
   of_page = look_at(users, (uint32_t)*first, charge, thread);
   return add(sums, &of_page, thread);
}

enum vmt_status
vmt_page_users_leave(struct vmt_page_users *users, vmt_vpn page, uint32_t charge,
                     uint32_t thread)
{
   const uint64_t *first = vmt_hashmap_find(&users->pages, page);
   enum vmt_status status;
   uint32_t index;

   if (first == NULL)
      return VMT_OK;
   status = vmt_page_users_add(users, page, charge, thread, &users->left);
   for (index = (uint32_t)*first; index != 0;) {
      uint32_t next = user_at(users, index)->next;

      user_at(users, index)->next = users->free;
      users->free = index;
      index = next;
   }
   vmt_hashmap_delete(&users->pages, page);
   return status;
}
