#include "tests/areas/rangemap_ops.h"

#include <string.h>

#include "tests/areas/testing.h"
#include "vmtrace/mmu/containers/rangemap.h"

enum { N_KEYS = 256 };

struct record {
   uint64_t start, end;
   uint64_t value;
   char filling[3];             /* an odd size */
};

/* What each key should lead to; 0: no record.  */
static uint64_t cells[N_KEYS];
static uint64_t last_value;

static bool
is_free(unsigned start, unsigned end)
{
   for (unsigned i = start; i < end; i++) {
      if (cells[i] != 0)
         return false;
   }
   return true;
}

static void
fill(uint64_t start, uint64_t end, uint64_t value)
{
   for (uint64_t i = start; i < end; i++)
      cells[i] = value;
}

/* The head of a node, as rangemap.c has it.  */
struct head {
   struct head *parent, *left, *right;
   uint64_t priority;
};

/* The tree is a heap by priority.  */
static void
check_node(const struct vmt_rangemap *map, const struct record *record)
{
   const struct head *head = (const struct head *)record - 1;

   check(head->parent == NULL ? map->root == head
                              : head->parent->left == head
                                   || head->parent->right == head);
   check(head->parent == NULL || head->parent->priority >= head->priority);
}

/* Walks up and down: the records are the runs of equal cells.  */
static void
check_walks(struct vmt_rangemap *map)
{
   struct record *record = vmt_rangemap_from(map, 0), *below = NULL;
   uint64_t n_records = 0, at = 0;

   for (; record != NULL; below = record, record = vmt_rangemap_next(map, record)) {
      check(vmt_rangemap_prev(map, record) == below);
      for (; at < record->start; at++)
         check(cells[at] == 0);
      for (; at < record->end; at++)
         check(cells[at] == record->value);
      check_node(map, record);
      check(memcmp(record->filling, "abc", 3) == 0);
      n_records++;
   }
   for (; at < N_KEYS; at++)
      check(cells[at] == 0);
   check(n_records == map->n_records);
}

static void
check_lookups(struct vmt_rangemap *map, unsigned key)
{
   struct record *record = vmt_rangemap_find(map, key), *from;
   unsigned above = key;

   check((record != NULL ? record->value : 0) == cells[key]);
   check(vmt_rangemap_find(map, key) == record);
   while (above < N_KEYS && cells[above] == 0)
      above++;
   from = vmt_rangemap_from(map, key);
   check(above == N_KEYS ? from == NULL
                         : from != NULL && from->value == cells[above]);
   check(record == NULL || from == record);
}

static void
insert(struct vmt_rangemap *map, unsigned start, unsigned n)
{
   struct record record = {start, start + n, last_value + 1, "abc"};
   struct record *inserted;

   if (n == 0 || start + n > N_KEYS || !is_free(start, start + n))
      return;
   last_value++;
   inserted = vmt_rangemap_insert(map, &record);
   check(inserted != NULL && memcmp(inserted, &record, sizeof(record)) == 0);
   fill(record.start, record.end, record.value);
}

static void
delete(struct vmt_rangemap *map, unsigned key)
{
   struct record *record = vmt_rangemap_find(map, key);

   if (record == NULL)
      return;
   fill(record->start, record->end, 0);
   vmt_rangemap_delete(map, record);
   check(map->last == NULL);            /* it was the last hit */
}

/* Moves an end of the record at key, in place.  */
static void
change(struct vmt_rangemap *map, unsigned key, unsigned start, unsigned end)
{
   struct record *record = vmt_rangemap_find(map, key);

   if (record == NULL || start >= end || end > N_KEYS)
      return;
   fill(record->start, record->end, 0);
   if (is_free(start, end) && start <= key && key < end) {
      record->start = start;
      record->end = end;
   }
   fill(record->start, record->end, record->value);
}

void
rangemap_run(const uint8_t *bytes, size_t n_bytes)
{
   struct vmt_rangemap map;

   memset(cells, 0, sizeof(cells));
   last_value = 0;
   vmt_rangemap_init(&map, "test", sizeof(struct record));
   for (; n_bytes >= 4; bytes += 4, n_bytes -= 4) {
      switch (bytes[0] % 8) {
      case 0: case 1: case 2:
         insert(&map, bytes[1], bytes[2] % 16);
         break;
      case 3: case 4:
         delete(&map, bytes[1]);
         break;
      case 5:
         change(&map, bytes[1], bytes[2], bytes[3]);
         break;
      case 6:
         check(vmt_rangemap_reserve(&map, bytes[1] % 9) == VMT_OK);
         break;
      default:
         insert(&map, bytes[1], 1);
      }
      check_lookups(&map, bytes[3]);
      check_walks(&map);
   }
   vmt_rangemap_free(&map);
}
