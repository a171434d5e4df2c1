/* The ledger against one that copies everything at each peak.  */

#include <string.h>

#include "tests/mmu/check.h"
#include "vmtrace/mmu/machine/accounting.h"

#define N_CHARGES 12
#define N_ROUNDS 300
#define N_STEPS 400

struct model {
   uint64_t counts[N_CHARGES][VMT_N_EVENTS];
   int64_t pages[N_CHARGES], pages_at_peak[N_CHARGES];
   int64_t n_pages, n_peak_pages;
};

static struct vmt_accounting ledger;
static struct model model;
static uint32_t ids[N_CHARGES];

/* ---- steps ---- */

static uint32_t
id_of(uint32_t who)
{
   uint32_t id = vmt_accounting_charge(&ledger, 100 + who / 4,
                                       (uint16_t)(who / 2 % 2),
                                       (uint16_t)(who % 2), 0);
   const struct vmt_charge *charge;

   CHECK(id != VMT_NO_CHARGE);
   CHECK(ids[who] == 0 || ids[who] == id);
   ids[who] = id;
   charge = vmt_accounting_get(&ledger, id);
   CHECK_EQ(charge->stack, 100 + who / 4);
   CHECK_EQ(charge->area, who / 2 % 2);
   CHECK_EQ(charge->thread, who % 2);
   return id;
}

static void
count(uint32_t who)
{
   enum vmt_event event = (enum vmt_event)test_random(VMT_N_EVENTS);
   uint64_t n = 1 + test_random(5);

   model.counts[who][event] += n;
   if (n == 1 && test_random(2) == 0) {
      struct vmt_counter *counter =
         vmt_accounting_counter(&ledger, id_of(who), event);

      CHECK(counter != NULL);
      vmt_accounting_bump(&ledger, counter);
   } else {
      CHECK_EQ(vmt_accounting_add(&ledger, id_of(who), event, n), VMT_OK);
   }
}

/* Pages come one by one, and are owned when all of them are there.  */
static void
come(uint32_t who)
{
   int64_t n = 1 + (int64_t)test_random(4);

   for (int64_t i = 0; i < n; i++)
      vmt_accounting_resident(&ledger, 1);
   CHECK_EQ(vmt_accounting_own(&ledger, id_of(who), n), VMT_OK);
   model.pages[who] += n;
   model.n_pages += n;
   if (model.n_pages >= model.n_peak_pages) {
      model.n_peak_pages = model.n_pages;
      memcpy(model.pages_at_peak, model.pages, sizeof(model.pages));
   }
}

/* Pages go each on its own: first the owner's, then that of the whole.  */
static void
go(uint32_t who)
{
   for (uint64_t n = test_random(5); n > 0 && model.pages[who] > 0; n--) {
      CHECK_EQ(vmt_accounting_own(&ledger, id_of(who), -1), VMT_OK);
      vmt_accounting_resident(&ledger, -1);
      model.pages[who]--;
      model.n_pages--;
   }
}

/* ---- comparing ---- */

static void
compare(void)
{
   uint64_t totals[VMT_N_EVENTS] = { 0 }, n_minor = 0, n_major = 0;
   int64_t n_peak = 0;

   for (uint32_t who = 0; who < N_CHARGES; who++) {
      for (int event = 0; event < VMT_N_EVENTS; event++) {
         CHECK_EQ(vmt_accounting_count(&ledger, id_of(who), (enum vmt_event)event),
                  model.counts[who][event]);
         totals[event] += model.counts[who][event];
      }
      CHECK_EQ(vmt_accounting_peak_pages(&ledger, id_of(who)),
               model.pages_at_peak[who]);
      n_peak += vmt_accounting_peak_pages(&ledger, id_of(who));
   }
   for (int event = 0; event < VMT_N_EVENTS; event++) {
      CHECK_EQ(ledger.totals[event], totals[event]);
      if (event == VMT_EV_FileMaj || event == VMT_EV_SwapIn)
         n_major += totals[event];
      else if (event < VMT_N_FAULT_KINDS)
         n_minor += totals[event];
   }
   CHECK_EQ(vmt_accounting_faults(ledger.totals, false), n_minor);
   CHECK_EQ(vmt_accounting_faults(ledger.totals, true), n_major);
   CHECK_EQ(ledger.n_resident_pages, model.n_pages);
   CHECK_EQ(ledger.n_peak_pages, model.n_peak_pages);
   CHECK_EQ(n_peak, model.n_peak_pages);
}

static void
run_round(uint64_t round)
{
   uint64_t leaving = 2 + round % 3;

   test_reseed(round);
   memset(&model, 0, sizeof(model));
   memset(ids, 0, sizeof(ids));
   CHECK_EQ(vmt_accounting_init(&ledger), VMT_OK);
   for (int step = 0; step < N_STEPS; step++) {
      uint32_t who = (uint32_t)test_random(N_CHARGES);

      if (test_random(3) == 0)
         count(who);
      else if (test_random(leaving) == 0)
         come(who);
      else
         go(who);
      if (step % 16 == 0)
         compare();
   }
   compare();
   vmt_accounting_free(&ledger);
}

/* ---- without memory ---- */

/* What was counted before stays as it was.  */
static void
run_short(uint64_t nth)
{
   uint32_t charge, first;
   bool ok;

   CHECK_EQ(vmt_accounting_init(&ledger), VMT_OK);
   first = vmt_accounting_charge(&ledger, 1, 2, 3, 0);
   CHECK_EQ(vmt_accounting_add(&ledger, first, VMT_EV_ZeroWr, 5), VMT_OK);
   test_fail_nth(nth);
   ok = true;
   for (uint32_t i = 0; ok && i < 5000; i++) {
      charge = vmt_accounting_charge(&ledger, i + 10, 0, 0, 0);
      ok = charge != VMT_NO_CHARGE &&
           vmt_accounting_add(&ledger, charge, VMT_EV_FileRd, 1) == VMT_OK &&
           vmt_accounting_own(&ledger, charge, 1) == VMT_OK;
   }
   CHECK_EQ(ok, !test_fail_came());
   CHECK_EQ(vmt_accounting_charge(&ledger, 1, 2, 3, 0), first);
   CHECK_EQ(vmt_accounting_count(&ledger, first, VMT_EV_ZeroWr), 5);
   CHECK_EQ(ledger.totals[VMT_EV_ZeroWr], 5);
   vmt_accounting_free(&ledger);
   CHECK_EQ(test_n_blocks(), 0);
}

/* In a pause all is charged, and forgotten; pages are kept either way.  */
static void
test_pauses(void)
{
   uint64_t all[VMT_N_EVENTS];
   struct vmt_counter *counter;
   uint32_t first, second;

   CHECK_EQ(vmt_accounting_init(&ledger), VMT_OK);
   first = vmt_accounting_charge(&ledger, 1, 2, 3, 0);
   CHECK_EQ(vmt_accounting_add(&ledger, first, VMT_EV_ZeroWr, 5), VMT_OK);
   counter = vmt_accounting_counter(&ledger, first, VMT_EV_ZeroWr);
   counter->reported = counter->count;

   vmt_accounting_pause(&ledger);
   second = vmt_accounting_charge(&ledger, 9, 2, 3, 0);
   CHECK_EQ(vmt_accounting_add(&ledger, first, VMT_EV_ZeroWr, 2), VMT_OK);
   CHECK_EQ(vmt_accounting_add(&ledger, second, VMT_EV_ZeroRd, 3), VMT_OK);
   ledger.excluded[VMT_EV_FileRd] = 7;
   vmt_accounting_resident(&ledger, 1);
   CHECK_EQ(vmt_accounting_own(&ledger, second, 1), VMT_OK);
   CHECK_EQ(vmt_accounting_totals(&ledger)[VMT_EV_ZeroWr], 5);
   vmt_accounting_forget_news(&ledger);
   CHECK_EQ(vmt_accounting_count(&ledger, first, VMT_EV_ZeroWr), 5);
   vmt_accounting_bump(&ledger, counter);
   vmt_accounting_resume(&ledger);
   CHECK_EQ(vmt_accounting_count(&ledger, first, VMT_EV_ZeroWr), 5);
   CHECK_EQ(vmt_accounting_count(&ledger, second, VMT_EV_ZeroRd), 0);
   CHECK_EQ(ledger.totals[VMT_EV_ZeroWr], 5);
   CHECK_EQ(ledger.totals[VMT_EV_ZeroRd], 0);
   CHECK_EQ(ledger.excluded[VMT_EV_FileRd], 0);
   CHECK_EQ(vmt_accounting_peak_pages(&ledger, second), 1);

   vmt_accounting_bump(&ledger, counter);
   vmt_accounting_restart(&ledger);
   CHECK_EQ(ledger.totals[VMT_EV_ZeroWr], 0);
   CHECK_EQ(counter->count, 0);
   CHECK_EQ(counter->reported, 0);
   CHECK_EQ(vmt_accounting_peak_pages(&ledger, second), 1);
   vmt_accounting_bump(&ledger, counter);
   vmt_accounting_all_totals(&ledger, all);
   CHECK_EQ(all[VMT_EV_ZeroWr], 5 + 1 + 1);
   vmt_accounting_free(&ledger);
}

int
main(void)
{
   test_begin("test_ledger");
   for (uint64_t round = 0; round < N_ROUNDS; round++)
      run_round(round);
   for (uint64_t nth = 1; nth < 24; nth++)
      run_short(nth);
   test_pauses();
   return test_end();
}
