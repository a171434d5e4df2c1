/* A memory of a few frames under a policy of the textbook: every page that is touched
   takes a frame.

   lru     the page touched longest ago goes.
   fifo    the page loaded longest ago goes.
   clock   the hand looks at its frame: if the page there was touched since the hand
           was there last (or loaded), it gets its second chance and the hand moves
           on; else it goes, and the hand moves on one frame.
   random  the page in a frame that splitmix64 names, begun with 1.

   Frames are taken in rising order, one that was freed before one that was never
   used, the last freed first.

   A page is written to swap when it goes if there is no file on a disk to have it from:
   it is a private one that was written to, shared memory, or of a file in memory (as
   far as that has a name).  What was written is good until the page is written to.  */

#include "ref.h"

#include "pub_tool_vki.h"
#include "pub_tool_vkiscnums.h"
#include "pub_tool_aspacemgr.h"
#include "pub_tool_hashtable.h"
#include "pub_tool_libcbase.h"
#include "pub_tool_mallocfree.h"

#define TMPFS 0x01021994                /* include/uapi/linux/magic.h */

struct page {
   VgHashNode head;                     /* key: the page */
   UInt frame;                          /* from 1; 0: none */
   Bool evicted, written, in_swap;
   Bool of_tmpfs;
   enum ref_sharing sharing;
};

struct frame {
   struct page *page;                   /* NULL: free */
   ULong loaded, used, freed;
   Bool referenced;
};

static VgHashTable *pages;
static struct frame *frames;
static ULong n_frames, n_used, hand, now, random_state = 1;
static struct frame *(*choose)(void);
static ULong n_evicted, n_refaults, n_swapped_out;

/* ---- policies ---- */

static struct frame *
choose_lru(void)
{
   struct frame *victim = &frames[0];
   ULong i;

   for (i = 1; i < n_frames; i++)
      if (frames[i].used < victim->used)
         victim = &frames[i];
   return victim;
}

static struct frame *
choose_fifo(void)
{
   struct frame *victim = &frames[0];
   ULong i;

   for (i = 1; i < n_frames; i++)
      if (frames[i].loaded < victim->loaded)
         victim = &frames[i];
   return victim;
}

static struct frame *
choose_clock(void)
{
   struct frame *victim;

   while (frames[hand].referenced) {
      frames[hand].referenced = False;
      hand = (hand + 1) % n_frames;
   }
   victim = &frames[hand];
   hand = (hand + 1) % n_frames;
   return victim;
}

static struct frame *
choose_random(void)
{
   ULong z;

   random_state += 0x9e3779b97f4a7c15ull;
   z = random_state;
   z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
   z = (z ^ z >> 27) * 0x94d049bb133111ebull;
   return &frames[(z ^ z >> 31) % n_frames];
}

Bool
ref_memory_init(ULong n, const HChar *policy)
{
   n_frames = n;
   if (n_frames == 0)
      return True;
   pages = VG_(HT_construct)("ref.memory");
   frames = VG_(calloc)("ref.frames", n_frames, sizeof *frames);
   choose = VG_STREQ(policy, "lru")      ? choose_lru
            : VG_STREQ(policy, "fifo")   ? choose_fifo
            : VG_STREQ(policy, "clock")  ? choose_clock
            : VG_STREQ(policy, "random") ? choose_random
                                         : NULL;
   return choose != NULL;
}

/* ---- frames ---- */

static struct page *
page_at(Addr number)
{
   struct page *page = VG_(HT_lookup)(pages, number);

   if (page == NULL) {
      page = VG_(calloc)("ref.memory.page", 1, sizeof *page);
      page->head.key = number;
      VG_(HT_add_node)(pages, page);
   }
   return page;
}

/* The frame freed last, or else the lowest never used.  */
static struct frame *
find_free(void)
{
   struct frame *free = NULL;
   ULong i;

   for (i = 0; i < n_frames; i++)
      if (frames[i].page == NULL && (free == NULL || free->freed < frames[i].freed))
         free = &frames[i];
   return free;
}

/* The core has no function for this.  */
static Long
type_of_file_system(const HChar *path)
{
   Long statfs[32], result;             /* the type comes first */

   __asm__ volatile("syscall" : "=a"(result)
                    : "a"(__NR_statfs), "D"(path), "S"(statfs)
                    : "rcx", "r11", "memory");
   return result == 0 ? statfs[0] : 0;
}

static Bool
is_of_tmpfs(Addr address)
{
   const NSegment *segment = VG_(am_find_nsegment)(address);
   const HChar *name = segment != NULL ? VG_(am_get_filename)(segment) : NULL;

   return name != NULL && type_of_file_system(name) == TMPFS;
}

static void
evict(struct page *page)
{
   Bool is_on_disk = !page->of_tmpfs && page->sharing != REF_SHARED_MEMORY &&
                     (page->sharing != REF_PRIVATE || !page->written);

   n_evicted++;
   if (!is_on_disk && !page->in_swap) {
      n_swapped_out++;
      page->in_swap = True;
   }
   page->evicted = True;
   page->frame = 0;
}

static void
load(struct page *page)
{
   struct frame *frame = n_used < n_frames ? find_free() : choose();

   if (frame->page != NULL)
      evict(frame->page);
   else
      n_used++;
   if (page->evicted)
      n_refaults++;
   page->evicted = False;
   page->of_tmpfs = is_of_tmpfs(page->head.key * REF_PAGE_BYTES);
   page->frame = frame - frames + 1;
   frame->page = page;
   frame->loaded = now;
}

void
ref_memory_touch(Addr number, Bool write)
{
   struct page *page;

   if (n_frames == 0)
      return;
   now++;
   page = page_at(number);
   if (page->frame == 0)
      load(page);
   frames[page->frame - 1].used = now;
   frames[page->frame - 1].referenced = True;
   if (write) {
      page->written = True;
      page->in_swap = False;
   }
}

/* ---- the address space ---- */

static void
leave(struct page *page)
{
   if (page->frame != 0) {
      frames[page->frame - 1].page = NULL;
      frames[page->frame - 1].freed = ++now;
      n_used--;
   }
   page->frame = 0;
   page->evicted = False;
}

void
ref_memory_remove(Addr number)
{
   struct page *page = n_frames == 0 ? NULL : VG_(HT_lookup)(pages, number);

   if (page == NULL)
      return;
   leave(page);
   page->written = page->in_swap = False;
}

void
ref_memory_move(Addr from, Addr to)
{
   struct page *page = n_frames == 0 ? NULL : VG_(HT_remove)(pages, from);

   if (page == NULL)
      return;
   VG_(free)(VG_(HT_remove)(pages, to));
   page->head.key = to;
   VG_(HT_add_node)(pages, page);
}

void
ref_memory_share(Addr start, Addr end, enum ref_sharing sharing)
{
   Addr number;

   if (n_frames == 0)
      return;
   for (number = start / REF_PAGE_BYTES; number * REF_PAGE_BYTES < end; number++)
      if (sharing != REF_PRIVATE || VG_(HT_lookup)(pages, number) != NULL)
         page_at(number)->sharing = sharing;
}

/* What private pages hold, in memory or swap, is the child's too.  */
void
ref_memory_fork_in_child(void)
{
   struct page *page;

   n_evicted = n_refaults = n_swapped_out = 0;
   if (n_frames == 0)
      return;
   VG_(HT_ResetIter)(pages);
   while ((page = VG_(HT_Next)(pages)) != NULL) {
      leave(page);
      page->in_swap = page->in_swap && page->sharing == REF_PRIVATE;
   }
   VG_(memset)(frames, 0, n_frames * sizeof *frames);
   hand = 0;
   random_state = 1;
}

void
ref_memory_print(VgFile *out)
{
   VG_(fprintf)(out, ",\"Evict\":%llu,\"Refault\":%llu,\"SwapOut\":%llu", n_evicted,
                n_refaults, n_swapped_out);
}
