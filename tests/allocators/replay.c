/* replay [--collector] TRACE: does what a trace says (trace.h) with the malloc, realloc and
   free there are, usually those of a library in LD_PRELOAD, and looks after each operation
   whether it was right:

   - a block is aligned to 16, and no byte of it is in another live block;
   - what was written to a block is there when it is freed, and up to the smaller size
     after it was reallocated.

   Each block is written whole when it is allocated.  Prints what malloc it was, the most
   bytes that were live at once, the most the heap had (heap_size.h), and the share of the
   one in the other.

   --collector allocates with the Boehm collector, libgc.so.1.  It frees nothing by hand:
   `f` forgets the pointer, and the collector finds out.

   Exit status: 0, 1 if the allocator did something wrong, 2 for a bad trace or use, 77 if
   there is no collector.  */

#define _GNU_SOURCE
#include "tests/allocators/heap_size.h"
#include "tests/allocators/trace.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16u

/* The blocks are where the collector looks, the places are not.  */
struct place {
   uintptr_t start, end;
};

struct replay {
   const struct trace *trace;
   const struct trace_op *op;
   unsigned char **blocks;   /* by id */
   size_t *bytes;            /* by id */
   struct place *places;     /* of the live blocks, by address */
   uint32_t n_live;
   size_t live_bytes, peak_bytes;
   struct heap_size heap;
   void *(*allocate)(size_t);
   void *(*reallocate)(void *, size_t);
   void (*release)(void *);  /* NULL: forget the pointer */
};

static _Noreturn void
wrong(const struct replay *replay, const char *what)
{
   fprintf(stderr, "replay: %s:%u: block %u: %s\n", replay->trace->name, replay->op->line,
           replay->op->id, what);
   exit(1);
}

/* ---- where blocks are ---- */

/* How many live blocks begin below the address.  */
static uint32_t
n_below(const struct replay *replay, uintptr_t address)
{
   uint32_t low = 0, high = replay->n_live;

   while (low < high) {
      uint32_t middle = low + (high - low) / 2;

      if (replay->places[middle].start < address)
         low = middle + 1;
      else
         high = middle;
   }
   return low;
}

static void
add_place(struct replay *replay, const void *block, size_t bytes)
{
   struct place place = { (uintptr_t)block, (uintptr_t)block + bytes };
   uint32_t at = n_below(replay, place.start);
   struct place *next = &replay->places[at];

   if (place.start % ALIGNMENT != 0)
      wrong(replay, "not aligned to 16");
   if (at > 0 && next[-1].end > place.start)
      wrong(replay, "overlaps the live block before it");
   if (at < replay->n_live && next->start < place.end)
      wrong(replay, "overlaps the live block after it");
   memmove(next + 1, next, (replay->n_live - at) * sizeof *next);
   *next = place;
   replay->n_live++;
   replay->live_bytes += bytes;
   if (replay->live_bytes > replay->peak_bytes)
      replay->peak_bytes = replay->live_bytes;
}

static void
remove_place(struct replay *replay, const void *block, size_t bytes)
{
   uint32_t at = n_below(replay, (uintptr_t)block);
   struct place *place = &replay->places[at];

   replay->n_live--;
   memmove(place, place + 1, (replay->n_live - at) * sizeof *place);
   replay->live_bytes -= bytes;
}

/* ---- what is in them ---- */

/* Differs between neighbours in a block, and between blocks at the same place.  */
static unsigned char
content(uint32_t id, size_t i)
{
   return (unsigned char)(id * 37 + id / 256 * 11 + i * 7 + (i >> 8) + 1);
}

static void
fill(unsigned char *block, uint32_t id, size_t bytes)
{
   size_t i;

   for (i = 0; i < bytes; i++)
      block[i] = content(id, i);
}

static void
check_content(const struct replay *replay, uint32_t id, size_t bytes)
{
   size_t i;

   for (i = 0; i < bytes; i++)
      if (replay->blocks[id][i] != content(id, i))
         wrong(replay, "its contents have changed");
}

/* ---- operations ---- */

static void
do_allocate(struct replay *replay, const struct trace_op *op)
{
   unsigned char *block = replay->allocate(op->bytes);

   if (block == NULL)
      wrong(replay, "out of memory");
   heap_size_sample(&replay->heap);
   add_place(replay, block, op->bytes);
   fill(block, op->id, op->bytes);
   replay->blocks[op->id] = block;
   replay->bytes[op->id] = op->bytes;
}

static void
do_reallocate(struct replay *replay, const struct trace_op *op)
{
   size_t before = replay->bytes[op->id];
   unsigned char *block;

   check_content(replay, op->id, before);
   remove_place(replay, replay->blocks[op->id], before);
   block = replay->reallocate(replay->blocks[op->id], op->bytes);
   if (block == NULL)
      wrong(replay, "out of memory");
   heap_size_sample(&replay->heap);
   add_place(replay, block, op->bytes);
   replay->blocks[op->id] = block;
   replay->bytes[op->id] = op->bytes;
   check_content(replay, op->id, before < op->bytes ? before : op->bytes);
   fill(block, op->id, op->bytes);
}

static void
do_free(struct replay *replay, const struct trace_op *op)
{
   check_content(replay, op->id, replay->bytes[op->id]);
   remove_place(replay, replay->blocks[op->id], replay->bytes[op->id]);
   if (replay->release != NULL)
      replay->release(replay->blocks[op->id]);
   replay->blocks[op->id] = NULL;
}

static void
replay_all(struct replay *replay)
{
   uint32_t i;

   for (i = 0; i < replay->trace->n_ops; i++) {
      replay->op = &replay->trace->ops[i];
      switch (replay->op->kind) {
      case 'a': do_allocate(replay, replay->op); break;
      case 'r': do_reallocate(replay, replay->op); break;
      default: do_free(replay, replay->op);
      }
   }
   for (i = 0; i < replay->trace->n_ids; i++)
      if (replay->blocks[i] != NULL)
         check_content(replay, i, replay->bytes[i]);
}

/* ---- whose malloc ---- */

static _Noreturn void
no_collector(void)
{
   fprintf(stderr, "replay: no collector: %s\n", dlerror());
   exit(77);
}

static void *
symbol(void *library, const char *name)
{
   void *address = dlsym(library, name);

   if (address == NULL)
      no_collector();
   return address;
}

static void
use_collector(struct replay *replay)
{
   void *library = dlopen("libgc.so.1", RTLD_NOW);
   void (*add_roots)(void *, void *);
   void (*init)(void);

   if (library == NULL)
      no_collector();
   *(void **)&init = symbol(library, "GC_init");
   *(void **)&add_roots = symbol(library, "GC_add_roots");
   *(void **)&replay->allocate = symbol(library, "GC_malloc");
   *(void **)&replay->reallocate = symbol(library, "GC_realloc");
   replay->release = NULL;
   heap_size_start(&replay->heap, NULL);
   init();
   heap_size_sample(&replay->heap);
   add_roots(replay->blocks, replay->blocks + replay->trace->n_ids);
}

static void
use_malloc(struct replay *replay)
{
   void *probe = malloc(1);

   if (probe == NULL) {
      fputs("replay: malloc(1) fails\n", stderr);
      exit(1);
   }
   replay->allocate = malloc;
   replay->reallocate = realloc;
   replay->release = free;
   heap_size_start(&replay->heap, probe);
   free(probe);
}

static const char *
library_of(const void *function)
{
   Dl_info info;
   const char *slash;

   if (dladdr(function, &info) == 0)
      return "?";
   slash = strrchr(info.dli_fname, '/');
   return slash == NULL ? info.dli_fname : slash + 1;
}

static void
print(const struct replay *replay, const char *library)
{
   double heap = (double)replay->heap.peak_bytes;

   printf("allocator    %s\n", library);
   printf("operations   %u\n", replay->trace->n_ops);
   printf("peak live    %zu bytes\n", replay->peak_bytes);
   if (!heap_size_known(&replay->heap)) {
      puts("peak heap    not known");
      return;
   }
   printf("peak heap    %zu bytes\n", replay->heap.peak_bytes);
   printf("utilisation  %.1f%%\n", 100 * (double)replay->peak_bytes / heap);
}

static const char USAGE[] = "usage: replay [--collector] TRACE\n";

int
main(int argc, char **argv)
{
   static char buffer[4096];
   struct replay replay = { 0 };
   struct trace trace;
   bool collector = argc > 1 && strcmp(argv[1], "--collector") == 0;

   setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
   if (argc == 2 && strcmp(argv[1], "--help") == 0) {
      printf("%sReplays allocations, and checks them; LD_PRELOAD says whose malloc.\n"
             "  --collector  with the Boehm collector, libgc.so.1\n", USAGE);
      return 0;
   }
   if (argc != 2 + collector || argv[1 + collector][0] == '-') {
      fputs(USAGE, stderr);
      return 2;
   }
   trace_read(&trace, argv[1 + collector]);
   replay.trace = &trace;
   replay.blocks = map_memory(trace.n_ids * sizeof *replay.blocks);
   replay.bytes = map_memory(trace.n_ids * sizeof *replay.bytes);
   replay.places = map_memory(trace.n_ids * sizeof *replay.places);
   if (collector)
      use_collector(&replay);
   else
      use_malloc(&replay);
   replay_all(&replay);
   print(&replay, library_of(collector ? *(void **)&replay.allocate
                                       : dlsym(RTLD_DEFAULT, "malloc")));
   return 0;
}
