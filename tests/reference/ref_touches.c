/* The LRU stack, page by page, and the pages of each window of instructions.

   The stack is an array, the top first; a place holds a page or is a hole.  A page
   that is touched is looked for from the top; its distance is its place, from 1.  It
   goes to the top, and what was above it goes down by one, but only as far as the
   uppermost hole: then the hole is where the page was.  A page that is new fills the
   uppermost hole, or makes the stack deeper.  Holes at the bottom are none.  */

#include "ref.h"

#include "pub_tool_aspacemgr.h"
#include "pub_tool_hashtable.h"
#include "pub_tool_libcassert.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_mallocfree.h"

#define HOLE (~(Addr)0)
#define NO_PLACE (~0u)

/* Valgrind's image is at its own address, and smaller.  */
#define TOOL_IMAGE_BYTES (64ul << 20)

struct page {
   VgHashNode head;                     /* key: the page */
   ULong window;                        /* it was last touched in; 0: none */
   Bool excluded;
};

struct counts {
   ULong *of;
   UInt n, n_allocated;
};

static VgHashTable *pages;
static Addr tool_start;

static Addr *stack;
static UInt n_places, n_allocated, n_peak_places;
static struct counts distances;         /* [0]: first touches */

static ULong window_instrs;
static struct counts windows;           /* pages of window k: [k - 1] */

#define MAX_PENDING 2
static struct {
   Addr page;
   Bool write;
} pending[MAX_PENDING];
static UInt n_pending;

void
ref_touches_init(ULong instrs)
{
   window_instrs = instrs;
   pages = VG_(HT_construct)("ref.pages");
   tool_start = VG_(am_find_nsegment)((Addr)&ref_touches_init)->start;
}

static struct page *
page_at(Addr number)
{
   struct page *page = VG_(HT_lookup)(pages, number);

   if (page == NULL) {
      page = VG_(calloc)("ref.page", 1, sizeof *page);
      page->head.key = number;
      VG_(HT_add_node)(pages, page);
   }
   return page;
}

static void
extend(struct counts *counts, UInt index)
{
   if (index >= counts->n_allocated) {
      UInt n = 2 * index + 64;

      counts->of = VG_(realloc)("ref.counts", counts->of, n * sizeof(ULong));
      VG_(memset)(counts->of + counts->n_allocated, 0,
                  (n - counts->n_allocated) * sizeof(ULong));
      counts->n_allocated = n;
   }
   if (index >= counts->n)
      counts->n = index + 1;
}

static void
count(struct counts *counts, UInt index)
{
   extend(counts, index);
   counts->of[index]++;
}

/* ---- the stack ---- */

static UInt
place_of(Addr page)
{
   UInt i;

   for (i = 0; i < n_places; i++)
      if (stack[i] == page)
         return i;
   return NO_PLACE;
}

static void
drop_lowest_holes(void)
{
   while (n_places > 0 && stack[n_places - 1] == HOLE)
      n_places--;
}

static void
grow(void)
{
   if (n_places == n_allocated) {
      n_allocated = 2 * n_allocated + 64;
      stack = VG_(realloc)("ref.stack", stack, n_allocated * sizeof(Addr));
   }
   stack[n_places++] = HOLE;
   if (n_peak_places < n_places)
      n_peak_places = n_places;
}

static void
touch_stack(Addr page)
{
   UInt place = place_of(page), hole;

   count(&distances, place == NO_PLACE ? 0 : place + 1);
   if (place != NO_PLACE)
      stack[place] = HOLE;
   hole = place_of(HOLE);
   if (hole == NO_PLACE) {
      grow();
      hole = n_places - 1;
   }
   for (; hole > 0; hole--)
      stack[hole] = stack[hole - 1];
   stack[0] = page;
   drop_lowest_holes();
}

/* ---- windows ---- */

/* The window of the instruction that runs, from 1.  */
static ULong
current_window(void)
{
   return 1 + (ref_counts.ir == 0 ? 0 : (ref_counts.ir - 1) / window_instrs);
}

static void
touch_window(struct page *page)
{
   ULong window;

   if (window_instrs == 0)
      return;
   window = current_window();
   if (page->window == window)
      return;
   page->window = window;
   count(&windows, window - 1);
}

/* ---- touches ---- */

static void
touch(Addr number, Bool write)
{
   struct page *page = page_at(number);

   if (page->excluded || (number * REF_PAGE_BYTES >= tool_start &&
                          number * REF_PAGE_BYTES < tool_start + TOOL_IMAGE_BYTES))
      return;
   touch_stack(number);
   touch_window(page);
   ref_memory_touch(number, write);
}

void
ref_touches_settle(void)
{
   UInt i;

   for (i = 0; i < n_pending; i++)
      touch(pending[i].page, pending[i].write);
   n_pending = 0;
}

void
ref_touches_cancel(void)
{
   n_pending = 0;
}

void
ref_touches_add(Addr page, Bool write)
{
   tl_assert(n_pending < MAX_PENDING);
   pending[n_pending].page = page;
   pending[n_pending++].write = write;
}

/* ---- the address space ---- */

void
ref_touches_remove(Addr start, Addr end)
{
   Addr page;

   ref_touches_settle();
   for (page = start / REF_PAGE_BYTES; page * REF_PAGE_BYTES < end; page++) {
      UInt place = VG_(HT_lookup)(pages, page) != NULL ? place_of(page) : NO_PLACE;

      if (place != NO_PLACE)
         stack[place] = HOLE;
      ref_memory_remove(page);
   }
   drop_lowest_holes();
}

void
ref_touches_move(Addr from, Addr to, SizeT n_bytes)
{
   SizeT offset;

   for (offset = 0; offset < n_bytes; offset += REF_PAGE_BYTES) {
      Addr old = (from + offset) / REF_PAGE_BYTES;
      Addr new = (to + offset) / REF_PAGE_BYTES;
      UInt place = place_of(old);

      if (place != NO_PLACE) {
         page_at(new);
         stack[place] = new;
      }
      ref_memory_move(old, new);
   }
}

void
ref_touches_exclude(Addr start, Addr end, Bool excluded)
{
   Addr page;

   for (page = start / REF_PAGE_BYTES; page * REF_PAGE_BYTES < end; page++)
      if (excluded || VG_(HT_lookup)(pages, page) != NULL)
         page_at(page)->excluded = excluded;
}

void
ref_touches_fork_in_child(void)
{
   struct page *page;

   n_pending = n_places = n_peak_places = 0;
   VG_(memset)(distances.of, 0, distances.n_allocated * sizeof(ULong));
   VG_(memset)(windows.of, 0, windows.n_allocated * sizeof(ULong));
   distances.n = windows.n = 0;
   VG_(HT_ResetIter)(pages);
   while ((page = VG_(HT_Next)(pages)) != NULL)
      page->window = 0;
}

/* ---- output ---- */

static void
print_counts(VgFile *out, const HChar *name, const struct counts *counts)
{
   UInt i;

   VG_(fprintf)(out, ",\"%s\":[", name);
   for (i = 0; i < counts->n; i++)
      VG_(fprintf)(out, "%s%llu", i == 0 ? "" : ",", counts->of[i]);
   VG_(fprintf)(out, "]");
}

void
ref_touches_print(VgFile *out)
{
   if (window_instrs != 0)
      extend(&windows, current_window() - 1);
   VG_(fprintf)(out, ",\"peak_pages\":%u", n_peak_places);
   print_counts(out, "distances", &distances);
   print_counts(out, "windows", &windows);
}
