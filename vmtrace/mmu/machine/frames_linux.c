/* Limited memory with the kernel's policy: what the machine does is told to
   policies/linux_reclaim.c, and what that does is done to the page table.  */

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/machine/frames_linux_private.h"

/* Four instructions a nanosecond.  */
#define INSTRS_A_NS 4

#define TABLE_PAGES 512                 /* that a page-table page maps */
#define MAX_AHEAD 31                    /* on either side, of swap's read-ahead */

#define PRIVATE (VMT_PTE_ANON | VMT_PTE_SWAPPED)

void
vmt_linux_pass_time(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t ns = (vmt_instrs_at(machine->filter.clock) - frames->told_instrs) /
                 INSTRS_A_NS;

   frames->told_instrs += ns * INSTRS_A_NS;
   vmt_reclaim_run(&frames->memory->kernel, ns);
}

/* ---- names ---- */

/* What the page at vpn shows; VMT_NO_PAGE: nothing that takes a frame.  */
static uint64_t
name_at(const struct vmt_frames *frames, vmt_vpn vpn, const struct vmt_pte *pte)
{
   const struct vmt_memory *memory = frames->memory;
   uint64_t key = vmt_frames_key(frames, vpn);
   const uint64_t *name = vmt_shown_name(&memory->shown, key);

   if (name != NULL)
      return *name;
   if ((pte->bits & PRIVATE) == 0 ||
       vmt_shown_first(&memory->shown, key) != VMT_SHOWN_NONE ||
       vmt_reclaim_where(&memory->kernel, key) == VMT_RECLAIM_NOWHERE)
      return VMT_NO_PAGE;
   return key;
}

static uint64_t
new_name(struct vmt_frames *frames, vmt_vpn vpn)
{
   uint64_t key = vmt_frames_key(frames, vpn);

   if (vmt_reclaim_where(&frames->memory->kernel, key) == VMT_RECLAIM_NOWHERE)
      return key;
   frames->has_moved = true;
   return VMT_FRESH_NAMES | frames->memory->n_names++;
}

static void
show(struct vmt_frames *frames, vmt_vpn vpn, uint64_t name)
{
   uint64_t key = vmt_frames_key(frames, vpn);

   if (name != key)
      vmt_linux_note(frames, vmt_shown_set(&frames->memory->shown, key, name));
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
      kept |= pte->bits & VMT_PTE_FRAME;
   vmt_sharing_set(machine, pte,
                   (pte->bits & VMT_PTE_ANON) != 0 ? VMT_PTE_SWAPPED | kept
                                                   : VMT_PTE_AWAY);
}

/* Nothing is left of a page that was given up by MADV_FREE.  */
static void
evict_entry(struct vmt_machine *machine, struct vmt_pte *pte)
{
   vmt_accounting_evicted(&machine->ledger, pte->owner);
   if ((pte->bits & VMT_PTE_LAZY) != 0)
      vmt_sharing_set(machine, pte, 0);
   pte->bits |= VMT_PTE_EVICTED;
}

static void
age_entry(struct vmt_machine *machine, vmt_vpn vpn, struct vmt_pte *pte,
          uint64_t bits)
{
   pte->bits &= ~bits;
   vmt_machine_notice_page(machine, vpn);
}

void
vmt_frames_change_entry(struct vmt_machine *machine, vmt_vpn vpn, uint64_t what)
{
   struct vmt_pte *pte = vmt_pagetable_find(&machine->pages, vpn);

   if (pte == NULL)
      return;
   if ((what & VMT_INBOX_AGED) != 0)
      age_entry(machine, vpn, pte, VMT_PTE_ACCESSED);
   if ((what & VMT_INBOX_CLEANED) != 0)
      age_entry(machine, vpn, pte, VMT_PTE_DIRTY | VMT_PTE_WRITABLE);
   if ((what & VMT_INBOX_UNMAPPED) != 0)
      take_entry(machine, vpn, pte);
   if ((what & VMT_INBOX_RESTORED) != 0)
      pte->bits |= VMT_PTE_THRASH;
   for (; what >= VMT_INBOX_EVICTED; what -= VMT_INBOX_EVICTED)
      if ((pte->bits & VMT_PTE_PRESENT) == 0)
         evict_entry(machine, pte);
}

static uint64_t
inbox_bit(enum vmt_reclaim_change change)
{
   switch (change) {
   case VMT_RECLAIM_UNMAPPED: return VMT_INBOX_UNMAPPED;
   case VMT_RECLAIM_AGED: return VMT_INBOX_AGED;
   case VMT_RECLAIM_CLEANED: return VMT_INBOX_CLEANED;
   case VMT_RECLAIM_EVICTED: return VMT_INBOX_EVICTED;
   case VMT_RECLAIM_RESTORED: return VMT_INBOX_RESTORED;
   default: return 0;
   }
}

/* Here and now, or by whom the entry is.  */
static void
change_entry(struct vmt_machine *machine, uint64_t key, uint64_t what)
{
   struct vmt_frames *frames = &machine->frames;
   uint32_t place = vmt_memory_place_of(key);

   if ((what & VMT_INBOX_UNMAPPED) != 0)
      vmt_shown_set_present(&frames->memory->shown, key, false);
   if (place == frames->place)
      vmt_frames_change_entry(machine, vmt_memory_vpn_of(key), what);
   else
      vmt_linux_note(frames, vmt_memory_post(frames->memory, place,
                                             vmt_memory_vpn_of(key), what));
}

/* A private page shows what it is named after, if nothing else is known of it: an entry of
   another process is one whose page is known to reclaim.  */
static bool
shows_itself(struct vmt_machine *machine, uint64_t name)
{
   struct vmt_frames *frames = &machine->frames;
   const struct vmt_pte *pte;

   if (name >= VMT_FRESH_NAMES || vmt_shown_name(&frames->memory->shown, name) != NULL)
      return false;
   if (vmt_memory_place_of(name) != frames->place)
      return true;
   pte = vmt_pagetable_find(&machine->pages, vmt_memory_vpn_of(name));
   return pte != NULL && (pte->bits & PRIVATE) != 0;
}

/* To all entries that show the page.  */
static void
take_event(struct vmt_machine *machine, const struct vmt_reclaim_event *event)
{
   struct vmt_memory *memory = machine->frames.memory;
   uint32_t at = vmt_shown_first(&memory->shown, event->page);
   uint64_t what = inbox_bit(event->change);
   vmt_vpn key;

   if (what == 0)
      return;
   if (at == VMT_SHOWN_NONE && shows_itself(machine, event->page))
      change_entry(machine, event->page, what);
   while (at != VMT_SHOWN_NONE) {
      at = vmt_shown_next(&memory->shown, at, &key);
      change_entry(machine, key, what);
      if (what == VMT_INBOX_EVICTED && event->page < VMT_OBJECT_NAMES &&
          vmt_reclaim_where(&memory->kernel, event->page) == VMT_RECLAIM_NOWHERE)
         vmt_shown_drop(&memory->shown, key);
   }
}

void
vmt_linux_take_events(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_reclaim *kernel = &frames->memory->kernel;
   uint32_t i;

   for (i = 0; i < kernel->n_events; i++) {
      const struct vmt_reclaim_event *event = &kernel->events[i];

      frames->news.n_evicted += event->change == VMT_RECLAIM_EVICTED;
      frames->news.n_swapped_out += event->change == VMT_RECLAIM_SWAPPED_OUT;
      take_event(machine, event);
   }
   kernel->n_events = 0;
}

/* ---- asking ---- */

void
vmt_linux_ask(struct vmt_machine *machine, const struct vmt_area *area,
              struct vmt_reclaim_request *request, struct vmt_reclaim_result *result)
{
   struct vmt_frames *frames = &machine->frames;

   vmt_assert_cmp(frames->n_entered, !=, 0);
   request->executable = (area->flags & VMT_AREA_EXEC) != 0;
   request->no_recency = vmt_linux_has_no_recency(area);
   vmt_linux_pass_time(machine);
   vmt_linux_note(frames, vmt_reclaim_fault(&frames->memory->kernel, request, result));
   if (result->out_of_memory)
      vmt_frames_run_out(machine);
   vmt_linux_take_events(machine);
   if ((area->flags & VMT_AREA_LOCKED) != 0)
      vmt_reclaim_lock(&frames->memory->kernel, request->page, true);
}

void
vmt_frames_count_tables(struct vmt_machine *machine)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_member *member = vmt_frames_member(frames);
   uint64_t n = 0;
   bool out_of_memory = false;
   uint32_t level;

   for (level = 0; level <= VMT_MAX_LEVELS; level++)
      n += machine->pages.n_tables[level];
   if (n < member->n_tables)
      vmt_reclaim_give_kernel(&frames->memory->kernel, member->n_tables - n);
   if (n > member->n_tables) {
      enum vmt_status status;

      vmt_linux_pass_time(machine);
      status = vmt_reclaim_take_kernel(&frames->memory->kernel, n - member->n_tables,
                                       &out_of_memory);
      vmt_linux_note(frames, status);
      if (out_of_memory)
         vmt_frames_run_out(machine);
      vmt_linux_take_events(machine);
      if (status != VMT_OK)
         return;
   }
   member->n_tables = n;
}

/* ---- private pages ---- */

/* What vpn showed, it shows no more.  */
static void
leave(struct vmt_frames *frames, vmt_vpn vpn, uint64_t name, const struct vmt_pte *pte)
{
   uint64_t key = vmt_frames_key(frames, vpn);

   vmt_assert_cmp(frames->n_entered, !=, 0);
   if (name == VMT_NO_PAGE)
      vmt_shown_drop(&frames->memory->shown, key);
   else
      vmt_memory_unshow(frames->memory, key, name, (pte->bits & VMT_PTE_PRESENT) != 0,
                        (pte->bits & VMT_PTE_SWAPPED) != 0,
                        (pte->bits & VMT_PTE_ACCESSED) != 0);
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

   vmt_linux_ask(machine, area, &request, &result);
   leave(frames, vpn, old_name, pte);
   show(frames, vpn, request.page);
}

bool
vmt_frames_is_shared(const struct vmt_machine *machine, vmt_vpn vpn)
{
   const struct vmt_shown *shown = &machine->frames.memory->shown;
   const uint64_t *name =
      vmt_shown_name(shown, vmt_frames_key(&machine->frames, vpn));
   vmt_vpn ignored;

   return name != NULL &&
          vmt_shown_next(shown, vmt_shown_first(shown, *name), &ignored) !=
             VMT_SHOWN_NONE;
}

/* Its own fault may have taken the page away again.  */
void
vmt_frames_copy_page(struct vmt_machine *machine, const struct vmt_area *area,
                     vmt_vpn vpn)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t key = vmt_frames_key(frames, vpn);
   uint64_t old_name = *vmt_shown_name(&frames->memory->shown, key);
   struct vmt_reclaim_request request = {
      .page = new_name(frames, vpn), .kind = VMT_RECLAIM_ANON, .write = true};
   struct vmt_reclaim_result result;
   bool is_present;

   vmt_linux_ask(machine, area, &request, &result);
   is_present = vmt_shown_is_present(&frames->memory->shown, key);
   vmt_memory_unshow(frames->memory, key, old_name, is_present, !is_present, true);
   show(frames, vpn, request.page);
}

void
vmt_frames_reuse(struct vmt_machine *machine, vmt_vpn vpn, const struct vmt_pte *pte)
{
   uint64_t name = name_at(&machine->frames, vpn, pte);

   if (name != VMT_NO_PAGE && (pte->bits & VMT_PTE_ANON) != 0)
      vmt_reclaim_reuse(&machine->frames.memory->kernel, name);
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
   vmt_linux_ask(machine, area, &request, &result);
   vmt_shown_set_present(&machine->frames.memory->shown,
                         vmt_frames_key(&machine->frames, vpn), true);
   return result.outcome == VMT_RECLAIM_SWAP_IN ? VMT_EV_SwapIn : VMT_EV_SwapHit;
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
   vmt_linux_pass_time(machine);
   vmt_reclaim_touched(&frames->memory->kernel, name, young, writes);
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

   vmt_shown_drop(&frames->memory->shown, vmt_frames_key(frames, from));
   if (name == VMT_NO_PAGE)
      return;
   frames->has_moved |= (moved->bits & PRIVATE) != 0;
   show(frames, to, name);
   vmt_shown_set_present(&frames->memory->shown, vmt_frames_key(frames, to),
                         (moved->bits & VMT_PTE_PRESENT) != 0);
}

/* ---- advice ---- */

void
vmt_frames_free_lazily(struct vmt_machine *machine, vmt_vpn vpn, struct vmt_pte *pte)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t name = name_at(frames, vpn, pte);

   if (name == VMT_NO_PAGE || name >= VMT_OBJECT_NAMES)
      return;
   if ((pte->bits & VMT_PTE_SWAPPED) != 0) {
      leave(frames, vpn, name, pte);
      vmt_sharing_set(machine, pte, VMT_PTE_EVICTED);
   } else if (vmt_reclaim_lazy(&frames->memory->kernel, name)) {
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
   vmt_reclaim_cold(&frames->memory->kernel, name);
}

void
vmt_frames_page_out(struct vmt_machine *machine, vmt_vpn start, vmt_vpn end)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t names[32];
   uint32_t n;
   struct vmt_pte *pte;

   vmt_linux_pass_time(machine);
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
      vmt_linux_note(frames, vmt_reclaim_page_out(&frames->memory->kernel, names, n));
      vmt_linux_take_events(machine);
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
         vmt_reclaim_lock(&frames->memory->kernel, name, locked);
   }
}

/* ---- forks ---- */

static void
show_as(struct vmt_frames *frames, uint64_t key, uint64_t name, uint64_t bits)
{
   vmt_linux_note(frames, vmt_shown_set(&frames->memory->shown, key, name));
   vmt_shown_set_present(&frames->memory->shown, key, (bits & VMT_PTE_PRESENT) != 0);
}

/* Both links say now what one of them said by being alone.  */
void
vmt_frames_share(struct vmt_machine *machine, vmt_vpn vpn, const struct vmt_pte *pte,
                 uint32_t place)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_memory *memory = frames->memory;
   uint64_t name, key = vmt_frames_key(frames, vpn);

   if (frames->kind != VMT_FRAMES_LINUX || frames->place == 0 ||
       vmt_memory_member(memory, place) == NULL)
      return;
   name = name_at(frames, vpn, pte);
   if (name == VMT_NO_PAGE)
      return;
   if (vmt_shown_name(&memory->shown, key) == NULL)
      show_as(frames, key, name, pte->bits);
   show_as(frames, vmt_memory_key(place, vpn), name, pte->bits);
   if ((pte->bits & (VMT_PTE_PRESENT | VMT_PTE_SWAPPED)) != 0 && !frames->no_memory)
      vmt_reclaim_duplicate(&memory->kernel, name, (pte->bits & VMT_PTE_SWAPPED) != 0);
}

/* ---- a memory that knows nothing of the process ---- */

/* What a fork shared is each process's own from now on.  */
static void
tell_resident(struct vmt_machine *machine, const struct vmt_area *area, vmt_vpn vpn,
              const struct vmt_pte *pte)
{
   struct vmt_frames *frames = &machine->frames;
   struct vmt_reclaim *kernel = &frames->memory->kernel;
   struct vmt_reclaim_request request = {
      .page = new_name(frames, vpn), .kind = VMT_RECLAIM_ANON,
      .write = (pte->bits & VMT_PTE_DIRTY) != 0};
   struct vmt_reclaim_result result;

   vmt_linux_note(frames, vmt_reclaim_fault(kernel, &request, &result));
   vmt_linux_take_events(machine);
   if ((area->flags & VMT_AREA_LOCKED) != 0)
      vmt_reclaim_lock(kernel, request.page, true);
   show(frames, vpn, request.page);
}

/* Where swap has no room what was there is lost.  */
static void
tell_swapped(struct vmt_machine *machine, vmt_vpn vpn, struct vmt_pte *pte)
{
   struct vmt_frames *frames = &machine->frames;
   uint64_t name = new_name(frames, vpn);

   if (!vmt_reclaim_adopt(&frames->memory->kernel, name)) {
      vmt_sharing_set(machine, pte, VMT_PTE_EVICTED);
      return;
   }
   show(frames, vpn, name);
   vmt_shown_set_present(&frames->memory->shown, vmt_frames_key(frames, vpn), false);
}

static void
tell_entry(struct vmt_machine *machine, const struct vmt_area *area, vmt_vpn vpn,
           struct vmt_pte *pte)
{
   if ((pte->bits & VMT_PTE_SWAPPED) != 0) {
      tell_swapped(machine, vpn, pte);
   } else if ((pte->bits & (VMT_PTE_FILE | VMT_PTE_SHMEM)) != 0) {
      vmt_frames_leave_memory(machine, vpn, pte);
      vmt_sharing_set(machine, pte, VMT_PTE_AWAY);
   } else if ((pte->bits & VMT_PTE_ANON) != 0) {
      tell_resident(machine, area, vpn, pte);
   }
}

void
vmt_frames_tell_linux(struct vmt_machine *machine)
{
   const uint32_t without = VMT_AREA_EXCLUDED | VMT_AREA_SPECIAL | VMT_AREA_PFNMAP;
   const struct vmt_area *area = vmt_areas_from(&machine->areas, 0);
   struct vmt_frames *frames = &machine->frames;
   uint32_t i;

   frames->has_moved = true;
   vmt_frames_member(frames)->n_tables = 0;
   for (i = 1; i < machine->objects.n_records; i++)
      ((struct vmt_object *)vmt_vector_at(&machine->objects, i))->n_known_pages = 0;
   for (; area != NULL; area = vmt_areas_after(&machine->areas, area)) {
      vmt_vpn vpn = area->start >> VMT_PAGE_SHIFT, after = area->end >> VMT_PAGE_SHIFT;
      struct vmt_pte *pte;

      if ((area->flags & without) != 0)
         continue;
      for (; (pte = vmt_pagetable_next(&machine->pages, &vpn, after)) != NULL; vpn++)
         tell_entry(machine, area, vpn, pte);
   }
}
