/* A program that puts another in its place, and one that has a child do it.

   execs first   touches 3 pages, fails to execute what is not there, touches 2,
                 then becomes `execs second`
   execs second  touches 5 pages; exit status 7
   execs child   writes 4 pages; a child writes 2 of them, then 3 of 6 that nobody
                 has touched, and becomes `execs second`; the parent touches 4
                 others after it has gone, then the first and the 6; exit status 0
   execs vfork   the same with vfork
   execs unread  becomes `execs second` with an environment on a page that nobody
                 has touched  */

#include "rt/rt.h"

void first_touch(char *p);
void after_failure(char *p);
void second_touch(char *p);
void parent_touch(char *p);
void child_touch(char *p);
void child_first(char *p);
void parent_again(char *p);
void parent_next(char *p);
void become_unread(struct rt *rt, char *p);

PART void
first_touch(char *p)
{
   rt_write_pages(p, 3);
}

PART void
after_failure(char *p)
{
   rt_write_pages(p, 2);
}

PART void
second_touch(char *p)
{
   rt_read_pages(p, 5);
}

PART void
parent_touch(char *p)
{
   rt_write_pages(p, 4);
}

PART void
child_touch(char *p)
{
   rt_write_pages(p, 2);
}

PART void
parent_again(char *p)
{
   rt_write_pages(p, 4);
}

PART void
child_first(char *p)
{
   rt_write_pages(p, 1);
   rt_read_pages(p + PAGE, 2);
}

PART void
parent_next(char *p)
{
   rt_read_pages(p, 1);
   rt_write_pages(p, 6);
}

static void
become(struct rt *rt, const char *path)
{
   const char *argv[3] = {rt->argv[0], "second", NULL};

   SYS3(execve, path, argv, rt->envp);
}

/* The page is all zeroes: no environment.  */
PART void
become_unread(struct rt *rt, char *p)
{
   static const char *const argv[3] = {"execs", "second", NULL};

   SYS3(execve, rt->argv[0], argv, p);
}

static int
with_child(struct rt *rt, long number)
{
   int status = -1;
   char *p = rt_fresh(4), *q = rt_fresh(6);
   long pid;

   rt_write_pages(p, 4);
   pid = rt_must(rt_sys(number, 0, 0, 0, 0, 0, 0));
   if (pid == 0) {
      child_touch(p);
      child_first(q);
      become(rt, rt->argv[0]);
      SYS1(exit_group, 97);
   }
   rt_must(SYS4(wait4, pid, &status, 0, NULL));
   RUN(rt, parent_touch, rt_fresh(4));
   RUN(rt, parent_again, p);
   RUN(rt, parent_next, q);
   return status == 7 << 8 ? 0 : 1;
}

int
guest(struct rt *rt)
{
   const char *what = rt->argc > 1 ? rt->argv[1] : "second";

   if (rt_same(what, "first")) {
      RUN(rt, first_touch, rt_fresh(3));
      become(rt, "/there/is/no/such/program");
      RUN(rt, after_failure, rt_fresh(2));
      become(rt, rt->argv[0]);
      return 96;
   }
   if (rt_same(what, "child"))
      return with_child(rt, SYS_fork);
   if (rt_same(what, "vfork"))
      return with_child(rt, SYS_vfork);
   if (rt_same(what, "unread"))
      become_unread(rt, rt_fresh(1));
   RUN(rt, second_touch, rt_fresh(5));
   return 7;
}
