/* Which pages of address spaces show which contents, where a number does not say it by
   itself: the pages of an object, which several virtual pages may show, private pages
   that have moved, and those that a fork has shared.

   Contents have a name, a number of the owner's, and so has each virtual page.  A virtual
   page shows one name at most, as an entry that is present or one that is not.  Pages that show the same name are found in the order in which they came to
   show it, the last first.

   Owns its tables.  VMT_NO_MEMORY leaves them as they were.  Cost: O(1) expected, but
   O(n) to take away one of n pages that show the same name.  */

#ifndef VMT_MMU_MECHANISMS_SHOWN_H
#define VMT_MMU_MECHANISMS_SHOWN_H

#include "vmtrace/mmu/base/status.h"
#include "vmtrace/mmu/base/types.h"
#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"

#define VMT_SHOWN_NONE 0u

struct vmt_shown_link {
   uint64_t name;
   vmt_vpn vpn;
   uint32_t next;                       /* of the same name, or of the free ones */
   bool is_present;
};

struct vmt_shown {
   struct vmt_hashmap by_vpn, by_name;  /* -> link; the first of that name */
   struct vmt_vector links;             /* number 0 is none */
   uint32_t first_free;
};

enum vmt_status vmt_shown_init(struct vmt_shown *shown);
enum vmt_status vmt_shown_init_in(struct vmt_shown *shown, struct vmt_arena *arena);
void vmt_shown_free(struct vmt_shown *shown);

/* What vpn shows; NULL: not known here.  */
const uint64_t *vmt_shown_name(const struct vmt_shown *shown, vmt_vpn vpn);

/* vpn, which showed nothing, shows name; its entry is present.  */
enum vmt_status vmt_shown_set(struct vmt_shown *shown, vmt_vpn vpn, uint64_t name);
/* Whether it is; that it is, or is not.  Nothing, if vpn is not known here.  */
bool vmt_shown_is_present(const struct vmt_shown *shown, vmt_vpn vpn);
void vmt_shown_set_present(struct vmt_shown *shown, vmt_vpn vpn, bool is_present);
/* vpn shows nothing from now on.  Whether it did.  */
bool vmt_shown_drop(struct vmt_shown *shown, vmt_vpn vpn);

/* at = vmt_shown_first(shown, name);
   while (at != VMT_SHOWN_NONE)
      at = vmt_shown_next(shown, at, &vpn);
   The pages must not change meanwhile.  */
uint32_t vmt_shown_first(const struct vmt_shown *shown, uint64_t name);

static inline uint32_t
vmt_shown_next(const struct vmt_shown *shown, uint32_t at, vmt_vpn *vpn)
{
   const struct vmt_shown_link *link = vmt_vector_at(&shown->links, at);

   *vpn = link->vpn;
   return link->next;
}

#endif
