/* touch PATTERN PAGES ROUNDS SEED FILE ADVICE: goes through memory as PATTERN says (see
   patterns.h), the file's pages in FILE, mapped with ADVICE (normal or random).

   Says "ready" when all is set up, and starts when a line comes in: until then it may be
   moved to another control group, so that what it takes before is not counted there.
   Then says what getrusage counted, as JSON, and ends when the input ends.  Small pages
   only.  Every page that it writes differs from zeroes, which the kernel does not write
   to swap (since 6.12).  */

#define _GNU_SOURCE
#include "tests/pressure/patterns.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define PAGE_BYTES 4096u
#define WORDS (PAGE_BYTES / 8)

/* Where no loader puts anything, so that read-ahead and page tables are the same in each
   run.  */
#define ANON_ADDRESS ((void *)0x100000000000)
#define FILE_ADDRESS ((void *)0x200000000000)

static int
complain(const char *what, const char *name)
{
   fprintf(stderr, "touch: %s %s: %s\n", what, name, strerror(errno));
   return 2;
}

static int
map(const struct pattern *pattern, const char *file, bool random,
    volatile uint64_t *areas[2])
{
   size_t bytes = (size_t)pattern->n_anon * PAGE_BYTES;
   int fd;

   if (bytes != 0) {
      areas[PATTERN_ANON] = mmap(ANON_ADDRESS, bytes, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE |
                                    MAP_FIXED_NOREPLACE, -1, 0);
      if (areas[PATTERN_ANON] == MAP_FAILED)
         return complain("cannot map", "memory");
   }
   bytes = (size_t)pattern->n_file * PAGE_BYTES;
   if (bytes == 0)
      return 0;
   fd = open(file, O_RDWR | O_CLOEXEC);
   if (fd < 0)
      return complain("cannot open", file);
   areas[PATTERN_FILE] = mmap(FILE_ADDRESS, bytes, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
   if (areas[PATTERN_FILE] == MAP_FAILED)
      return complain("cannot map", file);
   if (random && madvise((void *)areas[PATTERN_FILE], bytes, MADV_RANDOM) != 0)
      return complain("cannot advise on", file);
   close(fd);
   return 0;
}

static void
run(struct pattern *pattern, volatile uint64_t *areas[2])
{
   struct pattern_touch touch;

   while (pattern_next(pattern, &touch)) {
      volatile uint64_t *page = areas[touch.area] + (size_t)touch.page * WORDS;

      if (touch.write)
         *page = pattern->step;
      else
         (void)*page;
   }
}

int
main(int argc, char **argv)
{
   volatile uint64_t *areas[2] = { NULL, NULL };
   struct rusage before, after;
   struct pattern pattern;
   int status;

   if (argc != 7) {
      fputs("usage: touch PATTERN PAGES ROUNDS SEED FILE ADVICE\n", stderr);
      return 2;
   }
   if (prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) != 0)
      return complain("cannot disable", "huge pages");
   if (!pattern_start(&pattern, argv[1], (uint32_t)strtoul(argv[2], NULL, 10),
                      (uint32_t)strtoul(argv[3], NULL, 10),
                      strtoull(argv[4], NULL, 10))) {
      fprintf(stderr, "touch: no pattern %s of %s pages\n", argv[1], argv[2]);
      return 2;
   }
   status = map(&pattern, argv[5], strcmp(argv[6], "random") == 0, areas);
   if (status != 0)
      return status;
   puts("ready");
   fflush(stdout);
   if (getchar() == EOF)
      return 2;
   getrusage(RUSAGE_SELF, &before);
   run(&pattern, areas);
   getrusage(RUSAGE_SELF, &after);
   printf("{\"minflt\": %ld, \"majflt\": %ld, \"usr_us\": %ld, \"sys_us\": %ld}\n",
          after.ru_minflt - before.ru_minflt, after.ru_majflt - before.ru_majflt,
          (after.ru_utime.tv_sec - before.ru_utime.tv_sec) * 1000000 +
             after.ru_utime.tv_usec - before.ru_utime.tv_usec,
          (after.ru_stime.tv_sec - before.ru_stime.tv_sec) * 1000000 +
             after.ru_stime.tv_usec - before.ru_stime.tv_usec);
   fflush(stdout);
   while (getchar() != EOF)
      ;
   pattern_end(&pattern);
   return 0;
}
