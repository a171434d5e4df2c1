/* threads [contend]: four threads, each with an arena of malloc's and a quarter of a common
   array that it writes.  With `contend' they put their items into one list under a lock.
   A thread is started when the one before it has got its arena, since the places of the
   arenas depend on the order.  */

#include "pages.h"
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

enum { N_THREADS = 4, N_BLOCKS = 20000, ARRAY_PAGES = 2000, N_ITEMS = 40000 };

struct item {
   struct item *next;
   unsigned long number;
   char rest[100];
};

static char *array;
static struct item *list;
static sem_t has_arena;
static pthread_barrier_t all_there;       /* an arena goes to the next when a thread ends */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void
get_arena(void)
{
   void *volatile block = malloc(1);

   free(block);
   sem_post(&has_arena);
   pthread_barrier_wait(&all_there);
}

static struct item *
new_item(struct item *next, unsigned long number)
{
   struct item *item = malloc(sizeof *item);

   if (item == NULL)
      give_up("malloc");
   item->next = next;
   item->number = number;
   return item;
}

static void *
work_alone(void *which)
{
   size_t part = ARRAY_PAGES / N_THREADS;
   char *start = array + (size_t)which * part * PAGE;
   struct item *own = NULL;
   unsigned long sum = 0;

   get_arena();
   write_pages(start, part, 1);
   for (size_t i = 0; i < N_BLOCKS; i++)
      own = new_item(own, i);
   for (; own != NULL; own = own->next)
      sum += own->number;
   return (void *)sum;
}

static void *
work_together(void *which)
{
   get_arena();
   for (size_t i = (size_t)which; i < N_ITEMS; i += N_THREADS) {
      pthread_mutex_lock(&lock);
      list = new_item(list, i);
      array[i % ARRAY_PAGES * PAGE] = 1;
      pthread_mutex_unlock(&lock);
   }
   return NULL;
}

int
main(int argc, char **argv)
{
   void *(*work)(void *) = argc > 1 && strcmp(argv[1], "contend") == 0 ? work_together
                                                                       : work_alone;
   pthread_t threads[N_THREADS];
   unsigned long sum = 0;

   array = map_pages(ARRAY_PAGES, MAP_PRIVATE);
   sem_init(&has_arena, 0, 0);
   pthread_barrier_init(&all_there, NULL, N_THREADS);
   for (size_t i = 0; i < N_THREADS; i++) {
      if (pthread_create(&threads[i], NULL, work, (void *)i) != 0)
         give_up("pthread_create");
      sem_wait(&has_arena);
   }
   for (size_t i = 0; i < N_THREADS; i++) {
      void *result;

      pthread_join(threads[i], &result);
      sum += (unsigned long)result;
   }
   for (; list != NULL; list = list->next)
      sum += list->number;
   printf("%lu\n", sum + read_pages(array, ARRAY_PAGES));
   return 0;
}
