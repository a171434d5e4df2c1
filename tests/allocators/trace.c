#define _GNU_SOURCE
#include "tests/allocators/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct reader {
   const char *name, *at, *end;
   uint32_t line;
};

/* fprintf would allocate a buffer for a stream that has none; standard error has.  */
static _Noreturn void __attribute__((format(printf, 1, 2)))
give_up(const char *format, ...)
{
   va_list arguments;

   fputs("replay: ", stderr);
   va_start(arguments, format);
   vfprintf(stderr, format, arguments);
   va_end(arguments);
   fputc('\n', stderr);
   exit(2);
}

static _Noreturn void
bad(const struct reader *reader, const char *what)
{
   give_up("%s:%u: %s", reader->name, reader->line, what);
}

void *
map_memory(size_t bytes)
{
   void *memory = mmap(NULL, bytes == 0 ? 1 : bytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

   if (memory == MAP_FAILED)
      give_up("no memory for %zu bytes", bytes);
   return memory;
}

static void
open_file(struct reader *reader, const char *name)
{
   struct stat status;
   int fd = open(name, O_RDONLY | O_CLOEXEC);

   if (fd < 0 || fstat(fd, &status) != 0)
      give_up("cannot open %s: %s", name, strerror(errno));
   if (!S_ISREG(status.st_mode) || status.st_size == 0)
      give_up("%s: not a trace: no file, or an empty one", name);
   reader->name = name;
   reader->line = 1;
   reader->at = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
   if (reader->at == MAP_FAILED)
      give_up("cannot map %s: %s", name, strerror(errno));
   reader->end = reader->at + status.st_size;
   close(fd);
}

static void
skip_blanks(struct reader *reader)
{
   while (reader->at < reader->end && (*reader->at == ' ' || *reader->at == '\t'))
      reader->at++;
}

static size_t
number(struct reader *reader, const char *what, size_t most)
{
   size_t value = 0;
   bool any = false;

   skip_blanks(reader);
   for (; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; any = true) {
      value = value * 10 + (size_t)(*reader->at++ - '0');
      if (value > most)
         give_up("%s:%u: %s is above %zu", reader->name, reader->line, what, most);
   }
   if (!any)
      give_up("%s:%u: %s expected, a number", reader->name, reader->line, what);
   return value;
}

static void
end_line(struct reader *reader)
{
   skip_blanks(reader);
   if (reader->at < reader->end && *reader->at == '\r')
      reader->at++;
   if (reader->at < reader->end && *reader->at != '\n')
      bad(reader, "more on the line than there should be");
   if (reader->at < reader->end)
      reader->at++;
   reader->line++;
}

static size_t
header(struct reader *reader, const char *what, size_t most)
{
   size_t value = number(reader, what, most);

   end_line(reader);
   return value;
}

static void
operation(struct reader *reader, struct trace_op *op, uint32_t n_ids, bool *live)
{
   if (reader->at == reader->end)
      bad(reader, "ends before the number of operations that its head says");
   op->line = reader->line;
   op->kind = *reader->at++;
   if (op->kind != 'a' && op->kind != 'r' && op->kind != 'f')
      bad(reader, "an operation is a, r or f");
   op->id = (uint32_t)number(reader, "an id", TRACE_MOST);
   if (op->id >= n_ids)
      bad(reader, "the id is not below the number of ids");
   if (live[op->id] == (op->kind == 'a'))
      bad(reader, live[op->id] ? "the id is live already" : "the id is not live");
   live[op->id] = op->kind != 'f';
   if (op->kind != 'f') {
      op->bytes = number(reader, "a size", TRACE_MOST_BYTES);
      if (op->bytes == 0)
         bad(reader, "the size is 0");
   }
   end_line(reader);
}

void
trace_read(struct trace *trace, const char *name)
{
   struct reader reader;
   const char *start;
   bool *live;
   uint32_t i;

   open_file(&reader, name);
   start = reader.at;
   trace->name = name;
   header(&reader, "a size of the heap", SIZE_MAX / 16);
   trace->n_ids = (uint32_t)header(&reader, "the number of ids", TRACE_MOST);
   trace->n_ops = (uint32_t)header(&reader, "the number of operations", TRACE_MOST);
   header(&reader, "the weight", SIZE_MAX / 16);
   trace->ops = map_memory(trace->n_ops * sizeof *trace->ops);
   live = map_memory(trace->n_ids);
   for (i = 0; i < trace->n_ops; i++)
      operation(&reader, &trace->ops[i], trace->n_ids, live);
   for (; reader.at < reader.end; reader.at++)
      if (*reader.at != '\n' && *reader.at != ' ' && *reader.at != '\r')
         bad(&reader, "goes on after the number of operations that its head says");
   munmap(live, trace->n_ids == 0 ? 1 : trace->n_ids);
   munmap((void *)start, (size_t)(reader.end - start));
}
