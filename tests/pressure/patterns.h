/* Ways to go through memory, each a stream of touches of pages: what is done to the
   kernel and told to the model is one and the same.

   Two areas: an anonymous one, and a file that is mapped shared and read (written, where
   a touch says so).  A stream depends on its name, the number of pages and the seed alone.

   sweep      writes all pages in order, over and over
   read       writes all pages in order, then reads them in order, over and over
   random     writes all pages in order, then touches them at random, half of it writes
   hotcold    ... 80 in 100 touches to the first 20 in 100 pages, scattered
   zipf       ... the page of rank k with weight 1/k, ranks scattered
   merge      a merge sort of records: runs of one half of the memory are merged, 8 at a
              time, to the other half, and back
   filesweep  reads all pages of the file in order, over and over
   filerandom reads pages of the file at random
   mix        hotcold in the anonymous area (60 in 100 pages), and between any two of its
              touches one of the file (40 in 100), read in order
   dirty      writes pages of the file at random: dirty pages of a file

   Owns what pattern_start() allocates.  */

#ifndef TESTS_PRESSURE_PATTERNS_H
#define TESTS_PRESSURE_PATTERNS_H

#include <stdbool.h>
#include <stdint.h>

enum pattern_area { PATTERN_ANON, PATTERN_FILE };

struct pattern_touch {
   enum pattern_area area;
   uint32_t page;                       /* of the area */
   bool write;
};

struct pattern_kind;

struct pattern {
   const struct pattern_kind *kind;
   uint32_t n_pages, n_anon, n_file;    /* n_pages: of both areas */
   uint64_t n_touches;                  /* in all */
   uint64_t step;                       /* of the next one */
   uint64_t random;
   uint32_t *shuffled;                  /* page of each rank; NULL: not needed */
   double *weights;                     /* zipf: sums of them */
   struct {                             /* merge */
      uint32_t run_pages;               /* of a sorted run, in this pass */
      uint32_t first_run;               /* of the group that is merged */
      uint32_t heads[8];                /* next page of each run of it */
      uint32_t out;                     /* pages written in this pass */
      uint32_t from, to;                /* where the halves start */
      bool writing;
   } merge;
};

/* n_rounds: how often as many touches as there are pages (after the first ones).
   False: no such name, or no memory.  */
bool pattern_start(struct pattern *pattern, const char *name, uint32_t n_pages,
                   uint32_t n_rounds, uint64_t seed);
void pattern_end(struct pattern *pattern);

/* False: no more.  */
bool pattern_next(struct pattern *pattern, struct pattern_touch *touch);

#endif
