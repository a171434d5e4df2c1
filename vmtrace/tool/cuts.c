#include "vmtrace/tool/cuts.h"

#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"
#include "vmtrace/tool/segments.h"
#include "vmtrace/tool/tool.h"

/* Looking up a group that straddles takes some hundred times as long as one more
   check: a cut pays if at least one execution in 64 straddles.  Found out each
   time that this many have.  */
#define STRADDLES_PER_LOOK 64
#define PAYING_EXECUTIONS (64 * STRADDLES_PER_LOOK)

#define MAX_CUTS 4

struct place {
   UInt n;                      /* cuts; more than MAX_CUTS: everywhere */
   Short cuts[MAX_CUTS];        /* offsets from the base */
};

static struct vmt_vector places;
static struct vmt_hashmap place_by_pc;  /* index + 1 */

/* By the address of a group that straddled: how often, in the lower half, and
   the executions of its segment when last looked at, in the upper.  */
static struct vmt_hashmap straddles;

/* Code to be translated again, once none of it runs.  */
static struct vmt_vector stale;

/* coregrind/pub_core_transtab.h: unpublished, but all of the core needs it.
   Published is a form for client requests only.  */
extern void vgPlain_discard_translations(Addr, ULong, const HChar *)
   __attribute__((weak));

static void
discard_stale(ThreadId tid, ULong n_blocks_done)
{
   UInt i;

   for (i = 0; i < stale.n_records; i++)
      vgPlain_discard_translations(*(Addr *)vmt_vector_at(&stale, i), 1,
                                   "groups that straddle pages");
   stale.n_records = 0;
}

void
cuts_init(void)
{
   vmt_vector_init(&places, "cuts", sizeof(struct place));
   vmt_vector_init(&stale, "stale code", sizeof(Addr));
   vmt_hashmap_init(&place_by_pc, "cuts by place");
   vmt_hashmap_init(&straddles, "straddles");
   if (vgPlain_discard_translations != NULL)
      VG_(track_stop_client_code)(discard_stale);
}

static struct place *
place_at(Addr pc)
{
   uint64_t *index;

   if (vmt_hashmap_put(&place_by_pc, pc, &index) != VMT_OK)
      tool_no_memory();
   if (*index == 0) {
      if (vmt_vector_push(&places) == NULL)
         tool_no_memory();
      *index = places.n_records;
   }
   return vmt_vector_at(&places, (UInt)*index - 1);
}

static void
cut(Addr pc, Long offset)
{
   struct place *place = place_at(pc);
   Addr *again = vmt_vector_push(&stale);

   if (again == NULL)
      tool_no_memory();
   *again = pc;
   if (place->n < MAX_CUTS)
      place->cuts[place->n] = (Short)offset;
   place->n++;
}

/* Whether it is time to look at the group, and it straddled often since it was
   looked at last.  */
static Bool
straddles_often(const struct segment_group *group)
{
   UInt n_executions = (UInt)*segments_counter(group->segment), n, before;
   uint64_t *kept;

   if (vmt_hashmap_put(&straddles, (Addr)group, &kept) != VMT_OK)
      tool_no_memory();
   n = (UInt)*kept + 1;
   before = (UInt)(*kept >> 32);
   if (n < STRADDLES_PER_LOOK) {
      *kept = (ULong)before << 32 | n;
      return False;
   }
   *kept = (ULong)n_executions << 32;
   return n_executions - before <= PAYING_EXECUTIONS;
}

void
cuts_note_straddle(const struct segment_group *group, Addr base)
{
   UInt shift = tool_machine.config.page_shift;
   Addr low = base + (Addr)(Long)group->low;
   Addr next_page = ((low >> shift) + 1) << shift;

   if (group->n_members > 1 && vgPlain_discard_translations != NULL &&
       straddles_often(group))
      cut(segments_member_pc(group, &group->members[0]),
          (Long)(next_page - base));
}

Bool
cuts_forbid(Addr pc, Long low, Long high)
{
   const uint64_t *index = vmt_hashmap_find(&place_by_pc, pc);
   const struct place *place;
   UInt i;

   if (index == NULL)
      return False;
   place = vmt_vector_at(&places, (UInt)*index - 1);
   for (i = 0; i < place->n && i < MAX_CUTS; i++)
      if (low < place->cuts[i] && place->cuts[i] < high)
         return True;
   return place->n > MAX_CUTS;
}
