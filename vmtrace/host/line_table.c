#include "vmtrace/host/line_table.h"

#include <stdlib.h>

#include "vmtrace/host/memory.h"

struct sequence {
   uint64_t low;
   uint64_t high;
   size_t first;                /* row */
   size_t end;                  /* the row that ends it */
};

static int
compare_sequences(const void *a, const void *b) {
   const struct sequence *left = a, *right = b;
   if (left->low != right->low)
      return left->low < right->low ? -1 : 1;
   return left->first < right->first ? -1 : left->first > right->first;
}

/* Rows are to rise within a sequence; a stable insertion sort costs nothing
   where they do, and the number of steps is bounded where they do not.  */
static bool
sort_rows(struct vmt_line_row *rows, size_t n) {
   size_t steps_left = 16 * n;
   for (size_t i = 1; i < n; i++)
      for (size_t j = i; j > 0 && rows[j - 1].address > rows[j].address; j--) {
         struct vmt_line_row swapped = rows[j];
         if (steps_left-- == 0)
            return false;
         rows[j] = rows[j - 1];
         rows[j - 1] = swapped;
      }
   return true;
}

static struct sequence *
find_sequences(struct vmt_line_program *program, const struct vmt_elf *elf,
               size_t *n) {
   struct sequence *sequences = NULL;
   size_t room = 0, first = 0;
   *n = 0;
   for (size_t i = 0; i < program->n_rows; i++) {
      struct vmt_line_row *rows = program->rows;
      if (!rows[i].end)
         continue;
      if (i > first && sort_rows(rows + first, i - first) &&
          rows[first].address < rows[i].address &&
          vmt_elf_code_end(elf, rows[first].address) != 0) {
         sequences = vmt_grow(sequences, *n, &room, sizeof *sequences);
         sequences[(*n)++] = (struct sequence){ rows[first].address,
                                                rows[i].address, first, i };
      }
      first = i + 1;
   }
   if (*n > 0)
      qsort(sequences, *n, sizeof *sequences, compare_sequences);
   return sequences;
}

static void
add_entry(struct vmt_line_table *table, uint64_t start, uint32_t file,
          uint32_t line) {
   if (table->n_entries > 0) {
      struct vmt_line_entry *last = &table->entries[table->n_entries - 1];
      if (last->start == start) {
         last->file = file;
         last->line = line;
         /* It may now be equal to the one before.  */
         if (table->n_entries > 1 && last[-1].file == file &&
             last[-1].line == line)
            table->n_entries--;
         return;
      }
      if (last->file == file && last->line == line)
         return;
   }
   table->entries[table->n_entries++] =
      (struct vmt_line_entry){ start, file, line };
}

void
vmt_line_table_build(struct vmt_line_table *table,
                     struct vmt_line_program *program,
                     const struct vmt_elf *elf) {
   size_t n;
   struct sequence *sequences = find_sequences(program, elf, &n);
   *table = (struct vmt_line_table){ .files = program->files,
                                     .n_files = program->n_files };
   program->files = NULL;
   program->n_files = 0;
   table->paths = vmt_calloc(table->n_files, sizeof *table->paths);
   table->entries = vmt_calloc(program->n_rows + 1, sizeof *table->entries);
   uint64_t done = 0;           /* addresses below have their entry */
   for (size_t i = 0; i < n; i++) {
      const struct sequence *sequence = &sequences[i];
      if (sequence->high <= done)
         continue;
      for (size_t row = sequence->first; row < sequence->end; row++) {
         const struct vmt_line_row *at = &program->rows[row];
         bool covers = at[1].address > done || row + 1 == sequence->end;
         uint64_t start = at->address < done ? done : at->address;
         if (covers && start < sequence->high)
            add_entry(table, start, at->file, at->line);
      }
      add_entry(table, sequence->high, VMT_LINE_NO_FILE, 0);
      done = sequence->high;
   }
   free(sequences);
   table->entries = vmt_realloc(table->entries, table->n_entries,
                                sizeof *table->entries);
}

void
vmt_line_table_free(struct vmt_line_table *table) {
   free(table->entries);
   free(table->files);
   free(table->paths);
   *table = (struct vmt_line_table){ .entries = NULL };
}

const struct vmt_line_entry *
vmt_line_table_find(struct vmt_line_table *table, uint64_t address) {
   const struct vmt_line_entry *entries = table->entries;
   size_t low = 0, high = table->n_entries, last = table->last;
   if (high == 0 || address < entries[0].start)
      return NULL;
   if (entries[last].start <= address) {
      for (int step = 0; step < 4; step++) {
         if (last + 1 < high && entries[last + 1].start <= address) {
            last++;
            continue;
         }
         high = last + 1;
         break;
      }
      low = last;
   } else {
      high = last;
   }
   while (high - low > 1) {
      size_t middle = low + (high - low) / 2;
      if (entries[middle].start <= address)
         low = middle;
      else
         high = middle;
   }
   table->last = low;
   return entries[low].file == VMT_LINE_NO_FILE ? NULL : &entries[low];
}

const char *
vmt_line_table_path(struct vmt_line_table *table, uint32_t file,
                    const char *comp_dir, struct vmt_strings *strings) {
   if (file >= table->n_files)
      return NULL;
   if (table->paths[file] == NULL)
      table->paths[file] = vmt_strings_path(strings, comp_dir,
                                            table->files[file].dir,
                                            table->files[file].name);
   return table->paths[file];
}
