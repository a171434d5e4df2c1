#include "tests/machine/model_machine.h"

#include <stdlib.h>
#include <string.h>

const char *const model_event_names[MODEL_N_EVENTS] = {
#define MODEL_NAME(name) #name,
   MODEL_FAULTS(MODEL_NAME) MODEL_SIGNALS(MODEL_NAME) MODEL_COUNTS(MODEL_NAME)
};

void
model_machine_init(struct model_machine *machine, int n_pages, uint64_t base)
{
   memset(machine, 0, sizeof(*machine));
   model_init(&machine->areas, n_pages, base);
   machine->n_cores = 1;
   machine->page_bytes = 4096;
   machine->window_pages = 16;
   machine->stack_limit_pages = 2048;
   machine->is_warm = true;
}

/* ---- folios ---- */

void
model_add_folio(struct model_object *object, int first, int end)
{
   for (int page = first; page < end; page++)
      object->folio[page] = first + 1;
}

void
model_split_folio(struct model_object *object, uint64_t page)
{
   int number = page < MODEL_OBJECT_PAGES ? object->folio[page] : 0;

   for (int i = 0; i < MODEL_OBJECT_PAGES; i++)
      if (object->folio[i] == number)
         object->folio[i] = 0;
}

/* ---- TLBs ---- */

static bool
is_signal(enum model_event event)
{
   return event == MODEL_Prot || event == MODEL_Segv || event == MODEL_Bus;
}

static void
fill(struct model_tlb *tlb, uint64_t page, uint64_t time, uint64_t victim)
{
   bool is_legal;

   model_tlb_fill(tlb, page, time, victim, &is_legal);
   if (!is_legal)
      abort();
}

/* One miss at most a level; an access that ends in a signal fills nothing.  */
static void
look_up(struct model_machine *machine, uint64_t page, bool is_fetch,
        bool is_filling, struct model_outcome *outcome)
{
   struct model_core *core = &machine->cores[machine->core];
   struct model_tlb *l1 = is_fetch ? &core->itlb : &core->dtlb;

   if (model_tlb_holds(l1, page)) {
      model_tlb_use(l1, page, machine->time);
      return;
   }
   outcome->n_l1_misses = 1;
   if (model_tlb_holds(&core->stlb, page)) {
      model_tlb_use(&core->stlb, page, machine->time);
   } else {
      outcome->n_stlb_misses = 1;
      outcome->n_walk_refs = model_walk(&core->walk, page, machine->time);
      if (is_filling)
         fill(&core->stlb, page, machine->time, core->victims[2]);
   }
   if (is_filling)
      fill(l1, page, machine->time, core->victims[is_fetch ? 0 : 1]);
}

int
model_drop(struct model_machine *machine, int first, int n, bool is_own_too)
{
   uint64_t start = (machine->areas.base + (uint64_t)first) * 4096;
   uint64_t end = start + (uint64_t)n * 4096;
   int n_others = 0;

   start /= machine->page_bytes;
   end /= machine->page_bytes;
   for (uint32_t i = 0; i < machine->n_cores; i++) {
      struct model_core *core = &machine->cores[i];
      uint32_t n_held;

      if (i == machine->core && !is_own_too)
         continue;
      n_held = model_tlb_drop(&core->itlb, start, end) +
               model_tlb_drop(&core->dtlb, start, end) +
               model_tlb_drop(&core->stlb, start, end);
      model_walk_drop(&core->walk, start, end);
      if (i != machine->core && n_held != 0)
         n_others++;
   }
   return n_others;
}

/* ---- accesses ---- */

static void
look_at_area(const struct model_machine *machine, int page,
             struct model_outcome *outcome)
{
   const struct model_page *area = &machine->areas.page[page];

   outcome->label = area->area != 0 ? area->label : 0;
   outcome->is_excluded = area->area != 0 && (area->flags & MODEL_EXCLUDED) != 0;
}

struct model_outcome
model_machine_access(struct model_machine *machine, uint64_t addr,
                     enum model_access kind, uint64_t time)
{
   struct model_outcome outcome = { .is_fetch = kind == MODEL_DO_FETCH };
   int page = (int)(addr / 4096 - machine->areas.base);

   machine->time = time;
   outcome.event = model_fault(machine, page, kind, &outcome);
   look_at_area(machine, page, &outcome);
   look_up(machine, addr / machine->page_bytes, outcome.is_fetch,
           !is_signal(outcome.event), &outcome);
   if (!is_signal(outcome.event) && !outcome.is_excluded)
      model_memory_touch(machine, page,
                         kind == MODEL_DO_WRITE || kind == MODEL_DO_MODIFY,
                         &outcome);
   return outcome;
}

/* The kernel is told EFAULT, the program gets no signal.  */
struct model_outcome
model_machine_kernel(struct model_machine *machine, int page, bool is_write)
{
   struct model_outcome outcome = { .is_fetch = false };

   outcome.event = model_fault(machine, page,
                               is_write ? MODEL_DO_WRITE : MODEL_DO_READ, &outcome);
   look_at_area(machine, page, &outcome);
   if (is_signal(outcome.event))
      outcome.event = MODEL_NO_EVENT;
   else if (!outcome.is_excluded)
      model_memory_touch(machine, page, is_write, &outcome);
   return outcome;
}

/* ---- the ledger ---- */

static bool
is_counted(const struct model_machine *machine, int page)
{
   const struct model_view *view = &machine->views[page];

   return (view->sight == MODEL_SEES_CACHE || view->sight == MODEL_SEES_FRAME) &&
          !view->is_away && !(machine->areas.page[page].flags & MODEL_EXCLUDED);
}

uint64_t
model_machine_resident(const struct model_machine *machine)
{
   uint64_t n = 0;

   for (int page = 0; page < machine->areas.n_pages; page++)
      n += is_counted(machine, page);
   return n;
}

/* At a peak, and there again counts as well, everybody's pages are counted.  */
static void
look_at_peak(struct model_machine *machine)
{
   if (model_machine_resident(machine) < machine->n_peak_pages)
      return;
   machine->n_peak_pages = model_machine_resident(machine);
   for (uint32_t i = 1; i <= machine->n_charges; i++)
      machine->charges[i].n_peak_pages = 0;
   for (int page = 0; page < machine->areas.n_pages; page++)
      if (is_counted(machine, page))
         machine->charges[machine->views[page].owner].n_peak_pages++;
}

static uint32_t
charge_of(struct model_machine *machine, uint32_t stack, uint32_t label,
          uint32_t thread)
{
   struct model_charge *charge = &machine->charges[1];

   for (uint32_t i = 1; i <= machine->n_charges; i++, charge++)
      if (charge->stack == stack && charge->label == label &&
          charge->thread == thread)
         return i;
   if (++machine->n_charges == MODEL_MAX_CHARGES)
      abort();
   *charge = (struct model_charge){ .stack = stack, .label = label,
                                    .thread = thread };
   return machine->n_charges;
}

static void
add_all(uint64_t *to, const struct model_outcome *outcome)
{
   if (outcome->event != MODEL_NO_EVENT)
      to[outcome->event]++;
   to[outcome->is_fetch ? MODEL_ItlbM : MODEL_DtlbM] += outcome->n_l1_misses;
   to[MODEL_StlbM] += outcome->n_stlb_misses;
   to[MODEL_WalkRef] += outcome->n_walk_refs;
   to[MODEL_Shoot] += outcome->n_shootdowns;
   to[MODEL_Evict] += outcome->n_evicted;
   to[MODEL_SwapOut] += outcome->n_swapped_out;
   to[MODEL_Refault] += outcome->is_refault;
   to[MODEL_Thrash] += outcome->is_thrash;
}

void
model_machine_charge(struct model_machine *machine,
                     const struct model_outcome *outcome, uint32_t stack,
                     uint32_t thread)
{
   bool is_any_new = false;
   uint32_t charge;

   if (outcome->is_excluded) {
      add_all(machine->excluded, outcome);
      return;
   }
   charge = charge_of(machine, stack, outcome->label, thread);
   add_all(machine->totals, outcome);
   add_all(machine->charges[charge].n, outcome);
   for (int page = 0; page < machine->areas.n_pages; page++)
      if (outcome->is_new[page]) {
         machine->views[page].owner = charge;
         is_any_new = true;
      }
   if (is_any_new)
      look_at_peak(machine);
}

/* ---- the address space ---- */

#define ELSEWHERE MODEL_MAX_PAGES       /* pages on their way */

static void
see_nothing(struct model_machine *machine, int first, int n)
{
   memset(&machine->views[first], 0, (size_t)n * sizeof(machine->views[0]));
   for (int page = first; page < first + n; page++)
      model_memory_forget(machine, page);
}

int
model_machine_map(struct model_machine *machine, int first, int n,
                  const struct model_page *as)
{
   int n_others;

   if (as->backing == MODEL_ANON && (as->flags & MODEL_SHARED))
      return -1;
   n_others = model_drop(machine, first, n, true);
   see_nothing(machine, first, n);
   model_map(&machine->areas, first, n, as);
   return n_others;
}

int
model_machine_unmap(struct model_machine *machine, int first, int n)
{
   see_nothing(machine, first, n);
   model_unmap(&machine->areas, first, n);
   return model_drop(machine, first, n, true);
}

/* The right to write goes at once.  It comes back at once where the fault would
   do nothing but give it back: to a frame of one owner, to a page of shared
   memory, to a page of a shared file that is dirty already.  */
static bool
may_write_now(const struct model_page *area, const struct model_view *view)
{
   if (!(area->flags & MODEL_WRITE))
      return false;
   if (view->may_write)
      return true;
   if (area->flags & MODEL_SHARED)
      return area->backing == MODEL_SHMEM || view->was_written;
   return view->sight == MODEL_SEES_FRAME && !view->is_of_fork;
}

int
model_machine_protect(struct model_machine *machine, int first, int n,
                      uint32_t rights)
{
   model_change(&machine->areas, first, n, MODEL_PROT & ~rights, rights);
   for (int page = first; page < first + n; page++) {
      struct model_view *view = &machine->views[page];

      if (view->sight != MODEL_SEES_NOTHING && !view->is_away)
         view->may_write = may_write_now(&machine->areas.page[page], view);
   }
   return model_drop(machine, first, n, true);
}

int
model_machine_move(struct model_machine *machine, int from, int n_old, int to,
                   int n_new, bool keep_old)
{
   struct model_view moved[MODEL_MAX_PAGES];
   int n_moved = n_old < n_new ? n_old : n_new, n_others;

   if (!model_move(&machine->areas, from, n_old, to, n_new, keep_old))
      return -1;
   n_others = model_drop(machine, from, n_old, true);
   if (to != from)
      n_others += model_drop(machine, to, n_new, true);
   memcpy(moved, &machine->views[from], (size_t)n_moved * sizeof(moved[0]));
   if (to != from)
      see_nothing(machine, to, n_new);
   for (int i = 0; i < n_moved; i++)    /* not to be forgotten with its place */
      model_memory_rename(machine, from + i, ELSEWHERE + i);
   see_nothing(machine, from, n_old);
   for (int i = 0; i < n_moved; i++)
      model_memory_rename(machine, ELSEWHERE + i, to + i);
   memcpy(&machine->views[to], moved, (size_t)n_moved * sizeof(moved[0]));
   return n_others;
}

int
model_machine_advise(struct model_machine *machine, int first, int n,
                     enum model_advice advice)
{
   for (int page = first; page < first + n; page++) {
      const struct model_page *area = &machine->areas.page[page];

      if (advice == MODEL_REMOVE && area->area != 0 &&
          area->backing != MODEL_ANON) {
         machine->objects[area->object].cached[area->offset] = false;
         model_split_folio(&machine->objects[area->object], area->offset);
      }
      if (advice == MODEL_REMOVE || advice == MODEL_ZAP)
         see_nothing(machine, page, 1);
   }
   return model_drop(machine, first, n, true);
}

/* ---- fork ---- */

/* The entries of an area that has frames come along, those of others are left
   to faults.  */
static void
inherit(struct model_machine *machine)
{
   for (int page = 0; page < machine->areas.n_pages; page++) {
      const struct model_page *area = &machine->areas.page[page];
      struct model_view *view = &machine->views[page];

      if (area->area == 0 || area->frames == 0 ||
          (area->flags & (MODEL_WIPEONFORK | MODEL_DONTFORK)))
         see_nothing(machine, page, 1);
      view->owner = 0;
      view->is_evicted = false;
      if (view->is_away && view->sight != MODEL_SEES_FRAME)
         see_nothing(machine, page, 1);
      if (is_counted(machine, page))
         view->owner = 1;
   }
}

/* A child starts with counts of its own, but with the TLBs of its core as they are; the
   other cores have not seen it.  The other of the two, at that place, does nothing from
   now on.  */
void
model_machine_fork(struct model_machine *machine, bool is_child, int place)
{
   for (int page = 0; page < machine->areas.n_pages; page++) {
      const struct model_page *area = &machine->areas.page[page];
      struct model_view *view = &machine->views[page];

      if (view->sight != MODEL_SEES_FRAME ||
          (area->flags & (MODEL_WIPEONFORK | MODEL_DONTFORK)))
         continue;
      view->may_write = false;
      view->is_of_fork = true;
      view->others |= (uint64_t)1 << (area->flags & MODEL_EXCLUDED ? 0 : place);
   }
   if (!is_child)
      return;
   model_drop(machine, 0, machine->areas.n_pages, false);
   inherit(machine);
   model_memory_start(machine);
   model_fork(&machine->areas);
   memset(machine->charges, 0, sizeof(machine->charges));
   memset(machine->totals, 0, sizeof(machine->totals));
   memset(machine->excluded, 0, sizeof(machine->excluded));
   machine->n_charges = 1;
   machine->n_peak_pages = 0;
   look_at_peak(machine);
}

void
model_machine_gone(struct model_machine *machine, int place)
{
   for (int page = 0; page < machine->areas.n_pages; page++)
      machine->views[page].others &= ~((uint64_t)1 << place);
}
