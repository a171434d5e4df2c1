/* Ids of one file.  Writers count them up from 1, which an array serves best;
   any other numbers are as good.  */

#include "vmtrace/host/profile_reader.h"

#include <stdlib.h>

#include "vmtrace/host/memory.h"

uint32_t
profile_ids_find(const struct profile_ids *ids, uint64_t id)
{
   if (id - 1 < ids->n)
      return ids->positions[id - 1];
   return vmt_keymap_find(&ids->others, id, 0);
}

bool
profile_ids_define(struct profile_ids *ids, uint64_t id, uint32_t position)
{
   bool added;

   if (profile_ids_find(ids, id) != VMT_KEYMAP_NONE)
      return false;
   if (id != ids->n + 1) {
      vmt_keymap_intern(&ids->others, id, 0, position, &added);
      return true;
   }
   ids->positions = vmt_grow(ids->positions, ids->n, &ids->capacity,
                             sizeof *ids->positions);
   ids->positions[ids->n++] = position;
   return true;
}

void
profile_ids_free(struct profile_ids *ids)
{
   free(ids->positions);
   vmt_keymap_free(&ids->others);
}
