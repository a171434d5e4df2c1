#include "vmtrace/tool/tree_records.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/definitions.h"
#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/rawcall.h"
#include "vmtrace/tool/shared_memory.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace/tool/tree.h"

/* A child that was forked, or one that is gone.  */
struct event {
   Bool is_gone, is_vfork;
   UInt id, stack;
   Int pid;
   ThreadId tid;
   ULong instrs;
};

struct child {
   Int pid;
   UInt id, place;
};

static struct json_out *out;
static XArray *events;                  /* struct event, not written yet */
static XArray *children;                /* struct child: not waited for */
static struct event fork_due;
static Bool identity_written, apart_written;
static ULong measured_peak;

static void
make(XArray **array, SizeT bytes)
{
   if (*array == NULL)
      *array = VG_(newXA)(VG_(malloc), "vmtrace.tree", VG_(free), bytes);
}

static void
make_arrays(void)
{
   make(&events, sizeof(struct event));
   make(&children, sizeof(struct child));
}

/* ---- children ---- */

void
tree_records_before_fork(ThreadId tid, UInt id, Bool is_vfork)
{
   fork_due = (struct event){.is_vfork = is_vfork,
                             .id = id,
                             .stack = charge_syscall_stack(tid),
                             .tid = tid,
                             .instrs = checkpoint_instrs()};
}

void
tree_records_after_fork(Int pid, UInt place)
{
   const struct child child = {pid, fork_due.id, place};

   make_arrays();
   fork_due.pid = pid;
   VG_(addToXA)(events, &fork_due);
   VG_(addToXA)(children, &child);
}

/* Whether it left its place before.  */
static Bool
has_left(const struct child *child)
{
   const struct vmt_process *process;

   if (child->place == 0)
      return True;
   process = vmt_common_process(shared_memory_common(), child->place);
   return process->state == VMT_PLACE_FREE || process->id != child->id;
}

/* The child at this index, if it is gone.  */
static Bool
take_away(Word index)
{
   const struct child child = *(struct child *)VG_(indexXA)(children, index);
   const struct event event = {
      .is_gone = True, .id = child.id, .instrs = checkpoint_instrs()};

   if (rawcall_process_exists((UInt)child.pid))
      return False;
   VG_(removeIndexXA)(children, index);
   VG_(addToXA)(events, &event);
   return !has_left(&child);
}

/* wait4 says which child it is; else all are asked for.  */
Bool
tree_records_after_wait(UInt number, SysRes result)
{
   Int pid = number == __NR_wait4 && !sr_isError(result) ? (Int)sr_Res(result) : -1;
   Bool was_sudden = False;
   Word i;

   if (children == NULL || pid == 0)
      return False;
   for (i = VG_(sizeXA)(children) - 1; i >= 0; i--) {
      const struct child *child = VG_(indexXA)(children, i);

      if (pid == -1 || child->pid == pid)
         was_sudden |= take_away(i);
   }
   return was_sudden;
}

void
tree_records_start_anew(void)
{
   make_arrays();
   VG_(dropTailXA)(events, VG_(sizeXA)(events));
   VG_(dropTailXA)(children, VG_(sizeXA)(children));
   identity_written = apart_written = False;
   measured_peak = 0;
}

/* ---- records ---- */

static void
member(const HChar *name, Long value)
{
   json_text(out, name);
   json_number(out, value);
}

static void
write_identity(void)
{
   struct tree_identity identity = tree_identity();
   HChar run[20];

   if (identity.id == 0 || identity_written)
      return;
   identity_written = True;
   VG_(snprintf)(run, sizeof run, "%016llx", identity.run);
   json_text(out, "{\"process\":{\"run\":");
   json_string(out, run);
   member(",\"id\":", identity.id);
   member(",\"parent\":", identity.parent);
   member(",\"instrs\":", (Long)identity.since);
   json_text(out, "}}\n");
}

static void
write_apart(void)
{
   const HChar *why = tree_identity().apart;
   HChar text[200];

   if (why == NULL || apart_written)
      return;
   apart_written = True;
   VG_(snprintf)(text, sizeof text,
                 "processes are simulated apart, as if none had frames or page cache of "
                 "another's: there is no memory to share, %s", why);
   json_text(out, "{\"note\":");
   json_string(out, text);
   json_text(out, "}\n");
}

static void
write_fork(const struct event *event)
{
   definitions_stack(event->stack);
   member("{\"fork\":{\"child\":", event->id);
   member(",\"pid\":", event->pid);
   member(",\"instrs\":", (Long)event->instrs);
   member(",\"stack\":", event->stack);
   member(",\"thread\":", event->tid);
   json_text(out, event->is_vfork ? ",\"vfork\":true}}\n" : ",\"vfork\":false}}\n");
}

static void
write_gone(const struct event *event)
{
   member("{\"gone\":{\"child\":", event->id);
   member(",\"instrs\":", (Long)event->instrs);
   json_text(out, "}}\n");
}

static void
write_events(void)
{
   Word i;

   if (events == NULL)
      return;
   for (i = 0; i < VG_(sizeXA)(events); i++) {
      const struct event *event = VG_(indexXA)(events, i);

      if (event->is_gone)
         write_gone(event);
      else
         write_fork(event);
   }
   VG_(dropTailXA)(events, VG_(sizeXA)(events));
}

/* ---- copies ---- */

static struct vmt_copies *
copies_at(UInt index)
{
   return vmt_vector_at(&tool_machine.sharing.copies, index);
}

static void
write_copy(struct vmt_copies *copy, Bool is_first)
{
   const struct vmt_charge *charge =
      vmt_accounting_get(&tool_machine.ledger, copy->charge);

   if (is_first) {
      member("{\"copies\":{\"with\":", copy->other);
      json_text(out, ",\"of\":[");
   }
   member(is_first ? "[" : ",[", charge->stack);
   member(",", charge->area);
   member(",", charge->thread);
   member(",", (Long)(copy->n - copy->reported));
   json_text(out, "]");
   copy->reported = copy->n;
}

/* Those with one process mostly follow each other.  */
void
tree_records_write_copies(struct json_out *file)
{
   const struct vmt_copies *last = NULL;
   UInt i;

   out = file;
   for (i = 0; i < tool_machine.sharing.copies.n_records; i++) {
      struct vmt_copies *copy = copies_at(i);
      Bool is_first = last == NULL || last->other != copy->other;

      if (copy->n == copy->reported)
         continue;
      if (last != NULL && is_first)
         json_text(out, "]}}\n");
      write_copy(copy, is_first);
      last = copy;
   }
   if (last != NULL)
      json_text(out, "]}}\n");
}

void
tree_records_forget_copies(void)
{
   UInt i;

   for (i = 0; i < tool_machine.sharing.copies.n_records; i++)
      copies_at(i)->reported = copies_at(i)->n;
}

/* ---- what is resident ---- */

static void
write_kind(const HChar *name, const struct vmt_resident *resident,
           enum vmt_resident_kind kind)
{
   json_text(out, name);
   member("[", (Long)resident->of[kind].n_private);
   member(",", (Long)resident->of[kind].n_shared);
   member(",", (Long)resident->of[kind].pss_bytes);
   json_text(out, "]");
}

void
tree_write_resident(struct json_out *file, const HChar *why, const HChar *name)
{
   struct vmt_resident resident;

   out = file;
   vmt_machine_measure(&tool_machine, &resident);
   json_text(out, "{\"resident\":{\"why\":");
   json_string(out, why);
   json_text(out, ",\"name\":");
   json_string(out, name);
   member(",\"instrs\":", (Long)checkpoint_instrs());
   write_kind(",\"anon\":", &resident, VMT_RESIDENT_ANON);
   write_kind(",\"file\":", &resident, VMT_RESIDENT_FILE);
   write_kind(",\"shmem\":", &resident, VMT_RESIDENT_SHMEM);
   member(",\"table_pages\":", (Long)resident.n_table_pages);
   member(",\"swap_pages\":", (Long)resident.n_swap_pages);
   json_text(out, "}}\n");
}

/* Whose pages others have taken says so when it comes to know it; no more than there are
   frames are resident.  */
static ULong
bounded(ULong n_pages)
{
   ULong limit = tool_machine.settings.ram_bytes / TOOL_PAGE_BYTES;

   return limit != 0 && n_pages > limit ? limit : n_pages;
}

static void
write_tree(const struct vmt_common *common)
{
   struct vmt_cache_count cache;

   member("{\"tree\":{\"instrs\":", (Long)checkpoint_instrs());
   member(",\"processes\":", common->n_alive);
   member(",\"processes_peak\":", common->n_most_alive);
   member(",\"pages\":", (Long)bounded(vmt_common_n_pages(common)));
   member(",\"peak_pages\":", (Long)bounded(common->n_peak_pages));
   member(",\"table_pages\":", (Long)common->n_table_pages_at_peak);
   vmt_common_count_cache(common, 0, tool_machine.sharing.place, &cache);
   member(",\"cache_pages\":", (Long)cache.n_cached);
   json_text(out, "}}\n");
}

/* ---- the page cache ---- */

/* Files that have been replaced by others share a label.  */
static void
add_object(UInt id, struct vmt_cache_count *by_label)
{
   const struct vmt_object *object = vmt_vector_at(&tool_machine.objects, id);
   struct vmt_cache_count *sum = &by_label[objects_get(id)->label], count;

   if (object->common == 0)
      return;
   vmt_common_count_cache(shared_memory_common(), object->common,
                          tool_machine.sharing.place, &count);
   sum->n_cached += count.n_cached;
   sum->n_mapped += count.n_mapped;
   sum->n_shared += count.n_shared;
}

static void
write_cache_of(const struct vmt_cache_count *by_label)
{
   Bool any = False;
   UInt label;

   for (label = 1; label <= objects_n_labels(); label++) {
      const struct vmt_cache_count *count = &by_label[label];

      if (count->n_cached == 0)
         continue;
      member(any ? ",[" : "{\"cache_of\":[[", label);
      member(",", (Long)count->n_cached);
      member(",", (Long)count->n_mapped);
      member(",", (Long)count->n_shared);
      json_text(out, "]");
      any = True;
   }
   if (any)
      json_text(out, "]}\n");
}

static void
write_cache(void)
{
   struct vmt_cache_count *by_label =
      VG_(calloc)("vmtrace.cache", objects_n_labels() + 1, sizeof *by_label);
   UInt id;

   for (id = 1; id < tool_machine.objects.n_records; id++)
      add_object(id, by_label);
   write_cache_of(by_label);
   VG_(free)(by_label);
}

void
tree_records_write(struct json_out *file)
{
   const struct vmt_accounting *ledger = &tool_machine.ledger;

   out = file;
   write_identity();
   write_apart();
   write_events();
   if (ledger->n_peak_pages > measured_peak)
      tree_write_resident(out, "peak", "");
   measured_peak = ledger->n_peak_pages;
   if (!tree_identity().shares)
      return;
   vmt_sharing_begin(&tool_machine);
   write_tree(shared_memory_common());
   write_cache();
   vmt_sharing_end(&tool_machine);
}

void
tree_records_write_last(struct json_out *file)
{
   tree_write_resident(file, "end", "");
}
