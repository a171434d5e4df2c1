/* Threads of the C library.

   crew: three that have names or none, one after the other; they do next to nothing.
   crew many N: N threads, each joined before the next one starts.  */

#define _GNU_SOURCE
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_barrier_t named;

static void *
names_itself(void *unused)
{
   (void)unused;
   pthread_setname_np(pthread_self(), "a \"name\"");
   return NULL;
}

/* It is there until it has its name.  */
static void *
is_named(void *unused)
{
   (void)unused;
   pthread_barrier_wait(&named);
   return NULL;
}

/* A page of its own, so that there is something to charge.  */
static void *
has_no_name(void *unused)
{
   static char pages[3 * 4096];

   (void)unused;
   *(volatile char *)&pages[4096] = 1;
   return NULL;
}

static pthread_t
begin(void *(*start)(void *))
{
   pthread_t thread;

   if (pthread_create(&thread, NULL, start, NULL) != 0)
      exit(1);
   return thread;
}

static void
three(void)
{
   pthread_t thread = begin(names_itself);

   pthread_join(thread, NULL);
   pthread_barrier_init(&named, NULL, 2);
   thread = begin(is_named);
   pthread_setname_np(thread, "named");
   pthread_barrier_wait(&named);
   pthread_join(thread, NULL);
   pthread_join(begin(has_no_name), NULL);
}

int
main(int argc, char **argv)
{
   if (argc == 1)
      three();
   if (argc == 3 && strcmp(argv[1], "many") == 0)
      for (int i = atoi(argv[2]); i > 0; i--)
         pthread_join(begin(has_no_name), NULL);
   return 0;
}
