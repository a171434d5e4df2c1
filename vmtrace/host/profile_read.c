/* A file, line by line.  */

#include "vmtrace/host/profile_reader.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile_text.h"

/* The longest records are `exec` of a checkpoint: some 20 bytes a block.  */
#define LINE_BYTES_MAX ((size_t) 256 << 20)

/* Of the base pages that RssPages counts.  */
#define PAGE_BYTES 4096

struct line {
   char *bytes;
   size_t n_bytes, capacity;
   bool complete;               /* ended by a line end */
};

int
profile_complain(struct profile_reader *reader, const char *format, ...)
{
   char why[300];
   va_list arguments;

   va_start(arguments, format);
   vsnprintf(why, sizeof why, format, arguments);
   va_end(arguments);
   snprintf(reader->profile->trouble, sizeof reader->profile->trouble,
            "%.160s: line %llu: %s", reader->path,
            (unsigned long long) reader->run->n_lines, why);
   return -1;
}

/* Complains of the file as a whole.  */
static int
complain_of_file(struct profile_reader *reader, const char *why)
{
   snprintf(reader->profile->trouble, sizeof reader->profile->trouble,
            "%.300s: %.180s", reader->path, why);
   return -1;
}

/* 1 with a line, 0 at the end of the file, -1 after complaining.  */
static int
next_line(struct profile_reader *reader, FILE *file, struct line *line)
{
   int c;

   line->n_bytes = 0;
   line->complete = false;
   while ((c = getc_unlocked(file)) != EOF && c != '\n') {
      if (line->n_bytes >= LINE_BYTES_MAX)
         return profile_complain(reader, "longer than any record");
      if (line->n_bytes >= line->capacity)
         line->bytes = vmt_grow(line->bytes, line->n_bytes, &line->capacity, 1);
      line->bytes[line->n_bytes++] = (char) c;
      /* What does not begin as a record is not read to its end, which may be
         far away.  */
      if (line->n_bytes == 1 && c != '{' && reader->run->n_lines == 1)
         return complain_of_file(reader, "not a vmtrace profile");
   }
   if (ferror(file))
      return complain_of_file(reader, strerror(errno));
   line->complete = c == '\n';
   return line->complete || line->n_bytes > 0;
}

static int
parse_line(struct profile_reader *reader, const struct line *line)
{
   json_error_t error = { 0 };
   json_t *record;
   const char *kind;
   int status;

   record = vmt_profile_parse(line->bytes ? line->bytes : "", line->n_bytes,
                              &error);
   kind = json_object_iter_key(json_object_iter(record));
   if (reader->run->n_lines == 1 && (!kind || strcmp(kind, "vmtrace") != 0))
      status = complain_of_file(reader, "not a vmtrace profile");
   else if (reader->run->n_lines == 1)
      status = profile_read_header(reader, record);
   else if (!record && !line->complete)
      status = 0;
   else if (!kind)
      status = profile_complain(reader, "damaged: %.200s",
                                record ? "not a record" : error.text);
   else
      status = profile_read_record(reader, kind, record);
   json_decref(record);
   return status;
}

static int
read_line(struct profile_reader *reader, const struct line *line)
{
   int scanned;

   if (reader->run->n_lines == 1)
      return parse_line(reader, line);
   if (line->n_bytes == 0)
      return 0;
   scanned = profile_scan_record(reader, line->bytes, line->n_bytes);
   return scanned == 0 ? parse_line(reader, line) : scanned < 0 ? -1 : 0;
}

/* The peak is of the run, not of a charge: the end says it, and for a profile
   that is cut short the checkpoints say what is known of it.  */
static int
take_peak(struct profile_reader *reader)
{
   const struct vmt_profile_run *run = reader->run;
   json_t *said = json_object_get(run->end, "RssPeak");
   int event;

   if (reader->profile->phase)
      return 0;
   if (!said)
      said = json_object_get(json_object_get(run->end, "totals"), "RssPeak");
   if (!said && run->rss_peak_pages == 0)
      return 0;
   if (profile_event(reader, "RssPeak", &event))
      return -1;
   if (said)
      return profile_integer(reader, said, "RssPeak", 0, INT64_MAX,
                             &reader->run->totals[event]);
   if (__builtin_mul_overflow(run->rss_peak_pages, PAGE_BYTES,
                              &reader->run->totals[event]))
      return profile_complain(reader, "damaged: a count is beyond 64 bits");
   return 0;
}

static int
read_lines(struct profile_reader *reader, FILE *file)
{
   struct line line = { 0 };
   int status;

   do {
      reader->run->n_lines++;
      status = next_line(reader, file, &line);
      if (status > 0 && read_line(reader, &line))
         status = -1;
   } while (status > 0 && line.complete);
   if (status == 0 && reader->run->n_lines == 1)
      status = complain_of_file(reader, "empty: not a vmtrace profile");
   free(line.bytes);
   return status < 0 || profile_expand_blocks(reader) || take_peak(reader)
          || profile_take_heap(reader) ? -1 : 0;
}

static FILE *
open_file(struct profile_reader *reader)
{
   FILE *file = strcmp(reader->path, "-") == 0 ? stdin : fopen(reader->path, "r");
   struct stat status;

   if (!file) {
      complain_of_file(reader, strerror(errno));
      return NULL;
   }
   if (fstat(fileno(file), &status) == 0 && S_ISDIR(status.st_mode)) {
      complain_of_file(reader, "is a directory, not a vmtrace profile");
      fclose(file);
      return NULL;
   }
   return file;
}

static void
free_reader(struct profile_reader *reader)
{
   profile_ids_free(&reader->objects);
   profile_ids_free(&reader->frames);
   profile_ids_free(&reader->stacks);
   profile_ids_free(&reader->areas);
   profile_ids_free(&reader->blocks);
   profile_ids_free(&reader->sites);
   vmt_keymap_free(&reader->phases);
   free(reader->block_array);
   free(reader->steps);
}

int
vmt_profile_read(struct vmt_profile *profile, const char *path)
{
   struct profile_reader reader = {
      .profile = profile, .path = path, .first_site = profile->n_sites,
      .first_charge = profile->n_charges, .first_instr = profile->n_instrs,
      .skips = profile->phase != NULL
   };
   FILE *file = open_file(&reader);
   int status;

   if (!file)
      return -1;
   profile->runs = vmt_grow(profile->runs, profile->n_runs,
                            &profile->run_capacity, sizeof *profile->runs);
   reader.run_position = (uint32_t) profile->n_runs;
   reader.run = &profile->runs[profile->n_runs++];
   *reader.run = (struct vmt_profile_run){ .file = vmt_strdup(path) };
   status = read_lines(&reader, file);
   /* Processes of one program execute the same instructions: a thousand of them are
      to take no more memory than a few.  */
   if (profile->n_instrs > 2 * profile->n_merged_instrs)
      profile_merge_instrs(profile);
   free_reader(&reader);
   if (file != stdin)
      fclose(file);
   return status;
}

bool
vmt_profile_begins(const char *path)
{
   static const char mark[] = "{\"vmtrace\":";
   char head[sizeof mark - 1];
   struct stat status;
   FILE *file;
   bool begins;

   if (stat(path, &status) != 0 || !S_ISREG(status.st_mode)
       || (file = fopen(path, "r")) == NULL)
      return false;
   begins = fread(head, 1, sizeof head, file) == sizeof head
            && memcmp(head, mark, sizeof head) == 0;
   fclose(file);
   return begins;
}
