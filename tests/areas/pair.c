#include "tests/areas/pair.h"

#include <string.h>

#include "tests/areas/testing.h"

#define RW (VMT_AREA_READ | VMT_AREA_WRITE)

/* The model has numbers of its own.  */
#define SAME(theirs, ours) _Static_assert((int)(theirs) == (int)(ours), #ours)
SAME(MODEL_PROT, VMT_AREA_PROTECTION);
SAME(MODEL_WRITE, VMT_AREA_WRITE);
SAME(MODEL_SHARED, VMT_AREA_SHARED);
SAME(MODEL_GROWSDOWN, VMT_AREA_GROWSDOWN);
SAME(MODEL_NORESERVE, VMT_AREA_NORESERVE);
SAME(MODEL_LOCKED, VMT_AREA_LOCKED);
SAME(MODEL_ACCOUNT, VMT_AREA_ACCOUNT);
SAME(MODEL_DONTFORK, VMT_AREA_DONTFORK);
SAME(MODEL_WIPEONFORK, VMT_AREA_WIPEONFORK);
SAME(MODEL_SPECIAL, VMT_AREA_SPECIAL);
SAME(MODEL_EXCLUDED, VMT_AREA_EXCLUDED);
SAME(MODEL_ANON, VMT_BACKING_ANON);
SAME(MODEL_FILE, VMT_BACKING_FILE);
SAME(MODEL_SHMEM, VMT_BACKING_SHMEM);

static const struct {
   uint32_t flags;
   enum vmt_backing backing;
   uint64_t object;
} looks[N_LOOKS] = {
   [LOOK_RW] = {RW, VMT_BACKING_ANON, 0},
   [LOOK_R] = {VMT_AREA_READ, VMT_BACKING_ANON, 0},
   [LOOK_NONE] = {0, VMT_BACKING_ANON, 0},
   [LOOK_NORESERVE] = {RW | VMT_AREA_NORESERVE, VMT_BACKING_ANON, 0},
   [LOOK_STACK] = {RW | VMT_AREA_GROWSDOWN, VMT_BACKING_ANON, 0},
   [LOOK_FILE_R] = {VMT_AREA_READ, VMT_BACKING_FILE, 1},
   [LOOK_FILE_RW] = {RW, VMT_BACKING_FILE, 1},
   [LOOK_FILE_SHARED] = {RW | VMT_AREA_SHARED, VMT_BACKING_FILE, 1},
   [LOOK_SHMEM] = {RW | VMT_AREA_SHARED, VMT_BACKING_SHMEM, 1},
   [LOOK_SHMEM_PRIVATE] = {RW, VMT_BACKING_SHMEM, 1},
   [LOOK_OTHER] = {RW, VMT_BACKING_FILE, 2},
   [LOOK_SPECIAL] = {VMT_AREA_READ | VMT_AREA_SPECIAL, VMT_BACKING_ANON, 0},
   [LOOK_EXCLUDED] = {RW | VMT_AREA_EXCLUDED, VMT_BACKING_ANON, 0},
   [LOOK_BAD] = {RW | VMT_AREA_SHARED, VMT_BACKING_ANON, 0},
};

static const struct {
   uint32_t clear, set;
} changes[N_CHANGES] = {
   [CHANGE_R] = {VMT_AREA_PROTECTION, VMT_AREA_READ},
   [CHANGE_RW] = {VMT_AREA_PROTECTION, RW},
   [CHANGE_NONE] = {VMT_AREA_PROTECTION, 0},
   [CHANGE_RX] = {VMT_AREA_PROTECTION, VMT_AREA_READ | VMT_AREA_EXEC},
   [CHANGE_LOCK] = {0, VMT_AREA_LOCKED},
   [CHANGE_UNLOCK] = {VMT_AREA_LOCKED, 0},
   [CHANGE_DONTFORK] = {0, VMT_AREA_DONTFORK},
   [CHANGE_DOFORK] = {VMT_AREA_DONTFORK, 0},
   [CHANGE_WIPEONFORK] = {0, VMT_AREA_WIPEONFORK},
   [CHANGE_EXCLUDE] = {0, VMT_AREA_EXCLUDED},
   [CHANGE_INCLUDE] = {VMT_AREA_EXCLUDED, 0},
   [CHANGE_HUGE] = {VMT_AREA_NOHUGEPAGE, VMT_AREA_HUGEPAGE},
   [CHANGE_NOTHING] = {0, 0},
};

void
pair_init(struct pair *pair, int n_pages, uint64_t base)
{
   check(vmt_areas_init(&pair->areas) == VMT_OK);
   model_init(&pair->model, n_pages, base);
}

void
pair_free(struct pair *pair)
{
   vmt_areas_free(&pair->areas);
}

static vmt_addr
addr_of(const struct pair *pair, int page)
{
   return (pair->model.base + (uint64_t)page) << VMT_PAGE_SHIFT;
}

void
pair_clear(struct pair *pair)
{
   vmt_areas_unmap(&pair->areas, addr_of(pair, 0),
                   addr_of(pair, pair->model.n_pages));
   pair->areas.next_frames_id = 1;
   model_init(&pair->model, pair->model.n_pages, pair->model.base);
}

/* ---- what an operation means ---- */

struct meaning {
   int first, n, to, n_new;
   bool keep_old;
   uint32_t clear, set;
   struct model_page as;
};

static int
fit(int n, int room)
{
   return room == 0 ? 0 : 1 + (n + room - 1) % room;
}

static struct meaning
meaning_of(const struct pair *pair, const struct pair_op *op)
{
   int n_pages = pair->model.n_pages;
   struct meaning m = {.first = op->a % n_pages};

   m.n = fit(op->b, n_pages - m.first);
   if (op->kind == PAIR_MAP) {
      m.as.flags = looks[op->c % N_LOOKS].flags;
      m.as.backing = (int)looks[op->c % N_LOOKS].backing;
      m.as.object = looks[op->c % N_LOOKS].object;
      m.as.offset = (uint64_t)m.first + op->d % 4;
      m.as.label = op->d;
   } else if (op->kind == PAIR_CHANGE) {
      m.clear = changes[op->c % N_CHANGES].clear;
      m.set = changes[op->c % N_CHANGES].set;
   } else if (op->kind == PAIR_MOVE) {
      if (op->b == 0)
         m.n = 0;
      m.to = op->c % n_pages;
      m.n_new = op->d % 128 == 0 ? 0 : fit(op->d % 128, n_pages - m.to);
      m.keep_old = op->d >= 128;
   } else if (op->kind == PAIR_GROW) {
      m.to = op->b % n_pages;
   }
   return m;
}

void
pair_print_op(const struct pair *pair, const struct pair_op *op)
{
   static const char *const names[PAIR_KINDS] = {"map",   "unmap",     "change", "move",
                                                 "touch", "grow down", "fork"};
   struct meaning m = meaning_of(pair, op);

   fprintf(stderr,
           "  {%u, %u, %u, %u, %u}: %s [%d, %d) to [%d, %d)%s flags %x offset %lu\n",
           op->kind, op->a, op->b, op->c, op->d, names[op->kind % PAIR_KINDS],
           m.first, m.first + m.n, m.to, m.to + m.n_new, m.keep_old ? " keep" : "",
           m.as.flags | m.set, (unsigned long)m.as.offset);
}

/* Is there an area that this may be done to?  */
static bool
is_touchable(const struct pair *pair, int page)
{
   const struct model_page *at = &pair->model.page[page];

   return at->area != 0 && !(at->flags & MODEL_SHARED);
}

static bool
is_growable(const struct pair *pair, int page)
{
   const struct model_page *at = &pair->model.page[page];

   return at->area != 0 && (at->flags & MODEL_GROWSDOWN);
}

enum vmt_status
pair_do_areas(struct pair *pair, const struct pair_op *op)
{
   struct meaning m = meaning_of(pair, op);
   struct vmt_areas *areas = &pair->areas;
   vmt_addr start = addr_of(pair, m.first), end = addr_of(pair, m.first + m.n);
   struct vmt_area area = {.start = start, .end = end, .flags = m.as.flags,
                           .backing = (enum vmt_backing)m.as.backing,
                           .object = m.as.object, .page_offset = m.as.offset,
                           .frames_id = 77, .label = m.as.label};

   switch (op->kind % PAIR_KINDS) {
   case PAIR_MAP:
      return vmt_areas_map(areas, &area);
   case PAIR_UNMAP:
      return vmt_areas_unmap(areas, start, end);
   case PAIR_CHANGE:
      return vmt_areas_change(areas, start, end, m.clear, m.set);
   case PAIR_MOVE:
      return vmt_areas_move(areas, start, end - start, addr_of(pair, m.to),
                            (uint64_t)m.n_new << VMT_PAGE_SHIFT, m.keep_old);
   case PAIR_TOUCH:
      if (is_touchable(pair, m.first))
         vmt_areas_note_frame(areas, vmt_areas_find(areas, start));
      return VMT_OK;
   case PAIR_GROW:
      if (is_growable(pair, m.first))
         return vmt_areas_grow_down(areas, vmt_areas_find(areas, start),
                                    addr_of(pair, m.to));
      return VMT_OK;
   default:
      vmt_areas_become_child(areas);
      return VMT_OK;
   }
}

static bool
do_model(struct pair *pair, const struct pair_op *op)
{
   struct meaning m = meaning_of(pair, op);
   struct model *model = &pair->model;

   switch (op->kind % PAIR_KINDS) {
   case PAIR_MAP:
      return model_map(model, m.first, m.n, &m.as);
   case PAIR_UNMAP:
      model_unmap(model, m.first, m.n);
      return true;
   case PAIR_CHANGE:
      model_change(model, m.first, m.n, m.clear, m.set);
      return true;
   case PAIR_MOVE:
      return model_move(model, m.first, m.n, m.to, m.n_new, m.keep_old);
   case PAIR_TOUCH:
      if (is_touchable(pair, m.first))
         model_touch(model, m.first);
      return true;
   case PAIR_GROW:
      return !is_growable(pair, m.first) || model_grow_down(model, m.first, m.to);
   default:
      model_fork(model);
      return true;
   }
}

/* ---- comparing ---- */

static void
compare_page(struct pair *pair, const struct vmt_area *area, int page)
{
   const struct model_page *at = &pair->model.page[page];
   uint64_t frames = at->frames | (at->is_inherited ? VMT_FRAMES_INHERITED : 0);

   check(area->flags == at->flags);
   check((int)area->backing == at->backing);
   check(area->object == at->object);
   check(area->label == at->label);
   check(area->frames_id == frames);
   check(area->page_offset + (addr_of(pair, page) - area->start) / VMT_PAGE_BYTES
         == at->offset);
}

void
pair_compare(struct pair *pair)
{
   struct vmt_area *area = vmt_areas_from(&pair->areas, 0), *below = NULL;
   uint64_t n_mapped = 0, n_excluded = 0;

   for (int i = 0; i < pair->model.n_pages; i++) {
      const struct model_page *at = &pair->model.page[i];

      if (at->area == 0) {
         check(vmt_areas_find(&pair->areas, addr_of(pair, i)) == NULL);
         continue;
      }
      if (at->flags & MODEL_EXCLUDED)
         n_excluded++;
      else
         n_mapped++;
      check(area != NULL && area->start <= addr_of(pair, i));
      check(vmt_areas_find(&pair->areas, addr_of(pair, i) + 4095) == area);
      check(area->start == addr_of(pair, model_area_first(&pair->model, i)));
      check(area->end == addr_of(pair, model_area_end(&pair->model, i)));
      check(vmt_rangemap_prev(&pair->areas.map, area) == below);
      compare_page(pair, area, i);
      if (area->end == addr_of(pair, i + 1)) {
         below = area;
         area = vmt_areas_after(&pair->areas, area);
      }
   }
   check(area == NULL);
   check(pair->areas.n_mapped_pages == n_mapped);
   check(pair->areas.n_excluded_pages == n_excluded);
   check(pair->areas.next_frames_id == pair->model.last_frames + 1);
}

void
pair_print(struct pair *pair)
{
   for (struct vmt_area *area = vmt_areas_from(&pair->areas, 0); area != NULL;
        area = vmt_areas_after(&pair->areas, area))
      fprintf(stderr, "  areas pages [%ld, %ld) flags %x object %lu offset %lu frames %lx\n",
              (long)(area->start / VMT_PAGE_BYTES) - (long)pair->model.base,
              (long)(area->end / VMT_PAGE_BYTES) - (long)pair->model.base, area->flags,
              (unsigned long)area->object, (unsigned long)area->page_offset,
              (unsigned long)area->frames_id);
   for (int i = 0; i < pair->model.n_pages; i++) {
      const struct model_page *at = &pair->model.page[i];

      if (at->area != 0)
         fprintf(stderr, "  model page %2d area %u flags %x object %lu offset %lu frames %lu%s\n",
                 i, at->area, at->flags, (unsigned long)at->object,
                 (unsigned long)at->offset, (unsigned long)at->frames,
                 at->is_inherited ? " inherited" : "");
   }
}

void
pair_do(struct pair *pair, const struct pair_op *op)
{
   enum vmt_status status = pair_do_areas(pair, op);
   bool allowed = do_model(pair, op);

   check(status == (allowed ? VMT_OK : VMT_BAD_INPUT));
   pair_compare(pair);
}
