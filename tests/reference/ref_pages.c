/* What an access may do to a page, from Valgrind's list of segments; and, for
   several cores only, which pages have been written.

   A core's entry for a page that the program has only read lacks the right to
   write: the page is the shared zero page, or a page of the page cache, or is
   shared with a child after fork.  The first write changes the translation,
   and every other core has to forget the old one.  So the first write to a
   private page since it was mapped, zapped or forked drops it from the other
   cores; later ones do not.  Shared memory without a file system that wants to
   know of writes (anonymous, tmpfs) is mapped writable at once.  */

#include "ref.h"

#include "pub_tool_vki.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_hashtable.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_machine.h"
#include "pub_tool_mallocfree.h"
#include "pub_tool_threadstate.h"

/* What lies below the stack pointer that a program may still touch.  */
#define REDZONE_BYTES 128

struct node {
   VgHashNode head;                     /* key: the page */
   Bool shared;
};

static VgHashTable *written;

void
ref_pages_init(void)
{
   written = VG_(HT_construct)("ref.written");
}

/* The main stack grows when it is touched at or above the page of the lowest
   byte a program may touch below its stack pointer.  */
static Bool
grows_stack(const NSegment *reservation, Addr page)
{
   const NSegment *above = VG_(am_find_nsegment)(reservation->end + 1);
   Addr sp = VG_(get_SP)(VG_(get_running_tid)());

   return reservation->smode == SmUpper && above != NULL
          && above->kind == SkAnonC
          && page >= (sp - REDZONE_BYTES) / REF_PAGE_BYTES;
}

Bool
ref_page_allows(Addr page, enum ref_kind kind)
{
   const NSegment *segment;

   if (kind == REF_FETCH)
      return True;                      /* or there would be no instruction */
   segment = VG_(am_find_nsegment)(page * REF_PAGE_BYTES);
   if (segment == NULL)
      return False;
   switch (segment->kind) {
   case SkAnonC:
   case SkFileC:
   case SkShmC:
      if (kind == REF_WRITE)
         return segment->hasW;
      /* A page-table entry cannot allow writing or running and not reading.  */
      return segment->hasR || segment->hasW || segment->hasX;
   case SkResvn:
      return grows_stack(segment, page);
   default:
      return False;
   }
}

static void
add(Addr page, Bool shared)
{
   struct node *node = VG_(malloc)("ref.page", sizeof *node);

   node->head.key = page;
   node->shared = shared;
   VG_(HT_add_node)(written, node);
}

void
ref_page_written(UInt core, Addr page)
{
   if (ref_n_cores == 1 || VG_(HT_lookup)(written, page) != NULL)
      return;
   add(page, False);
   ref_tlb_drop_from_others(core, page);
}

void
ref_pages_forget(Addr start, Addr end)
{
   Addr page;

   if (ref_n_cores == 1)
      return;
   for (page = start / REF_PAGE_BYTES; page * REF_PAGE_BYTES < end; page++)
      VG_(free)(VG_(HT_remove)(written, page));
}

void
ref_pages_move(Addr from, Addr to, SizeT n_bytes)
{
   SizeT offset;

   if (ref_n_cores == 1)
      return;
   for (offset = 0; offset < n_bytes; offset += REF_PAGE_BYTES) {
      struct node *node = VG_(HT_remove)(written, (from + offset) / REF_PAGE_BYTES);

      if (node != NULL)
         add((to + offset) / REF_PAGE_BYTES, node->shared);
      VG_(free)(node);
   }
}

void
ref_pages_share(Addr start, Addr end)
{
   Addr page;

   if (ref_n_cores == 1)
      return;
   for (page = start / REF_PAGE_BYTES; page * REF_PAGE_BYTES < end; page++)
      add(page, True);
}

void
ref_pages_fork(void)
{
   UInt i, n_nodes;
   VgHashNode **nodes = VG_(HT_to_array)(written, &n_nodes);

   for (i = 0; i < n_nodes; i++)
      if (!((struct node *)nodes[i])->shared)
         VG_(free)(VG_(HT_remove)(written, nodes[i]->key));
   VG_(free)(nodes);
}
