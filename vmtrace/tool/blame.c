#include "vmtrace/tool/blame.h"

#include "vmtrace/mmu/containers/hashmap.h"
#include "vmtrace/mmu/containers/vector.h"
#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/startup.h"
#include "vmtrace/tool/tool.h"

static struct blame_line *lines;
static UInt n_lines, lines_capacity;
static UInt *line_of_frame;             /* index + 1; 0: not looked up yet */

/* ---- whose code ---- */

static Bool
starts_with(const HChar *text, const HChar *prefix)
{
   return VG_(strncmp)(text, prefix, VG_(strlen)(prefix)) == 0;
}

/* The same folders as vmtrace report's; the program itself never is a system
   library.  */
static Bool
is_system(const HChar *path)
{
   return !VG_STREQ(path, startup_exe_path()) &&
          (starts_with(path, "/lib/") || starts_with(path, "/lib64/") ||
           starts_with(path, "/lib32/") || starts_with(path, "/libx32/") ||
           starts_with(path, "/usr/lib/") ||
           starts_with(path, "/usr/lib64/") ||
           starts_with(path, "/usr/lib32/") ||
           starts_with(path, "/usr/libx32/") ||
           starts_with(path, "/usr/libexec/"));
}

static Bool
is_own_code(const struct stack_frame *frame)
{
   return frame->object == 0 || !is_system(objects_get(frame->object)->path);
}

/* The frame to blame for each stack, callers before those they call: a stack's
   parent has the lower number.  0: none is the program's own.  */
static UInt *
blamed_frames(void)
{
   UInt n = stacks_n_nodes(), i;
   UInt *blamed = VG_(malloc)("vmtrace.blame", (n + 1) * sizeof *blamed);

   blamed[0] = 0;
   for (i = 1; i <= n; i++) {
      const struct stack_node *node = stacks_node(i);

      blamed[i] = is_own_code(stacks_frame(node->frame)) ? node->frame
                                                         : blamed[node->parent];
   }
   return blamed;
}

/* ---- names ---- */

static const HChar *
base_name(const HChar *path)
{
   const HChar *slash = VG_(strrchr)(path, '/');

   return slash == NULL ? path : slash + 1;
}

static void
object_text(const struct stack_frame *frame, HChar *text, SizeT bytes)
{
   if (frame->object == 0)
      VG_(snprintf)(text, bytes, "%#lx", frame->pc);
   else
      VG_(snprintf)(text, bytes, "%s",
                    base_name(objects_get(frame->object)->path));
}

static void
describe(const struct stack_frame *frame, HChar *text, SizeT bytes)
{
   DiEpoch epoch = VG_(current_DiEpoch)();
   const HChar *function, *file, *dir;
   HChar object[256], name[256];
   UInt line;

   object_text(frame, object, sizeof object);
   VG_(snprintf)(name, sizeof name, "%s",
                 VG_(get_fnname)(epoch, frame->pc, &function) ? function
                                                              : "???");
   if (VG_(get_filename_linenum)(epoch, frame->pc, &file, &dir, &line))
      VG_(snprintf)(text, bytes, "%s (%s:%u)", name, base_name(file), line);
   else
      VG_(snprintf)(text, bytes, "%s (%s)", name, object);
}

static UInt
find_line(const HChar *where)
{
   UInt i;

   for (i = 0; i < n_lines; i++)
      if (VG_STREQ(lines[i].where, where))
         return i;
   if (n_lines == lines_capacity) {
      lines_capacity = lines_capacity == 0 ? 64 : 2 * lines_capacity;
      lines = VG_(realloc)("vmtrace.blame", lines,
                           lines_capacity * sizeof *lines);
   }
   VG_(memset)(&lines[n_lines], 0, sizeof lines[0]);
   lines[n_lines].where = VG_(strdup)("vmtrace.blame", where);
   return n_lines++;
}

static struct blame_line *
line_of(UInt frame)
{
   HChar text[600];

   if (line_of_frame[frame] == 0) {
      if (frame == 0)
         VG_(snprintf)(text, sizeof text, "(program start)");
      else
         describe(stacks_frame(frame), text, sizeof text);
      line_of_frame[frame] = find_line(text) + 1;
   }
   return &lines[line_of_frame[frame] - 1];
}

/* ---- gathering ---- */

static void
set_via(struct blame_line *line, UInt leaf, ULong n_faults)
{
   HChar text[600];

   if (line->via != NULL && n_faults <= line->via_faults)
      return;
   describe(stacks_frame(leaf), text, sizeof text);
   VG_(free)(line->via);
   line->via = VG_(strdup)("vmtrace.blame", text);
   line->via_faults = n_faults;
}

static void
gather(const struct vmt_charge *charge, const UInt *blamed)
{
   const struct vmt_accounting *ledger = &tool_machine.ledger;
   UInt leaf = charge->stack == 0 ? 0 : stacks_node(charge->stack)->frame;
   UInt frame = blamed[charge->stack] != 0 ? blamed[charge->stack] : leaf;
   struct blame_line *line = line_of(frame);
   ULong n_faults = 0;
   UInt index = charge->counters;

   while (index != 0) {
      const struct vmt_counter *counter =
         vmt_vector_at(&ledger->counters, index);

      line->counts[counter->event] += counter->count;
      if (counter->event < VMT_N_FAULT_KINDS)
         n_faults += counter->count;
      index = counter->next;
   }
   line->n_faults += n_faults;
   if (frame == leaf)
      line->own_faults += n_faults;
   else if (n_faults != 0)
      set_via(line, leaf, n_faults);
}

struct blame_line *
blame_lines(UInt *n)
{
   UInt *blamed = blamed_frames(), id;

   line_of_frame = VG_(calloc)("vmtrace.blame", stacks_n_frames() + 1,
                               sizeof *line_of_frame);
   for (id = 1; id < tool_machine.ledger.charges.n_records; id++)
      gather(vmt_accounting_get(&tool_machine.ledger, id), blamed);
   VG_(free)(blamed);
   VG_(free)(line_of_frame);
   *n = n_lines;
   return lines;
}
