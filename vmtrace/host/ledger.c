#include "vmtrace/host/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

/* Of a place it is what the table tells apart.  */
uint64_t
vmt_ledger_key(const struct vmt_ledger *ledger, uint32_t subject)
{
   switch (ledger->by) {
   case VMT_BY_FUNCTION:
      return ledger->blame->places[subject].function_id;
   case VMT_BY_OBJECT:
      return ledger->blame->places[subject].object;
   default:
      return subject;
   }
}

size_t
vmt_ledger_row(struct vmt_ledger *ledger, struct vmt_ledger_row row)
{
   bool added;
   uint32_t position = vmt_keymap_intern(&ledger->map,
                                         vmt_ledger_key(ledger, row.subject)
                                         | (uint64_t) row.site << 32, row.run,
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

static struct vmt_ledger_row
charge_row(const struct vmt_ledger *ledger, const struct vmt_profile_charge *charge)
{
   struct vmt_ledger_row row = {
      .site = ledger->split ? ledger->same_site[charge->site] : 0,
      .run = ledger->split_by_process
             ? ledger->profile->processes.of_image[charge->run] : 0
   };

   switch (ledger->by) {
   case VMT_BY_STACK:
      row.subject = ledger->blame->call_of_stack[charge->stack];
      break;
   case VMT_BY_AREA:
      row.subject = charge->area;
      break;
   case VMT_BY_THREAD:
      row.subject = charge->thread;
      row.run = charge->run;
      break;
   case VMT_BY_SITE:
      row.subject = ledger->same_site[charge->site];
      break;
   default:
      row.subject = vmt_blame_place(ledger->blame, charge->stack);
      break;
   }
   return row;
}

void
vmt_ledger_add(struct vmt_ledger *ledger, size_t row, int event, int64_t number)
{
   int column = event < 0 ? -1 : ledger->column_of[event];

   if (column >= 0) {
      int64_t *value = &ledger->values[row * ledger->n_columns + (size_t) column];

      *value = vmt_wrapping_sum(*value, number);
   }
}

static void
add_charge(struct vmt_ledger *ledger, size_t row, const struct vmt_profile_charge *charge)
{
   const struct vmt_profile_count *counts = ledger->profile->counts;

   for (uint32_t at = charge->first_count; at; at = counts[at].next)
      vmt_ledger_add(ledger, row, (int) counts[at].event, counts[at].value);
}

static void
add_charges(struct vmt_ledger *ledger)
{
   const struct vmt_profile *profile = ledger->profile;

   for (size_t i = 0; i < profile->n_charges; i++) {
      const struct vmt_profile_charge *charge = &profile->charges[i];

      add_charge(ledger, vmt_ledger_row(ledger, charge_row(ledger, charge)), charge);
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
      size_t row = vmt_ledger_row(ledger, (struct vmt_ledger_row){
         .subject = ledger->blame->instr_place[i]
      });

      vmt_ledger_add(ledger, row, ir, profile->instrs[i].ir);
      vmt_ledger_add(ledger, row, dr, profile->instrs[i].dr);
      vmt_ledger_add(ledger, row, dw, profile->instrs[i].dw);
   }
}

static void
add_processes(struct vmt_ledger *ledger)
{
   const struct vmt_profile *profile = ledger->profile;

   for (uint32_t i = 0; i < profile->processes.n; i++) {
      size_t row = vmt_ledger_row(ledger, (struct vmt_ledger_row){ .subject = i });

      for (int event = 0; event < (int) profile->events.n; event++)
         vmt_ledger_add(ledger, row, event, vmt_process_total(profile, i, event));
   }
}

/* Of threads it is known how many instructions they executed, but not which.  */
static void
add_thread_instrs(struct vmt_ledger *ledger)
{
   const struct vmt_profile *profile = ledger->profile;
   int ir = vmt_events_find(&profile->events, "Ir");

   for (uint32_t run = 0; run < profile->n_runs; run++)
      for (uint32_t i = 0; i < profile->runs[run].threads.n; i++) {
         const struct vmt_thread *thread = vmt_thread_find(&profile->runs[run].threads, i);

         if (thread && thread->instrs)
            vmt_ledger_add(ledger, vmt_ledger_row(ledger, (struct vmt_ledger_row){
               .subject = i, .run = run
            }), ir, thread->instrs);
      }
}

/* Events get a column when some run counted any, or a site has some.  */
static void
find_columns(struct vmt_ledger *ledger)
{
   const struct vmt_profile *profile = ledger->profile;

   for (size_t i = 0; i < profile->n_counts; i++)
      if (profile->counts[i].value)
         ledger->column_of[profile->counts[i].event] = 0;
   for (size_t i = 0; i < profile->n_runs; i++)
      for (size_t event = 0; event < profile->events.n; event++)
         if (profile->runs[i].totals[event])
            ledger->column_of[event] = 0;
   for (size_t number = 0; number < VMT_N_SITE_NUMBERS && profile->n_sites > 1;
        number++) {
      const char *name = vmt_site_numbers[number].event;
      int event = name ? vmt_events_find(&profile->events, name) : -1;

      if (event >= 0)
         ledger->column_of[event] = 0;
   }
}

static void
make_columns(struct vmt_ledger *ledger)
{
   for (size_t event = 0; event < VMT_EVENTS_MAX; event++)
      ledger->column_of[event] = -1;
   find_columns(ledger);
   for (size_t event = 0; event < ledger->profile->events.n; event++)
      if (ledger->column_of[event] == 0)
         ledger->column_of[event] = (int) ledger->n_columns++;
}

/* Whether it is where the program is, not where its memory is, or who ran it.  */
static bool
is_of_code(enum vmt_by by)
{
   return by == VMT_BY_LINE || by == VMT_BY_FUNCTION || by == VMT_BY_OBJECT;
}

void
vmt_ledger_init(struct vmt_ledger *ledger, enum vmt_by by,
                const struct vmt_profile *profile, const struct vmt_blame *blame)
{
   *ledger = (struct vmt_ledger){ .by = by, .profile = profile, .blame = blame };
   make_columns(ledger);
   if (by == VMT_BY_SITE)
      vmt_ledger_find_same_sites(ledger, true);
   if (by == VMT_BY_PROCESS)
      add_processes(ledger);
   else
      add_charges(ledger);
   if (is_of_code(by))
      add_instrs(ledger);
   if (by == VMT_BY_THREAD)
      add_thread_instrs(ledger);
   if (is_of_code(by) || by == VMT_BY_STACK || by == VMT_BY_SITE)
      vmt_ledger_add_sites(ledger);
}

void
vmt_ledger_init_split(struct vmt_ledger *ledger, enum vmt_by by,
                      enum vmt_site_grain split, const struct vmt_profile *profile,
                      const struct vmt_blame *blame)
{
   *ledger = (struct vmt_ledger){
      .by = by, .split = split, .profile = profile, .blame = blame
   };
   make_columns(ledger);
   vmt_ledger_find_same_sites(ledger, split == VMT_SITES_BY_STACK);
   add_charges(ledger);
}

void
vmt_ledger_init_processes(struct vmt_ledger *ledger, enum vmt_by by,
                          const struct vmt_profile *profile,
                          const struct vmt_blame *blame)
{
   *ledger = (struct vmt_ledger){
      .by = by, .split_by_process = true, .profile = profile, .blame = blame
   };
   make_columns(ledger);
   add_charges(ledger);
}

void
vmt_ledger_init_calls(struct vmt_ledger *ledger, const struct vmt_profile *profile,
                      const struct vmt_blame *blame)
{
   *ledger = (struct vmt_ledger){
      .by = VMT_BY_SITE, .profile = profile, .blame = blame
   };
   make_columns(ledger);
   vmt_ledger_find_same_sites(ledger, true);
   for (size_t i = 0; i < profile->n_charges; i++) {
      const struct vmt_profile_charge *charge = &profile->charges[i];

      if (charge->call_site)
         add_charge(ledger, vmt_ledger_row(ledger, (struct vmt_ledger_row){
            .subject = ledger->same_site[charge->call_site]
         }), charge);
   }
}

void
vmt_ledger_free(struct vmt_ledger *ledger)
{
   free(ledger->rows);
   free(ledger->values);
   free(ledger->same_site);
   vmt_keymap_free(&ledger->map);
}

int64_t
vmt_ledger_value(const struct vmt_ledger *ledger, size_t row, int event)
{
   int column = event < 0 ? -1 : ledger->column_of[event];

   return column < 0 ? 0
          : ledger->values[row * ledger->n_columns + (size_t) column];
}
