#include "vmtrace/mmu/policies/replacement_private.h"

/* What was drawn stays drawn until it is used: asking for a candidate changes no
   victim.  */

static enum vmt_status
replace(struct vmt_replacement *memory, uint32_t frame, vmt_vpn page,
        uint64_t tick)
{
   memory->drawn = VMT_NO_FRAME;
   return VMT_OK;
}

static uint32_t
choose(struct vmt_replacement *memory, uint64_t tick)
{
   if (memory->drawn == VMT_NO_FRAME)
      memory->drawn =
         (uint32_t)vmt_random_below(&memory->random, memory->n_frames);
   return memory->drawn;
}

static void
pass_over(struct vmt_replacement *memory, uint64_t tick)
{
   memory->drawn = VMT_NO_FRAME;
}

const struct vmt_replacement_policy vmt_replacement_random = {
   .replace = replace,
   .pass_over = pass_over,
   .choose = choose
};
