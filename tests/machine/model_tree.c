/* N spaces and their frames, one page at a time.  A frame is a number; who has it is found
   by looking at all pages of all processes.  */

#include "tests/machine/tree.h"

#include <string.h>

static bool
is_shared(int page)
{
   return page >= TREE_MEMORY;
}

static bool
is_anonymous(int page)
{
   return page < TREE_FILE;
}

static void
map_all(struct model_process *process)
{
   memset(process->pages, 0, sizeof process->pages);
   for (int page = 0; page < TREE_PAGES; page++)
      process->pages[page].is_mapped = true;
}

void
model_tree_start(struct model_tree *tree)
{
   memset(tree, 0, sizeof *tree);
   tree->processes[0].is_alive = true;
   tree->processes[0].id = tree->n_ids = 1;
   map_all(&tree->processes[0]);
}

/* ---- who has it ---- */

/* The page of the file or the memory that it shows.  */
static int
content_of(int page)
{
   if (page >= TREE_MEMORY)
      return page;
   return page - (page < TREE_AGAIN ? TREE_FILE : TREE_AGAIN) + TREE_SHARED_FILE;
}

/* How many pages of the process show what the page of the other shows.  */
static uint32_t
n_same(const struct model_process *a, const struct model_process *b, int page)
{
   uint32_t n = 0;

   if (!a->is_alive)
      return 0;
   if (b->pages[page].shows == SHOWS_FRAME)
      return a->pages[page].shows == SHOWS_FRAME &&
             a->pages[page].frame == b->pages[page].frame;
   for (int i = TREE_FILE; i < TREE_PAGES && b->pages[page].shows == SHOWS_CACHE; i++)
      n += a->pages[i].shows == SHOWS_CACHE && content_of(i) == content_of(page);
   return n;
}

static bool
shows_same(const struct model_process *a, const struct model_process *b, int page)
{
   return n_same(a, b, page) > 0;
}

/* Frames stay at the page where they were made.  */
static uint32_t
n_owners(const struct model_tree *tree, int which, int page)
{
   uint32_t n = 0;

   for (int i = 0; i < TREE_PROCESSES; i++)
      n += shows_same(&tree->processes[i], &tree->processes[which], page);
   return n;
}

/* The newest of its own children, else its parent, else the oldest.  */
static uint32_t
who_else(const struct model_tree *tree, int which, int page)
{
   const struct model_process *self = &tree->processes[which];
   uint32_t child = 0, parent = 0, oldest = 0;

   for (int i = 0; i < TREE_PROCESSES; i++) {
      const struct model_process *other = &tree->processes[i];

      if (i == which || !shows_same(other, self, page))
         continue;
      if (other->parent_id == self->id && other->id > child)
         child = other->id;
      if (other->id == self->parent_id)
         parent = other->id;
      if (oldest == 0 || other->id < oldest)
         oldest = other->id;
   }
   return child != 0 ? child : parent != 0 ? parent : oldest;
}

/* ---- accesses ---- */

/* The area of a page is the run of mapped pages around it that are of its kind.  */
static int
kind_of(int page)
{
   const int ends[] = {TREE_FILE, TREE_AGAIN, TREE_MEMORY, TREE_SHARED_FILE, TREE_PAGES};
   int kind = 0;

   while (page >= ends[kind])
      kind++;
   return kind;
}

static bool
same_area(const struct model_process *process, int a, int b)
{
   return b >= 0 && b < TREE_PAGES && process->pages[b].is_mapped &&
          kind_of(a) == kind_of(b);
}

static void
new_frame(struct model_tree *tree, struct model_process *process, int page)
{
   process->pages[page].shows = SHOWS_FRAME;
   process->pages[page].is_writable = true;
   process->pages[page].frame = ++tree->n_frames;
   for (int i = page; same_area(process, page, i); i++)
      process->pages[i].has_frames = true;
   for (int i = page; same_area(process, page, i); i--)
      process->pages[i].has_frames = true;
}

static enum vmt_event
first_touch(struct model_tree *tree, struct model_process *process, int at, bool write)
{
   struct model_tree_page *page = &process->pages[at];
   bool memory = at >= TREE_MEMORY && at < TREE_SHARED_FILE;

   if (is_shared(at)) {
      page->shows = SHOWS_CACHE;
      page->is_writable = write || memory;
      if (memory)
         return write ? VMT_EV_ShmWr : VMT_EV_ShmRd;
      return write ? VMT_EV_FileWr : VMT_EV_FileRd;
   }
   if (write) {
      new_frame(tree, process, at);
      return is_anonymous(at) ? VMT_EV_ZeroWr : VMT_EV_FileCow;
   }
   page->shows = is_anonymous(at) ? SHOWS_ZEROES : SHOWS_CACHE;
   page->is_writable = false;
   return is_anonymous(at) ? VMT_EV_ZeroRd : VMT_EV_FileRd;
}

static enum vmt_event
write_protected(struct model_tree *tree, int which, int at, uint32_t *copied_from)
{
   struct model_process *process = &tree->processes[which];
   struct model_tree_page *page = &process->pages[at];

   if (is_shared(at)) {
      page->is_writable = true;
      return VMT_EV_FileWr;
   }
   if (page->shows == SHOWS_FRAME && n_owners(tree, which, at) == 1) {
      page->is_writable = true;
      return VMT_EV_Reuse;
   }
   *copied_from = page->shows == SHOWS_FRAME ? who_else(tree, which, at) : 0;
   switch (page->shows) {
   case SHOWS_ZEROES:
      new_frame(tree, process, at);
      return VMT_EV_ZeroCow;
   case SHOWS_CACHE:
      new_frame(tree, process, at);
      return VMT_EV_FileCow;
   default:
      new_frame(tree, process, at);
      return VMT_EV_ForkCow;
   }
}

static void
access_page(struct model_tree *tree, int which, int at, bool write,
            struct tree_answer *answer)
{
   struct model_process *process = &tree->processes[which];

   if (!process->pages[at].is_mapped)
      answer->event = VMT_EV_Segv;
   else if (process->pages[at].shows == SHOWS_NOTHING)
      answer->event = first_touch(tree, process, at, write);
   else if (write && !process->pages[at].is_writable)
      answer->event = write_protected(tree, which, at, &answer->copied_from);
}

/* ---- processes ---- */

static void
fork_off(struct model_tree *tree, struct model_process *parent,
         struct model_process *child)
{
   *child = *parent;
   child->parent_id = parent->id;
   child->id = ++tree->n_ids;
   for (int i = 0; i < TREE_PAGES; i++) {
      if (!parent->pages[i].has_frames)
         child->pages[i].shows = SHOWS_NOTHING;
      if (parent->pages[i].shows == SHOWS_FRAME)
         parent->pages[i].is_writable = child->pages[i].is_writable = false;
   }
}

void
model_tree_kill(struct model_tree *tree, int which)
{
   tree->processes[which].is_alive = false;
}

/* ---- how much ---- */

static void
measure(const struct model_tree *tree, int which, struct vmt_resident *resident)
{
   const struct model_process *process = &tree->processes[which];

   for (int i = 0; i < TREE_PAGES; i++) {
      uint32_t n = n_owners(tree, which, i) + n_same(process, process, i) - 1;
      int kind = process->pages[i].shows == SHOWS_FRAME ? VMT_RESIDENT_ANON
                 : i >= TREE_MEMORY && i < TREE_SHARED_FILE ? VMT_RESIDENT_SHMEM
                                                            : VMT_RESIDENT_FILE;

      if (process->pages[i].shows == SHOWS_NOTHING ||
          process->pages[i].shows == SHOWS_ZEROES)
         continue;
      resident->of[kind].n_private += n == 1;
      resident->of[kind].n_shared += n > 1;
      resident->of[kind].pss_bytes += (4096 << 12) / n;  /* smaps_account() */
   }
   for (int kind = 0; kind < VMT_RESIDENT_KINDS; kind++)
      resident->of[kind].pss_bytes >>= 12;
}

/* Each page counts where it is shown first.  */
static uint64_t
n_distinct(const struct model_tree *tree)
{
   uint64_t n = 0;

   for (int which = 0; which < TREE_PROCESSES; which++)
      for (int page = 0; page < TREE_PAGES; page++) {
         const struct model_process *process = &tree->processes[which];
         bool is_first = true;

         for (int i = 0; i < page; i++)
            is_first = is_first && !(process->pages[page].shows == SHOWS_CACHE &&
                                     process->pages[i].shows == SHOWS_CACHE &&
                                     content_of(i) == content_of(page));
         for (int i = 0; i < which; i++)
            is_first = is_first && !shows_same(&tree->processes[i], process, page);
         n += process->is_alive && is_first &&
              (process->pages[page].shows == SHOWS_FRAME ||
               process->pages[page].shows == SHOWS_CACHE);
      }
   return n;
}

void
model_tree_do(struct model_tree *tree, int which, const struct tree_op *op, int child,
              struct tree_answer *answer)
{
   struct model_process *process = &tree->processes[which];

   memset(answer, 0, sizeof *answer);
   answer->event = VMT_NO_EVENT;
   switch (op->kind) {
   case TREE_READ:
   case TREE_WRITE:
      access_page(tree, which, (int)op->page, op->kind == TREE_WRITE, answer);
      break;
   case TREE_ZAP:
   case TREE_UNMAP:
      for (uint32_t i = op->page; i < op->page + op->n; i++) {
         process->pages[i].shows = SHOWS_NOTHING;
         if (op->kind == TREE_UNMAP)
            process->pages[i] = (struct model_tree_page){0};
      }
      break;
   case TREE_FORK:
      fork_off(tree, process, &tree->processes[child]);
      break;
   case TREE_EXEC:
      map_all(process);
      break;
   case TREE_EXIT:
      model_tree_kill(tree, which);
      break;
   case TREE_MEASURE:
      measure(tree, which, &answer->resident);
      answer->n_tree_pages = n_distinct(tree);
      answer->n_peak_pages = tree->n_peak_pages;
      break;
   case TREE_STOP:
      break;
   }
   if (n_distinct(tree) > tree->n_peak_pages)
      tree->n_peak_pages = n_distinct(tree);
}
