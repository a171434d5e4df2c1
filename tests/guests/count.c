/* Instructions and accesses that are counted by hand; the parts are in count.S.  */

#include "rt/rt.h"

void copy_loop(char *from, char *to);
void stack_instructions(void);
void string_instructions(char *from, char *to);
void string_nothing(char *from, char *to);
void read_modify_write(char *p);
void atomics(char *p);
void conditionals(char *p);
void odd_sizes(char *p);
void straddles(char *p);
void branches(void);
void cut_short(char *p);

int
guest(struct rt *rt)
{
   char *p = rt_fresh(8), *q = rt_fresh(8);
   char *none = rt_map(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);

   rt_write_pages(p, 8);
   rt_write_pages(q, 8);
   rt_catch(NULL, 0);
   RUN(rt, copy_loop, p, q);
   RUN(rt, stack_instructions);
   RUN(rt, string_instructions, p, q);
   RUN(rt, string_nothing, p, q);
   RUN(rt, read_modify_write, p);
   RUN(rt, atomics, p);
   RUN(rt, conditionals, p);
   RUN(rt, odd_sizes, p);
   RUN(rt, straddles, p);
   RUN(rt, branches);
   RUN(rt, cut_short, none);
   return 0;
}
