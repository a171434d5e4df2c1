/* model PATTERN PAGES ROUNDS SEED LIMIT DEVICE COUNTS_NS ADVICE [generations]: the same
   stream of touches as touch.c makes, told to the model of the kernel's reclaim.  Prints
   what it counted, as JSON.

   What an embedder does, with page tables that are two arrays.  An instruction and what
   is around it take HIT_NS.  */

#include "tests/pressure/patterns.h"
#include "vmtrace/mmu/base/port.h"
#include "vmtrace/mmu/policies/linux_reclaim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HIT_NS 15
#define PAGES_A_TABLE 512
#define FAULT_AROUND 16
#define SWAP_SLOTS 131071               /* 512 MiB less the header */

#define FILE_PAGE ((uint64_t)1 << 32)   /* names: anonymous pages count from 0 */

struct entry {
   bool present, accessed, dirty, swap;
};

struct run {
   struct pattern pattern;
   struct vmt_reclaim reclaim;
   struct entry *entries[2];
   bool *has_table[2];
   uint64_t area_state;
   bool random_advice;
   uint64_t n_minor, n_major;
};

static void *
port_alloc(const char *what, size_t bytes)
{
   (void)what;
   return malloc(bytes);
}

static void __attribute__((noreturn))
port_fatal(const char *file, int line, const char *condition, uint64_t left,
           uint64_t right)
{
   fprintf(stderr, "%s:%d: %s (%llu, %llu)\n", file, line, condition,
           (unsigned long long)left, (unsigned long long)right);
   abort();
}

static const struct vmt_port port = { .alloc = port_alloc, .free = free,
                                      .fatal = port_fatal };

static void
must(enum vmt_status status)
{
   if (status != VMT_OK) {
      fputs("model: no memory\n", stderr);
      exit(2);
   }
}

static struct entry *
entry_of(struct run *run, uint64_t page)
{
   if (page >= FILE_PAGE)
      return &run->entries[PATTERN_FILE][page - FILE_PAGE];
   return &run->entries[PATTERN_ANON][page];
}

static void
take_events(struct run *run)
{
   for (uint32_t i = 0; i < run->reclaim.n_events; i++) {
      const struct vmt_reclaim_event *event = &run->reclaim.events[i];
      struct entry *entry = entry_of(run, event->page);

      if (event->change == VMT_RECLAIM_UNMAPPED) {
         entry->present = entry->accessed = entry->dirty = false;
         entry->swap = event->page < FILE_PAGE;
      } else if (event->change == VMT_RECLAIM_AGED) {
         entry->accessed = false;
      } else if (event->change == VMT_RECLAIM_CLEANED) {
         entry->dirty = false;
      }
   }
}

static void
take_tables(struct run *run, const struct pattern_touch *touch)
{
   bool *has_table = &run->has_table[touch->area][touch->page / PAGES_A_TABLE];
   bool first = !run->has_table[touch->area][0] && touch->page / PAGES_A_TABLE == 0;
   bool out_of_memory;

   if (*has_table)
      return;
   *has_table = true;
   must(vmt_reclaim_take_kernel(&run->reclaim, first ? 3 : 1, &out_of_memory));
   take_events(run);
}

static uint32_t
less(uint32_t a, uint32_t b)
{
   return a < b ? a : b;
}

/* do_fault_around: the pages of the window that are in memory.  Whether the one that is
   needed was.  */
static bool
map_around(struct run *run, uint32_t page)
{
   uint32_t start = page / FAULT_AROUND * FAULT_AROUND;
   uint32_t end = less(start + FAULT_AROUND, run->pattern.n_file);

   for (uint32_t i = start; i < end; i++) {
      struct entry *entry = &run->entries[PATTERN_FILE][i];

      if (entry->present)
         continue;
      if (vmt_reclaim_map(&run->reclaim, FILE_PAGE + i, false, run->random_advice)) {
         entry->present = entry->accessed = true;
      }
   }
   return run->entries[PATTERN_FILE][page].present;
}

static void
fault(struct run *run, const struct pattern_touch *touch)
{
   struct entry *entry = &run->entries[touch->area][touch->page];
   uint32_t in_table = touch->page % PAGES_A_TABLE;
   struct vmt_reclaim_area area = {
      .vpn = 0x100000000 + touch->page, .n_before = in_table,
      .n_after = less(PAGES_A_TABLE - 1 - in_table,
                      run->pattern.n_anon - 1 - touch->page),
      .state = &run->area_state
   };
   struct vmt_reclaim_request request = {
      .page = touch->page + (touch->area == PATTERN_FILE ? FILE_PAGE : 0),
      .kind = touch->area == PATTERN_FILE ? VMT_RECLAIM_FILE : VMT_RECLAIM_ANON,
      .write = touch->write, .no_recency = touch->area == PATTERN_FILE && run->random_advice,
      .area = touch->area == PATTERN_ANON ? &area : NULL
   };
   struct vmt_reclaim_result result;

   if (touch->area == PATTERN_FILE && !touch->write && map_around(run, touch->page)) {
      run->n_minor++;
      return;
   }
   must(vmt_reclaim_fault(&run->reclaim, &request, &result));
   take_events(run);
   *entry = (struct entry){ .present = true, .accessed = true,
                            .dirty = touch->write };
   if (result.outcome == VMT_RECLAIM_SWAP_IN || result.outcome == VMT_RECLAIM_READ)
      run->n_major++;
   else
      run->n_minor++;
}

static void
touch_page(struct run *run, const struct pattern_touch *touch)
{
   struct entry *entry = &run->entries[touch->area][touch->page];

   vmt_reclaim_run(&run->reclaim, HIT_NS);
   take_tables(run, touch);
   if (!entry->present) {
      fault(run, touch);
      return;
   }
   if (entry->accessed && (entry->dirty || !touch->write))
      return;
   if (touch->write && !entry->dirty && touch->area == PATTERN_FILE)
      run->n_minor++;                   /* page_mkwrite */
   vmt_reclaim_touched(&run->reclaim,
                       touch->page + (touch->area == PATTERN_FILE ? FILE_PAGE : 0),
                       !entry->accessed, touch->write);
   entry->accessed = true;
   entry->dirty = entry->dirty || touch->write;
}

static void
start(struct run *run, char **argv)
{
   struct vmt_reclaim_settings settings;

   memset(run, 0, sizeof(*run));
   if (!pattern_start(&run->pattern, argv[1], (uint32_t)strtoul(argv[2], NULL, 10),
                      (uint32_t)strtoul(argv[3], NULL, 10),
                      strtoull(argv[4], NULL, 10))) {
      fprintf(stderr, "model: no pattern %s of %s pages\n", argv[1], argv[2]);
      exit(2);
   }
   vmt_port_set(&port);
   vmt_reclaim_defaults(&settings);
   settings.n_frames = strtoull(argv[5], NULL, 10);
   settings.n_slots = SWAP_SLOTS;
   settings.device = strcmp(argv[6], "rotating") == 0 ? VMT_SWAP_ROTATING
                     : strcmp(argv[6], "memory") == 0 ? VMT_SWAP_MEMORY
                                                      : VMT_SWAP_SOLID;
   settings.waits_for_writes = true;
   settings.counts_ns = strtoull(argv[7], NULL, 10);
   settings.generations = argv[9] != NULL && strcmp(argv[9], "generations") == 0;
   run->random_advice = strcmp(argv[8], "random") == 0;
   must(vmt_reclaim_init(&run->reclaim, &settings));
   for (uint32_t i = 0; i < 2; i++) {
      run->entries[i] = calloc(run->pattern.n_pages + 1, sizeof(*run->entries[i]));
      run->has_table[i] = calloc(run->pattern.n_pages / PAGES_A_TABLE + 2, 1);
      if (run->entries[i] == NULL || run->has_table[i] == NULL)
         must(VMT_NO_MEMORY);
   }
}

static void
print(const struct run *run)
{
   const struct vmt_reclaim_counts *counts = &run->reclaim.counts;
   const struct {
      const char *name;
      uint64_t value;
   } rows[] = {
      { "minflt", run->n_minor }, { "majflt", run->n_major },
      { "pswpin", counts->n_swapped_in }, { "pswpout", counts->n_swapped_out },
      { "swap_ra", counts->n_read_ahead }, { "swap_ra_hit", counts->n_read_ahead_hits },
      { "workingset_refault_anon", counts->n_refaults[0] },
      { "workingset_refault_file", counts->n_refaults[1] },
      { "workingset_activate_anon", counts->n_refaults_activated[0] },
      { "workingset_activate_file", counts->n_refaults_activated[1] },
      { "workingset_restore_anon", counts->n_refaults_restored[0] },
      { "workingset_restore_file", counts->n_refaults_restored[1] },
      { "pgscan_anon", counts->n_scanned[0] }, { "pgscan_file", counts->n_scanned[1] },
      { "pgsteal_anon", counts->n_stolen[0] }, { "pgsteal_file", counts->n_stolen[1] },
      { "pgactivate", counts->n_activated }, { "pgdeactivate", counts->n_deactivated },
      { "pgrotated", counts->n_rotated }, { "reclaims", counts->n_reclaims },
      { "file_read", counts->n_file_read }, { "written_back", counts->n_written_back },
      { "out_of_memory", counts->n_out_of_memory },
      { "inactive_anon", run->reclaim.lists[0].n },
      { "active_anon", run->reclaim.lists[1].n },
      { "ms", run->reclaim.now_ns / 1000000 },
   };

   for (uint32_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
      printf("%s\"%s\": %llu", i == 0 ? "{" : ", ", rows[i].name,
             (unsigned long long)rows[i].value);
   puts("}");
}

int
main(int argc, char **argv)
{
   static struct run run;
   struct pattern_touch touch;

   if (argc != 9 && argc != 10) {
      fputs("usage: model PATTERN PAGES ROUNDS SEED LIMIT DEVICE COUNTS_NS ADVICE "
            "[generations]\n", stderr);
      return 2;
   }
   start(&run, argv);
   while (pattern_next(&run.pattern, &touch))
      touch_page(&run, &touch);
   print(&run);
   vmt_reclaim_free(&run.reclaim);
   pattern_end(&run.pattern);
   for (uint32_t i = 0; i < 2; i++) {
      free(run.entries[i]);
      free(run.has_table[i]);
   }
   return 0;
}
