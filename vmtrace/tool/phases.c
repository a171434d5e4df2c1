#include "vmtrace/tool/phases.h"

#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/counting.h"
#include "vmtrace/tool/mark_records.h"
#include "vmtrace/tool/profile.h"
#include "vmtrace/tool/segments.h"
#include "vmtrace/tool/tool.h"

#define MAX_NAMES 1000
#define OTHER_NAMES "(other phases)"

/* How many times of each name are marked in any case; how many bytes of profile all
   others may take; and how many counters may be looked at for them, some nanoseconds
   each: so many at once, and one for each INSTRS_A_LOOK instructions.  */
#define FIRST_MARKED 16
#define MAX_BYTES (64ull << 20)
#define FREE_LOOKS (1ull << 29)
#define INSTRS_A_LOOK 4

static struct phase phases[MAX_NAMES + 1];
static UInt n_phases;
static struct vmt_hashmap by_name;
static Bool by_name_is_made;
static ULong n_bytes, n_looks;
static Bool some_left_out;

/* ---- names ---- */

/* FNV-1a.  */
static uint64_t
hash_of(const HChar *name)
{
   uint64_t hash = 0xcbf29ce484222325ull;

   for (; *name != 0; name++)
      hash = (hash ^ (UChar)*name) * 0x100000001b3ull;
   return hash >> 1;            /* never VMT_HASHMAP_NO_KEY */
}

static struct phase *
add(const HChar *name, uint64_t place)
{
   struct phase *phase = &phases[n_phases];
   uint64_t *index;

   if (vmt_hashmap_put(&by_name, place, &index) != VMT_OK)
      tool_no_memory();
   *index = n_phases++;
   phase->name = VG_(strdup)("vmtrace.phase", name);
   return phase;
}

/* The phase of the name; NULL: there is none, and none is to be made.  */
static struct phase *
find(const HChar *name, Bool make)
{
   uint64_t place = hash_of(name), *index;

   if (!by_name_is_made)
      vmt_hashmap_init(&by_name, "phases");
   by_name_is_made = True;
   while ((index = vmt_hashmap_find(&by_name, place)) != NULL) {
      if (VG_STREQ(phases[*index].name, name))
         return &phases[*index];
      place = (place + 1) & ~(uint64_t)0 >> 1;
   }
   if (n_phases < MAX_NAMES)
      return make ? add(name, place) : NULL;
   if (!VG_STREQ(name, OTHER_NAMES))
      return find(OTHER_NAMES, make);
   return make ? add(name, place) : NULL;
}

/* ---- marks ---- */

/* Each of these is looked at for a mark.  */
static ULong
looks_of_a_mark(void)
{
   return segments_n() + tool_machine.ledger.charges.n_records +
          tool_machine.ledger.counters.n_records;
}

static Bool
may_mark(const struct phase *phase)
{
   return phase->n_marked < FIRST_MARKED ||
          (n_bytes < MAX_BYTES && n_looks < FREE_LOOKS + checkpoint_instrs() / INSTRS_A_LOOK);
}

static void
leave_out(const struct phase *phase)
{
   HChar text[300];

   if (some_left_out)
      return;
   some_left_out = True;
   VG_(snprintf)(text, sizeof text,
                 "there are very many phases: from the %lluth '%.100s' on, which lines "
                 "they are of is not known for all; their sums are exact",
                 phase->n_entered, phase->name);
   profile_note(text);
}

static void
mark(const struct phase *phase, Bool is_begin)
{
   struct json_out *out = profile_out();
   ULong before = out->n_bytes;

   profile_additions();
   mark_records_phase(out, phase->name, is_begin);
   n_bytes += out->n_bytes - before;
   n_looks += looks_of_a_mark();
}

/* ---- sums ---- */

static void
note_begin(struct phase *phase)
{
   VG_(memcpy)(phase->begin_totals, vmt_accounting_totals(&tool_machine.ledger),
               sizeof phase->begin_totals);
   phase->begin_instrs = counting_instrs();
}

static void
add_since_begin(struct phase *phase)
{
   const uint64_t *now = vmt_accounting_totals(&tool_machine.ledger);
   UInt i;

   for (i = 0; i < VMT_N_EVENTS; i++)
      phase->totals[i] += now[i] - phase->begin_totals[i];
   phase->n_instrs += counting_instrs() - phase->begin_instrs;
}

void
phases_begin(const HChar *name)
{
   struct phase *phase = find(name, True);

   charge_settle();
   phase->n_entered++;
   if (phase->depth++ != 0) {
      phase->n_marked += phase->marked;
      return;
   }
   phase->marked = may_mark(phase);
   if (phase->marked) {
      phase->n_marked++;
      mark(phase, True);
   } else {
      leave_out(phase);
   }
   note_begin(phase);
}

Bool
phases_end(const HChar *name)
{
   struct phase *phase = find(name, False);

   if (phase == NULL || phase->depth == 0)
      return False;
   charge_settle();
   if (--phase->depth != 0)
      return True;
   add_since_begin(phase);
   if (phase->marked)
      mark(phase, False);
   return True;
}

UInt
phases_n(void)
{
   return n_phases;
}

struct phase
phases_get(UInt i)
{
   struct phase phase = phases[i];

   if (phase.depth != 0)
      add_since_begin(&phase);
   return phase;
}

/* ---- anew ---- */

/* Sums begin at 0.  A child's profile has a mark of what is open in it.  */
static void
start_anew(ULong n_entered_if_open)
{
   UInt i;

   for (i = 0; i < n_phases; i++) {
      struct phase *phase = &phases[i];
      Bool is_open = phase->depth != 0;

      phase->n_entered = is_open ? n_entered_if_open : 0;
      phase->n_marked = is_open && phase->marked ? n_entered_if_open : 0;
      phase->marked |= n_entered_if_open == 0;
      phase->n_instrs = 0;
      VG_(memset)(phase->totals, 0, sizeof phase->totals);
      if (is_open)
         note_begin(phase);
   }
}

void
phases_restart(void)
{
   start_anew(1);
}

void
phases_become_child(void)
{
   n_bytes = n_looks = 0;
   some_left_out = False;
   start_anew(0);
}
