/* Shapes that every layer of the simulated machine shares.

   Units: an address is a byte address in the traced program; a virtual page
   number (vpn) is an address shifted right by a page shift, and the module that
   takes one says whose shift.  Ranges are [start, end).  Time is the clock of
   executed guest instructions.  Nothing here owns memory.  */

#ifndef VMT_MMU_BASE_TYPES_H
#define VMT_MMU_BASE_TYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint64_t vmt_addr;
typedef uint64_t vmt_vpn;

/* The base page of every Linux this program knows: 4 KiB.  */
#define VMT_PAGE_SHIFT 12
#define VMT_PAGE_BYTES ((uint64_t)1 << VMT_PAGE_SHIFT)

#define VMT_NO_VPN (~(vmt_vpn)0)

static inline vmt_addr
vmt_page_floor(vmt_addr addr)
{
   return addr & ~(VMT_PAGE_BYTES - 1);
}

static inline vmt_addr
vmt_page_ceil(vmt_addr addr)
{
   return vmt_page_floor(addr + VMT_PAGE_BYTES - 1);
}

#endif
