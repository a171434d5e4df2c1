#include "vmtrace/cli/pressure.h"

bool
vmt_pressure_is_of(const struct vmt_profile_run *run)
{
   return run->pressure.limit.has_ram || run->pressure.oom.happened;
}

int64_t
vmt_pressure_total(const struct vmt_report_input *input,
                   const struct vmt_profile_run *run, const char *event)
{
   int number = vmt_events_find(&input->profile.events, event);

   return number < 0 ? 0 : run->totals[number];
}

const struct vmt_curve_size *
vmt_pressure_enough(const struct vmt_profile_run *run,
                    const struct vmt_thrashing *thrashing)
{
   const struct vmt_curve *curve = &run->pressure.curve;
   int64_t n_left = thrashing->n_refaults / 100 * VMT_PRESSURE_LEFT_PERCENT;

   if (n_left < VMT_THRASH_LEAST)
      n_left = VMT_THRASH_LEAST - 1;
   return curve->sizes && !run->pressure.oom.happened ? vmt_curve_enough(curve, n_left)
          : NULL;
}
