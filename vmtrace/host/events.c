#include "vmtrace/host/events.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

static const struct vmt_event_about known[] = {
   { "Ir", VMT_EVENT_EXECUTED, "instructions executed" },
   { "Dr", VMT_EVENT_EXECUTED, "data reads" },
   { "Dw", VMT_EVENT_EXECUTED, "data writes" },
   { "Flt", VMT_EVENT_SUM, "page faults" },
   { "MinFlt", VMT_EVENT_SUM, "minor page faults" },
   { "MajFlt", VMT_EVENT_SUM, "major page faults" },
   { "ZeroRd", VMT_EVENT_MINOR, "first touch was a read: zero page mapped" },
   { "ZeroWr", VMT_EVENT_MINOR, "first touch was a write: frame zeroed" },
   { "ZeroCow", VMT_EVENT_MINOR, "write to a page that showed the zero page" },
   { "FileRd", VMT_EVENT_MINOR, "file page in the page cache mapped" },
   { "FileCow", VMT_EVENT_MINOR, "write to a private file page: copied" },
   { "FileWr", VMT_EVENT_MINOR, "first write to a clean shared file page" },
   { "ShmRd", VMT_EVENT_MINOR, "first touch of shared memory, a read" },
   { "ShmWr", VMT_EVENT_MINOR, "first touch of shared memory, a write" },
   { "ForkCow", VMT_EVENT_MINOR, "write to a frame shared by fork: copied" },
   { "Reuse", VMT_EVENT_MINOR, "write-protected frame had one owner: no copy" },
   { "FileMaj", VMT_EVENT_MAJOR, "file page read from the device" },
   { "SwapIn", VMT_EVENT_MAJOR, "page read back from swap" },
   { "SwapHit", VMT_EVENT_MINOR, "page still in the swap cache" },
   { "HugeZero", VMT_EVENT_MINOR, "first touch given a huge page" },
   { "Evict", VMT_EVENT_OTHER, "pages thrown out to make room" },
   { "Refault", VMT_EVENT_OTHER, "faults on pages that had been thrown out" },
   { "SwapOut", VMT_EVENT_OTHER, "pages written to swap" },
   { "Thrash", VMT_EVENT_OTHER, "refaults of pages thrown out just before" },
   { "Prot", VMT_EVENT_OTHER, "accesses without the right: SIGSEGV" },
   { "Segv", VMT_EVENT_OTHER, "accesses outside any area: SIGSEGV" },
   { "Bus", VMT_EVENT_OTHER, "accesses beyond the end of a file: SIGBUS" },
   { "ItlbM", VMT_EVENT_OTHER, "misses of the L1 instruction TLB" },
   { "DtlbM", VMT_EVENT_OTHER, "misses of the L1 data TLB" },
   { "StlbM", VMT_EVENT_OTHER, "misses of the L2 TLB" },
   { "WalkRef", VMT_EVENT_OTHER, "page-table loads of walks" },
   { "Shoot", VMT_EVENT_OTHER, "TLB shootdowns of other cores" },
   { "Allocs", VMT_EVENT_SITE, "blocks the program allocated" },
   { "Frees", VMT_EVENT_SITE, "blocks it gave back" },
   { "AllocBytes", VMT_EVENT_SITE, "bytes it asked for, in all" },
   { "LiveBytes", VMT_EVENT_SITE, "bytes allocated at the end" },
   { "LivePeak", VMT_EVENT_SIZE, "the most bytes allocated at once" },
   { "Straddles", VMT_EVENT_SITE, "blocks on two pages that would fit in one" },
   { "KeptPages", VMT_EVENT_SITE, "pages at the heap's peak that its blocks alone keep" },
   { "PinnedPages", VMT_EVENT_SITE, "pages at the heap's peak that one small block keeps" },
   { "CallFlt", VMT_EVENT_SITE, "faults of the allocator's own in its calls" },
   { "RssPeak", VMT_EVENT_SIZE, "peak resident size in bytes" },
   { "RssPages", VMT_EVENT_OTHER, "pages made resident and there at the peak" },
};

const char *const vmt_limit_events[VMT_N_LIMIT_EVENTS] = {
   "Evict", "Refault", "SwapOut", "Thrash"
};

const struct vmt_event_about *
vmt_event_about(const char *name)
{
   for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
      if (strcmp(known[i].name, name) == 0)
         return &known[i];
   return NULL;
}

void
vmt_events_free(struct vmt_events *events)
{
   for (size_t i = 0; i < events->n; i++)
      free(events->names[i]);
   events->n = 0;
}

int
vmt_events_find(const struct vmt_events *events, const char *name)
{
   for (size_t i = 0; i < events->n; i++)
      if (events->names[i][0] == name[0] && strcmp(events->names[i], name) == 0)
         return (int) i;
   return -1;
}

int
vmt_events_add(struct vmt_events *events, const char *name)
{
   int at = vmt_events_find(events, name);
   const struct vmt_event_about *about;

   if (at >= 0)
      return at;
   if (events->n == VMT_EVENTS_MAX)
      return -1;
   about = vmt_event_about(name);
   events->names[events->n] = vmt_strdup(name);
   events->roles[events->n] = about ? about->role : VMT_EVENT_OTHER;
   return (int) events->n++;
}
