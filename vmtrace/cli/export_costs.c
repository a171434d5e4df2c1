#include "vmtrace/cli/export_costs.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/memory.h"

/* A call stack, outermost first, without loops.  */
struct path {
   uint32_t functions[VMT_STACK_DEPTH_MAX + 2];
   uint32_t places[VMT_STACK_DEPTH_MAX + 2];    /* where the next is called */
   size_t n;
   uint32_t *position;          /* of each function in it, plus one */
};

static int64_t *
cost_of(struct vmt_costs *costs, struct vmt_cost cost)
{
   size_t n_events = costs->export->events.n;
   bool added;
   uint32_t at = vmt_keymap_intern(&costs->map, (uint64_t) cost.function << 32
                                   | cost.place, cost.callee,
                                   (uint32_t) costs->n_costs, &added);

   if (added) {
      costs->costs = vmt_grow(costs->costs, costs->n_costs, &costs->cost_capacity,
                              sizeof cost);
      if (costs->value_capacity < costs->cost_capacity) {
         costs->value_capacity = costs->cost_capacity;
         costs->values = vmt_realloc(costs->values, costs->value_capacity,
                                     n_events * sizeof *costs->values);
      }
      memset(costs->values + costs->n_costs * n_events, 0,
             n_events * sizeof *costs->values);
      costs->costs[costs->n_costs++] = cost;
   }
   return costs->values + at * n_events;
}

/* The function a place is in.  */
static uint32_t
function_of(struct vmt_costs *costs, uint32_t place)
{
   uint32_t function = costs->export->input.blame.places[place].function_id;

   if (costs->function_place[function] == UINT32_MAX)
      costs->function_place[function] = place;
   return function;
}

static void
push(struct path *path, uint32_t function, uint32_t place)
{
   uint32_t before = path->position[function];

   while (before && path->n >= before)
      path->position[path->functions[--path->n]] = 0;
   path->functions[path->n] = function;
   path->places[path->n] = place;
   path->position[function] = (uint32_t) ++path->n;
}

static void
make_path(struct vmt_costs *costs, struct path *path, uint32_t stack)
{
   const struct vmt_profile *profile = &costs->export->input.profile;
   const struct vmt_blame *blame = &costs->export->input.blame;
   uint32_t frames[VMT_STACK_DEPTH_MAX + 1];
   size_t n = 0;

   while (path->n > 0)
      path->position[path->functions[--path->n]] = 0;
   if (stack == 0)
      push(path, function_of(costs, 0), 0);
   for (; stack; stack = profile->stacks[stack].parent) {
      if (profile->stacks[stack].cut && !profile->stacks[stack].parent)
         push(path, costs->cut_function, 0);
      frames[n++] = profile->stacks[stack].frame;
   }
   while (n-- > 0) {
      uint32_t *chain = blame->chains + blame->first_of_frame[frames[n]];

      push(path, function_of(costs, chain[blame->n_of_frame[frames[n]] - 1]),
           chain[0]);
   }
}

/* Values of all events to a stack: its own, and those of calls above it.  */
static void
add_stack(struct vmt_costs *costs, struct path *path, uint32_t stack,
          const int64_t *values)
{
   make_path(costs, path, stack);
   for (size_t k = 0; k < path->n; k++) {
      int64_t *cost = cost_of(costs, (struct vmt_cost){
         path->functions[k], path->places[k],
         k + 1 < path->n ? path->functions[k + 1] : VMT_NO_CALLEE
      });

      for (size_t i = 0; i < costs->export->events.n; i++)
         cost[i] = vmt_wrapping_sum(cost[i],
                                    values[costs->export->events.events[i]]);
   }
}

static void
add_charges(struct vmt_costs *costs, struct path *path)
{
   const struct vmt_profile *profile = &costs->export->input.profile;

   for (size_t i = 0; i < profile->n_charges; i++) {
      int64_t values[VMT_EVENTS_MAX] = { 0 };

      for (uint32_t at = profile->charges[i].first_count; at;
           at = profile->counts[at].next)
         values[profile->counts[at].event] = profile->counts[at].value;
      add_stack(costs, path, profile->charges[i].stack, values);
   }
}

/* What was asked for: as in the tables of a report, of malloc alone.  */
static void
add_sites(struct vmt_costs *costs, struct path *path)
{
   const struct vmt_profile *profile = &costs->export->input.profile;

   for (size_t i = 1; i < profile->n_sites; i++) {
      int64_t values[VMT_EVENTS_MAX] = { 0 };

      for (size_t number = 0; number < VMT_N_SITE_NUMBERS; number++) {
         const char *name = vmt_site_numbers[number].event;
         int event = name ? vmt_events_find(&profile->events, name) : -1;

         if (event >= 0 && profile->events.roles[event] == VMT_EVENT_SITE)
            values[event] = profile->sites[i].numbers[number];
      }
      if (profile->sites[i].kind == VMT_SITE_MALLOC)
         add_stack(costs, path, profile->sites[i].stack, values);
   }
}

static void
add_stacks(struct vmt_costs *costs)
{
   struct path *path = vmt_calloc(1, sizeof *path);

   path->position = vmt_calloc(costs->n_functions, sizeof *path->position);
   add_charges(costs, path);
   add_sites(costs, path);
   free(path->position);
   free(path);
}

static void
add_instrs(struct vmt_costs *costs)
{
   const struct vmt_profile *profile = &costs->export->input.profile;
   const struct vmt_blame *blame = &costs->export->input.blame;
   const struct vmt_event_list *events = &costs->export->events;

   for (size_t i = 0; i < profile->n_instrs; i++) {
      const struct vmt_profile_instr *instr = &profile->instrs[i];
      struct vmt_cost cost = {
         function_of(costs, blame->instr_outer[i]), blame->instr_place[i],
         VMT_NO_CALLEE
      };
      int64_t *values = cost_of(costs, cost);

      for (size_t k = 0; k < events->n; k++) {
         const char *name = profile->events.names[events->events[k]];
         int64_t number = strcmp(name, "Ir") == 0 ? instr->ir
                          : strcmp(name, "Dr") == 0 ? instr->dr
                          : strcmp(name, "Dw") == 0 ? instr->dw : 0;

         values[k] = vmt_wrapping_sum(values[k], number);
      }
   }
}

/* The format has no place for numbers below 0, which a damaged profile or one
   that is cut short can have.  */
static void
raise_to_zero(struct vmt_costs *costs)
{
   size_t n = costs->n_costs * costs->export->events.n;

   for (size_t i = 0; i < n; i++)
      if (costs->values[i] < 0)
         costs->values[i] = 0;
}

void
vmt_costs_init(struct vmt_costs *costs, const struct vmt_export *export)
{
   *costs = (struct vmt_costs){
      .export = export, .n_functions = export->input.blame.n_functions + 1
   };
   costs->cut_function = (uint32_t) costs->n_functions - 1;
   costs->function_place = vmt_calloc(costs->n_functions,
                                      sizeof *costs->function_place);
   for (size_t i = 0; i < costs->n_functions; i++)
      costs->function_place[i] = UINT32_MAX;
   add_stacks(costs);
   add_instrs(costs);
   raise_to_zero(costs);
}

void
vmt_costs_free(struct vmt_costs *costs)
{
   free(costs->costs);
   free(costs->values);
   free(costs->function_place);
   vmt_keymap_free(&costs->map);
}

/* The file of a function.  */
static const char *
own_file(const struct vmt_costs *costs, uint32_t function)
{
   uint32_t place = costs->function_place[function];

   return place == UINT32_MAX ? "" : costs->export->input.blame.places[place].file;
}

static int
compare_costs(const void *a, const void *b, void *context)
{
   const struct vmt_costs *costs = context;
   uint32_t i = *(const uint32_t *) a, k = *(const uint32_t *) b;
   const struct vmt_cost *x = &costs->costs[i], *y = &costs->costs[k];
   const struct vmt_place *p = &costs->export->input.blame.places[x->place];
   const struct vmt_place *q = &costs->export->input.blame.places[y->place];
   const char *own;

   if (x->function != y->function)
      return x->function < y->function ? -1 : 1;
   own = own_file(costs, x->function);
   if (p->file != q->file)
      return p->file == own ? -1 : q->file == own ? 1 : strcmp(p->file, q->file);
   if (p->line != q->line)
      return p->line < q->line ? -1 : 1;
   if (x->callee != y->callee)
      return x->callee == VMT_NO_CALLEE ? -1 : y->callee == VMT_NO_CALLEE ? 1
             : x->callee < y->callee ? -1 : 1;
   return i < k ? -1 : i > k;
}

uint32_t *
vmt_costs_order(const struct vmt_costs *costs)
{
   uint32_t *order = vmt_calloc(costs->n_costs, sizeof *order);

   for (uint32_t i = 0; i < costs->n_costs; i++)
      order[i] = i;
   qsort_r(order, costs->n_costs, sizeof *order, compare_costs, (void *) costs);
   return order;
}
