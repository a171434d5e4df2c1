#include "vmtrace/tool/vfork.h"

#include "vmtrace/tool/charge.h"

#define NONBLOCKING 04000               /* O_NONBLOCK */

/* m_libcfile.c: moves a descriptor out of the program's way, to be closed by
   execve.  */
extern Int VG_(safe_fd)(Int oldfd);
extern Int VG_(fcntl)(Int fd, Int cmd, Addr arg);

struct news {
   Addr addr;
   UWord write;
};

Bool vfork_is_child;

static Int from_child = -1, to_parent = -1;

static void
let_go(Int *fd)
{
   if (*fd >= 0)
      VG_(close)(*fd);
   *fd = -1;
}

void
vfork_prepare(Bool is_vfork)
{
   Int ends[2];

   if (vfork_is_child)
      return;
   let_go(&from_child);         /* of one that failed */
   let_go(&to_parent);
   if (!is_vfork || VG_(pipe)(ends) != 0)
      return;
   from_child = VG_(safe_fd)(ends[0]);
   to_parent = VG_(safe_fd)(ends[1]);
   VG_(fcntl)(to_parent, VKI_F_SETFL, NONBLOCKING);
}

void
vfork_in_parent(ThreadId tid)
{
   struct news news;

   if (vfork_is_child)
      return;
   let_go(&to_parent);
   while (from_child >= 0 &&
          VG_(read)(from_child, &news, sizeof news) == sizeof news)
      charge_nothing_for(tid, news.addr, news.write != 0);
   let_go(&from_child);
}

/* The pipe is held by the child alone, not by its own children.  */
void
vfork_in_child(Bool is_vfork)
{
   let_go(&from_child);
   if (vfork_is_child || !is_vfork)
      let_go(&to_parent);
   vfork_is_child = to_parent >= 0;
}

void
vfork_tell_parent(const struct vmt_outcome *outcome, Addr addr, Bool write)
{
   const struct news news = {addr, write};

   /* A full pipe takes no more: the parent faults on the rest itself.  */
   if (!outcome->excluded)
      VG_(write)(to_parent, &news, sizeof news);
}
