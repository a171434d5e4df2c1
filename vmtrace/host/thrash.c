#include "vmtrace/host/thrash.h"

#include <stdlib.h>

#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile.h"

#define NS_PER_US 1000.0

/* The timeline's columns that are looked at.  */
struct columns {
   int instrs, minor, major, refault, thrash;   /* thrash: -1 in older profiles */
};

/* What one sample adds to those before.  */
struct step {
   struct vmt_thrash_span span;
   int64_t n_major;
};

static bool
find_columns(const struct vmt_timeline *timeline, struct columns *columns)
{
   *columns = (struct columns){
      vmt_timeline_column(timeline, "instrs"),
      vmt_timeline_column(timeline, "MinFlt"),
      vmt_timeline_column(timeline, "MajFlt"),
      vmt_timeline_column(timeline, "Refault"),
      vmt_timeline_column(timeline, "Thrash")
   };
   return columns->instrs >= 0 && columns->minor >= 0 && columns->major >= 0
          && columns->refault >= 0;
}

static int64_t
before(const struct vmt_timeline *timeline, size_t sample, int column)
{
   return sample ? vmt_timeline_value(timeline, sample - 1, column) : 0;
}

static int64_t
growth(const struct vmt_timeline *timeline, size_t sample, int column)
{
   return vmt_timeline_value(timeline, sample, column)
          - before(timeline, sample, column);
}

static struct step
step_of(const struct vmt_timeline *timeline, size_t sample,
        const struct columns *columns)
{
   int64_t n_major = growth(timeline, sample, columns->major);

   return (struct step){
      .span = {
         .from_instr = before(timeline, sample, columns->instrs),
         .to_instr = vmt_timeline_value(timeline, sample, columns->instrs),
         .n_faults = growth(timeline, sample, columns->minor) + n_major,
         .n_refaults = growth(timeline, sample, columns->refault),
         .n_thrash = columns->thrash < 0 ? 0
                     : growth(timeline, sample, columns->thrash)
      },
      .n_major = n_major
   };
}

static bool
is_thrashing(const struct step *step, int64_t latency_us)
{
   const struct vmt_thrash_span *span = &step->span;
   int64_t n_waits = span->n_refaults < step->n_major ? span->n_refaults
                     : step->n_major;
   double wait_ns = (double) n_waits * (double) latency_us * NS_PER_US;
   double run_ns = (double) (span->to_instr - span->from_instr) * VMT_THRASH_INSTR_NS;

   return n_waits > 0
          && (double) span->n_refaults * 100
             > (double) span->n_faults * VMT_THRASH_PERCENT
          && wait_ns >= run_ns;
}

/* Room for a span a sample is there.  */
static void
add_step(struct vmt_thrashing *thrashing, const struct vmt_thrash_span *more)
{
   struct vmt_thrash_span *span = thrashing->spans + thrashing->n_spans - 1;

   if (thrashing->n_spans == 0 || span->to_instr != more->from_instr)
      thrashing->spans[thrashing->n_spans++] = *more;
   else {
      span->to_instr = more->to_instr;
      span->n_faults = vmt_wrapping_sum(span->n_faults, more->n_faults);
      span->n_refaults = vmt_wrapping_sum(span->n_refaults, more->n_refaults);
      span->n_thrash = vmt_wrapping_sum(span->n_thrash, more->n_thrash);
   }
}

static void
drop_small(struct vmt_thrashing *thrashing)
{
   size_t n = 0;

   for (size_t i = 0; i < thrashing->n_spans; i++)
      if (thrashing->spans[i].n_refaults >= VMT_THRASH_LEAST)
         thrashing->spans[n++] = thrashing->spans[i];
   thrashing->n_spans = n;
}

static void
add_up(struct vmt_thrashing *thrashing)
{
   for (size_t i = 0; i < thrashing->n_spans; i++) {
      const struct vmt_thrash_span *span = &thrashing->spans[i];

      thrashing->n_instrs += span->to_instr - span->from_instr;
      thrashing->n_faults = vmt_wrapping_sum(thrashing->n_faults, span->n_faults);
      thrashing->n_refaults = vmt_wrapping_sum(thrashing->n_refaults,
                                               span->n_refaults);
      thrashing->n_thrash = vmt_wrapping_sum(thrashing->n_thrash, span->n_thrash);
   }
}

struct vmt_thrashing
vmt_thrashing_find(const struct vmt_pressure *pressure)
{
   const struct vmt_timeline *timeline = &pressure->timeline;
   struct vmt_thrashing thrashing = { .n_spans = 0 };
   struct columns columns;

   if (!timeline->values || !find_columns(timeline, &columns))
      return thrashing;
   thrashing.is_known = true;
   thrashing.spans = vmt_calloc(timeline->n_samples, sizeof *thrashing.spans);
   for (size_t i = 0; i < timeline->n_samples; i++) {
      struct step step = step_of(timeline, i, &columns);

      if ((!pressure->oom.happened || step.span.to_instr <= pressure->oom.instrs)
          && is_thrashing(&step, pressure->limit.swap_latency_us))
         add_step(&thrashing, &step.span);
      thrashing.run_instrs = step.span.to_instr;
   }
   drop_small(&thrashing);
   add_up(&thrashing);
   return thrashing;
}

void
vmt_thrashing_free(struct vmt_thrashing *thrashing)
{
   free(thrashing->spans);
}

const struct vmt_thrash_span *
vmt_thrashing_longest(const struct vmt_thrashing *thrashing)
{
   const struct vmt_thrash_span *longest = NULL;

   for (size_t i = 0; i < thrashing->n_spans; i++) {
      const struct vmt_thrash_span *span = &thrashing->spans[i];

      if (!longest || span->to_instr - span->from_instr
                      > longest->to_instr - longest->from_instr)
         longest = span;
   }
   return longest;
}
