#include "tests/machine/pair.h"

#include <stdio.h>
#include <string.h>

#include "tests/machine/pair_compare.h"
#include "tests/mmu/check.h"

#define RW (VMT_AREA_READ | VMT_AREA_WRITE)
#define RX (VMT_AREA_READ | VMT_AREA_EXEC)

static const struct {
   uint32_t flags;
   enum vmt_backing backing;
   uint64_t object;
} looks[N_LOOKS] = {
   [LOOK_RW] = { RW, VMT_BACKING_ANON, 0 },
   [LOOK_R] = { VMT_AREA_READ, VMT_BACKING_ANON, 0 },
   [LOOK_NONE] = { 0, VMT_BACKING_ANON, 0 },
   [LOOK_CODE] = { RW | VMT_AREA_EXEC, VMT_BACKING_ANON, 0 },
   [LOOK_FILE_R] = { VMT_AREA_READ, VMT_BACKING_FILE, PAIR_FILE },
   [LOOK_FILE_RW] = { RW, VMT_BACKING_FILE, PAIR_FILE },
   [LOOK_FILE_CODE] = { RX, VMT_BACKING_FILE, PAIR_FILE },
   [LOOK_FILE_SHARED] = { RW | VMT_AREA_SHARED, VMT_BACKING_FILE, PAIR_FILE },
   [LOOK_FILE_SHARED_R] = { VMT_AREA_READ | VMT_AREA_SHARED, VMT_BACKING_FILE,
                            PAIR_FILE },
   [LOOK_SHORT] = { RW, VMT_BACKING_FILE, PAIR_SHORT_FILE },
   [LOOK_SHMEM] = { RW | VMT_AREA_SHARED, VMT_BACKING_SHMEM, PAIR_MEMORY },
   [LOOK_SHMEM_R] = { VMT_AREA_READ | VMT_AREA_SHARED, VMT_BACKING_SHMEM, PAIR_MEMORY },
   [LOOK_SHMEM_PRIVATE] = { RW, VMT_BACKING_SHMEM, PAIR_MEMORY },
   [LOOK_STACK] = { RW | VMT_AREA_GROWSDOWN | VMT_AREA_STACK, VMT_BACKING_ANON, 0 },
   [LOOK_VDSO] = { RX | VMT_AREA_SPECIAL, VMT_BACKING_FILE, 0 },
   [LOOK_EXCLUDED] = { RW | VMT_AREA_EXCLUDED, VMT_BACKING_ANON, 0 },
   [LOOK_FILE_EXCLUDED] = { RX | VMT_AREA_EXCLUDED, VMT_BACKING_FILE, PAIR_FILE },
   [LOOK_WRITE_ONLY] = { VMT_AREA_WRITE, VMT_BACKING_ANON, 0 },
   [LOOK_SHORT_SHARED] = { RW | VMT_AREA_SHARED, VMT_BACKING_FILE,
                           PAIR_SHORT_FILE },
};

/* ---- accesses ---- */

static vmt_addr
addr_of(int page)
{
   return (vmt_addr)(PAIR_BASE + page) << VMT_PAGE_SHIFT;
}

static void
charge_both(struct pair *pair, const struct vmt_outcome *ours,
            const struct model_outcome *theirs, uint32_t stack)
{
   uint32_t thread = pair->model.core + 1, charge = VMT_NO_CHARGE;

   if (!ours->excluded)
      charge = vmt_accounting_charge(&pair->machine.ledger, stack,
                                     (uint16_t)ours->label, (uint16_t)thread, 0);
   CHECK_EQ(vmt_machine_charge(&pair->machine, ours, charge), VMT_OK);
   model_machine_charge(&pair->model, theirs, stack, thread);
}

static bool
is_signal(enum vmt_event event)
{
   return event == VMT_EV_Prot || event == VMT_EV_Segv || event == VMT_EV_Bus;
}

/* One translation page.  false: a signal.  */
static bool
access_page(struct pair *pair, vmt_addr addr, enum vmt_access_kind kind,
            uint32_t stack)
{
   uint64_t tick = pair->tick++;
   struct vmt_outcome ours;
   struct model_outcome theirs;
   bool any;

   pair_tell_next_victim(pair);
   any = vmt_machine_access(&pair->machine, addr, kind, tick, &ours);
   pair_tell_victims(pair);
   theirs = model_machine_access(&pair->model, addr, (enum model_access)kind, tick);
   pair_compare_outcome(&ours, &theirs, any);
   CHECK_EQ(any, theirs.event != MODEL_NO_EVENT || theirs.n_l1_misses != 0 ||
                    theirs.n_evicted != 0);
   if (any)
      charge_both(pair, &ours, &theirs, stack);
   return !is_signal(ours.event);
}

/* Each page once, lowest first.  */
static void
access_range(struct pair *pair, vmt_addr addr, uint64_t n_bytes,
             enum vmt_access_kind kind, uint32_t stack)
{
   uint64_t page_bytes = pair->model.page_bytes;
   vmt_addr end = addr + n_bytes;

   if (end > addr_of(PAIR_PAGES))
      end = addr_of(PAIR_PAGES);
   for (; addr < end; addr = (addr / page_bytes + 1) * page_bytes)
      if (!access_page(pair, addr, kind, stack))
         return;
}

static void
access_by_kernel(struct pair *pair, int page, bool is_write, uint32_t stack)
{
   struct vmt_outcome ours;
   struct model_outcome theirs;
   bool any;

   pair->machine.filter.clock = pair->tick;
   pair_tell_next_victim(pair);
   any = vmt_machine_kernel_access(&pair->machine, addr_of(page) + 8, is_write,
                                   &ours);

   theirs = model_machine_kernel(&pair->model, page, is_write);
   pair_compare_outcome(&ours, &theirs, any);
   CHECK_EQ(any, theirs.event != MODEL_NO_EVENT || theirs.n_evicted != 0);
   if (any)
      charge_both(pair, &ours, &theirs, stack);
}

/* ---- the address space ---- */

/* A range of op, cut to fit.  */
static void
range_of(const struct pair_op *op, int *first, int *n)
{
   *first = op->a % PAIR_PAGES;
   *n = 1 + op->b % (PAIR_PAGES - *first);
}

static int
map_both(struct pair *pair, const struct pair_op *op, uint32_t *n_told)
{
   int look = op->c % N_LOOKS, first, n;
   struct model_page as = { .flags = looks[look].flags, .label = ++pair->label,
                            .backing = (int)looks[look].backing,
                            .object = looks[look].object };
   struct vmt_area area = { .flags = looks[look].flags, .label = pair->label,
                            .backing = looks[look].backing,
                            .object = looks[look].object };

   range_of(op, &first, &n);
   area.start = addr_of(first);
   area.end = addr_of(first + n);
   as.offset = area.page_offset = (uint64_t)first + op->d % 8;
   CHECK_EQ(vmt_machine_map(&pair->machine, &area, n_told), VMT_OK);
   return model_machine_map(&pair->model, first, n, &as);
}

static int
move_both(struct pair *pair, const struct pair_op *op, uint32_t *n_told)
{
   struct model_machine *model = &pair->model;
   int from, n_old, to = op->c % PAIR_PAGES, n_new, n_theirs;
   bool keep_old = op->d >= 128;

   range_of(op, &from, &n_old);
   if (model->areas.page[from].area != 0 &&
       n_old > model_area_end(&model->areas, from) - from)
      n_old = model_area_end(&model->areas, from) - from;
   n_new = keep_old ? n_old : 1 + op->d % 64;
   if (op->b == 255)
      n_old = 0;
   if (to + n_new > PAIR_PAGES)
      return -1;
   n_theirs = model_machine_move(model, from, n_old, to, n_new, keep_old);
   if (n_theirs >= 0)
      CHECK_EQ(vmt_machine_move(&pair->machine, addr_of(from),
                                (uint64_t)n_old * 4096, addr_of(to),
                                (uint64_t)n_new * 4096, keep_old, n_told),
               VMT_OK);
   return n_theirs;
}

/* MADV_REMOVE is for shared mappings of objects, here each mapped once.  */
static bool
may_remove(const struct model *areas, int first, int n)
{
   for (int i = first; i < first + n; i++) {
      const struct model_page *page = &areas->page[i];

      if (page->area == 0 || page->backing == MODEL_ANON ||
          !(page->flags & MODEL_SHARED))
         return false;
      for (int k = 0; k < areas->n_pages; k++)
         if (k != i && areas->page[k].area != 0 &&
             areas->page[k].object == page->object &&
             areas->page[k].offset == page->offset)
            return false;
   }
   return true;
}

static int
advise_both(struct pair *pair, const struct pair_op *op, uint32_t *n_told)
{
   static const enum vmt_advice advices[] = { VMT_ADVICE_ZAP, VMT_ADVICE_FREE,
                                              VMT_ADVICE_AGE, VMT_ADVICE_REMOVE };
   int first, n;

   range_of(op, &first, &n);
   if (advices[op->c % 4] == VMT_ADVICE_REMOVE &&
       !may_remove(&pair->model.areas, first, n))
      return -1;
   CHECK_EQ(vmt_machine_advise(&pair->machine, addr_of(first), addr_of(first + n),
                               advices[op->c % 4], n_told), VMT_OK);
   return model_machine_advise(&pair->model, first, n,
                               (enum model_advice)(op->c % 4));
}

static int
change_both(struct pair *pair, const struct pair_op *op, uint32_t *n_told)
{
   vmt_addr start, end;
   int first, n;

   range_of(op, &first, &n);
   start = addr_of(first);
   end = addr_of(first + n);
   if (op->kind % PAIR_OPS == PAIR_UNMAP) {
      CHECK_EQ(vmt_machine_unmap(&pair->machine, start, end, n_told), VMT_OK);
      return model_machine_unmap(&pair->model, first, n);
   }
   CHECK_EQ(vmt_machine_protect(&pair->machine, start, end, op->c % 8, n_told),
            VMT_OK);
   return model_machine_protect(&pair->model, first, n, op->c % 8);
}

/* Advice that stays with an area is the areas' own business, but they may merge
   and change labels.  */
static void
flag_both(struct pair *pair, const struct pair_op *op)
{
   uint32_t flag = op->c % 2 == 0 ? VMT_AREA_DONTFORK : VMT_AREA_WIPEONFORK;
   int first, n;

   range_of(op, &first, &n);
   for (int i = first; i < first + n; i++)
      if (pair->model.areas.page[i].backing != MODEL_ANON)
         flag = VMT_AREA_DONTFORK;
   CHECK_EQ(vmt_areas_change(&pair->machine.areas, addr_of(first),
                             addr_of(first + n), 0, flag), VMT_OK);
   vmt_machine_forget_pages(&pair->machine);
   model_change(&pair->model.areas, first, n, 0, flag);
}

static void
extend_both(struct pair *pair, const struct pair_op *op)
{
   int object = 1 + op->a % (PAIR_N_OBJECTS - 1);
   uint64_t n_bytes = pair->model.objects[object].n_bytes + op->b % 16 * 4096u;

   if (n_bytes > (uint64_t)MODEL_OBJECT_PAGES * 4096)
      return;
   pair->model.objects[object].n_bytes = n_bytes;
   vmt_machine_set_object_bytes(&pair->machine, (uint32_t)object, n_bytes);
}

/* What the address space went through is told to the other cores, and charged
   to the system call.  */
static void
change_space(struct pair *pair, const struct pair_op *op)
{
   struct vmt_outcome ours = { .event = VMT_NO_EVENT };
   struct model_outcome theirs = { .event = MODEL_NO_EVENT };
   int n;

   switch (op->kind % PAIR_OPS) {
   case PAIR_MAP:
      n = map_both(pair, op, &ours.n_shootdowns);
      break;
   case PAIR_MOVE:
      n = move_both(pair, op, &ours.n_shootdowns);
      break;
   case PAIR_ADVISE:
      n = advise_both(pair, op, &ours.n_shootdowns);
      break;
   default:
      n = change_both(pair, op, &ours.n_shootdowns);
      break;
   }
   if (n < 0)
      return;
   CHECK_EQ(ours.n_shootdowns, n);
   theirs.n_shootdowns = (uint32_t)n;
   charge_both(pair, &ours, &theirs, 9);
}

static void
do_both(struct pair *pair, const struct pair_op *op)
{
   int page = op->a % PAIR_PAGES;
   bool is_child = op->a % 4 == 0;

   switch (op->kind % PAIR_OPS) {
   case PAIR_READ:
   case PAIR_WRITE:
   case PAIR_MODIFY:
   case PAIR_FETCH:
      access_range(pair, addr_of(page) + op->b * 16u, 1 + op->c % 64,
                   (enum vmt_access_kind)(op->kind % PAIR_OPS), op->d % 4);
      return;
   case PAIR_KERNEL_READ:
   case PAIR_KERNEL_WRITE:
      access_by_kernel(pair, page, op->kind % PAIR_OPS == PAIR_KERNEL_WRITE,
                       op->d % 4);
      return;
   case PAIR_FLAG:
      flag_both(pair, op);
      return;
   case PAIR_EXTEND:
      extend_both(pair, op);
      return;
   case PAIR_FORK:
      pair_fork(pair, is_child, op->b % 8 == 7);
      return;
   case PAIR_REAP:
      pair_end_process(pair, op->a % 64);
      return;
   case PAIR_OTHERS:
      vmt_machine_share_object(&pair->machine, PAIR_MEMORY);
      pair->model.objects[PAIR_MEMORY].cached[op->a % MODEL_OBJECT_PAGES] = true;
      return;
   case PAIR_SWITCH:
      pair->model.core = op->a % pair->model.n_cores;
      vmt_machine_switch_core(&pair->machine, pair->model.core);
      return;
   default:
      change_space(pair, op);
      return;
   }
}

void
pair_do(struct pair *pair, const struct pair_op *op)
{
   do_both(pair, op);
   pair_compare_memory(pair);
}

void
pair_print_op(const struct pair_op *op)
{
   static const char *const names[PAIR_OPS] = {
      "READ", "WRITE", "MODIFY", "FETCH", "KERNEL_READ", "KERNEL_WRITE", "MAP",
      "UNMAP", "PROTECT", "MOVE", "ADVISE", "FLAG", "EXTEND", "FORK", "SWITCH",
      "REAP", "OTHERS"
   };

   fprintf(stderr, "   { PAIR_%s, %u, %u, %u, %u },\n",
           names[op->kind % PAIR_OPS], op->a, op->b, op->c, op->d);
}
