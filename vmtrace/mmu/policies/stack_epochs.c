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
   stack->now = 1;
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

/* Of the epochs up to this one, all closed.  */
static uint64_t
sum_to(const struct vmt_stack_epochs *stack, uint32_t epoch)
{
   uint64_t n = 0;

   for (; epoch != 0; epoch &= epoch - 1)
      n += stack->sums[epoch];
   return n;
}

/* One place less in an epoch; the open one has no sum yet.  */
static void
leave(struct vmt_stack_epochs *stack, uint32_t epoch)
{
   stack->n_pages[epoch]--;
   stack->n_places--;
   if (epoch != stack->now)
      add_sum(stack, epoch, ~(uint32_t)0);
}

/* ---- holes ---- */

static void
add_hole(struct vmt_stack_epochs *stack, uint32_t epoch)
{
   stack->n_holes[epoch]++;
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

/* The epoch of the uppermost hole; 0: there is none.  */
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

/* A page goes up from `epoch` (VMT_NO_EPOCH: it is new) and fills the uppermost
   hole above it, which then is where the page was.  Whether it did.  */
static bool
fill_hole(struct vmt_stack_epochs *stack, uint32_t epoch)
{
   uint32_t hole = uppermost_hole(stack);

   if (hole == 0 || hole < epoch)
      return false;
   take_hole(stack, hole);
   leave(stack, hole);
   if (epoch != VMT_NO_EPOCH)
      add_hole(stack, epoch);
   return true;
}

/* ---- pages ---- */

static void
enter(struct vmt_stack_epochs *stack, uint32_t *epoch)
{
   stack->n_open++;
   stack->n_pages[stack->now]++;
   stack->n_places++;
   if (stack->n_places > stack->n_peak_places)
      stack->n_peak_places = stack->n_places;
   *epoch = stack->now;
}

uint64_t
vmt_stack_epochs_touch(struct vmt_stack_epochs *stack, uint32_t *epoch)
{
   uint32_t from = *epoch;
   uint64_t n_above;

   vmt_assert_cmp(from, <, stack->now);
   if (from == VMT_NO_EPOCH) {
      fill_hole(stack, from);
      enter(stack, epoch);
      return 0;
   }
   n_above = stack->n_places - sum_to(stack, from) +
             (stack->n_pages[from] - 1) / 2;
   if (!fill_hole(stack, from))
      leave(stack, from);
   enter(stack, epoch);
   return n_above + 1;
}

void
vmt_stack_epochs_remove(struct vmt_stack_epochs *stack, uint32_t *epoch)
{
   if (*epoch == VMT_NO_EPOCH)
      return;
   add_hole(stack, *epoch);
   *epoch = VMT_NO_EPOCH;
}

/* ---- epochs ---- */

/* Joins neighbours: numbers[] says which epoch each becomes; the last of them is
   returned.  The lowest ones drop out as long as they are all holes: nothing lies
   below that could fill them.  */
static uint32_t
join(const struct vmt_stack_epochs *stack, uint32_t *numbers)
{
   uint32_t old, number = 0, n_joined = VMT_EPOCH_PAGES;

   for (old = 1; old <= stack->now; old++) {
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
   stack->n_places += n_pages;
   add_sum(stack, to, n_pages);
   stack->n_holes[to] += n_holes;
   if (n_holes == 0)
      return;
   stack->holed[to / 64] |= (uint64_t)1 << to % 64;
   stack->top_hole = to;
}

static enum vmt_status
rebuild(struct vmt_stack_epochs *stack)
{
   struct vmt_stack_epochs made;
   uint32_t *numbers = vmt_alloc_zeroed("epoch numbers", stack->n_slots * 4);
   uint32_t old, last;

   if (numbers == NULL)
      return VMT_NO_MEMORY;
   if (alloc_tables(&made, slots_for(stack->n_places)) != VMT_OK) {
      vmt_free(numbers);
      return VMT_NO_MEMORY;
   }
   last = join(stack, numbers);
   for (old = 1; old <= stack->now; old++)
      if (numbers[old] != VMT_NO_EPOCH)
         add_to(&made, numbers[old], stack->n_pages[old], stack->n_holes[old]);
   made.now = last + 1;
   made.n_peak_places = stack->n_peak_places;
   made.renumbered = numbers;
   free_tables(stack);
   *stack = made;
   return VMT_OK;
}

enum vmt_status
vmt_stack_epochs_close(struct vmt_stack_epochs *stack, bool *renumber)
{
   *renumber = stack->now + 1 == stack->n_slots;
   if (*renumber)
      return rebuild(stack);
   add_sum(stack, stack->now, stack->n_pages[stack->now]);
   stack->now++;
   stack->n_open = 0;
   return VMT_OK;
}
