/* Which lines begin to fault when RAM falls from one size to another.  */

#include "vmtrace/cli/curve.h"

#include "vmtrace/cli/verbs.h"
#include "vmtrace/mmu/containers/distances.h"

/* The bucket of touches that fault below a number of pages.  */
static uint32_t
bucket_of(int64_t distance_pages)
{
   return vmt_distance_bucket(distance_pages > UINT32_MAX ? UINT32_MAX
                              : (uint32_t) distance_pages);
}

static int64_t
faults_in(const struct vmt_profile *profile,
          const struct vmt_profile_charge *charge, uint32_t first, uint32_t last)
{
   int64_t n = 0;

   for (uint32_t at = charge->first_distance; at; at = profile->distances[at].next)
      if (profile->distances[at].event >= first
          && profile->distances[at].event <= last)
         n = vmt_wrapping_sum(n, profile->distances[at].value);
   return n;
}

/* How many more faults there are at low_pages than at high_pages, or -1 when the
   curve has not just these sizes.  */
static int64_t
faults_between(const struct vmt_curve_view *view, int64_t low_pages,
               int64_t high_pages)
{
   const struct vmt_curve_size *low = vmt_curve_at(view->curve, low_pages);
   const struct vmt_curve_size *high = vmt_curve_at(view->curve, high_pages);

   if (!low || low->ram_pages != low_pages
       || (high->ram_pages != high_pages && high != view->last))
      return -1;
   return low->n_faults - high->n_faults;
}

static int
charge(struct vmt_curve_view *view)
{
   const struct vmt_profile *profile = &view->memory.report.input.profile;
   struct vmt_curve_span *span = &view->span;
   uint32_t first = bucket_of(span->to.size->ram_pages + 1);
   uint32_t last = bucket_of(span->from.size->ram_pages);
   int64_t between;

   if (vmt_memory_begin(&view->memory, "MoreFlt"))
      return VMT_EXIT_TROUBLE;
   span->low_pages = (int64_t) vmt_distance_bucket_start(first);
   span->high_pages = (int64_t) vmt_distance_bucket_start(last + 1);
   if (span->from.size == view->last)
      span->high_pages = view->last->ram_pages;
   for (uint32_t i = 0; i < profile->n_charges; i++) {
      int64_t n = faults_in(profile, &profile->charges[i], first, last);

      if (n) {
         vmt_memory_add(&view->memory, i, n);
         span->n_charged = vmt_wrapping_sum(span->n_charged, n);
      }
   }
   between = faults_between(view, span->low_pages, span->high_pages);
   span->n_uncharged = between < span->n_charged ? -1 : between - span->n_charged;
   vmt_memory_resolve(&view->memory);
   return VMT_EXIT_OK;
}

static int
take_end(const struct vmt_curve_view *view, const char *option, const char *text,
         struct vmt_curve_asked *asked)
{
   if (vmt_curve_take_size(view, option, text, asked))
      return VMT_EXIT_TROUBLE;
   if (vmt_curve_knows(view, asked->size))
      return VMT_EXIT_OK;
   vmt_complain("curve: --%s=%s is less than this curve knows, which begins at "
                "%lldK (a run with --mrc=exact knows all sizes)", option, text,
                (long long) vmt_curve_first_pages(view->curve)
                * (VMT_MEMORY_PAGE_BYTES / 1024));
   return VMT_EXIT_TROUBLE;
}

int
vmt_curve_find_span(struct vmt_curve_view *view, const char *from, const char *to)
{
   struct vmt_curve_span *span = &view->span;

   span->from = (struct vmt_curve_asked){
      "the peak", view->last->ram_pages * VMT_MEMORY_PAGE_BYTES, view->last
   };
   if (take_end(view, "to", to, &span->to)
       || (from && take_end(view, "from", from, &span->from)))
      return VMT_EXIT_TROUBLE;
   if (span->to.size >= span->from.size) {
      vmt_complain("curve: --to=%s is no smaller than %s%s: RAM falls from the "
                   "first to the second", to, from ? "--from=" : "the peak",
                   from ? from : "");
      return VMT_EXIT_TROUBLE;
   }
   view->has_span = true;
   return charge(view);
}
