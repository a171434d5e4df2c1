#include "vmtrace/tool/life.h"

/* include/uapi/asm-generic/fcntl.h, include/uapi/linux/fcntl.h */
#define GET_LOCK 36                     /* F_OFD_GETLK */
#define SET_LOCK 37                     /* F_OFD_SETLK */
#define DUPLICATE_ABOVE 1030            /* F_DUPFD_CLOEXEC */
#define GET_SEALS 1034                  /* F_GET_SEALS: of memory alone */
#define WRITE_LOCK 1                    /* F_WRLCK */
#define NO_LOCK 2                       /* F_UNLCK */
#define CLOSE_ON_EXEC 02000000          /* O_CLOEXEC */

/* m_libcfile.c, m_clientstate.c */
extern Int VG_(fcntl)(Int fd, Int cmd, Addr arg);
extern Int VG_(fd_hard_limit);

/* struct flock */
struct lock {
   Short type, whence;
   Long start, bytes;
   Int pid;                             /* 0: the description's */
};

Int
life_move(Int fd)
{
   Int above = VG_(fcntl)(fd, DUPLICATE_ABOVE, (Addr)VG_(fd_hard_limit));

   VG_(close)(fd);
   return above;
}

Int
life_open(Int fd)
{
   HChar path[64];
   SysRes opened;

   VG_(snprintf)(path, sizeof path, "/proc/self/fd/%d", fd);
   opened = VG_(open)(path, VKI_O_RDWR | CLOSE_ON_EXEC, 0);
   return sr_isError(opened) ? -1 : life_move((Int)sr_Res(opened));
}

void
life_drop(Int fd)
{
   if (VG_(fcntl)(fd, GET_SEALS, 0) >= 0)
      VG_(close)(fd);
}

void
life_set_inherited(Int fd, Bool inherited)
{
   VG_(fcntl)(fd, VKI_F_SETFD, inherited ? 0 : VKI_FD_CLOEXEC);
}

static struct lock
lock_of(UInt place, Short type)
{
   return (struct lock){.type = type, .start = place, .bytes = 1};
}

Bool
life_take(Int fd, UInt place)
{
   struct lock lock = lock_of(place, WRITE_LOCK);

   return VG_(fcntl)(fd, SET_LOCK, (Addr)&lock) == 0;
}

void
life_give_back(Int fd, UInt place)
{
   struct lock lock = lock_of(place, NO_LOCK);

   VG_(fcntl)(fd, SET_LOCK, (Addr)&lock);
}

Bool
life_is_taken(Int fd, UInt place)
{
   struct lock lock = lock_of(place, WRITE_LOCK);

   return VG_(fcntl)(fd, GET_LOCK, (Addr)&lock) != 0 || lock.type != NO_LOCK;
}
