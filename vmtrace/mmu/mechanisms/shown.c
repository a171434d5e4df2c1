#include "vmtrace/mmu/mechanisms/shown.h"

#include "vmtrace/mmu/base/assert.h"

enum vmt_status
vmt_shown_init(struct vmt_shown *shown)
{
   return vmt_shown_init_in(shown, NULL);
}

enum vmt_status
vmt_shown_init_in(struct vmt_shown *shown, struct vmt_arena *arena)
{
   vmt_hashmap_init_in(&shown->by_vpn, arena, "shown by page");
   vmt_hashmap_init_in(&shown->by_name, arena, "shown by name");
   vmt_vector_init_in(&shown->links, arena, "shown links",
                      sizeof(struct vmt_shown_link));
   shown->first_free = VMT_SHOWN_NONE;
   return vmt_vector_push(&shown->links) != NULL ? VMT_OK : VMT_NO_MEMORY;
}

void
vmt_shown_free(struct vmt_shown *shown)
{
   vmt_hashmap_free(&shown->by_vpn);
   vmt_hashmap_free(&shown->by_name);
   vmt_vector_free(&shown->links);
}

static struct vmt_shown_link *
link_at(const struct vmt_shown *shown, uint64_t number)
{
   return vmt_vector_at(&shown->links, (uint32_t)number);
}

const uint64_t *
vmt_shown_name(const struct vmt_shown *shown, vmt_vpn vpn)
{
   const uint64_t *number = vmt_hashmap_find(&shown->by_vpn, vpn);

   return number == NULL ? NULL : &link_at(shown, *number)->name;
}

bool
vmt_shown_is_present(const struct vmt_shown *shown, vmt_vpn vpn)
{
   const uint64_t *number = vmt_hashmap_find(&shown->by_vpn, vpn);

   return number != NULL && link_at(shown, *number)->is_present;
}

void
vmt_shown_set_present(struct vmt_shown *shown, vmt_vpn vpn, bool is_present)
{
   const uint64_t *number = vmt_hashmap_find(&shown->by_vpn, vpn);

   if (number != NULL)
      link_at(shown, *number)->is_present = is_present;
}

uint32_t
vmt_shown_first(const struct vmt_shown *shown, uint64_t name)
{
   const uint64_t *number = vmt_hashmap_find(&shown->by_name, name);

   return number == NULL ? VMT_SHOWN_NONE : (uint32_t)*number;
}

/* A link that is free, and stays so.  */
static uint32_t
find_free(struct vmt_shown *shown)
{
   if (shown->first_free == VMT_SHOWN_NONE) {
      struct vmt_shown_link *made = vmt_vector_push(&shown->links);

      if (made == NULL)
         return VMT_SHOWN_NONE;
      shown->first_free = shown->links.n_records - 1;
   }
   return shown->first_free;
}

enum vmt_status
vmt_shown_set(struct vmt_shown *shown, vmt_vpn vpn, uint64_t name)
{
   uint32_t number = find_free(shown);
   struct vmt_shown_link *link;
   uint64_t *of_vpn, *of_name;

   if (number == VMT_SHOWN_NONE ||
       vmt_hashmap_reserve(&shown->by_name, shown->by_name.n_used + 1) != VMT_OK ||
       vmt_hashmap_put(&shown->by_vpn, vpn, &of_vpn) != VMT_OK)
      return VMT_NO_MEMORY;
   vmt_assert_cmp(*of_vpn, ==, VMT_SHOWN_NONE);
   *of_vpn = number;
   link = link_at(shown, number);
   shown->first_free = link->next;
   vmt_hashmap_put(&shown->by_name, name, &of_name);
   *link = (struct vmt_shown_link){name, vpn, (uint32_t)*of_name, true};
   *of_name = number;
   return VMT_OK;
}

static void
take_from_name(struct vmt_shown *shown, uint32_t number)
{
   const struct vmt_shown_link *link = link_at(shown, number);
   uint64_t *first = vmt_hashmap_find(&shown->by_name, link->name);
   struct vmt_shown_link *before;

   if (*first != number) {
      for (before = link_at(shown, *first); before->next != number;)
         before = link_at(shown, before->next);
      before->next = link->next;
   } else if (link->next != VMT_SHOWN_NONE) {
      *first = link->next;
   } else {
      vmt_hashmap_delete(&shown->by_name, link->name);
   }
}

bool
vmt_shown_drop(struct vmt_shown *shown, vmt_vpn vpn)
{
   const uint64_t *of_vpn = vmt_hashmap_find(&shown->by_vpn, vpn);
   uint32_t number;

   if (of_vpn == NULL)
      return false;
   number = (uint32_t)*of_vpn;
   take_from_name(shown, number);
   vmt_hashmap_delete(&shown->by_vpn, vpn);
   link_at(shown, number)->next = shown->first_free;
   shown->first_free = number;
   return true;
}
