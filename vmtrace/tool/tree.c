#include "vmtrace/tool/tree.h"

#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/kernel_access.h"
#include "vmtrace/tool/life.h"
#include "vmtrace/tool/options.h"
#include "vmtrace/tool/rawcall.h"
#include "vmtrace/tool/shared_memory.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace/tool/tree_records.h"

#define OPTION "--vmtrace-tree="

#define LOOKS_PER_FORK 32

#define FULL "no descriptor or place is free for it, or /proc is not there"

/* m_options.c */
extern Bool VG_(should_we_trace_this_child)(const HChar *path, const HChar **argv)
   __attribute__((weak));

static struct {
   Int fd;                              /* -1: it takes no part */
   UInt place;                          /* of a vfork's child: its parent's */
   ULong run;
   UInt id, parent;
   Bool borrows;                        /* it is the child of a vfork */
   Bool is_single;                      /* nobody else has been there yet */
   ULong since;                         /* its instructions until it took part */
   const HChar *apart;                  /* it or a child of its is, and why */
} own = {.fd = -1};

/* The child of the fork that is being made.  */
static struct {
   Bool is_due;
   Int fd;
   UInt place, id;                      /* place 0: it has none */
} child = {.fd = -1};

/* What an executed image is told, and what this one was.  */
static struct {
   HChar text[80];
   Int fd;
} next = {.fd = -1};
static struct {
   Int fd;
   UInt id, parent;
} before = {.fd = -1};

static struct vmt_common *
common(void)
{
   return shared_memory_common();
}

static void
let_go(Int *fd)
{
   if (*fd >= 0)
      VG_(close)(*fd);
   *fd = -1;
}

/* Once, for a process and those that it forks.  */
static void
tell_user(const HChar *why)
{
   static Bool told;

   if (told)
      return;
   told = True;
   VG_(umsg)("vmtrace: processes of this run are simulated apart from here on, as if "
             "none had frames or page cache of another's: there is no memory to share, "
             "%s\n", why);
}

static void
go_apart(const HChar *why)
{
   let_go(&own.fd);
   own.apart = why;
   tell_user(why);
}

/* ---- the port ---- */

bool
tree_is_alive(uint32_t place)
{
   return own.fd < 0 || place == own.place || life_is_taken(own.fd, place);
}

void
tree_pause(void)
{
   rawcall_pause(0);
}

/* ---- places ---- */

static Bool
is_place_free(UInt place)
{
   return vmt_common_process(common(), place)->state == VMT_PLACE_FREE &&
          vmt_common_holder(common()) != place;
}

/* The life of a free place, for fd to hold; 0: there is none.  Who had it last may still
   be on the way out, or have been killed while it had the lock on what is common: then it
   is not to be had.  */
static UInt
take_place(Int fd)
{
   UInt place;

   for (place = 1; place <= common()->limits.n_places; place++)
      if (is_place_free(place) && life_take(fd, place)) {
         if (is_place_free(place))
            return place;
         life_give_back(fd, place);
      }
   return 0;
}

static void
join(void)
{
   SizeT bytes;
   void *room = shared_memory_arena(&bytes);
   enum vmt_status status = vmt_machine_join(&tool_machine, common(), own.place);

   if (status == VMT_OK && bytes != 0)
      status = vmt_machine_share_memory(&tool_machine, room, bytes);
   if (status != VMT_OK)
      tool_no_memory();
}

static Bool
enter(UInt id, UInt parent)
{
   own.place = take_place(own.fd);
   if (own.place == 0)
      return False;
   vmt_common_lock(common(), own.place);
   vmt_common_bury(common());           /* an image that this one replaces */
   own.id = vmt_common_enter(common(), own.place, id, parent, VG_(getpid)());
   vmt_common_unlock(common());
   own.parent = parent;
   own.run = common()->run;
   own.since = checkpoint_instrs();
   join();
   return True;
}

/* ---- the beginning ---- */

/* NULL, or why not.  */
static const HChar *
make_memory(void)
{
   const HChar *why = NULL;
   Int fd = shared_memory_make(rawcall_random(), &why);

   if (fd < 0)
      return why;
   own.fd = life_open(fd);
   VG_(close)(fd);
   return own.fd >= 0 && enter(0, 0) ? NULL : FULL;
}

/* There will be others.  */
static void
begin(void)
{
   const HChar *why;

   if (own.is_single)
      own.since = checkpoint_instrs();
   own.is_single = False;
   if (own.fd >= 0 || own.apart != NULL)
      return;
   why = make_memory();
   if (why != NULL)
      go_apart(why);
}

/* Limited memory is where others find it from the start, in case they come: it could not
   go there later and keep the order of its pages.  */
static void
begin_early(void)
{
   if (tool_options.settings.ram_bytes == 0)
      return;
   if (make_memory() == NULL)
      own.is_single = True;
   else
      let_go(&own.fd);
}

void
tree_read_option(const HChar *arg, const HChar *text)
{
   XArray *args = VG_(args_for_valgrind);
   Word last = VG_(sizeXA)(args) - 1;
   HChar *end;

   before.fd = (Int)VG_(strtoll10)(text, &end);
   before.id = *end == ',' ? (UInt)VG_(strtoll10)(end + 1, &end) : 0;
   before.parent = *end == ',' ? (UInt)VG_(strtoll10)(end + 1, &end) : 0;
   if (last >= 0 && *(const HChar **)VG_(indexXA)(args, last) == arg)
      VG_(dropTailXA)(args, 1);
}

void
tree_init(void)
{
   const HChar *why;

   shared_memory_reserve();
   if (before.fd < 0) {
      begin_early();
      return;
   }
   if (!shared_memory_adopt(before.fd, &why)) {
      life_drop(before.fd);
      go_apart(why);
      return;
   }
   own.fd = life_move(before.fd);
   if (own.fd < 0 || !enter(before.id, before.parent))
      go_apart(FULL);
}

/* ---- forks ---- */

/* Those who died without a word would count as alive.  Each look costs the kernel a walk
   over all lives, so that a thousand children take turns.  */
static void
bury_some(void)
{
   static UInt place;
   UInt i;

   for (i = 0; i < LOOKS_PER_FORK && i < common()->after_places; i++) {
      place = place + 1 < common()->after_places ? place + 1 : 1;
      if (vmt_common_process(common(), place)->state != VMT_PLACE_FREE &&
          !tree_is_alive(place))
         vmt_common_leave(common(), place);
   }
}

/* The child's life and frames are there before it is.  */
static void
give_place_to_child(void)
{
   bury_some();
   child.fd = life_open(own.fd);
   child.place = child.fd >= 0 ? take_place(child.fd) : 0;
   if (child.place != 0) {
      child.id = vmt_common_enter(common(), child.place, 0, own.id, 0);
      return;
   }
   let_go(&child.fd);
   own.apart = FULL;
   tell_user(FULL);
}

void
tree_before_fork(ThreadId tid, Bool is_vfork)
{
   begin();
   child.is_due = own.fd >= 0;
   child.place = child.id = 0;
   if (own.fd >= 0) {
      vmt_common_lock(common(), own.place);
      if (!is_vfork && !own.borrows)
         give_place_to_child();
      if (child.id == 0)
         child.id = vmt_common_new_id(common());
      vmt_common_unlock(common());
      tree_records_before_fork(tid, child.id, is_vfork);
   }
   if (!is_vfork)
      vmt_machine_before_fork(&tool_machine, child.place);
}

void
tree_in_parent(void)
{
   let_go(&child.fd);
}

static void
become(Bool is_vfork)
{
   own.parent = own.id;
   own.id = child.id;
   own.since = 0;
   if (is_vfork) {
      own.borrows = True;
      return;
   }
   let_go(&own.fd);
   own.fd = child.fd;
   own.place = child.place;
   own.borrows = False;
   child.fd = -1;
   if (own.fd >= 0) {
      own.apart = NULL;
      vmt_common_process(common(), own.place)->pid = VG_(getpid)();
   } else if (child.is_due) {
      go_apart(FULL);
   }
}

void
tree_in_child(Bool is_vfork)
{
   become(is_vfork);
   child.is_due = False;
   tree_records_start_anew();
   if ((is_vfork ? vmt_machine_become_vfork_child(&tool_machine)
                 : vmt_machine_become_child(&tool_machine, own.place)) != VMT_OK)
      tool_no_memory();
}

void
tree_after_fork(SysRes result)
{
   if (!child.is_due)
      return;
   child.is_due = False;
   if (!sr_isError(result)) {
      tree_records_after_fork((Int)sr_Res(result), child.place);
      return;
   }
   if (child.place != 0) {
      vmt_common_lock(common(), own.place);
      vmt_common_leave(common(), child.place);
      vmt_common_unlock(common());
   }
   let_go(&child.fd);
}

void
tree_after_wait(UInt number, SysRes result)
{
   if (tree_records_after_wait(number, result)) {
      vmt_common_lock(common(), own.place);
      vmt_common_bury(common());
      vmt_common_unlock(common());
   }
}

/* ---- execve and the end ---- */

static Bool
will_be_traced(const HChar *path, const HChar *const *argv)
{
   return VG_(should_we_trace_this_child) != NULL && kernel_access_can_read(path) &&
          VG_(am_is_valid_for_client)((Addr)argv, sizeof *argv, VKI_PROT_READ) &&
          VG_(should_we_trace_this_child)(path, argv[0] != NULL ? (const HChar **)argv
                                                                : NULL);
}

void
tree_before_exec(const HChar *path, const HChar *const *argv)
{
   const HChar *option = next.text;

   if (!will_be_traced(path, argv))
      return;
   begin();
   if (own.fd >= 0)
      next.fd = life_open(own.fd);
   if (next.fd < 0)
      return;
   life_set_inherited(next.fd, True);
   VG_(snprintf)(next.text, sizeof next.text, OPTION "%d,%u,%u", next.fd, own.id,
                 own.parent);
   VG_(addToXA)(VG_(args_for_valgrind), &option);
}

void
tree_after_failed_exec(void)
{
   if (next.fd >= 0)
      VG_(dropTailXA)(VG_(args_for_valgrind), 1);
   let_go(&next.fd);
}

/* The child of a vfork has the limits to itself, and its parent's memory.  */
void
tree_after_limit(void)
{
   if (own.fd < 0 || own.borrows || !shared_memory_is_in_the_way())
      return;
   tree_leave();
   shared_memory_unmap();
   if (vmt_machine_take_own_memory(&tool_machine) != VMT_OK)
      tool_no_memory();
   if (own.is_single)
      let_go(&own.fd);
   else
      go_apart(SHARED_MEMORY_LIMITED);
   own.is_single = False;
}

void
tree_leave(void)
{
   vmt_machine_leave(&tool_machine);
}

struct tree_identity
tree_identity(void)
{
   return (struct tree_identity){.run = own.run,
                                 .id = own.is_single ? 0 : own.id,
                                 .parent = own.parent,
                                 .since = own.since,
                                 .shares = own.fd >= 0 && !own.is_single,
                                 .apart = own.apart};
}
