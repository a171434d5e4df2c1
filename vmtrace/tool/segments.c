#include "vmtrace/tool/segments.h"

#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"
#include "vmtrace/tool/tool.h"

/* Instructions are kept in four bytes: length, reads, writes, flags.  Where one
   does not follow on the one before, two words with its address come first.  */
#define INSN_COUNTED (1u << 24)
#define INSN_JUMP (1u << 25)
#define WORDS_PER_JUMP 2

/* Counters below this id lie in one static array, whose addresses fit the
   short forms of the host's instructions.  */
#define N_STATIC_COUNTERS (1u << 20)
#define COUNTERS_PER_CHUNK (1u << 12)

struct segment {
   Addr pc;                     /* of the first instruction */
   const struct segment_group *first_group;
   UInt first_word;
   UShort n_insns, n_groups;
   UInt block;
   ULong n_reported;
};

/* Conditional accesses, and parts of segments, by address and kind.  */
struct odd {
   Addr pc;
   ULong count;                 /* translated code adds to it */
   ULong n_reported;
   UChar n_instrs, n_reads, n_writes;
};

static ULong static_counters[N_STATIC_COUNTERS];
static struct vmt_vector more_counters;

/* Groups: first in this array, then in blocks of GROUP_BLOCK_BYTES.  */
#define STATIC_GROUP_BYTES (16u << 20)
#define GROUP_BLOCK_BYTES (1u << 20)

static UChar static_groups[STATIC_GROUP_BYTES] __attribute__((aligned(8)));
static UChar *group_space = static_groups;
static SizeT group_bytes_left = STATIC_GROUP_BYTES;

static struct vmt_vector segments, words, odds;
static struct vmt_hashmap by_content, odd_by_key, fetches;
static ULong code_epoch;

void
segments_init(void)
{
   vmt_vector_init(&segments, "segments", sizeof(struct segment));
   vmt_vector_init(&words, "instructions", sizeof(UInt));
   vmt_vector_init(&odds, "odd accesses", sizeof(struct odd));
   vmt_vector_init(&more_counters, "counters", sizeof(ULong));
   vmt_hashmap_init(&by_content, "segments by content");
   vmt_hashmap_init(&odd_by_key, "odd accesses by key");
   vmt_hashmap_init(&fetches, "fetches");
}

static void *
push(struct vmt_vector *vector)
{
   void *record = vmt_vector_push(vector);

   if (record == NULL)
      tool_no_memory();
   return record;
}

static struct segment *
segment_at(UInt id)
{
   return vmt_vector_at(&segments, id);
}

static UInt
word_at(UInt index)
{
   return *(UInt *)vmt_vector_at(&words, index);
}

ULong *
segments_counter(UInt segment)
{
   if (segment < N_STATIC_COUNTERS)
      return &static_counters[segment];
   return vmt_vector_at(&more_counters, segment - N_STATIC_COUNTERS);
}

/* ---- content ---- */

static ULong
mix(ULong hash, ULong value)
{
   hash = (hash ^ value) * 0x9e3779b97f4a7c15ull;
   return hash ^ (hash >> 29);
}

static ULong
mix_member(ULong hash, const struct segment_member *member)
{
   return mix(hash, (ULong)(UShort)member->offset << 32 |
                       (ULong)member->bytes_and_kind << 16 |
                       (UShort)member->tick);
}

static ULong
content_of(const struct segment_draft *draft)
{
   ULong hash = code_epoch;
   UInt i, j;

   for (i = 0; i < draft->n_insns; i++) {
      const struct segment_insn *insn = &draft->insns[i];

      hash = mix(hash, insn->pc);
      hash = mix(hash, insn->len | insn->n_reads << 8 | insn->n_writes << 16 |
                          insn->counted << 24);
   }
   for (i = 0; i < draft->n_groups; i++) {
      const struct segment_draft_group *group = &draft->groups[i];

      hash = mix(hash, group->n_members << 1 | group->interleaved);
      for (j = 0; j < group->n_members; j++)
         hash = mix_member(hash, &draft->members[group->first_member + j]);
   }
   return hash >> 1;            /* never VMT_HASHMAP_NO_KEY */
}

static Bool
same_insns(UInt id, const struct segment_draft *draft)
{
   struct segment_insn insns[1024];
   UInt n = segments_insns(id, insns, 1024), i;

   if (n != draft->n_insns)
      return False;
   for (i = 0; i < n; i++) {
      const struct segment_insn *a = &insns[i], *b = &draft->insns[i];

      if (a->pc != b->pc || a->len != b->len || a->n_reads != b->n_reads ||
          a->n_writes != b->n_writes || a->counted != b->counted)
         return False;
   }
   return True;
}

static Bool
same_group(const struct segment_group *kept,
           const struct segment_draft_group *group,
           const struct segment_draft *draft)
{
   UInt i;

   if (kept->n_members != group->n_members ||
       kept->interleaved != group->interleaved)
      return False;
   for (i = 0; i < kept->n_members; i++)
      if (mix_member(0, &kept->members[i]) !=
          mix_member(0, &draft->members[group->first_member + i]))
         return False;
   return True;
}

static Bool
same_segment(UInt id, const struct segment_draft *draft)
{
   const struct segment *segment = segment_at(id);
   const struct segment_group *kept = segment->first_group;
   UInt i;

   if (segment->n_groups != draft->n_groups || !same_insns(id, draft))
      return False;
   for (i = 0; i < draft->n_groups; i++) {
      if (!same_group(kept, &draft->groups[i], draft))
         return False;
      kept = segments_next_group(kept);
   }
   return True;
}

/* Room for all groups of a segment, in one piece.  */
static struct segment_group *
take_group_space(SizeT bytes)
{
   struct segment_group *space;

   if (bytes > group_bytes_left) {
      group_bytes_left =
         bytes > GROUP_BLOCK_BYTES ? bytes : GROUP_BLOCK_BYTES;
      group_space = VG_(malloc)("vmtrace.groups", group_bytes_left);
   }
   space = (struct segment_group *)group_space;
   group_space += bytes;
   group_bytes_left -= bytes;
   return space;
}

static void
keep_insns(struct segment *segment, const struct segment_draft *draft)
{
   Addr expected = segment->pc;
   UInt i;

   segment->first_word = words.n_records;
   for (i = 0; i < draft->n_insns; i++) {
      const struct segment_insn *insn = &draft->insns[i];
      UInt word = insn->len | insn->n_reads << 8 | insn->n_writes << 16 |
                  (insn->counted ? INSN_COUNTED : 0);
      Bool jump = insn->pc != expected;

      *(UInt *)push(&words) = word | (jump ? INSN_JUMP : 0);
      if (jump) {
         *(UInt *)push(&words) = (UInt)insn->pc;
         *(UInt *)push(&words) = (UInt)(insn->pc >> 32);
      }
      expected = insn->pc + insn->len;
   }
}

static UShort
pc_delta(UInt id, Int tick)
{
   Addr delta = segments_pc(id, tick) - segment_at(id)->pc;

   return delta < SEGMENT_FAR ? (UShort)delta : SEGMENT_FAR;
}

static void
set_extent(struct segment_group *group)
{
   UInt i;

   group->low = group->high = group->members[0].offset;
   group->strongest = VMT_READ;
   for (i = 0; i < group->n_members; i++) {
      const struct segment_member *member = &group->members[i];
      Int high = member->offset + (Int)segment_member_bytes(member);

      if (member->offset < group->low)
         group->low = member->offset;
      if (high > group->high)
         group->high = (Short)high;
      if (segment_member_kind(member) != VMT_READ)
         group->strongest = VMT_WRITE;
   }
}

static void
keep_groups(UInt id, const struct segment_draft *draft)
{
   struct segment *segment = segment_at(id);
   struct segment_group *kept =
      take_group_space(draft->n_groups * sizeof(struct segment_group) +
                       draft->n_members * sizeof(struct segment_member));
   UInt i, j;

   segment->first_group = kept;
   for (i = 0; i < draft->n_groups; i++) {
      const struct segment_draft_group *group = &draft->groups[i];

      kept->pc = segment->pc;
      kept->segment = id;
      kept->n_members = (UShort)group->n_members;
      kept->interleaved = group->interleaved;
      for (j = 0; j < group->n_members; j++) {
         kept->members[j] = draft->members[group->first_member + j];
         kept->members[j].pc_delta = pc_delta(id, kept->members[j].tick);
      }
      set_extent(kept);
      kept = (struct segment_group *)segments_next_group(kept);
   }
}

static UInt
keep(const struct segment_draft *draft)
{
   UInt id = segments.n_records;
   struct segment *segment = push(&segments);

   tl_assert(draft->n_insns < 65536 && draft->n_groups < 65536);
   if (id >= N_STATIC_COUNTERS)
      push(&more_counters);
   segment->pc = draft->insns[0].pc;
   segment->n_insns = (UShort)draft->n_insns;
   segment->n_groups = (UShort)draft->n_groups;
   keep_insns(segment, draft);
   keep_groups(id, draft);
   return id;
}

UInt
segments_enter(const struct segment_draft *draft,
               const struct segment_group **first_group)
{
   ULong content = content_of(draft);
   uint64_t *known = vmt_hashmap_find(&by_content, content);
   UInt id;

   if (known != NULL && same_segment((UInt)*known, draft)) {
      id = (UInt)*known;
   } else {
      id = keep(draft);
      if (vmt_hashmap_put(&by_content, content, &known) != VMT_OK)
         tool_no_memory();
      *known = id;
   }
   *first_group = segment_at(id)->first_group;
   return id;
}

UInt
segments_insns(UInt id, struct segment_insn *insns, UInt max)
{
   const struct segment *segment = segment_at(id);
   UInt index = segment->first_word, i;
   Addr pc = segment->pc;

   for (i = 0; i < segment->n_insns && i < max; i++) {
      UInt word = word_at(index++);

      if ((word & INSN_JUMP) != 0) {
         pc = word_at(index) | (Addr)word_at(index + 1) << 32;
         index += WORDS_PER_JUMP;
      }
      insns[i] = (struct segment_insn){pc, word & 0xff, (word >> 8) & 0xff,
                                       (word >> 16) & 0xff,
                                       (word & INSN_COUNTED) != 0};
      pc += word & 0xff;
   }
   return i;
}

/* Which instruction of the segment an access at `tick` is in.  Counted ones have
   ticks from their place among the counted, shifted; the rest of one that was
   cut, which can only come first, has negative ones.  */
static UInt
insn_index(Int tick, Bool first_counted)
{
   Int n = tick >> VMT_TICK_SHIFT;

   return (UInt)(first_counted ? n : n + 1);
}

Addr
segments_pc(UInt id, Int tick)
{
   const struct segment *segment = segment_at(id);
   UInt index = segment->first_word, left;
   Addr pc = segment->pc;

   left = insn_index(tick, (word_at(index) & INSN_COUNTED) != 0);
   for (;;) {
      UInt word = word_at(index++);

      if ((word & INSN_JUMP) != 0) {
         pc = word_at(index) | (Addr)word_at(index + 1) << 32;
         index += WORDS_PER_JUMP;
      }
      if (left-- == 0)
         return pc;
      pc += word & 0xff;
   }
}

const struct segment_fetch *
segments_enter_fetch(const struct segment_fetch *fetch)
{
   uint64_t key = mix(mix(mix(code_epoch, fetch->addr), fetch->distance),
                      (ULong)(Long)fetch->tick) >> 1;
   uint64_t *kept;

   if (vmt_hashmap_put(&fetches, key, &kept) != VMT_OK)
      tool_no_memory();
   if (*kept == 0 || VG_(memcmp)((void *)*kept, fetch, sizeof *fetch) != 0) {
      struct segment_fetch *copy =
         (struct segment_fetch *)take_group_space(sizeof *copy);

      *copy = *fetch;
      *kept = (Addr)copy;
   }
   return (const struct segment_fetch *)*kept;
}

/* ---- odd accesses ---- */

static struct odd *
odd_of(Addr pc, UInt n_instrs, UInt n_reads, UInt n_writes)
{
   uint64_t key = pc << 16 | n_instrs << 15 | n_reads << 8 | n_writes;
   uint64_t *id;
   struct odd *odd;

   if (vmt_hashmap_put(&odd_by_key, key, &id) != VMT_OK)
      tool_no_memory();
   if (*id != 0)
      return vmt_vector_at(&odds, (UInt)*id - 1);
   odd = push(&odds);
   *id = odds.n_records;
   odd->pc = pc;
   odd->n_instrs = (UChar)n_instrs;
   odd->n_reads = (UChar)n_reads;
   odd->n_writes = (UChar)n_writes;
   return odd;
}

ULong *
segments_conditional(Addr pc, Bool is_write)
{
   return &odd_of(pc, 0, !is_write, is_write)->count;
}

/* The reads and writes of one instruction up to the refused access.  */
static void
count_accesses_until(UInt id, const struct segment_member *refused,
                     struct segment_insn *insn)
{
   const struct segment *segment = segment_at(id);
   const struct segment_group *group = segment->first_group;
   UInt i, j;

   insn->n_reads = insn->n_writes = 0;
   for (i = 0; i < segment->n_groups; i++) {
      for (j = 0; j < group->n_members; j++) {
         const struct segment_member *member = &group->members[j];

         if (member->tick >> VMT_TICK_SHIFT !=
                refused->tick >> VMT_TICK_SHIFT ||
             member->tick > refused->tick)
            continue;
         if (segment_member_kind(member) == VMT_WRITE)
            insn->n_writes++;
         else
            insn->n_reads++;
      }
      group = segments_next_group(group);
   }
}

void
segments_count_part(UInt id, const struct segment_member *refused)
{
   struct segment_insn insns[1024];
   UInt n = segments_insns(id, insns, 1024), i;
   UInt last = insn_index(refused->tick, insns[0].counted);

   if (last < n)
      count_accesses_until(id, refused, &insns[last]);
   for (i = 0; i < n && i <= last; i++)
      odd_of(insns[i].pc, insns[i].counted, insns[i].n_reads,
             insns[i].n_writes)->count++;
}

Bool
segments_report_odd(UInt i, struct segment_odd *report)
{
   struct odd *odd;
   Long n;

   if (i >= odds.n_records)
      return False;
   odd = vmt_vector_at(&odds, i);
   n = (Long)(odd->count - odd->n_reported);
   odd->n_reported = odd->count;
   *report = (struct segment_odd){odd->pc, n * odd->n_instrs, n * odd->n_reads,
                                  n * odd->n_writes};
   return True;
}

/* ---- counts ---- */

UInt
segments_n(void)
{
   return segments.n_records;
}

ULong
segments_report(UInt id)
{
   struct segment *segment = segment_at(id);
   ULong count = *segments_counter(id), n = count - segment->n_reported;

   segment->n_reported = count;
   return n;
}

Bool
segments_has_news(UInt id)
{
   return *segments_counter(id) != segment_at(id)->n_reported;
}

UInt
segments_block(UInt id)
{
   return segment_at(id)->block;
}

void
segments_set_block(UInt id, UInt block)
{
   segment_at(id)->block = block;
}

void
segments_totals(struct segment_totals *totals)
{
   struct segment_insn insns[1024];
   UInt id, i;

   *totals = (struct segment_totals){0, 0, 0};
   for (id = 0; id < segments.n_records; id++) {
      ULong count = *segments_counter(id);
      UInt n = count == 0 ? 0 : segments_insns(id, insns, 1024);

      for (i = 0; i < n; i++) {
         totals->n_instrs += insns[i].counted ? count : 0;
         totals->n_reads += insns[i].n_reads * count;
         totals->n_writes += insns[i].n_writes * count;
      }
   }
   for (i = 0; i < odds.n_records; i++) {
      const struct odd *odd = vmt_vector_at(&odds, i);

      totals->n_instrs += odd->n_instrs * odd->count;
      totals->n_reads += odd->n_reads * odd->count;
      totals->n_writes += odd->n_writes * odd->count;
   }
}

void
segments_forget_code(void)
{
   code_epoch++;
}

void
segments_forget_news(void)
{
   UInt i;

   for (i = 0; i < segments.n_records; i++)
      *segments_counter(i) = segment_at(i)->n_reported;
   for (i = 0; i < odds.n_records; i++) {
      struct odd *odd = vmt_vector_at(&odds, i);

      odd->count = odd->n_reported;
   }
}

void
segments_restart(void)
{
   UInt i;

   for (i = 0; i < segments.n_records; i++)
      *segments_counter(i) = segment_at(i)->n_reported = 0;
   for (i = 0; i < odds.n_records; i++) {
      struct odd *odd = vmt_vector_at(&odds, i);

      odd->count = odd->n_reported = 0;
   }
}

void
segments_forget_counts(void)
{
   UInt i;

   segments_restart();
   for (i = 0; i < segments.n_records; i++)
      segment_at(i)->block = 0;
}
