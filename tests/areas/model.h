/* The rules of the kernel's VMAs on an array with one record a page: slow, and
   written apart from the code it checks, of which it includes nothing.  Pages
   are counted from 0; the first one is page `base` of the address space.  */

#ifndef VMT_TESTS_AREAS_MODEL_H
#define VMT_TESTS_AREAS_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum { MODEL_MAX_PAGES = 64 };

enum {
   MODEL_PROT = 7,              /* 1 read, 2 write, 4 execute */
   MODEL_WRITE = 2,
   MODEL_SHARED = 1 << 3,
   MODEL_GROWSDOWN = 1 << 4,
   MODEL_NORESERVE = 1 << 5,
   MODEL_LOCKED = 1 << 6,
   MODEL_ACCOUNT = 1 << 7,
   MODEL_DONTFORK = 1 << 12,
   MODEL_WIPEONFORK = 1 << 13,
   MODEL_SPECIAL = 1 << 16,
   MODEL_EXCLUDED = 1 << 18
};

enum { MODEL_ANON = 0, MODEL_FILE = 1, MODEL_SHMEM = 2 };

struct model_page {
   unsigned area;               /* 0: not mapped; pages of one area have one number */
   uint32_t flags, label;
   int backing;
   uint64_t object, offset, frames;
   bool is_inherited;           /* the frames came from the parent */
};

struct model {
   int n_pages;
   uint64_t base;
   unsigned last_area;
   uint64_t last_frames;
   struct model_page page[MODEL_MAX_PAGES];
};

void model_init(struct model *model, int n_pages, uint64_t base);

/* All pages are in [0, n_pages).  false: the kernel would refuse, and nothing
   was changed.  */
bool model_map(struct model *model, int first, int n, const struct model_page *as);
void model_unmap(struct model *model, int first, int n);
void model_change(struct model *model, int first, int n, uint32_t clear,
                  uint32_t set);
bool model_move(struct model *model, int from, int n_old, int to, int n_new,
                bool keep_old);
void model_touch(struct model *model, int page);        /* writes to a private page */
bool model_grow_down(struct model *model, int page, int to);
void model_fork(struct model *model);

/* The first page of the area of `page`, and the first one behind it.  */
int model_area_first(const struct model *model, int page);
int model_area_end(const struct model *model, int page);

#endif
