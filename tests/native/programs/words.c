/* words FILE: counts the words of a text in a hash table that grows, and prints the most
   frequent.  Built in four ways: position-independent or not, with the C library shared or
   built in.  */

#include "pages.h"
#include <ctype.h>
#include <string.h>

struct word {
   char *text;
   unsigned long n;
};

static struct word *table;
static size_t n_slots, n_words;

static struct word *
find(const char *text)
{
   size_t hash = 5381;

   for (const char *c = text; *c != '\0'; c++)
      hash = hash * 33 + (unsigned char)*c;
   hash %= n_slots;
   while (table[hash].text != NULL && strcmp(table[hash].text, text) != 0)
      hash = (hash + 1) % n_slots;
   return &table[hash];
}

static void
grow(void)
{
   struct word *old = table;
   size_t n_old = n_slots;

   n_slots = n_old == 0 ? 1024 : 2 * n_old;
   table = calloc(n_slots, sizeof *table);
   if (table == NULL)
      give_up("calloc");
   for (size_t i = 0; i < n_old; i++)
      if (old[i].text != NULL)
         *find(old[i].text) = old[i];
   free(old);
}

static void
count(const char *text)
{
   struct word *word;

   if (2 * n_words >= n_slots)
      grow();
   word = find(text);
   if (word->text == NULL) {
      word->text = strdup(text);
      n_words++;
   }
   word->n++;
}

static int
compare(const void *a, const void *b)
{
   const struct word *one = a, *other = b;

   if (one->n != other->n)
      return one->n < other->n ? 1 : -1;
   return one->n == 0 ? 0 : strcmp(one->text, other->text);
}

int
main(int argc, char **argv)
{
   char text[100];
   FILE *file;

   if (argc != 2) {
      fprintf(stderr, "usage: words FILE\n");
      return 2;
   }
   file = fopen(argv[1], "r");
   if (file == NULL)
      give_up(argv[1]);
   while (fscanf(file, "%99s", text) == 1)
      count(text);
   fclose(file);
   qsort(table, n_slots, sizeof *table, compare);
   for (size_t i = 0; i < 10 && i < n_words; i++)
      printf("%s %lu\n", table[i].text, table[i].n);
   return 0;
}
