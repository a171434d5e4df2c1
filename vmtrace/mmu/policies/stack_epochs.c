#include "vmtrace/mmu/policies/stack_epochs.h"

#include "vmtrace/mmu/base/assert.h"
#include "vmtrace/mmu/base/port.h"

#define FIRST_SLOTS 1024u

/* After a renumbering no two neighbours have VMT_EPOCH_PAGES places or fewer, so
   there are at most n_places / 32 epochs; with this many slots, half of them
   are free then.  */
static uint64_t
slots_for(uint64_t n_places)
{
   uint64_t n_slots = FIRST_SLOTS;

   while (n_slots < 4 + n_places / (VMT_EPOCH_PAGES / 4))
      n_slots *= 2;
   return n_slots;
}

static void
free_tables(struct vmt_stack_epochs *stack)
{
   vmt_free(stack->sums);
   vmt_free(stack->n_pages);
   vmt_free(stack->n_holes);
   vmt_free(stack->holed);
   vmt_free(stack->renumbered);
}

static enum vmt_status
alloc_tables(struct vmt_stack_epochs *stack, uint64_t n_slots)
{
   memset(stack, 0, sizeof *stack);
   stack->n_slots = (uint32_t)n_slots;
   stack->sums = vmt_alloc_zeroed("epoch sums", n_slots * 4);
   stack->n_pages = vmt_alloc_zeroed("epoch pages", n_slots * 4);
   stack->n_holes = vmt_alloc_zeroed("epoch holes", n_slots * 4);
   stack->holed = vmt_alloc_zeroed("holed epochs", n_slots / 8);
   if (stack->sums != NULL && stack->n_pages != NULL &&
       stack->n_holes != NULL && stack->holed != NULL)
      return VMT_OK;
   free_tables(stack);
   memset(stack, 0, sizeof *stack);
   return VMT_NO_MEMORY;
}

enum vmt_status
vmt_stack_epochs_init(struct vmt_stack_epochs *stack)
{
   return alloc_tables(stack, FIRST_SLOTS);
}

void
vmt_stack_epochs_free(struct vmt_stack_epochs *stack)
{
   free_tables(stack);
}

/* ---- sums ---- */

static void
add_sum(struct vmt_stack_epochs *stack, uint32_t epoch, uint32_t n)
{
   for (; epoch < stack->n_slots; epoch += epoch & -epoch)
      stack->sums[epoch] += n;
}

/* Of the epochs up to this one.  */
static uint64_t
sum_to(const struct vmt_stack_epochs *stack, uint32_t epoch)
{
   uint64_t n = 0;

   for (; epoch != 0; epoch &= epoch - 1)
      n += stack->sums[epoch];
   return n;
}

/* One place less in an epoch.  */
static void
leave(struct vmt_stack_epochs *stack, uint32_t epoch)
{
   stack->n_pages[epoch]--;
   stack->n_closed--;
   add_sum(stack, epoch, ~(uint32_t)0);
}

/* ---- holes ---- */

static void
add_holes(struct vmt_stack_epochs *stack, uint32_t epoch, uint32_t n)
{
   if (n == 0)
      return;
   stack->n_holes[epoch] += n;
   stack->holed[epoch / 64] |= (uint64_t)1 << epoch % 64;
   if (epoch > stack->top_hole)
      stack->top_hole = epoch;
}

static void
take_hole(struct vmt_stack_epochs *stack, uint32_t epoch)
{
   if (--stack->n_holes[epoch] == 0)
      stack->holed[epoch / 64] &= ~((uint64_t)1 << epoch % 64);
}

/* The epoch of the uppermost hole that is in one; 0: there is none.  */
static uint32_t
uppermost_hole(struct vmt_stack_epochs *stack)
{
   uint32_t word = stack->top_hole / 64;

   if (stack->top_hole == 0)
      return 0;
   while (stack->holed[word] == 0 && word != 0)
      word--;
   stack->top_hole = stack->holed[word] == 0
                        ? 0
                        : word * 64 + 63 -
                             (uint32_t)__builtin_clzll(stack->holed[word]);
   return stack->top_hole;
}

static bool
take_uppermost_hole(struct vmt_stack_epochs *stack, uint32_t above)
{
   uint32_t hole;

   if (stack->n_open_holes != 0) {
      stack->n_open_holes--;
      return true;
   }
   hole = uppermost_hole(stack);
   if (hole == 0 || hole < above)
      return false;
   take_hole(stack, hole);
   leave(stack, hole);
   return true;
}

/* ---- pages ---- */

static void
note_peak(struct vmt_stack_epochs *stack)
{
   uint64_t n_places = vmt_stack_epochs_n_places(stack);

   if (n_places > stack->n_peak_places)
      stack->n_peak_places = n_places;
}

static uint64_t
n_above(const struct vmt_stack_epochs *stack, uint32_t epoch)
{
   return vmt_stack_epochs_n_places(stack) - sum_to(stack, epoch) +
          (stack->n_pages[epoch] - 1) / 2;
}

/* The uppermost hole above a page is filled when it goes up, and the page's old
   place is a hole then.  */
uint64_t
vmt_stack_epochs_touch(struct vmt_stack_epochs *stack, uint32_t cell)
{
   uint64_t distance = 0;

   vmt_assert_cmp(cell, <=, stack->last);
   vmt_assert(stack->n_open_holes != 0 || !vmt_stack_epochs_is_full(stack));
   if (cell != VMT_NO_EPOCH)
      distance = n_above(stack, cell) + 1;
   if (!take_uppermost_hole(stack, cell)) {
      if (cell != VMT_NO_EPOCH)
         leave(stack, cell);
   } else if (cell != VMT_NO_EPOCH) {
      add_holes(stack, cell, 1);
   }
   stack->n_open++;
   note_peak(stack);
   return distance;
}

void
vmt_stack_epochs_remove(struct vmt_stack_epochs *stack, uint32_t cell)
{
   if (cell >= VMT_OPEN) {
      stack->n_open--;
      stack->n_open_holes++;
   } else if (cell != VMT_NO_EPOCH) {
      add_holes(stack, cell, 1);
   }
}

/* ---- epochs ---- */

/* Joins neighbours: numbers[] says which epoch each becomes; the last of them is
   returned.  The lowest ones drop out as long as they are all holes: nothing lies
   below that could fill them.  */
static uint32_t
join(const struct vmt_stack_epochs *stack, uint32_t *numbers)
{
   uint32_t old, number = 0, n_joined = VMT_EPOCH_PAGES;

   for (old = 1; old <= stack->last; old++) {
      uint32_t n = stack->n_pages[old];

      if (number == 0 && n == stack->n_holes[old])
         continue;
      if (n != 0 && n_joined + n > VMT_EPOCH_PAGES) {
         number++;
         n_joined = 0;
      }
      n_joined += n;
      numbers[old] = number;
   }
   return number;
}

/* Adds what an epoch has to the closed epoch `to`.  */
static void
add_to(struct vmt_stack_epochs *stack, uint32_t to, uint32_t n_pages,
       uint32_t n_holes)
{
   stack->n_pages[to] += n_pages;
   stack->n_closed += n_pages;
   add_sum(stack, to, n_pages);
   add_holes(stack, to, n_holes);
}

static enum vmt_status
rebuild(struct vmt_stack_epochs *stack)
{
   struct vmt_stack_epochs made;
   uint32_t *numbers = vmt_alloc_zeroed("epoch numbers", stack->n_slots * 4);
   uint32_t old, last;

   if (numbers == NULL)
      return VMT_NO_MEMORY;
   if (alloc_tables(&made, slots_for(stack->n_closed)) != VMT_OK) {
      vmt_free(numbers);
      return VMT_NO_MEMORY;
   }
   last = join(stack, numbers);
   for (old = 1; old <= stack->last; old++)
      if (numbers[old] != VMT_NO_EPOCH)
         add_to(&made, numbers[old], stack->n_pages[old], stack->n_holes[old]);
   made.last = last;
   made.last_is_full = true;
   made.n_open = stack->n_open;
   made.n_open_holes = stack->n_open_holes;
   made.n_peak_places = stack->n_peak_places;
   made.renumbered = numbers;
   free_tables(stack);
   *stack = made;
   return VMT_OK;
}

/* Whether n pages can go into the uppermost epoch.  */
static bool
has_room(const struct vmt_stack_epochs *stack, uint32_t n)
{
   return stack->last != 0 && !stack->last_is_full &&
          stack->n_pages[stack->last] + n <= VMT_EPOCH_PAGES;
}

enum vmt_status
vmt_stack_epochs_push(struct vmt_stack_epochs *stack, uint32_t n_pages,
                      uint32_t n_holes, uint32_t *epoch, bool *renumber)
{
   vmt_assert_cmp(n_pages, <=, stack->n_open);
   vmt_assert_cmp(n_holes, <=, stack->n_open_holes);
   *renumber = false;
   if (!has_room(stack, n_pages + n_holes)) {
      *renumber = stack->last + 1 == stack->n_slots;
      if (*renumber && rebuild(stack) != VMT_OK)
         return VMT_NO_MEMORY;
      stack->last++;
      stack->last_is_full = false;
   }
   *epoch = stack->last;
   stack->n_open -= n_pages;
   stack->n_open_holes -= n_holes;
   add_to(stack, stack->last, n_pages + n_holes, n_holes);
   return VMT_OK;
}
