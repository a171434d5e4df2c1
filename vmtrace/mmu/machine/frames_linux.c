/* Limited memory with the kernel's policy: what the machine does is told to
   policies/linux_reclaim.c, and what that does is done to the page table.  */

#include "vmtrace/mmu/machine/frames.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/machine/machine.h"

/* Four instructions a nanosecond.  */
#define INSTRS_A_NS 4

/* Names: of objects' pages; of private pages whose place's name is in use.  */
#define OBJECT_NAMES ((uint64_t)1 << 60)
#define OBJECT_SHIFT 36
#define FRESH_NAMES ((uint64_t)1 << 59)

/* 1 TiB of swap is as good as unlimited.  */
#define NO_LIMIT_SLOTS ((uint64_t)1 << 28)

#define TABLE_PAGES 512                 /* that a page-table page maps */
#define MAX_AHEAD 31                    /* on either side, of swap's read-ahead */

/* mm/filemap.c and the default read_ahead_kb of 128: what is read around a page, which
   of it is the mark, and after how many misses it is not done any more.  */
#define READ_PAGES 32
#define MARKED_PAGES 8
#define MAX_MISSES 100

#define PRIVATE (VMT_PTE_ANON | VMT_PTE_SWAPPED)

static void
note(struct vmt_frames *frames, enum vmt_status status)
{
   frames->no_memory |= status != VMT_OK;
}

/* ---- life ---- */

enum vmt_status
vmt_frames_init_linux(struct vmt_machine *machine)
{
   const struct vmt_settings *run = &machine->settings;
   struct vmt_frames *frames = &machine->frames;
   struct vmt_reclaim_settings settings;
   enum vmt_status status;

   vmt_reclaim_defaults(&settings);
   settings.n_frames = run->ram_bytes >> VMT_PAGE_SHIFT;
   settings.n_slots = run->swap_bytes == VMT_UNLIMITED
                         ? NO_LIMIT_SLOTS
                         : run->swap_bytes >> VMT_PAGE_SHIFT;
   settings.read_ns = run->swap_latency_ns;
   settings.generations = run->policy == VMT_PAGES_MGLRU;
   status = vmt_reclaim_init(&frames->kernel, &settings);
   if (status != VMT_OK)
      return status;
   frames->kind = VMT_FRAMES_LINUX;
   return vmt_shown_init(&frames->shown);
}

void
vmt_frames_free_linux(struct vmt_machine *machine)
{
   vmt_reclaim_free(&machine->frames.kernel);
   vmt_shown_free(&machine->frames.shown);
}

static void
pass_time(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t ns = (vmt_instrs_at(machine->filter.clock) - frames->told_instrs) /
                 INSTRS_A_NS;

   frames->told_instrs += ns * INSTRS_A_NS;
   vmt_reclaim_run(&frames->kernel, ns);
}

/* ---- names ---- */

static uint64_t
name_of_object(uint64_t object, uint64_t page)
{
   return OBJECT_NAMES | object << OBJECT_SHIFT | page;
}

/* What the page at vpn shows; VMT_NO_PAGE: nothing that takes a frame.  */
static uint64_t
name_at(const struct vmt_frames *frames, vmt_vpn vpn, const struct vmt_pte *pte)
{
   const uint64_t *name = vmt_shown_name(&frames->shown, vpn);

   if (name != NULL)
      return *name;
   if ((pte->bits & PRIVATE) == 0 ||
       vmt_shown_first(&frames->shown, vpn) != VMT_SHOWN_NONE ||
       vmt_reclaim_where(&frames->kernel, vpn) == VMT_RECLAIM_NOWHERE)
      return VMT_NO_PAGE;
   return vpn;
}

static uint64_t
new_name(struct vmt_frames *frames, vmt_vpn vpn)
{
   if (vmt_reclaim_where(&frames->kernel, vpn) == VMT_RECLAIM_NOWHERE)
      return vpn;
   frames->has_moved = true;
   return FRESH_NAMES | frames->n_names++;
}

static void
show(struct vmt_frames *frames, vmt_vpn vpn, uint64_t name)
{
   if (name != vpn)
      note(frames, vmt_shown_set(&frames->shown, vpn, name));
}

/* ---- what reclaim does ---- */

static void
take_entry(struct vmt_machine *machine, vmt_vpn vpn, struct vmt_pte *pte)
{
   uint64_t kept = pte->bits & (VMT_PTE_COW | VMT_PTE_LAZY);

   if ((pte->bits & VMT_PTE_PRESENT) == 0)
      return;
   vmt_frames_leave_memory(machine, vpn, pte);
   if ((pte->bits & VMT_PTE_COW) != 0)
      kept |= pte->bits & VMT_PTE_FORK;
   pte->bits = (pte->bits & VMT_PTE_ANON) != 0 ? VMT_PTE_SWAPPED | kept
                                               : VMT_PTE_AWAY;
}

/* Nothing is left of a page that was given up by MADV_FREE.  */
static void
evict_entry(struct vmt_machine *machine, vmt_vpn vpn, struct vmt_pte *pte)
{
   vmt_accounting_evicted(&machine->ledger, pte->owner);
   if ((pte->bits & VMT_PTE_LAZY) != 0)
      pte->bits = 0;
   pte->bits |= VMT_PTE_EVICTED;
}

static void
age_entry(struct vmt_machine *machine, vmt_vpn vpn, struct vmt_pte *pte,
          uint64_t bits)
{
   pte->bits &= ~bits;
   vmt_machine_notice_page(machine, vpn);
}

static void
change_entry(struct vmt_machine *machine, vmt_vpn vpn, enum vmt_reclaim_change change)
{
   struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, vpn);

   switch (change) {
   case VMT_RECLAIM_UNMAPPED:
      take_entry(machine, vpn, pte);
      break;
   case VMT_RECLAIM_AGED:
      age_entry(machine, vpn, pte, VMT_PTE_ACCESSED);
      break;
   case VMT_RECLAIM_CLEANED:
      age_entry(machine, vpn, pte, VMT_PTE_DIRTY | VMT_PTE_WRITABLE);
      break;
   case VMT_RECLAIM_EVICTED:
      if ((pte->bits & VMT_PTE_PRESENT) == 0)
         evict_entry(machine, vpn, pte);
      break;
   case VMT_RECLAIM_RESTORED:
      pte->bits |= VMT_PTE_THRASH;
      break;
   default:
      break;
   }
}

/* To all entries that show the page.  */
static void
take_event(struct vmt_machine *machine, const struct vmt_reclaim_event *event)
{
   struct vmt_frames *frames = &machine->frames;
   uint32_t at = vmt_shown_first(&frames->shown, event->page);
   const struct vmt_pte *pte;
   vmt_vpn vpn;

   if (at == VMT_SHOWN_NONE && event->page < FRESH_NAMES) {
      pte = vmt_pagetable_find(&machine->pages, event->page);
      if (pte != NULL && (pte->bits & PRIVATE) != 0 &&
          vmt_shown_name(&frames->shown, event->page) == NULL)
         change_entry(machine, event->page, event->change);
   }
   while (at != VMT_SHOWN_NONE) {
      at = vmt_shown_next(&frames->shown, at, &vpn);
      change_entry(machine, vpn, event->change);
      if (event->change == VMT_RECLAIM_EVICTED && event->page < OBJECT_NAMES &&
          vmt_reclaim_where(&frames->kernel, event->page) == VMT_RECLAIM_NOWHERE)
         vmt_shown_drop(&frames->shown, vpn);
   }
}

static void
take_events(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   uint32_t i;

   for (i = 0; i < frames->kernel.n_events; i++) {
      const struct vmt_reclaim_event *event = &frames->kernel.events[i];

      frames->news.n_evicted += event->change == VMT_RECLAIM_EVICTED;
      frames->news.n_swapped_out += event->change == VMT_RECLAIM_SWAPPED_OUT;
      take_event(machine, event);
   }
   frames->kernel.n_events = 0;
}

/* ---- asking ---- */

/* vma_has_recency, the other way round.  */
static bool
has_no_recency(const struct vmt_area *area)
{
   return (area->flags & (VMT_AREA_SEQ_READ | VMT_AREA_RAND_READ)) != 0;
}

static void
ask(struct vmt_machine *machine, const struct vmt_area *area,
    struct vmt_reclaim_request *request, struct vmt_reclaim_result *result)
{
   struct vmt_frames *frames = &machine->frames;

   request->executable = (area->flags & VMT_AREA_EXEC) != 0;
   request->no_recency = has_no_recency(area);
   pass_time(machine);
   note(frames, vmt_reclaim_fault(&frames->kernel, request, result));
   if (result->out_of_memory)
      vmt_frames_run_out(machine);
   take_events(machine);
   if ((area->flags & VMT_AREA_LOCKED) != 0)
      vmt_reclaim_lock(&frames->kernel, request->page, true);
}

void
vmt_frames_count_tables(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t n = 0;
   bool out_of_memory = false;
   uint32_t level;

   for (level = 0; level <= VMT_MAX_LEVELS; level++)
      n += machine->pages.n_tables[level];
   if (n < frames->n_tables)
      vmt_reclaim_give_kernel(&frames->kernel, frames->n_tables - n);
   if (n > frames->n_tables) {
      pass_time(machine);
      note(frames, vmt_reclaim_take_kernel(&frames->kernel, n - frames->n_tables,
                                           &out_of_memory));
      if (out_of_memory)
         vmt_frames_run_out(machine);
      take_events(machine);
   }
   frames->n_tables = n;
}

/* ---- private pages ---- */

/* What vpn showed, it shows no more.  */
static void
leave(struct vmt_frames *frames, vmt_vpn vpn, uint64_t name, const struct vmt_pte *pte)
{
   bool young = (pte->bits & VMT_PTE_ACCESSED) != 0;

   vmt_shown_drop(&frames->shown, vpn);
   if (name == VMT_NO_PAGE)
      return;
   if (name >= OBJECT_NAMES)
      vmt_reclaim_lock(&frames->kernel, name, false);
   if ((pte->bits & VMT_PTE_PRESENT) != 0)
      vmt_reclaim_unmap(&frames->kernel, name, false, young);
   else if ((pte->bits & VMT_PTE_SWAPPED) != 0)
      vmt_reclaim_unmap(&frames->kernel, name, true, false);
}

void
vmt_frames_new_page(struct vmt_machine *machine, const struct vmt_area *area,
                    vmt_vpn vpn, struct vmt_pte *pte)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t old_name = name_at(frames, vpn, pte);
   struct vmt_reclaim_request request = {
      .page = new_name(frames, vpn), .kind = VMT_RECLAIM_ANON, .write = true};
   struct vmt_reclaim_result result;

   ask(machine, area, &request, &result);
   leave(frames, vpn, old_name, pte);
   show(frames, vpn, request.page);
}

void
vmt_frames_reuse(struct vmt_machine *machine, vmt_vpn vpn, const struct vmt_pte *pte)
{
   uint64_t name = name_at(&machine->frames, vpn, pte);

   if (name != VMT_NO_PAGE && (pte->bits & VMT_PTE_ANON) != 0)
      vmt_reclaim_reuse(&machine->frames.kernel, name);
}

static uint32_t
less(uint64_t a, uint64_t b)
{
   return (uint32_t)(a < b ? a : b);
}

/* The neighbours that read-ahead may choose from; their names, if they do not follow
   from their places.  */
static void
look_around(struct vmt_machine *machine, struct vmt_area *area, vmt_vpn vpn,
            uint64_t *names, struct vmt_reclaim_area *around)
{
   uint32_t in_table = (uint32_t)(vpn % TABLE_PAGES), i;
   uint64_t before = vpn - (area->start >> VMT_PAGE_SHIFT);
   uint64_t after = (area->end >> VMT_PAGE_SHIFT) - 1 - vpn;

   *around = (struct vmt_reclaim_area){
      .vpn = vpn,
      .n_before = less(less(before, in_table), MAX_AHEAD),
      .n_after = less(less(after, TABLE_PAGES - 1 - in_table), MAX_AHEAD),
      .state = &area->swap_ahead};
   if (!machine->frames.has_moved)
      return;
   for (i = 0; i < around->n_before + 1 + around->n_after; i++) {
      vmt_vpn neighbour = vpn - around->n_before + i;
      const struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, neighbour);

      names[i] = pte != NULL && (pte->bits & VMT_PTE_SWAPPED) != 0
                    ? name_at(&machine->frames, neighbour, pte)
                    : VMT_NO_PAGE;
   }
   around->pages = names;
}

enum vmt_event
vmt_frames_swap_in(struct vmt_machine *machine, struct vmt_area *area, vmt_vpn vpn,
                   bool write)
{
   const struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, vpn);
   uint64_t names[2 * MAX_AHEAD + 1];
   struct vmt_reclaim_area around;
   struct vmt_reclaim_request request = {
      .page = name_at(&machine->frames, vpn, pte), .kind = VMT_RECLAIM_ANON,
      .write = write, .area = &around};
   struct vmt_reclaim_result result;

   look_around(machine, area, vpn, names, &around);
   ask(machine, area, &request, &result);
   return result.outcome == VMT_RECLAIM_SWAP_IN ? VMT_EV_SwapIn : VMT_EV_SwapHit;
}

/* ---- pages of objects ---- */

static struct vmt_object *
object_of(const struct vmt_machine *machine, const struct vmt_area *area)
{
   return vmt_vector_at(&machine->objects, (uint32_t)area->object);
}

/* It was in the page cache before the program began, and the program has not asked for
   it yet.  */
static bool
is_warm(const struct vmt_machine *machine, const struct vmt_object *object,
        uint64_t name)
{
   return object->on_device && machine->settings.page_cache_warm &&
          vmt_reclaim_where(&machine->frames.kernel, name) == VMT_RECLAIM_NOWHERE;
}

/* Frames for pages that are not in memory, as far as there are any to be had; nobody
   waits for a device.  */
static void
read_pages(struct vmt_machine *machine, uint64_t first, uint64_t n, uint64_t mark,
           bool no_recency)
{
   struct vmt_frames *frames = &machine->frames;
   const struct vmt_reclaim_request request = {
      .kind = VMT_RECLAIM_FILE, .no_recency = no_recency, .read_start = first,
      .n_read = n, .read_mark = mark};

   pass_time(machine);
   note(frames, vmt_reclaim_fault_read(&frames->kernel, &request));
   take_events(machine);
}

/* A frame for a warm page.  */
static void
charge_warm(struct vmt_machine *machine, const struct vmt_area *area, uint64_t name)
{
   read_pages(machine, name, 1, VMT_NO_PAGE, has_no_recency(area));
}

static uint64_t
n_pages_of(const struct vmt_object *object)
{
   return (object->bytes >> VMT_PAGE_SHIFT) +
          ((object->bytes & (VMT_PAGE_BYTES - 1)) != 0);
}

/* Code, since 6.16: from the page on, as far as it is mapped here, and nothing ahead of
   need after that.  */
static void
read_code(const struct vmt_area *area, uint64_t page, uint64_t n_pages,
          struct vmt_reclaim_request *request)
{
   uint64_t end = area->page_offset + ((area->end - area->start) >> VMT_PAGE_SHIFT);

   request->read_start = name_of_object(area->object, page);
   request->n_read = less(READ_PAGES, (end < n_pages ? end : n_pages) - page);
}

/* do_sync_mmap_readahead.  */
static void
choose_read(const struct vmt_machine *machine, const struct vmt_area *area,
            uint64_t page, struct vmt_reclaim_request *request)
{
   struct vmt_object *object = object_of(machine, area);
   uint64_t start = page < READ_PAGES / 2 ? 0 : page - READ_PAGES / 2;
   uint64_t end = start + READ_PAGES, n_pages = n_pages_of(object);

   request->read_mark = VMT_NO_PAGE;
   if ((area->flags & VMT_AREA_RAND_READ) != 0)
      return;
   if ((area->flags & VMT_AREA_SEQ_READ) != 0) {
      start = page;
      end = page + READ_PAGES;
   } else {
      if (object->n_misses < 10 * MAX_MISSES)
         object->n_misses++;
      if (object->n_misses > MAX_MISSES)
         return;
      if ((area->flags & VMT_AREA_EXEC) != 0) {
         read_code(area, page, n_pages, request);
         return;
      }
   }
   object->ahead_start = end;
   request->read_start = name_of_object(area->object, start);
   request->n_read = (end < n_pages ? end : n_pages) - start;
   request->read_mark = name_of_object(area->object, end - MARKED_PAGES);
}

static void
note_hit(struct vmt_object *object)
{
   if (object->n_misses != 0)
      object->n_misses--;
}

/* page_cache_async_ra.  */
void
vmt_frames_read_ahead(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   uint32_t number = frames->ahead_object;
   struct vmt_object *object;
   uint64_t start, end, mark;

   if (number == 0)
      return;
   frames->ahead_object = 0;
   object = vmt_vector_at(&machine->objects, number);
   start = object->ahead_start;
   end = start + READ_PAGES;
   object->ahead_start = end;
   if (end > n_pages_of(object))
      end = n_pages_of(object);
   if (start >= end)
      return;
   mark = name_of_object(number, start);
   read_pages(machine, mark, end - start, mark, frames->ahead_without_recency);
}

static void
show_object(struct vmt_frames *frames, struct vmt_object *object, vmt_vpn vpn,
            uint64_t name, uint64_t page)
{
   if (object->n_known_pages <= page)
      object->n_known_pages = page + 1;
   if (vmt_shown_name(&frames->shown, vpn) == NULL)
      note(frames, vmt_shown_set(&frames->shown, vpn, name));
}

enum vmt_reclaim_outcome
vmt_frames_object_page(struct vmt_machine *machine, const struct vmt_area *area,
                       vmt_vpn vpn, uint64_t page, bool write, bool is_copied)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_object *object = object_of(machine, area);
   uint64_t name = name_of_object(area->object, page);
   bool warm = is_warm(machine, object, name);
   struct vmt_reclaim_request request = {
      .page = name, .write = write && !is_copied,
      .kind = object->on_device ? VMT_RECLAIM_FILE : VMT_RECLAIM_SHMEM};
   struct vmt_reclaim_result result;

   if (warm && is_copied)
      return VMT_RECLAIM_CACHED;
   if (warm)
      charge_warm(machine, area, name);
   else if (object->on_device &&
            vmt_reclaim_where(&frames->kernel, name) != VMT_RECLAIM_IN_MEMORY)
      choose_read(machine, area, page, &request);
   ask(machine, area, &request, &result);
   if (result.outcome == VMT_RECLAIM_CACHED)
      note_hit(object);
   if (result.marked) {
      frames->ahead_object = (uint32_t)area->object;
      frames->ahead_without_recency = has_no_recency(area);
   }
   if (frames->no_memory)
      return result.outcome;
   if (is_copied)
      vmt_reclaim_unmap(&frames->kernel, name, false, false);
   else
      show_object(frames, object, vpn, name, page);
   return warm ? VMT_RECLAIM_CACHED : result.outcome;
}

bool
vmt_frames_map_around(struct vmt_machine *machine, const struct vmt_area *area,
                      vmt_vpn vpn, uint64_t page)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_object *object = object_of(machine, area);
   uint64_t name = name_of_object(area->object, page);

   if (!frames->spares_warm && is_warm(machine, object, name))
      charge_warm(machine, area, name);
   if (!vmt_reclaim_map(&frames->kernel, name, (area->flags & VMT_AREA_EXEC) != 0,
                        has_no_recency(area)))
      return false;
   if ((area->flags & VMT_AREA_LOCKED) != 0)
      vmt_reclaim_lock(&frames->kernel, name, true);
   note_hit(object);
   show_object(frames, object, vpn, name, page);
   return true;
}

void
vmt_frames_forget(struct vmt_machine *machine, uint32_t number, uint64_t start,
                  uint64_t end)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_object *object = vmt_vector_at(&machine->objects, number);

   if (end > object->n_known_pages)
      end = object->n_known_pages;
   for (; start < end; start++) {
      uint64_t name = name_of_object(number, start);
      uint32_t at = vmt_shown_first(&frames->shown, name);
      bool is_mapped = false;
      vmt_vpn vpn;

      while (at != VMT_SHOWN_NONE) {
         at = vmt_shown_next(&frames->shown, at, &vpn);
         is_mapped |= (vmt_pagetable_find(&machine->pages, vpn)->bits &
                       VMT_PTE_PRESENT) != 0;
      }
      if (!is_mapped)
         vmt_reclaim_forget(&frames->kernel, name);
   }
}

/* ---- entries ---- */

void
vmt_frames_touched(struct vmt_machine *machine, vmt_vpn vpn, struct vmt_pte *pte,
                   bool write)
{
   struct vmt_frames *frames = &machine->frames;
   bool young = (pte->bits & VMT_PTE_ACCESSED) == 0;
   bool writes = write && (pte->bits & VMT_PTE_DIRTY) == 0;
   uint64_t name;

   if (!young && !writes)
      return;
   name = name_at(frames, vpn, pte);
   if (name == VMT_NO_PAGE)
      return;
   pass_time(machine);
   vmt_reclaim_touched(&frames->kernel, name, young, writes);
   if (writes)
      pte->bits &= ~VMT_PTE_LAZY;
}

void
vmt_frames_unmapped(struct vmt_machine *machine, vmt_vpn vpn, const struct vmt_pte *pte)
{
   struct vmt_frames *frames = &machine->frames;

   leave(frames, vpn, name_at(frames, vpn, pte), pte);
}

void
vmt_frames_moved(struct vmt_machine *machine, vmt_vpn from, vmt_vpn to,
                 const struct vmt_pte *moved)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t name = name_at(frames, from, moved);

   vmt_shown_drop(&frames->shown, from);
   if (name == VMT_NO_PAGE)
      return;
   frames->has_moved |= (moved->bits & PRIVATE) != 0;
   show(frames, to, name);
}

/* ---- advice ---- */

void
vmt_frames_free_lazily(struct vmt_machine *machine, vmt_vpn vpn, struct vmt_pte *pte)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t name = name_at(frames, vpn, pte);

   if (name == VMT_NO_PAGE || name >= OBJECT_NAMES)
      return;
   if ((pte->bits & VMT_PTE_SWAPPED) != 0) {
      leave(frames, vpn, name, pte);
      pte->bits = VMT_PTE_EVICTED;
   } else if (vmt_reclaim_lazy(&frames->kernel, name)) {
      pte->bits = (pte->bits & ~(VMT_PTE_ACCESSED | VMT_PTE_DIRTY)) | VMT_PTE_LAZY;
   }
}

void
vmt_frames_make_cold(struct vmt_machine *machine, vmt_vpn vpn, struct vmt_pte *pte)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t name = name_at(frames, vpn, pte);

   if (name == VMT_NO_PAGE || (pte->bits & VMT_PTE_PRESENT) == 0)
      return;
   pte->bits &= ~VMT_PTE_ACCESSED;
   vmt_reclaim_cold(&frames->kernel, name);
}

void
vmt_frames_page_out(struct vmt_machine *machine, vmt_vpn start, vmt_vpn end)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t names[32];
   uint32_t n;
   struct vmt_pte *pte;

   pass_time(machine);
   while (start < end) {
      for (n = 0; n < 32 && (pte = vmt_pagetable_next(&machine->pages, &start, end)) !=
                               NULL; start++) {
         uint64_t name = name_at(frames, start, pte);

         if (name == VMT_NO_PAGE || (pte->bits & VMT_PTE_PRESENT) == 0)
            continue;
         pte->bits &= ~VMT_PTE_ACCESSED;
         names[n++] = name;
      }
      if (n == 0)
         return;
      note(frames, vmt_reclaim_page_out(&frames->kernel, names, n));
      take_events(machine);
   }
}

void
vmt_frames_lock(struct vmt_machine *machine, vmt_vpn start, vmt_vpn end, bool locked)
{
   struct vmt_frames *frames = &machine->frames;
   const struct vmt_pte *pte;

   for (; (pte = vmt_pagetable_next(&machine->pages, &start, end)) != NULL; start++) {
      uint64_t name = name_at(frames, start, pte);

      if (name != VMT_NO_PAGE && (pte->bits & VMT_PTE_PRESENT) != 0)
         vmt_reclaim_lock(&frames->kernel, name, locked);
   }
}
