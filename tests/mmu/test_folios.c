/* Large folios of a file, against an array with an entry for each page.  */

#include <string.h>

#include "tests/mmu/check.h"
#include "vmtrace/mmu/mechanisms/folios.h"

#define N_PAGES 300

/* ---- the model: of each page, the pages of its folio ---- */

struct model {
   uint64_t start[N_PAGES], end[N_PAGES];
};

static void
model_init(struct model *model)
{
   for (uint64_t page = 0; page < N_PAGES; page++) {
      model->start[page] = page;
      model->end[page] = page + 1;
   }
}

static void
model_add(struct model *model, uint64_t start, uint64_t end)
{
   for (uint64_t page = start; page < end; page++) {
      model->start[page] = start;
      model->end[page] = end;
   }
}

static void
model_drop(struct model *model, uint64_t start, uint64_t end)
{
   for (uint64_t page = 0; page < N_PAGES; page++) {
      uint64_t first = model->start[page], after = model->end[page];

      if (first >= end || after <= start || page != first)
         continue;
      for (uint64_t k = first; k < after; k++) {
         model->start[k] = k;
         model->end[k] = k + 1;
      }
   }
}

static void
compare(const struct vmt_folios *folios, const struct model *model)
{
   for (uint64_t page = 0; page < N_PAGES; page++) {
      struct vmt_folio folio = vmt_folios_find(folios, page);

      CHECK_EQ(folio.start, model->start[page]);
      CHECK_EQ(folio.end, model->end[page]);
   }
}

/* ---- cases ---- */

static void
check_small(void)
{
   struct vmt_folios folios;
   struct vmt_folio folio;

   vmt_folios_init(&folios);
   folio = vmt_folios_find(&folios, 7);
   CHECK(folio.start == 7 && folio.end == 8);
   vmt_folios_drop(&folios, 0, 100);
   CHECK_EQ(vmt_folios_add(&folios, 4, 8), VMT_OK);
   CHECK_EQ(vmt_folios_add(&folios, 8, 16), VMT_OK);
   CHECK_EQ(vmt_folios_add(&folios, (uint64_t)1 << 50, ((uint64_t)1 << 50) + 2),
            VMT_OK);
   folio = vmt_folios_find(&folios, 3);
   CHECK(folio.start == 3 && folio.end == 4);
   folio = vmt_folios_find(&folios, 4);
   CHECK(folio.start == 4 && folio.end == 8);
   folio = vmt_folios_find(&folios, 7);
   CHECK(folio.start == 4 && folio.end == 8);
   folio = vmt_folios_find(&folios, 8);
   CHECK(folio.start == 8 && folio.end == 16);
   folio = vmt_folios_find(&folios, 16);
   CHECK(folio.start == 16 && folio.end == 17);
   folio = vmt_folios_find(&folios, ((uint64_t)1 << 50) + 1);
   CHECK(folio.start == (uint64_t)1 << 50);
   vmt_folios_free(&folios);
}

static void
check_refused(void)
{
   struct vmt_folios folios;

   vmt_folios_init(&folios);
   CHECK_EQ(vmt_folios_add(&folios, 4, 4), VMT_BAD_INPUT);
   CHECK_EQ(vmt_folios_add(&folios, 4, 5), VMT_BAD_INPUT);
   CHECK_EQ(vmt_folios_add(&folios, 4, 3), VMT_BAD_INPUT);
   CHECK_EQ(vmt_folios_add(&folios, 4, 8), VMT_OK);
   CHECK_EQ(vmt_folios_add(&folios, 4, 8), VMT_BAD_INPUT);
   CHECK_EQ(vmt_folios_add(&folios, 7, 9), VMT_BAD_INPUT);
   CHECK_EQ(vmt_folios_add(&folios, 0, 2), VMT_BAD_INPUT);
   CHECK_EQ(folios.n, 1);

   /* Its start stays where it was, so that the table stays in order.  */
   vmt_folios_drop(&folios, 7, 8);
   CHECK_EQ(vmt_folios_add(&folios, 4, 8), VMT_BAD_INPUT);
   CHECK_EQ(vmt_folios_add(&folios, 5, 8), VMT_OK);
   vmt_folios_free(&folios);
}

static void
check_no_memory(void)
{
   struct vmt_folios folios;
   uint32_t n_failures = 0;

   vmt_folios_init(&folios);
   for (uint64_t start = 0; folios.n < 100; start += 2) {
      enum vmt_status status;

      for (uint64_t nth = 1;; nth++) {
         test_fail_nth(nth);
         status = vmt_folios_add(&folios, start, start + 2);
         CHECK_EQ(status == VMT_NO_MEMORY, test_fail_came());
         if (status == VMT_OK)
            break;
         n_failures++;
      }
   }
   for (uint64_t page = 0; page < 200; page++)
      CHECK_EQ(vmt_folios_find(&folios, page).start, page & ~(uint64_t)1);
   CHECK_EQ(n_failures, 4);             /* room for 16, 32, 64, 128 */
   vmt_folios_free(&folios);
   CHECK_EQ(test_n_blocks(), 0);
}

/* Random folios with gaps, then pages forgotten here and there.  */
static void
check_random(uint64_t round)
{
   struct vmt_folios folios;
   struct model model;
   uint64_t page = 0;

   test_reseed(round);
   vmt_folios_init(&folios);
   model_init(&model);
   while (page + 2 < N_PAGES) {
      uint64_t start = page + test_random(6);
      uint64_t end = start + 2 + test_random(1 + test_random(40));

      if (end > N_PAGES)
         break;
      CHECK_EQ(vmt_folios_add(&folios, start, end), VMT_OK);
      model_add(&model, start, end);
      page = end;
   }
   compare(&folios, &model);
   for (int i = 0; i < 10; i++) {
      uint64_t start = test_random(N_PAGES);
      uint64_t end = start + test_random(20);

      vmt_folios_drop(&folios, start, end);
      if (end > start)
         model_drop(&model, start, end);
      compare(&folios, &model);
   }
   vmt_folios_free(&folios);
}

int
main(void)
{
   test_begin("test_folios");
   check_small();
   check_refused();
   check_no_memory();
   for (uint64_t round = 0; round < 3000; round++)
      check_random(round);
   return test_end();
}
