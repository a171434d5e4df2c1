/* How much memory the program needs, in words.  */

#include "vmtrace/cli/curve.h"

#include <stdlib.h>

#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/table.h"
#include "vmtrace/host/memory.h"

struct words {
   char need[VMT_QUANTITY_BYTES], peak[VMT_QUANTITY_BYTES], knee[VMT_QUANTITY_BYTES],
      first[VMT_QUANTITY_BYTES], half[VMT_QUANTITY_BYTES], less[VMT_QUANTITY_BYTES];
   char need_faults[VMT_GROUPED_BYTES], least_faults[VMT_GROUPED_BYTES],
      knee_faults[VMT_GROUPED_BYTES], half_faults[VMT_GROUPED_BYTES],
      less_faults[VMT_GROUPED_BYTES];
};

static void
say(const struct vmt_curve_size *size, char *ram, char *faults)
{
   vmt_bytes_text(ram, (double) size->ram_pages * VMT_MEMORY_PAGE_BYTES);
   vmt_number_grouped(faults, size->n_faults);
}

/* The largest known size that is smaller, or NULL.  */
static const struct vmt_curve_size *
next_less(const struct vmt_curve_view *view, const struct vmt_curve_size *size)
{
   return size > view->curve->sizes && vmt_curve_knows(view, size - 1) ? size - 1
          : NULL;
}

/* What more than the least that is, to be freed.  */
static char *
excess_text(const struct vmt_curve_view *view, const struct vmt_curve_size *size)
{
   double least = (double) view->last->n_faults;
   double percent = least > 0 ? 100 * ((double) size->n_faults - least) / least : 0;

   return percent >= 1000 ? vmt_format("%.0f times", percent / 100 + 1)
          : vmt_format("%.*f%% more than", percent < 10 ? 1 : 0, percent);
}

static char *
answer_need(const struct vmt_curve_view *view, struct words *words)
{
   const struct vmt_curve_size *less = next_less(view, view->need);
   char *excess = excess_text(view, view->need), *text;

   say(view->need, words->need, words->need_faults);
   say(view->last, words->peak, words->least_faults);
   if (view->need == view->last && !less)
      text = vmt_format("It never had more than %s at a time, which is too little "
                        "for this curve to tell sizes apart; a run with --mrc=exact "
                        "does.", words->peak);
   else if (view->need == view->last) {
      say(less, words->less, words->less_faults);
      text = vmt_format("All of its peak, %s: with %s it already faults %s times, "
                        "not %s.", words->peak, words->less, words->less_faults,
                        words->least_faults);
   } else if (!less)
      text = vmt_format("%s is enough, and is the smallest size that this curve "
                        "tells of: %s faults, where memory without limit has %s.",
                        words->need, words->need_faults, words->least_faults);
   else
      text = vmt_format("%s, %.0f%% of its peak: with that it faults %s times, %s "
                        "the %s of memory without limit.", words->need,
                        100.0 * (double) view->need->ram_pages
                        / (double) view->last->ram_pages, words->need_faults,
                        excess, words->least_faults);
   free(excess);
   return text;
}

/* What happens below the knee, or NULL when half of it does not double faults.  */
static char *
answer_knee(const struct vmt_curve_view *view, struct words *words)
{
   const struct vmt_curve_size *half;

   if (!view->knee)
      return NULL;
   half = vmt_curve_at(view->curve, view->knee->ram_pages / 2);
   if (!vmt_curve_knows(view, half)
       || half->n_faults / 2 < view->knee->n_faults)
      return NULL;
   say(view->knee, words->knee, words->knee_faults);
   say(half, words->half, words->half_faults);
   return vmt_format("Below the knee, %s, faults soar: with half of that, %s, they "
                     "are %s instead of %s.", words->knee, words->half,
                     words->half_faults, words->knee_faults);
}

void
vmt_curve_answer(const struct vmt_curve_view *view, const struct vmt_output *out)
{
   struct words words;
   char *need = answer_need(view, &words), *knee = answer_knee(view, &words);
   char *text = vmt_format("%s%s%s", need, knee ? " " : "", knee ? knee : "");

   fprintf(out->file, "%sHow much memory does it need?%s\n",
           vmt_output_paint(out, VMT_PAINT_BOLD),
           vmt_output_paint(out, VMT_PAINT_PLAIN));
   vmt_memory_print_wrapped(out, 0, text);
   free(need);
   free(knee);
   free(text);
}
