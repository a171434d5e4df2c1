/* Costs of a call graph, from the call stacks of a profile.

   A function is one that has code of its own; what was inlined into it is part
   of it, at other files' lines.  A cost is charged to a place within a function,
   either its own (callee VMT_NO_CALLEE) or that of a call from there.

   The cost of a call includes what the callee calls.  A stack that goes round in
   circles (recursion) counts with its loops taken out: from the outermost
   occurrence of a function it goes on as the innermost one does.  So no function
   contains more than the whole.  */

#ifndef VMT_CLI_EXPORT_COSTS_H
#define VMT_CLI_EXPORT_COSTS_H

#include "vmtrace/cli/export.h"

#define VMT_NO_CALLEE UINT32_MAX

struct vmt_cost {
   uint32_t function, place, callee;    /* functions by function_id */
};

struct vmt_costs {
   const struct vmt_export *export;
   struct vmt_cost *costs;
   int64_t *values;             /* one for each of export->events a cost */
   uint32_t *function_place;    /* of each function: a place in it; UINT32_MAX */
   uint32_t cut_function;       /* callers that were not kept; n_functions - 1 */
   size_t n_costs, n_functions;

   size_t cost_capacity, value_capacity;
   struct vmt_keymap map;
};

void vmt_costs_init(struct vmt_costs *costs, const struct vmt_export *export);
void vmt_costs_free(struct vmt_costs *costs);

/* Costs in the order of a listing: by function, its own file first, then by file
   and line, own costs before calls.  To be freed.  */
uint32_t *vmt_costs_order(const struct vmt_costs *costs);

#endif
