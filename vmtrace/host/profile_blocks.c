/* How often each instruction was executed: counted per block while a file is
   read, and shared out to the instructions at its end.  */

#include "vmtrace/host/profile_reader.h"

#include "vmtrace/host/memory.h"

/* The i-th of an array of small numbers; of an absent one, what *number is.  */
static int
element(struct profile_reader *reader, const json_t *array, size_t i,
        const char *what, int64_t most, int64_t *number)
{
   return array ? profile_integer(reader, json_array_get(array, i), what, 0, most,
                                  number) : 0;
}

static bool
has_length(const json_t *array, size_t n)
{
   return !array || json_array_size(array) == n;
}

void
profile_reserve_step(struct profile_reader *reader, size_t i)
{
   reader->steps = vmt_grow(reader->steps, reader->n_steps + i,
                            &reader->step_capacity, sizeof *reader->steps);
}

static int
read_steps(struct profile_reader *reader, json_t *record,
           struct profile_block_record *block)
{
   json_t *lens = json_object_get(record, "lens");
   json_t *ir = json_object_get(record, "ir");
   json_t *dr = json_object_get(record, "dr");
   json_t *dw = json_object_get(record, "dw");
   size_t n = json_array_size(lens);

   if (n == 0 || n > STEPS_MAX || !has_length(ir, n) || !has_length(dr, n)
       || !has_length(dw, n))
      return profile_complain(reader, "damaged: a block's lists differ in length");
   block->n_steps = n;
   for (size_t i = 0; i < n; i++) {
      int64_t length_bytes = 0, n_counted = 1, n_reads = 0, n_writes = 0;

      if (element(reader, lens, i, "a length", LENGTH_BYTES_MAX, &length_bytes)
          || element(reader, ir, i, "ir", COUNTED_MAX, &n_counted)
          || element(reader, dr, i, "dr", ACCESSES_MAX, &n_reads)
          || element(reader, dw, i, "dw", ACCESSES_MAX, &n_writes))
         return -1;
      profile_reserve_step(reader, i);
      reader->steps[reader->n_steps + i] = (struct block_step){
         (uint16_t) n_reads, (uint16_t) n_writes, (uint8_t) length_bytes,
         (uint8_t) n_counted
      };
   }
   return 0;
}

int
profile_add_block(struct profile_reader *reader,
                  const struct profile_block_record *record)
{
   struct block block = {
      .offset = (uint64_t) record->offset, .first_step = reader->n_steps,
      .n_steps = record->n_steps
   };

   if (profile_position(reader, &reader->objects, record->object, "object", true,
                        &block.object)
       || profile_bounds(reader, "block", 1, INT64_MAX, record->id))
      return -1;
   if (!profile_ids_define(&reader->blocks, (uint64_t) record->id,
                           (uint32_t) reader->n_blocks))
      return profile_complain(reader, "damaged: block %lld is defined twice",
                              (long long) record->id);
   reader->n_steps += record->n_steps;
   reader->block_array = vmt_grow(reader->block_array, reader->n_blocks,
                                  &reader->block_capacity, sizeof block);
   reader->block_array[reader->n_blocks++] = block;
   return 0;
}

int
profile_read_block(struct profile_reader *reader, json_t *record)
{
   struct profile_block_record block;

   return profile_integer(reader, json_object_get(record, "object"), "object",
                          INT64_MIN, INT64_MAX, &block.object)
          || profile_integer(reader, json_object_get(record, "offset"), "offset",
                             INT64_MIN, INT64_MAX, &block.offset)
          || profile_integer(reader, json_object_get(record, "block"), "block",
                             INT64_MIN, INT64_MAX, &block.id)
          || read_steps(reader, record, &block)
          || profile_add_block(reader, &block) ? -1 : 0;
}

int
profile_add_exec(struct profile_reader *reader, int64_t block, int64_t n)
{
   uint32_t position;

   if (profile_position(reader, &reader->blocks, block, "block", false, &position))
      return -1;
   return reader->skips
          ? 0 : profile_add(reader, &reader->block_array[position].n_executed, n);
}

int
profile_read_exec(struct profile_reader *reader, json_t *record)
{
   json_t *list = json_object_get(record, "exec"), *pair;
   int64_t block, n;
   size_t i;

   if (!json_is_array(list))
      return profile_complain(reader, "damaged: exec is not a list");
   json_array_foreach(list, i, pair)
      if (profile_integer(reader, json_array_get(pair, 0), "block", INT64_MIN,
                          INT64_MAX, &block)
          || profile_integer(reader, json_array_get(pair, 1), "a count of exec",
                             INT64_MIN, INT64_MAX, &n)
          || profile_add_exec(reader, block, n))
         return -1;
   return 0;
}

/* Adds to the run's totals and the list of instructions.  */
static int
add_instr(struct profile_reader *reader, const struct vmt_profile_instr *instr)
{
   struct vmt_profile *profile = reader->profile;
   const char *names[] = { "Ir", "Dr", "Dw" };
   const int64_t numbers[] = { instr->ir, instr->dr, instr->dw };
   int event;

   for (size_t i = 0; i < 3; i++)
      if (numbers[i]
          && (profile_event(reader, names[i], &event)
              || profile_add(reader, &reader->run->totals[event], numbers[i])))
         return -1;
   profile->instrs = vmt_grow(profile->instrs, profile->n_instrs,
                              &profile->instr_capacity,
                              sizeof *profile->instrs);
   profile->instrs[profile->n_instrs++] = *instr;
   return 0;
}

static int
optional_integer(struct profile_reader *reader, json_t *record, const char *name,
                 int64_t *number)
{
   json_t *value = json_object_get(record, name);

   *number = 0;
   return value ? profile_integer(reader, value, name, INT64_MIN, INT64_MAX, number)
                : 0;
}

int
profile_read_access(struct profile_reader *reader, json_t *record)
{
   json_t *at = json_object_get(record, "access");
   struct vmt_profile_instr instr;
   int64_t offset;

   if (profile_id(reader, &reader->objects, json_array_get(at, 0), "object", true,
                  &instr.object)
       || profile_integer(reader, json_array_get(at, 1), "offset", INT64_MIN,
                          INT64_MAX, &offset)
       || optional_integer(reader, record, "ir", &instr.ir)
       || optional_integer(reader, record, "dr", &instr.dr)
       || optional_integer(reader, record, "dw", &instr.dw))
      return -1;
   instr.offset = (uint64_t) offset;
   return reader->skips ? 0 : add_instr(reader, &instr);
}

static int
expand_block(struct profile_reader *reader, const struct block *block)
{
   struct vmt_profile_instr instr = {
      .object = block->object, .offset = block->offset
   };

   for (size_t i = 0; i < block->n_steps; i++) {
      const struct block_step *step = &reader->steps[block->first_step + i];

      if (__builtin_mul_overflow(block->n_executed, step->ir, &instr.ir)
          || __builtin_mul_overflow(block->n_executed, step->dr, &instr.dr)
          || __builtin_mul_overflow(block->n_executed, step->dw, &instr.dw))
         return profile_complain(reader, "damaged: a count is beyond 64 bits");
      if (add_instr(reader, &instr))
         return -1;
      instr.offset += step->length_bytes;
   }
   return 0;
}

int
profile_expand_blocks(struct profile_reader *reader)
{
   for (size_t i = 0; i < reader->n_blocks; i++)
      if (reader->block_array[i].n_executed
          && expand_block(reader, &reader->block_array[i]))
         return -1;
   return 0;
}
