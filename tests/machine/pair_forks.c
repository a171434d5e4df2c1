/* Forks: the machine goes on as the parent or as the child, and the other of the two keeps
   what it has then, until it is gone.  */

#include "tests/machine/pair.h"

#include <stdlib.h>

#include "tests/mmu/check.h"

/* Frames: those of 64 pages for each of 63 processes, and three objects.  */
static const struct vmt_common_limits limits = {63, 80, 8};

static const uint64_t *alive_places;

static bool
is_alive(uint32_t place)
{
   return (*alive_places >> place & 1) != 0;
}

void
pair_init_forks(struct pair *pair)
{
   pair->common = NULL;
   pair->place = 0;
   pair->alive = 0;
   alive_places = &pair->alive;
   test_is_alive = is_alive;
}

void
pair_free_forks(struct pair *pair)
{
   free(pair->common);
   test_is_alive = NULL;
}

/* A free place; 0: there is none.  */
static uint32_t
take_place(struct pair *pair)
{
   uint32_t place = 1, n_dead;

   vmt_common_lock(pair->common, 1);
   n_dead = vmt_common_bury(pair->common);
   CHECK(n_dead <= limits.n_places);
   while (place <= limits.n_places && (pair->alive >> place & 1) != 0)
      place++;
   if (place > limits.n_places)
      place = 0;
   else
      vmt_common_enter(pair->common, place, 0, 0, 0);
   vmt_common_unlock(pair->common);
   if (place != 0)
      pair->alive |= (uint64_t)1 << place;
   return place;
}

static void
join(struct pair *pair)
{
   if (pair->common == NULL) {
      pair->common = calloc(1, vmt_common_bytes(&limits));
      CHECK(pair->common != NULL);
      vmt_common_init(pair->common, &limits, 1);
   }
   pair->place = take_place(pair);
   if (pair->place != 0)
      CHECK_EQ(vmt_machine_join(&pair->machine, pair->common, pair->place), VMT_OK);
}

void
pair_fork(struct pair *pair, bool as_child, bool has_no_place)
{
   uint32_t place;

   if (pair->place == 0)
      join(pair);
   place = has_no_place || pair->place == 0 ? 0 : take_place(pair);
   vmt_machine_before_fork(&pair->machine, place);
   if (as_child)
      CHECK_EQ(vmt_machine_become_child(&pair->machine, place), VMT_OK);
   model_machine_fork(&pair->model, as_child,
                      as_child && place != 0 ? (int)pair->place : (int)place);
   if (as_child)
      pair->place = place;
}

void
pair_end_process(struct pair *pair, uint32_t place)
{
   if (place == 0 || place == pair->place || (pair->alive >> place & 1) == 0)
      return;
   pair->alive &= ~((uint64_t)1 << place);
   model_machine_gone(&pair->model, (int)place);
}

/* ---- what is held ---- */

static uint32_t
n_held(const struct pair *pair)
{
   uint32_t n = 0;

   for (uint64_t frame = VMT_FRAME_BLOCK;
        frame < (pair->common->n_blocks + 1) * (uint64_t)VMT_FRAME_BLOCK; frame++)
      n += vmt_common_has(pair->common, pair->place, frame);
   return n;
}

static bool
is_shown_before(const struct pair *pair, const vmt_vpn *pages, uint32_t n, uint64_t bits)
{
   for (uint32_t i = 0; i < n; i++) {
      const struct vmt_pte *pte =
         vmt_pagetable_find((struct vmt_pagetable *)&pair->machine.pages, pages[i]);

      if (((pte->bits ^ bits) & VMT_PTE_FRAME) == 0)
         return true;
   }
   return false;
}

void
pair_check_frames(struct pair *pair)
{
   vmt_vpn vpn = 0, pages[2 * PAIR_PAGES];
   uint32_t n_pages = 0, n = 0;
   const struct vmt_pte *pte;

   if (pair->place == 0)
      return;
   for (; (pte = vmt_pagetable_next(&pair->machine.pages, &vpn,
                                    pair->machine.pages.n_pages)) != NULL;
        vpn++) {
      uint64_t frame = (pte->bits & VMT_PTE_FRAME) >> VMT_PTE_FRAME_SHIFT;

      if (frame == 0)
         continue;
      CHECK(vmt_common_has(pair->common, pair->place, frame));
      n += !is_shown_before(pair, pages, n_pages, pte->bits);
      CHECK(n_pages < 2 * PAIR_PAGES);
      pages[n_pages++] = vpn;
   }
   CHECK_EQ(n_held(pair), n);
}
