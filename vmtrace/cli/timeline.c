/* vmtrace timeline: resident pages, working set, faults and swap over the run.  */

#include "vmtrace/cli/timeline.h"

#include "vmtrace/cli/verbs.h"

static const char help[] =
   "usage: vmtrace timeline [options] FILE\n"
   "\n"
   "Draws how resident memory, the working set and faults went over the run.\n"
   "\n"
   "options:\n"
   "  --peak                 whose pages the working set's peak was made of\n"
   "  --idle                 whose pages lie idle at the end: resident, but not\n"
   "                         used any more\n"
   "  --windows              the working set's samples as a table\n"
   "  --evicted              whose pages were thrown out, with --ram of the tool\n"
   "  --thrash               which lines touched pages that had just been thrown\n"
   "                         out\n"
   VMT_MEMORY_HELP;

enum { OPTION_PEAK = VMT_OPTION_MEMORY_OWN, OPTION_IDLE, OPTION_WINDOWS,
   OPTION_EVICTED, OPTION_THRASH
};

static int
take_options(struct vmt_timeline_view *view, int argc, char **argv)
{
   static const struct option long_options[] = {
      VMT_MEMORY_LONG_OPTIONS,
      { "peak", no_argument, NULL, OPTION_PEAK },
      { "idle", no_argument, NULL, OPTION_IDLE },
      { "windows", no_argument, NULL, OPTION_WINDOWS },
      { "evicted", no_argument, NULL, OPTION_EVICTED },
      { "thrash", no_argument, NULL, OPTION_THRASH },
      { NULL, 0, NULL, 0 }
   };
   int code, status = VMT_EXIT_OK;

   while (vmt_report_next_option(status, argc, argv, VMT_COMMON_SHORT_OPTIONS,
                                 long_options, &code)) {
      view->wants_peak |= code == OPTION_PEAK;
      view->wants_idle |= code == OPTION_IDLE;
      view->wants_windows |= code == OPTION_WINDOWS;
      view->wants_evicted |= code == OPTION_EVICTED;
      view->wants_thrash |= code == OPTION_THRASH;
      view->by_given |= code == VMT_OPTION_BY;
      if (code < VMT_OPTION_MEMORY_OWN)
         status = vmt_memory_option(&view->memory, code, argv);
   }
   if (status == VMT_EXIT_OK && view->memory.report.options.csv
       && view->wants_peak + view->wants_idle + view->wants_windows
          + view->wants_evicted + view->wants_thrash > 1) {
      vmt_complain("timeline: --format=csv is one table: --peak, --idle, --windows, "
                   "--evicted or --thrash");
      status = VMT_EXIT_TROUBLE;
   }
   return status;
}

int64_t
vmt_timeline_pages(const struct vmt_page_owners *owners)
{
   int64_t n = 0;

   for (size_t i = 0; i < owners->n; i++)
      n = vmt_wrapping_sum(n, owners->owners[i].n_pages);
   return n;
}

int64_t
vmt_timeline_total(const struct vmt_timeline_view *view, int event)
{
   return vmt_profile_total(&view->memory.report.input.profile, event);
}

static int
count(struct vmt_timeline_view *view, const struct vmt_page_owners *owners,
      const char *name, int64_t unit, int *event)
{
   if (vmt_memory_begin(&view->memory, name))
      return VMT_EXIT_TROUBLE;
   *event = view->memory.report.sort;
   for (size_t i = 0; i < owners->n; i++)
      vmt_memory_add(&view->memory, owners->owners[i].charge,
                     owners->owners[i].n_pages * unit);
   return VMT_EXIT_OK;
}

static int
count_evicted(struct vmt_timeline_view *view)
{
   const struct vmt_profile *profile = &view->memory.report.input.profile;

   if (vmt_memory_begin(&view->memory, "EvictedPages"))
      return VMT_EXIT_TROUBLE;
   view->evicted_event = view->memory.report.sort;
   for (uint32_t i = 0; i < profile->n_charges; i++)
      if (profile->charges[i].evicted_pages)
         vmt_memory_add(&view->memory, i, profile->charges[i].evicted_pages);
   return VMT_EXIT_OK;
}

/* Tables that take a limit on memory: with one, they may be empty.  */
static int
find_limited(struct vmt_timeline_view *view)
{
   const struct vmt_pressure *pressure = view->pressure;
   const struct vmt_events *events = &view->memory.report.input.profile.events;

   view->thrash_event = vmt_events_find(events, "Thrash");
   if (view->wants_evicted && !pressure->limit.has_ram && !pressure->has_evicted)
      return vmt_memory_no_limit(&view->memory, "evicted pages");
   if (view->wants_thrash && (view->thrash_event < 0 || !pressure->limit.has_ram))
      return vmt_memory_no_limit(&view->memory, "Thrash");
   return view->wants_evicted ? count_evicted(view) : VMT_EXIT_OK;
}

static int
find(struct vmt_memory_view *memory)
{
   struct vmt_timeline_view *view = (struct vmt_timeline_view *) memory;
   const struct vmt_pressure *pressure = &memory->run->pressure;

   view->pressure = pressure;
   if (!pressure->timeline.values)
      return vmt_memory_missing(memory, "timeline", NULL);
   if (view->wants_windows && !pressure->windows.samples)
      return vmt_memory_missing(memory, "working set", NULL);
   if (view->wants_peak && !pressure->peak.owners)
      return vmt_memory_missing(memory, "peak of the working set", NULL);
   if (view->wants_idle && !pressure->idle.owners)
      return vmt_memory_missing(memory, "list of idle pages", NULL);
   if (find_limited(view))
      return VMT_EXIT_TROUBLE;
   if ((view->wants_peak && count(view, &pressure->peak, "WsPages", 1,
                                  &view->peak_event))
       || (view->wants_idle && count(view, &pressure->idle, "IdleBytes",
                                     VMT_MEMORY_PAGE_BYTES, &view->idle_event)))
      return VMT_EXIT_TROUBLE;
   if (view->wants_peak || view->wants_idle || view->wants_evicted
       || view->wants_thrash || pressure->oom.happened)
      vmt_memory_resolve(&view->memory);
   view->thrashing = vmt_thrashing_find(pressure);
   return VMT_EXIT_OK;
}

void
vmt_timeline_choose(struct vmt_timeline_view *view, int event, enum vmt_by by)
{
   struct vmt_report *report = &view->memory.report;

   report->sort = event;
   report->events = (struct vmt_event_list){ { event }, 1 };
   if (event == view->thrash_event && view->wants_thrash) {
      const struct vmt_events *events = &report->input.profile.events;

      vmt_report_add_event(&report->events, vmt_events_find(events, "Refault"));
      vmt_report_add_event(&report->events, vmt_events_find(events, "Flt"));
   }
   if (!view->by_given)
      report->by = by;
}

static int
print(struct vmt_memory_view *memory)
{
   struct vmt_timeline_view *view = (struct vmt_timeline_view *) memory;
   const struct vmt_report_options *options = &memory->report.options;
   struct vmt_output out;

   if (vmt_report_output_open(&out, options))
      return VMT_EXIT_TROUBLE;
   if (options->json)
      vmt_timeline_json(view, out.file);
   else if (options->csv)
      vmt_timeline_csv(view, out.file);
   else
      vmt_timeline_text(view, &out);
   return vmt_output_close(&out);
}

int
vmt_verb_timeline(int argc, char **argv)
{
   struct vmt_timeline_view view = { .memory = vmt_memory_view_new("timeline") };
   int status = take_options(&view, argc, argv);

   status = vmt_memory_verb(&view.memory, status, argc, argv, help, find, print);
   vmt_thrashing_free(&view.thrashing);
   vmt_report_options_free(&view.memory.report.options);
   return status;
}
