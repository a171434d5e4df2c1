/* Threads of the C library.

   crew: three that have names or none, one after the other; they do next to nothing.
   crew meet: four that contend for a lock, meet at a barrier, and compute for longer
   than a time slice between.
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

enum { MEET = 4, ROUNDS = 12, PAGES = 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t round_over;
static char shared[MEET * PAGES * 4096];

static void *
meets(void *number)
{
   long me = (long)number;

   for (int i = 0; i < ROUNDS; i++) {
      for (int j = 0; j < 20000 * (1 + (i + (int)me) % 3); j++)
         ((volatile char *)shared)[(me * PAGES + j % PAGES) * 4096]++;
      for (int j = 0; j < 20; j++) {
         pthread_mutex_lock(&lock);
         ((volatile char *)shared)[(i + j) % (MEET * PAGES) * 4096]++;
         pthread_mutex_unlock(&lock);
      }
      pthread_barrier_wait(&round_over);
   }
   return NULL;
}

static void
meet(void)
{
   pthread_t threads[MEET];

   pthread_barrier_init(&round_over, NULL, MEET);
   for (long i = 0; i < MEET; i++)
      if (pthread_create(&threads[i], NULL, meets, (void *)i) != 0)
         exit(1);
   for (int i = 0; i < MEET; i++)
      pthread_join(threads[i], NULL);
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
   if (argc == 2 && strcmp(argv[1], "meet") == 0)
      meet();
   if (argc == 3 && strcmp(argv[1], "many") == 0)
      for (int i = atoi(argv[2]); i > 0; i--)
         pthread_join(begin(has_no_name), NULL);
   return 0;
}
