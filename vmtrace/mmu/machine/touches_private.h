/* What the three files of touches.h share.  */

#ifndef VMT_MMU_MACHINE_TOUCHES_PRIVATE_H
#define VMT_MMU_MACHINE_TOUCHES_PRIVATE_H

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/machine/machine.h"

/* A touch has no way to say that there is no memory.  */
static inline void
vmt_touches_must_be(enum vmt_status status)
{
   vmt_assert(status == VMT_OK);
}

/* The first translation page of a page, and the page of one.  */
static inline vmt_vpn
vmt_touches_first_vpn(const struct vmt_machine *machine, vmt_vpn page)
{
   return page << (VMT_PAGE_SHIFT - machine->config.page_shift);
}

static inline vmt_vpn
vmt_touches_page_of(const struct vmt_machine *machine, vmt_vpn vpn)
{
   return vpn >> (VMT_PAGE_SHIFT - machine->config.page_shift);
}

/* ---- live entries (touches.c) ---- */

/* Ends the life of a page's entries on one of the filter's sides.  */
void vmt_touches_kill_data(struct vmt_machine *machine, vmt_vpn page);
void vmt_touches_kill_fetch(struct vmt_machine *machine, vmt_vpn page);

/* ---- open pages, of the fast curve (touches_open.c) ---- */

/* A touch at tick of a page that is not open: it is now.  Its distance.  */
uint32_t vmt_touches_open_page(struct vmt_machine *machine, vmt_vpn page,
                               struct vmt_pte *pte, uint64_t tick);

/* Open pages that were accessed before start are pushed down.  */
void vmt_touches_push_older(struct vmt_machine *machine, uint64_t start);

/* Open pages are of the open window.  */
void vmt_touches_own_open(struct vmt_machine *machine);

#endif
