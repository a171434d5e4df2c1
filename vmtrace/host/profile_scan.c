/* The records that profiles are full of, in exactly the form in which the tool
   writes them: no spaces, members in this order, plain names, numbers of up to
   18 digits.  Nothing is changed before a whole line has been found to be so;
   any other line is left to the JSON parser, which knows all of them and says
   what is wrong with one.  Both hand on the same numbers, to profile_add_*, so
   that this is a matter of time alone.  */

#include "vmtrace/host/profile_reader.h"

#include <string.h>

#include "vmtrace/host/memory.h"

#define DIGITS_MAX 18           /* always within 64 bits */

struct scan {
   const char *at, *end;
};

/* These go past what they ask for, and return whether it was there.  */
static bool
text(struct scan *scan, const char *expected)
{
   size_t n = strlen(expected);

   if ((size_t) (scan->end - scan->at) < n || memcmp(scan->at, expected, n) != 0)
      return false;
   scan->at += n;
   return true;
}

static bool
number(struct scan *scan, int64_t *value)
{
   bool negative = text(scan, "-");
   const char *first = scan->at;

   *value = 0;
   while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9'
          && scan->at - first <= DIGITS_MAX)
      *value = *value * 10 + (*scan->at++ - '0');
   if (scan->at == first || scan->at - first > DIGITS_MAX
       || (*first == '0' && (negative || scan->at - first > 1)))
      return false;
   if (negative)
      *value = -*value;
   return true;
}

static bool
small(struct scan *scan, int64_t most, int64_t *value)
{
   return number(scan, value) && *value >= 0 && *value <= most;
}

static bool
last(struct scan *scan, const char *expected)
{
   return text(scan, expected) && scan->at == scan->end;
}

/* The number of an event whose name the profile has had.  */
static bool
event(struct scan *scan, const struct vmt_events *events, int *position)
{
   char name[33];
   size_t n = 0;

   if (!text(scan, "\""))
      return false;
   while (scan->at < scan->end && *scan->at != '"' && n + 1 < sizeof name)
      name[n++] = *scan->at++;
   name[n] = '\0';
   *position = vmt_events_find(events, name);
   return *position >= 0 && strlen(name) == n && text(scan, "\":");
}

static bool
scan_frame(struct scan *scan, struct profile_frame_record *frame)
{
   return text(scan, "{\"frame\":") && number(scan, &frame->id)
          && text(scan, ",\"object\":") && number(scan, &frame->object)
          && text(scan, ",\"offset\":") && number(scan, &frame->offset)
          && last(scan, "}");
}

static bool
scan_stack(struct scan *scan, struct profile_stack_record *stack)
{
   if (!text(scan, "{\"stack\":") || !number(scan, &stack->id)
       || !text(scan, ",\"frame\":") || !number(scan, &stack->frame)
       || !text(scan, ",\"parent\":") || !number(scan, &stack->parent))
      return false;
   stack->cut = text(scan, ",\"cut\":true");
   return last(scan, "}");
}

static bool
has_event(const struct profile_counts *counts, int position)
{
   for (size_t i = 0; i < counts->n; i++)
      if (counts->list[i].event == position)
         return true;
   return false;
}

static bool
scan_counts(struct scan *scan, const struct vmt_events *events,
            struct profile_counts *counts)
{
   counts->n = 0;
   do {
      struct profile_count count;

      if (!event(scan, events, &count.event) || has_event(counts, count.event)
          || !number(scan, &count.number))
         return false;
      counts->list[counts->n++] = count;
   } while (text(scan, ","));
   return true;
}

/* The position of a site, if there is one; 0 else.  */
static bool
scan_site(struct scan *scan, const struct profile_ids *sites, uint32_t *position)
{
   int64_t id;

   *position = 0;
   if (!text(scan, ",\"site\":"))
      return true;
   if (!number(scan, &id) || id <= 0)
      return false;
   *position = profile_ids_find(sites, (uint64_t) id);
   return *position != VMT_KEYMAP_NONE;
}

static bool
scan_charge(struct scan *scan, const struct profile_reader *reader,
            struct profile_charge_record *charge)
{
   return text(scan, "{\"charge\":[") && number(scan, &charge->stack)
          && text(scan, ",") && number(scan, &charge->area)
          && text(scan, ",") && number(scan, &charge->thread)
          && text(scan, "]") && scan_site(scan, &reader->sites, &charge->site)
          && text(scan, ",\"events\":{")
          && scan_counts(scan, &reader->profile->events, &charge->counts)
          && last(scan, "}}");
}

/* The next block's steps with the lengths of a list; how many, 0 for trouble.  */
static size_t
scan_lengths(struct profile_reader *reader, struct scan *scan)
{
   size_t n = 0;
   int64_t length_bytes;

   do {
      if (n == STEPS_MAX || !small(scan, LENGTH_BYTES_MAX, &length_bytes))
         return 0;
      profile_reserve_step(reader, n);
      reader->steps[reader->n_steps + n++] = (struct block_step){
         .length_bytes = (uint8_t) length_bytes, .ir = 1
      };
   } while (text(scan, ","));
   return text(scan, "]") ? n : 0;
}

/* One more list of those steps, if it is there.  */
static bool
scan_column(struct scan *scan, char column, struct block_step *steps,
            size_t n_steps)
{
   int64_t value;

   if (!text(scan, column == 'i' ? ",\"ir\":[" : column == 'r' ? ",\"dr\":["
                   : ",\"dw\":["))
      return true;
   for (size_t i = 0; i < n_steps; i++) {
      if ((i > 0 && !text(scan, ","))
          || !small(scan, column == 'i' ? COUNTED_MAX : ACCESSES_MAX, &value))
         return false;
      if (column == 'i')
         steps[i].ir = (uint8_t) value;
      else if (column == 'r')
         steps[i].dr = (uint16_t) value;
      else
         steps[i].dw = (uint16_t) value;
   }
   return text(scan, "]");
}

static bool
scan_block(struct profile_reader *reader, struct scan *scan,
           struct profile_block_record *block)
{
   struct block_step *steps;

   if (!text(scan, "{\"block\":") || !number(scan, &block->id)
       || !text(scan, ",\"object\":") || !number(scan, &block->object)
       || !text(scan, ",\"offset\":") || !number(scan, &block->offset)
       || !text(scan, ",\"lens\":["))
      return false;
   block->n_steps = scan_lengths(reader, scan);
   if (block->n_steps == 0)
      return false;
   steps = reader->steps + reader->n_steps;
   return scan_column(scan, 'i', steps, block->n_steps)
          && scan_column(scan, 'r', steps, block->n_steps)
          && scan_column(scan, 'w', steps, block->n_steps)
          && last(scan, "}");
}

/* Goes through a list of pairs, and adds them up if it is told to.  */
static int
scan_pairs(struct profile_reader *reader, struct scan scan, bool add)
{
   int64_t block, n;

   if (!text(&scan, "{\"exec\":["))
      return 0;
   do {
      if (!text(&scan, "[") || !number(&scan, &block) || !text(&scan, ",")
          || !number(&scan, &n) || !text(&scan, "]"))
         return 0;
      if (add && profile_add_exec(reader, block, n))
         return -1;
   } while (text(&scan, ","));
   return last(&scan, "]}");
}

/* The distances of a charge; likewise.  */
static int
scan_distances(struct profile_reader *reader, struct scan scan, bool add)
{
   int64_t stack, area, thread, bucket, n;
   uint32_t charge = 0;

   if (!text(&scan, "{\"d\":[") || !small(&scan, INT64_MAX, &stack)
       || !text(&scan, ",") || !small(&scan, INT64_MAX, &area)
       || !text(&scan, ",") || !small(&scan, INT64_MAX, &thread)
       || !text(&scan, "],\"b\":["))
      return 0;
   if (add && profile_charge_position(reader, stack, area, thread, &charge))
      return -1;
   do {
      if (!text(&scan, "[") || !small(&scan, INT64_MAX, &bucket)
          || !text(&scan, ",") || !small(&scan, INT64_MAX, &n)
          || !text(&scan, "]"))
         return 0;
      if (add && profile_add_distance(reader, charge, bucket, n))
         return -1;
   } while (text(&scan, ","));
   return last(&scan, "]}");
}

static int
read_as(struct profile_reader *reader, int status)
{
   profile_take_back_end(reader);
   return status < 0 ? -1 : 1;
}

int
profile_scan_record(struct profile_reader *reader, const char *line,
                    size_t n_bytes)
{
   struct scan scan = { line, line + n_bytes };
   union {
      struct profile_frame_record frame;
      struct profile_stack_record stack;
      struct profile_charge_record charge;
      struct profile_block_record block;
   } record;

   switch (n_bytes > 2 ? line[2] : 0) {
   case 'f':
      return scan_frame(&scan, &record.frame)
             ? read_as(reader, profile_add_frame(reader, &record.frame)) : 0;
   case 's':
      return scan_stack(&scan, &record.stack)
             ? read_as(reader, profile_add_stack(reader, &record.stack)) : 0;
   case 'c':
      return scan_charge(&scan, reader, &record.charge)
             ? read_as(reader, profile_add_charge(reader, &record.charge)) : 0;
   case 'b':
      return scan_block(reader, &scan, &record.block)
             ? read_as(reader, profile_add_block(reader, &record.block)) : 0;
   case 'e':
      return scan_pairs(reader, scan, false)
             ? read_as(reader, scan_pairs(reader, scan, true)) : 0;
   case 'd':
      return scan_distances(reader, scan, false)
             ? read_as(reader, scan_distances(reader, scan, true)) : 0;
   default:
      return 0;
   }
}
