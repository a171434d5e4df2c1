/* Any bytes are a profile or one line of complaint; and the tables of what was
   read add up to its totals.  */

#include "tests/cli/profile_fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "vmtrace/host/ledger.h"

static void
require(bool truth, const char *what)
{
   if (truth)
      return;
   fprintf(stderr, "does not hold: %s\n", what);
   abort();
}

/* What no instruction is charged with.  */
static bool
is_charged(const struct vmt_profile *profile, size_t event)
{
   return profile->events.roles[event] != VMT_EVENT_EXECUTED
          && profile->events.roles[event] != VMT_EVENT_SIZE;
}

static void
check_table(const struct vmt_profile *profile, const struct vmt_blame *blame,
            enum vmt_by by)
{
   struct vmt_ledger ledger;
   uint32_t *order;

   vmt_ledger_init(&ledger, by, profile, blame);
   order = vmt_ledger_order(&ledger, 0);
   for (size_t event = 0; event < profile->events.n; event++) {
      int64_t sum = 0;

      for (size_t i = 0; i < ledger.n_rows; i++)
         sum = vmt_wrapping_sum(sum,
                                vmt_ledger_value(&ledger, order[i], (int) event));
      if (is_charged(profile, event) || by == VMT_BY_PROCESS)
         require(sum == vmt_profile_total(profile, (int) event),
                 "a table adds up to the totals");
   }
   free(order);
   if (by == VMT_BY_LINE)
      free(vmt_ledger_via(&ledger, 0));
   vmt_ledger_free(&ledger);
}

static void
check_profile(struct vmt_profile *profile)
{
   struct vmt_blame blame;
   struct vmt_blame_options options = {
      .mode = VMT_BLAME_CALLER, .whole_stacks = true
   };

   vmt_profile_finish(profile);
   /* Objects would be opened: a fuzzer is not to read whatever it names.  */
   for (size_t i = 1; i < profile->n_objects; i++)
      profile->objects[i].path = "/nowhere";
   vmt_blame_init(&blame, profile, &options);
   for (int by = VMT_BY_LINE; by < VMT_BY_KIND; by++)
      check_table(profile, &blame, (enum vmt_by) by);
   vmt_blame_free(&blame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n_bytes)
{
   struct vmt_profile profile;
   int fd = memfd_create("profile", MFD_CLOEXEC);
   char path[32];

   require(fd >= 0 && write(fd, bytes, n_bytes) == (ssize_t) n_bytes, "a file");
   snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
   vmt_profile_init(&profile);
   if (vmt_profile_read(&profile, path) == 0)
      check_profile(&profile);
   else
      require(profile.trouble[0] && !strpbrk(profile.trouble, "\n\r"),
              "trouble is one line");
   vmt_profile_free(&profile);
   close(fd);
   return 0;
}
