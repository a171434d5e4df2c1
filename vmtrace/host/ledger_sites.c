/* What tables say of the sites of memory.  */

#include "vmtrace/host/ledger.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

uint32_t
vmt_site_frame(const struct vmt_blame *blame, const struct vmt_profile_site *site)
{
   uint32_t place = vmt_blame_place(blame, site->stack);

   return site->stack == 0 || blame->places[place].line ? VMT_KEYMAP_NONE
          : vmt_blame_frame(blame, site->stack);
}

void
vmt_ledger_find_same_sites(struct vmt_ledger *ledger, bool by_stack)
{
   const struct vmt_profile *profile = ledger->profile;
   const struct vmt_blame *blame = ledger->blame;
   struct vmt_keymap map = { 0 };
   bool added;

   ledger->same_site = vmt_calloc(profile->n_sites, sizeof *ledger->same_site);
   for (uint32_t i = 0; i < profile->n_sites; i++) {
      const struct vmt_profile_site *site = &profile->sites[i];
      uint32_t where = by_stack ? blame->call_of_stack[site->stack]
                       : vmt_blame_place(blame, site->stack);

      ledger->same_site[i] = vmt_keymap_intern(
         &map, where | (uint64_t) vmt_site_frame(blame, site) << 32, site->kind, i,
         &added);
   }
   vmt_keymap_free(&map);
}

uint32_t
vmt_ledger_site_place(const struct vmt_ledger *ledger, uint32_t site)
{
   return vmt_blame_place(ledger->blame, ledger->profile->sites[site].stack);
}

uint32_t
vmt_ledger_site_row(const struct vmt_ledger *ledger, uint32_t site)
{
   return vmt_keymap_find(&ledger->map, ledger->same_site[site], 0);
}

static uint32_t
subject_of(const struct vmt_ledger *ledger, uint32_t site)
{
   switch (ledger->by) {
   case VMT_BY_SITE:
      return ledger->same_site[site];
   case VMT_BY_STACK:
      return ledger->blame->call_of_stack[ledger->profile->sites[site].stack];
   default:
      return vmt_ledger_site_place(ledger, site);
   }
}

/* The most that was live of a site is of no line, whose sites may have had it at
   other times.  */
static bool
is_counted(const struct vmt_ledger *ledger, size_t number)
{
   return vmt_site_numbers[number].event
          && (number != VMT_SITE_PEAK_BYTES || ledger->by == VMT_BY_SITE);
}

void
vmt_ledger_add_sites(struct vmt_ledger *ledger)
{
   const struct vmt_profile *profile = ledger->profile;

   for (uint32_t i = 1; i < profile->n_sites; i++) {
      const struct vmt_profile_site *site = &profile->sites[i];
      size_t row;

      if (site->kind != VMT_SITE_MALLOC && ledger->by != VMT_BY_SITE)
         continue;
      row = vmt_ledger_row(ledger, (struct vmt_ledger_row){
         .subject = subject_of(ledger, i)
      });
      for (size_t number = 0; number < VMT_N_SITE_NUMBERS; number++)
         if (is_counted(ledger, number))
            vmt_ledger_add(ledger, row,
                           vmt_events_find(&profile->events,
                                           vmt_site_numbers[number].event),
                           site->numbers[number]);
   }
}

int64_t *
vmt_ledger_site_numbers(const struct vmt_ledger *ledger)
{
   const struct vmt_profile *profile = ledger->profile;
   int64_t *sums = vmt_calloc(ledger->n_rows, VMT_N_SITE_NUMBERS * sizeof *sums);

   for (uint32_t i = 1; i < profile->n_sites; i++) {
      uint32_t row = vmt_ledger_site_row(ledger, i);
      int64_t *sum = sums + (size_t) row * VMT_N_SITE_NUMBERS;

      for (size_t number = 0; number < VMT_N_SITE_NUMBERS; number++)
         sum[number] = vmt_wrapping_sum(sum[number], profile->sites[i].numbers[number]);
   }
   return sums;
}

/* ---- parts ---- */

/* The row of a ledger that is not split which one of a split one is a part of.  */
static uint32_t
whole_row(const struct vmt_ledger *whole, const struct vmt_ledger_row *part)
{
   if (whole->by == VMT_BY_SITE)
      return vmt_keymap_find(&whole->map, part->site, 0);
   return vmt_keymap_find(&whole->map, vmt_ledger_key(whole, part->subject),
                          whole->by == VMT_BY_THREAD ? part->run : 0);
}

void
vmt_ledger_parts_init(struct vmt_ledger_parts *parts, const struct vmt_ledger *whole,
                      const struct vmt_ledger *split, int event)
{
   uint32_t *order = vmt_ledger_order(split, event);
   size_t *next;

   parts->rows = vmt_calloc(split->n_rows, sizeof *parts->rows);
   parts->first = vmt_calloc(whole->n_rows + 1, sizeof *parts->first);
   for (size_t i = 0; i < split->n_rows; i++)
      parts->first[whole_row(whole, &split->rows[i]) + 1]++;
   for (size_t i = 0; i < whole->n_rows; i++)
      parts->first[i + 1] += parts->first[i];
   next = vmt_calloc(whole->n_rows + 1, sizeof *next);
   memcpy(next, parts->first, whole->n_rows * sizeof *next);
   for (size_t i = 0; i < split->n_rows; i++)
      parts->rows[next[whole_row(whole, &split->rows[order[i]])]++] = order[i];
   free(next);
   free(order);
}

void
vmt_ledger_parts_free(struct vmt_ledger_parts *parts)
{
   free(parts->rows);
   free(parts->first);
}
