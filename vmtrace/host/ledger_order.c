/* Which row comes first, and through what its events came.  */

#include "vmtrace/host/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

static int
compare_text(const char *a, const char *b)
{
   return a == b ? 0 : strcmp(a, b);
}

static int
compare_places(const struct vmt_blame *blame, uint32_t a, uint32_t b)
{
   const struct vmt_place *x = &blame->places[a], *y = &blame->places[b];
   int order = compare_text(x->file, y->file);

   if (order == 0 && x->line != y->line)
      order = x->line < y->line ? -1 : 1;
   if (order == 0)
      order = compare_text(x->function, y->function);
   if (order == 0)
      order = compare_text(vmt_blame_object_path(blame, a),
                           vmt_blame_object_path(blame, b));
   return order;
}

/* Innermost places first; a stack of a bounded depth.  */
static int
compare_calls(const struct vmt_blame *blame, uint32_t a, uint32_t b)
{
   while (a && b && a != b) {
      const struct vmt_call *x = &blame->calls[a], *y = &blame->calls[b];
      int order = x->place == y->place ? 0
                  : compare_places(blame, x->place, y->place);

      if (order)
         return order;
      a = x->parent;
      b = y->parent;
   }
   return a == b ? 0 : a ? 1 : -1;
}

static int
compare_sites(const struct vmt_ledger *ledger, uint32_t a, uint32_t b)
{
   const struct vmt_profile_site *x = &ledger->profile->sites[a];
   const struct vmt_profile_site *y = &ledger->profile->sites[b];
   const struct vmt_blame *blame = ledger->blame;
   int order = x->kind < y->kind ? -1 : x->kind > y->kind;

   if (order == 0)
      order = compare_places(blame, vmt_blame_place(blame, x->stack),
                             vmt_blame_place(blame, y->stack));
   if (order == 0 && blame->calls)
      order = compare_calls(blame, blame->call_of_stack[x->stack],
                            blame->call_of_stack[y->stack]);
   return order;
}

static int
compare_subjects(const struct vmt_ledger *ledger, uint32_t a, uint32_t b)
{
   const struct vmt_ledger_row *x = &ledger->rows[a], *y = &ledger->rows[b];
   const struct vmt_profile_area *areas = ledger->profile->areas;

   switch (ledger->by) {
   case VMT_BY_LINE:
   case VMT_BY_FUNCTION:
      return compare_places(ledger->blame, x->subject, y->subject);
   case VMT_BY_OBJECT:
      return compare_text(vmt_blame_object_path(ledger->blame, x->subject),
                          vmt_blame_object_path(ledger->blame, y->subject));
   case VMT_BY_STACK:
      return compare_calls(ledger->blame, x->subject, y->subject);
   case VMT_BY_AREA:
      return compare_text(areas[x->subject].name, areas[y->subject].name);
   case VMT_BY_SITE:
      return compare_sites(ledger, x->subject, y->subject);
   default:
      return 0;
   }
}

struct sorting {
   const struct vmt_ledger *ledger;
   int event;
   bool has_ranks;
};

/* What was asked of malloc is less than mappings are, of which most is address space:
   it is not to be lost below them.  */
static int
rank(const struct vmt_ledger *ledger, uint32_t row)
{
   enum vmt_site_kind kind = ledger->profile->sites[ledger->rows[row].subject].kind;

   return kind == VMT_SITE_MMAP || kind == VMT_SITE_BRK;
}

static bool
has_ranks(const struct vmt_ledger *ledger, int event)
{
   const struct vmt_events *events = &ledger->profile->events;

   return ledger->by == VMT_BY_SITE && event >= 0 && events->n
          && (events->roles[event] == VMT_EVENT_SITE
              || events->roles[event] == VMT_EVENT_SIZE);
}

static int
compare_rows(const void *a, const void *b, void *context)
{
   const struct sorting *sorting = context;
   uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;
   int64_t p = vmt_ledger_value(sorting->ledger, x, sorting->event);
   int64_t q = vmt_ledger_value(sorting->ledger, y, sorting->event);
   int order = 0;

   /* Those without any are last all the same, where they can be left out.  */
   if (sorting->has_ranks)
      order = p && q ? rank(sorting->ledger, x) - rank(sorting->ledger, y)
              : (p == 0) - (q == 0);
   if (order == 0)
      order = p > q ? -1 : p < q;
   if (order == 0)
      order = compare_subjects(sorting->ledger, x, y);
   if (order == 0 && sorting->ledger->split)
      order = compare_sites(sorting->ledger, sorting->ledger->rows[x].site,
                            sorting->ledger->rows[y].site);
   if (order == 0 && sorting->ledger->rows[x].run != sorting->ledger->rows[y].run)
      order = sorting->ledger->rows[x].run < sorting->ledger->rows[y].run ? -1 : 1;
   return order ? order : x < y ? -1 : x > y;
}

uint32_t *
vmt_ledger_order(const struct vmt_ledger *ledger, int event)
{
   uint32_t *order = vmt_calloc(ledger->n_rows, sizeof *order);
   struct sorting sorting = { ledger, event, has_ranks(ledger, event) };

   for (uint32_t i = 0; i < ledger->n_rows; i++)
      order[i] = i;
   qsort_r(order, ledger->n_rows, sizeof *order, compare_rows, &sorting);
   return order;
}

static int64_t
count_of(const struct vmt_profile *profile,
         const struct vmt_profile_charge *charge, int event)
{
   for (uint32_t at = charge->first_count; at; at = profile->counts[at].next)
      if (profile->counts[at].event == (uint32_t) event)
         return profile->counts[at].value;
   return 0;
}

struct passage {
   uint32_t row, leaf;
   int64_t number;
};

uint32_t *
vmt_ledger_via(const struct vmt_ledger *ledger, int event)
{
   const struct vmt_profile *profile = ledger->profile;
   const struct vmt_blame *blame = ledger->blame;
   uint32_t *via = vmt_calloc(ledger->n_rows, sizeof *via);
   int64_t *most = vmt_calloc(ledger->n_rows, sizeof *most);
   struct passage *passages = NULL;
   size_t n = 0, capacity = 0;
   struct vmt_keymap map = { 0 };

   for (size_t i = 0; i < profile->n_charges; i++) {
      const struct vmt_profile_charge *charge = &profile->charges[i];
      uint32_t leaf = vmt_blame_leaf(blame, charge->stack);
      uint32_t place = vmt_blame_place(blame, charge->stack);
      uint32_t row = vmt_keymap_find(&ledger->map, vmt_ledger_key(ledger, place), 0);
      bool added;
      uint32_t at = vmt_keymap_intern(&map, row, blame->places[leaf].function_id,
                                      (uint32_t) n, &added);

      if (added) {
         passages = vmt_grow(passages, n, &capacity, sizeof *passages);
         passages[n++] = (struct passage){ row, leaf, 0 };
      }
      passages[at].number = vmt_wrapping_sum(passages[at].number,
                                             count_of(profile, charge, event));
   }
   for (size_t i = 0; i < ledger->n_rows; i++)
      via[i] = UINT32_MAX;
   for (size_t i = 0; i < n; i++) {
      uint32_t leaf = passages[i].leaf;
      uint32_t own = ledger->rows[passages[i].row].subject;

      if (passages[i].number <= most[passages[i].row])
         continue;
      most[passages[i].row] = passages[i].number;
      via[passages[i].row] = blame->places[leaf].function_id
                             == blame->places[own].function_id
                             ? UINT32_MAX : leaf;
   }
   free(passages);
   free(most);
   vmt_keymap_free(&map);
   return via;
}
