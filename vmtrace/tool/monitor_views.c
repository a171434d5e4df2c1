#include "vmtrace/tool/monitor_views.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/counting.h"
#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/segments.h"
#include "vmtrace/tool/tool.h"

#define NEWEST_SAMPLES 8
#define KIB_PER_PAGE (TOOL_PAGE_BYTES / 1024)

/* ---- the working set ---- */

static void
show_sample(const struct vmt_working_set *set, const struct vmt_working_set_sample *sample)
{
   ULong first = (ULong)(sample->first_window - 1) * set->window_instrs;

   VG_(gdb_printf)("%'20llu %'9u %'9u %'9llu %'9u\n", first, sample->n_windows,
                   sample->min_pages, (ULong)(sample->sum_pages / sample->n_windows),
                   sample->max_pages);
}

void
monitor_show_working_set(void)
{
   static struct vmt_working_set_sample samples[VMT_MAX_WINDOW_SAMPLES + 1];
   const struct vmt_touches *touches = &tool_machine.touches;
   struct vmt_working_set view;
   UInt i;

   charge_settle();
   if (!touches->windows) {
      VG_(gdb_printf)("there is no working set (--ws-window=0)\n");
      return;
   }
   vmt_working_set_view(&touches->set,
                        vmt_touches_instrs(touches, tool_machine.filter.clock), samples,
                        &view);
   VG_(gdb_printf)("Resident now: %'llu KiB. Most pages touched in %'llu instructions: "
                   "%'u (%'llu KiB), in those after %'llu.\n",
                   (ULong)tool_machine.ledger.n_resident_pages * KIB_PER_PAGE,
                   (ULong)view.window_instrs, view.n_peak_pages,
                   (ULong)view.n_peak_pages * KIB_PER_PAGE,
                   view.peak_window == 0
                      ? 0
                      : (ULong)(view.peak_window - 1) * view.window_instrs);
   VG_(gdb_printf)("%20s %9s %9s %9s %9s\n", "From instruction", "Windows", "Least",
                   "Average", "Most");
   i = view.n_samples > NEWEST_SAMPLES ? view.n_samples - NEWEST_SAMPLES : 0;
   for (; i < view.n_samples; i++)
      show_sample(&view, &view.samples[i]);
}

/* ---- areas ---- */

#define WITH_FRAME (VMT_PTE_ANON | VMT_PTE_FILE | VMT_PTE_SHMEM)

struct kind {
   UInt label;
   ULong n_areas, n_pages, n_resident, n_swapped;
};

static void
add_area(const struct vmt_area *area, struct kind *kind)
{
   vmt_vpn vpn = area->start >> VMT_PAGE_SHIFT, end = area->end >> VMT_PAGE_SHIFT;
   const struct vmt_pte *pte;

   kind->label = area->label;
   kind->n_areas++;
   kind->n_pages += end - vpn;
   for (; (pte = vmt_pagetable_next(&tool_machine.pages, &vpn, end)) != NULL; vpn++) {
      kind->n_resident += (pte->bits & WITH_FRAME) != 0 && pte->owner != VMT_NO_CHARGE;
      kind->n_swapped += (pte->bits & VMT_PTE_SWAPPED) != 0;
   }
}

static Int
more_resident(const void *a, const void *b)
{
   const struct kind *x = a, *y = b;

   if (x->n_resident != y->n_resident)
      return x->n_resident > y->n_resident ? -1 : 1;
   return x->label < y->label ? -1 : x->label > y->label;
}

static void
show_kind(const struct kind *kind, const HChar *name)
{
   VG_(gdb_printf)("%'13llu %'13llu %'13llu %'7llu  %s\n", kind->n_pages * KIB_PER_PAGE,
                   kind->n_resident * KIB_PER_PAGE, kind->n_swapped * KIB_PER_PAGE,
                   kind->n_areas, name);
}

void
monitor_show_areas(void)
{
   UInt n = objects_n_labels() + 1, i;
   struct kind *kinds = VG_(calloc)("vmtrace.areas", n, sizeof *kinds), all = {0};
   const struct vmt_area *area = vmt_areas_from(&tool_machine.areas, 0);

   charge_settle();
   for (; area != NULL; area = vmt_areas_after(&tool_machine.areas, area)) {
      if ((area->flags & VMT_AREA_EXCLUDED) != 0)
         continue;
      add_area(area, &kinds[area->label]);
      add_area(area, &all);
   }
   VG_(ssort)(kinds, n, sizeof *kinds, more_resident);
   VG_(gdb_printf)("%13s %13s %13s %7s  %s\n", "KiB", "Resident", "Swapped", "Areas",
                   "What");
   for (i = 0; i < n; i++)
      if (kinds[i].n_areas != 0)
         show_kind(&kinds[i], kinds[i].label == 0
                                 ? "[other]"
                                 : objects_get_label(kinds[i].label)->name);
   show_kind(&all, "all");
   VG_(free)(kinds);
}

/* ---- the curve ---- */

/* Powers of two, and the peak.  */
static Bool
is_shown(ULong ram_pages, ULong peak, Bool exact)
{
   return ram_pages == peak || ((ram_pages & (ram_pages - 1)) == 0 &&
                                (exact || ram_pages >= VMT_UNSEEN_DISTANCE));
}

void
monitor_show_curve(void)
{
   const struct vmt_touches *touches = &tool_machine.touches;
   Bool exact = touches->curve == VMT_CURVE_EXACT;
   struct vmt_curve_point point = {0, 0};
   ULong peak = vmt_touches_peak_pages(touches);

   if (touches->curve == VMT_CURVE_NO) {
      VG_(gdb_printf)("there is no curve (--mrc=no)\n");
      return;
   }
   charge_settle();
   counting_settle();
   VG_(gdb_printf)("Faults so far of an LRU memory of this size%s:\n",
                   exact ? "" : ", to within 64 pages");
   VG_(gdb_printf)("%13s %13s %17s\n", "Pages", "KiB", "Faults");
   while (vmt_distances_next_point(&touches->distances, peak, &point))
      if (is_shown(point.ram_pages, peak, exact))
         VG_(gdb_printf)("%'13llu %'13llu %'17llu\n", (ULong)point.ram_pages,
                         (ULong)point.ram_pages * KIB_PER_PAGE, (ULong)point.n_faults);
   VG_(gdb_printf)("From %'llu pages on it has all that it ever touches.\n", peak);
}
