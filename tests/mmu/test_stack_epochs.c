/* Distances by epochs against a stack kept as a list, page by page.  */

#include "tests/mmu/check.h"
#include "vmtrace/mmu/policies/stack_epochs.h"

#include <stdlib.h>
#include <string.h>

#define MAX_PAGES 3000
#define HOLE (-1)

/* The stack, top first: numbers of pages, and holes.  */
static int list[2 * MAX_PAGES];
static int n_list;
static uint32_t cells[MAX_PAGES];

static int
place_in_list(int page)
{
   for (int i = 0; i < n_list; i++)
      if (list[i] == page)
         return i;
   return n_list;
}

/* What lies above moves down by one, as far as the uppermost hole or the page's
   old place.  */
static int
list_touch(int page)
{
   int old = place_in_list(page), hole = place_in_list(HOLE);

   if (hole < old && old < n_list) {
      list[old] = HOLE;
      memmove(&list[1], &list[0], (size_t)hole * sizeof list[0]);
   } else {
      int end = hole < old ? hole : old;

      memmove(&list[1], &list[0], (size_t)end * sizeof list[0]);
      if (end == n_list)
         n_list++;
   }
   list[0] = page;
   return old;
}

static void
list_remove(int page)
{
   list[place_in_list(page)] = HOLE;
   while (n_list > 0 && list[n_list - 1] == HOLE)
      n_list--;
}

/* The open ones are what is uppermost in the list, with holes where that has been cut
   short.  Pushes the n_places lowest of them down.  */
static void
push(struct vmt_stack_epochs *stack, int n_places, int n_pages)
{
   int end = (int)(stack->n_open + stack->n_open_holes), i, n_pushed = 0;
   uint32_t epoch;
   bool renumber;

   for (i = end - n_places; i < end; i++)
      n_pushed += i < n_list && list[i] != HOLE;
   CHECK_EQ(vmt_stack_epochs_push(stack, (uint32_t)n_pushed,
                                  (uint32_t)(n_places - n_pushed), &epoch,
                                  &renumber), VMT_OK);
   for (i = 0; renumber && i < n_pages; i++)
      if (cells[i] < VMT_OPEN)
         cells[i] = vmt_stack_epochs_renumbered(stack, cells[i]);
   for (i = end - n_places; i < end; i++)
      if (i < n_list && list[i] != HOLE)
         cells[list[i]] = epoch;
}

static void
check_distance(uint64_t distance, int n_above, bool is_new)
{
   if (is_new) {
      CHECK_EQ(distance, 0);
      return;
   }
   CHECK(distance > 0);
   CHECK(labs((long)distance - 1 - n_above) <= VMT_OPEN_PAGES / 2);
}

static void
touch(struct vmt_stack_epochs *stack, int page, int n_pages)
{
   bool is_new = place_in_list(page) == n_list;
   int n_above;

   if (vmt_stack_epochs_is_full(stack))
      push(stack, 1 + (int)test_random(VMT_OPEN_PAGES), n_pages);
   n_above = list_touch(page);
   if (cells[page] >= VMT_OPEN) {
      CHECK(n_above < (int)VMT_OPEN_PAGES);
      return;
   }
   check_distance(vmt_stack_epochs_touch(stack, cells[page]), n_above, is_new);
   cells[page] = VMT_OPEN;
}

static void
unmap(struct vmt_stack_epochs *stack, int page)
{
   list_remove(page);
   vmt_stack_epochs_remove(stack, cells[page]);
   cells[page] = VMT_NO_EPOCH;
}

static void
start(struct vmt_stack_epochs *stack)
{
   n_list = 0;
   memset(cells, 0, sizeof cells);
   CHECK_EQ(vmt_stack_epochs_init(stack), VMT_OK);
}

/* A few pages are touched most of the time, so that distances of all sizes come,
   and pages are pushed down early and epochs sealed now and then.  Enough of them for
   several renumberings.  */
static void
random_touches(int n_pages, int n_touches)
{
   struct vmt_stack_epochs stack;

   start(&stack);
   for (int i = 0; i < n_touches; i++) {
      uint64_t range = test_random(4) == 0 ? (uint64_t)n_pages
                                           : 1 + (uint64_t)n_pages / 20;

      touch(&stack, (int)test_random(range), n_pages);
      if (test_random(10) == 0)
         push(&stack, (int)test_random(stack.n_open + 1), n_pages);
      if (test_random(10) == 0)
         CHECK_EQ(vmt_stack_epochs_seal(&stack), stack.last);
   }
   CHECK_EQ(vmt_stack_epochs_n_places(&stack), (uint64_t)n_list);
   vmt_stack_epochs_free(&stack);
}

/* One touch after the other of all pages, over and over: every distance is the
   number of pages.  */
static void
a_sweep(void)
{
   struct vmt_stack_epochs stack;

   start(&stack);
   for (int i = 0; i < 4 * 1000; i++)
      touch(&stack, i % 1000, 1000);
   CHECK_EQ(stack.n_peak_places, 1000);
   vmt_stack_epochs_free(&stack);
}

/* Places stay right to the page when pages are unmapped.  */
static void
removals(void)
{
   struct vmt_stack_epochs stack;
   int n_pages = 500;

   start(&stack);
   for (int i = 0; i < 20000; i++) {
      int page = (int)test_random((uint64_t)n_pages);

      if (test_random(4) != 0)
         touch(&stack, page, n_pages);
      else if (place_in_list(page) != n_list)
         unmap(&stack, page);
   }
   CHECK(vmt_stack_epochs_n_places(&stack) >= (uint64_t)n_list);
   vmt_stack_epochs_free(&stack);
}

/* Of 1000 pages the 500 that were touched last are unmapped.  Then the others are
   touched, the deepest first: each fills a hole, so nothing sinks, and there is one
   place less above the next.  */
static void
filling(void)
{
   struct vmt_stack_epochs stack;

   start(&stack);
   for (int page = 0; page < 1000; page++)
      touch(&stack, page, 1000);
   for (int page = 999; page >= 500; page--)
      unmap(&stack, page);
   for (int page = 0; page < 500; page++) {
      CHECK_EQ(place_in_list(page), 999 - page);
      touch(&stack, page, 1000);
   }
   vmt_stack_epochs_free(&stack);
}

/* Memory that is mapped, touched and unmapped over and over needs no more than one
   of it did.  */
static void
churn(void)
{
   struct vmt_stack_epochs stack;

   start(&stack);
   for (int round = 0; round < 100; round++) {
      for (int page = 0; page < 200; page++)
         touch(&stack, page, 200);
      for (int page = 0; page < 200; page++)
         unmap(&stack, page);
   }
   CHECK_EQ(stack.n_peak_places, 200);
   vmt_stack_epochs_free(&stack);
}

static void
no_memory(void)
{
   struct vmt_stack_epochs stack;
   uint64_t nth = 0;
   uint32_t epoch;
   bool renumber;

   do {
      test_fail_nth(++nth);
   } while (vmt_stack_epochs_init(&stack) != VMT_OK);
   CHECK(nth > 1);
   while (stack.last + 1 < stack.n_slots) {
      vmt_stack_epochs_touch(&stack, VMT_NO_EPOCH);
      vmt_stack_epochs_seal(&stack);
      CHECK_EQ(vmt_stack_epochs_push(&stack, 1, 0, &epoch, &renumber), VMT_OK);
      CHECK(!renumber);
   }
   vmt_stack_epochs_touch(&stack, VMT_NO_EPOCH);
   vmt_stack_epochs_seal(&stack);
   nth = 0;
   do {
      test_fail_nth(++nth);
   } while (vmt_stack_epochs_push(&stack, 1, 0, &epoch, &renumber) != VMT_OK);
   CHECK(renumber && nth > 1);
   test_fail_nth(0);
   vmt_stack_epochs_free(&stack);
}

int
main(void)
{
   test_begin("stack_epochs");
   a_sweep();
   for (int i = 0; i < 4; i++) {
      test_reseed((uint64_t)i);
      random_touches(20 + 700 * i, 60000);
   }
   removals();
   filling();
   churn();
   no_memory();
   return test_end();
}
