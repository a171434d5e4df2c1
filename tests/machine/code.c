#include "tests/machine/code.h"

#include <stdio.h>

#include "tests/mmu/check.h"

#define MAX_GROUP_BYTES 512
#define LAST_SLOT ((1u << VMT_TICK_SHIFT) - 1)

/* ---- ticks ---- */

static uint32_t
pages_at_most(uint32_t bytes, uint32_t page_bytes)
{
   uint32_t n = 1;

   while ((n - 1) * page_bytes + 1 < bytes)
      n++;
   return n;
}

static void
plan_fetches(struct code *code, uint32_t shift)
{
   vmt_vpn page = VMT_NO_VPN;

   for (uint32_t i = 0; i < code->n_insns; i++) {
      struct code_insn *insn = &code->insns[i];
      vmt_vpn first = insn->pc >> shift;
      vmt_vpn last = (insn->pc + insn->bytes - 1) >> shift;

      insn->tick = i << VMT_TICK_SHIFT;
      insn->starts_page = first != page;
      insn->ends_on_next = last != first;
      page = last;
   }
}

static void
plan_ticks(struct code *code, uint32_t shift)
{
   uint32_t insn = CODE_MAX_INSNS, slot = 0;

   for (uint32_t i = 0; i < code->n_accesses; i++) {
      struct code_access *access = &code->accesses[i];

      if (access->insn != insn) {
         insn = access->insn;
         slot = 2;
      }
      CHECK(slot <= LAST_SLOT);
      access->tick = code->insns[insn].tick | slot;
      slot += pages_at_most(access->bytes, 1u << shift);
   }
}

/* ---- groups ---- */

static uint32_t
max_groups_between(const struct vmt_machine_config *config)
{
   const struct vmt_tlb_shape *shape = &config->dtlb[VMT_PAGE_4K];

   if (shape->policy != VMT_TLB_LRU)
      return 0;
   if (shape->n_ways == shape->n_entries)
      return shape->n_ways < 4 ? 0 : (shape->n_ways - 2) / 2;
   return shape->n_ways - 1;
}

static uint32_t
n_groups_between(const struct code *code, uint32_t after, uint32_t before)
{
   bool seen[CODE_MAX_ACCESSES] = { false };
   uint32_t n = 0;

   for (uint32_t i = after + 1; i < before; i++) {
      n += !seen[code->accesses[i].group];
      seen[code->accesses[i].group] = true;
   }
   return n;
}

static bool
fetch_between(const struct code *code, uint32_t after, uint32_t before)
{
   for (uint32_t i = code->accesses[after].insn + 1;
        i <= code->accesses[before].insn; i++)
      if (code->insns[i].starts_page || code->insns[i].ends_on_next)
         return true;
   return false;
}

static bool
may_join(const struct code *code, uint32_t group, uint32_t index,
         const struct vmt_machine_config *config)
{
   const struct code_group *to = &code->groups[group];
   const struct code_access *access = &code->accesses[index];
   int32_t high = access->offset + (int32_t)access->bytes;
   int32_t low = access->offset;

   if (access->guarded || code->accesses[to->first].guarded ||
       code->accesses[to->first].base != access->base)
      return false;
   if ((high > to->high ? high : to->high) - (low < to->low ? low : to->low) >
       MAX_GROUP_BYTES)
      return false;
   return n_groups_between(code, to->last, index) <= max_groups_between(config);
}

static void
add_to_group(struct code *code, uint32_t group, uint32_t index)
{
   struct code_group *to = &code->groups[group];
   struct code_access *access = &code->accesses[index];
   int32_t high = access->offset + (int32_t)access->bytes;

   if (to->n_accesses == 0)
      *to = (struct code_group){ .first = index, .last = index,
                                 .low = access->offset, .high = high };
   else
      to->interleaved |= index - to->last > 1 ||
                         fetch_between(code, to->last, index);
   to->low = access->offset < to->low ? access->offset : to->low;
   to->high = high > to->high ? high : to->high;
   to->any_write |= access->kind != VMT_READ;
   to->last = index;
   to->last_tick = access->tick;
   to->n_accesses++;
   access->group = group;
}

static void
plan_groups(struct code *code, const struct vmt_machine_config *config)
{
   bool may_share = config->page_shift == VMT_PAGE_SHIFT;

   code->n_groups = 0;
   for (uint32_t i = 0; i < code->n_accesses; i++) {
      uint32_t group = code->n_groups;

      for (uint32_t g = code->n_groups; may_share && g-- > 0;)
         if (may_join(code, g, i, config)) {
            group = g;
            break;
         }
      if (group == code->n_groups)
         code->groups[code->n_groups++].n_accesses = 0;
      add_to_group(code, group, i);
   }
}

static void
plan_nesting(struct code *code)
{
   for (uint32_t g = 0; g < code->n_groups; g++) {
      code->groups[g].nested = false;
      for (uint32_t h = 0; h < g; h++)
         code->groups[g].nested |=
            code->groups[h].last_tick > code->groups[g].last_tick;
   }
}

void
code_plan(struct code *code, const struct vmt_machine_config *config)
{
   plan_fetches(code, config->page_shift);
   plan_ticks(code, config->page_shift);
   plan_groups(code, config);
   plan_nesting(code);
}

void
code_plan_singly(struct code *code, const struct vmt_machine_config *config)
{
   plan_fetches(code, config->page_shift);
   plan_ticks(code, config->page_shift);
   for (uint32_t i = 0; i < code->n_insns; i++)
      code->insns[i].starts_page = true;
   for (uint32_t i = 0; i < code->n_accesses; i++) {
      code->groups[i].n_accesses = 0;
      add_to_group(code, i, i);
      code->groups[i].nested = false;
   }
   code->n_groups = code->n_accesses;
}

void
code_print(const struct code *code)
{
   static const char *const kinds[] = { "read", "write", "modify", "fetch" };

   for (uint32_t i = 0, a = 0; i < code->n_insns; i++) {
      const struct code_insn *insn = &code->insns[i];

      fprintf(stderr, "   insn at %llx, %u bytes\n",
              (unsigned long long)insn->pc, insn->bytes);
      for (; a < code->n_accesses && code->accesses[a].insn == i; a++)
         fprintf(stderr, "      tick %u: %s%s base %u %+d, %u bytes; group %u%s%s\n",
                 code->accesses[a].tick,
                 code->accesses[a].guarded ? "guarded " : "",
                 kinds[code->accesses[a].kind], code->accesses[a].base,
                 code->accesses[a].offset, code->accesses[a].bytes,
                 code->accesses[a].group,
                 code->groups[code->accesses[a].group].interleaved
                    ? ", interleaved" : "",
                 code->groups[code->accesses[a].group].nested ? ", nested" : "");
   }
}
