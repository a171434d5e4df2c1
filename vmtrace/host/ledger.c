#include "vmtrace/host/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

/* What identifies the row of a place.  */
static uint64_t
place_key(const struct vmt_ledger *ledger, uint32_t place)
{
   const struct vmt_place *at = &ledger->blame->places[place];

   switch (ledger->by) {
   case VMT_BY_FUNCTION:
      return at->function_id;
   case VMT_BY_OBJECT:
      return at->object;
   default:
      return place;
   }
}

static size_t
row_of(struct vmt_ledger *ledger, uint64_t key, struct vmt_ledger_row row)
{
   bool added;
   uint32_t position = vmt_keymap_intern(&ledger->map, key, row.run,
                                         (uint32_t) ledger->n_rows, &added);

   if (!added)
      return position;
   ledger->rows = vmt_grow(ledger->rows, ledger->n_rows, &ledger->row_capacity,
                           sizeof row);
   if (ledger->value_capacity < ledger->row_capacity) {
      ledger->value_capacity = ledger->row_capacity;
      ledger->values = vmt_realloc(ledger->values, ledger->value_capacity,
                                   ledger->n_columns * sizeof *ledger->values);
   }
   memset(ledger->values + ledger->n_rows * ledger->n_columns, 0,
          ledger->n_columns * sizeof *ledger->values);
   ledger->rows[ledger->n_rows++] = row;
   return position;
}

static size_t
place_row(struct vmt_ledger *ledger, uint32_t place)
{
   return row_of(ledger, place_key(ledger, place),
                 (struct vmt_ledger_row){ place, 0 });
}

static size_t
charge_row(struct vmt_ledger *ledger, const struct vmt_profile_charge *charge)
{
   switch (ledger->by) {
   case VMT_BY_STACK: {
      uint32_t call = ledger->blame->call_of_stack[charge->stack];

      return row_of(ledger, call, (struct vmt_ledger_row){ call, 0 });
   }
   case VMT_BY_AREA:
      return row_of(ledger, charge->area,
                    (struct vmt_ledger_row){ charge->area, 0 });
   case VMT_BY_THREAD:
      return row_of(ledger, charge->thread,
                    (struct vmt_ledger_row){ charge->thread, charge->run });
   default:
      return place_row(ledger, vmt_blame_place(ledger->blame, charge->stack));
   }
}

static void
add(struct vmt_ledger *ledger, size_t row, int event, int64_t number)
{
   int column = event < 0 ? -1 : ledger->column_of[event];

   if (column >= 0) {
      int64_t *value = &ledger->values[row * ledger->n_columns + (size_t) column];

      *value = vmt_wrapping_sum(*value, number);
   }
}

static void
add_charges(struct vmt_ledger *ledger)
{
   const struct vmt_profile *profile = ledger->profile;

   for (size_t i = 0; i < profile->n_charges; i++) {
      const struct vmt_profile_charge *charge = &profile->charges[i];
      size_t row = charge_row(ledger, charge);

      for (uint32_t at = charge->first_count; at; at = profile->counts[at].next)
         add(ledger, row, (int) profile->counts[at].event,
             profile->counts[at].value);
   }
}

static void
add_instrs(struct vmt_ledger *ledger)
{
   const struct vmt_profile *profile = ledger->profile;
   int ir = vmt_events_find(&profile->events, "Ir");
   int dr = vmt_events_find(&profile->events, "Dr");
   int dw = vmt_events_find(&profile->events, "Dw");

   for (size_t i = 0; i < profile->n_instrs; i++) {
      size_t row = place_row(ledger, ledger->blame->instr_place[i]);

      add(ledger, row, ir, profile->instrs[i].ir);
      add(ledger, row, dr, profile->instrs[i].dr);
      add(ledger, row, dw, profile->instrs[i].dw);
   }
}

static void
add_runs(struct vmt_ledger *ledger)
{
   for (uint32_t i = 0; i < ledger->profile->n_runs; i++) {
      size_t row = row_of(ledger, i, (struct vmt_ledger_row){ i, 0 });

      for (size_t event = 0; event < ledger->profile->events.n; event++)
         add(ledger, row, (int) event, ledger->profile->runs[i].totals[event]);
   }
}

/* Events get a column when some run counted any.  */
static void
make_columns(struct vmt_ledger *ledger)
{
   const struct vmt_profile *profile = ledger->profile;

   for (size_t event = 0; event < VMT_EVENTS_MAX; event++)
      ledger->column_of[event] = -1;
   for (size_t i = 0; i < profile->n_counts; i++)
      if (profile->counts[i].value)
         ledger->column_of[profile->counts[i].event] = 0;
   for (size_t i = 0; i < profile->n_runs; i++)
      for (size_t event = 0; event < profile->events.n; event++)
         if (profile->runs[i].totals[event])
            ledger->column_of[event] = 0;
   for (size_t event = 0; event < profile->events.n; event++)
      if (ledger->column_of[event] == 0)
         ledger->column_of[event] = (int) ledger->n_columns++;
}

void
vmt_ledger_init(struct vmt_ledger *ledger, enum vmt_by by,
                const struct vmt_profile *profile, const struct vmt_blame *blame)
{
   *ledger = (struct vmt_ledger){ .by = by, .profile = profile, .blame = blame };
   make_columns(ledger);
   if (by == VMT_BY_PROCESS)
      add_runs(ledger);
   else
      add_charges(ledger);
   if (by == VMT_BY_LINE || by == VMT_BY_FUNCTION || by == VMT_BY_OBJECT)
      add_instrs(ledger);
}

void
vmt_ledger_free(struct vmt_ledger *ledger)
{
   free(ledger->rows);
   free(ledger->values);
   vmt_keymap_free(&ledger->map);
}

int64_t
vmt_ledger_value(const struct vmt_ledger *ledger, size_t row, int event)
{
   int column = event < 0 ? -1 : ledger->column_of[event];

   return column < 0 ? 0
          : ledger->values[row * ledger->n_columns + (size_t) column];
}
