#include "vmtrace/cli/verbs.h"

#include <getopt.h>
#include <string.h>

#include "vmtrace/cli/output.h"

const struct vmt_verb vmt_verbs[] = {
   { "run", "run a program under Valgrind and write its profile", vmt_verb_run },
   { "report", "tables of a profile: where faults and TLB misses come from",
     vmt_verb_report },
   { "annotate", "source listings with a column for each event",
     vmt_verb_annotate },
   { "curve", "faults at every size of RAM: how much memory is needed",
     vmt_verb_curve },
   { "timeline", "resident memory, working set and faults over the run",
     vmt_verb_timeline },
   { "compare", "profiles, or a program with several allocators, side by side",
     vmt_verb_compare },
   { "export", "a profile in the format of other programs", vmt_verb_export },
   { "machines", "list the machines that can be simulated, or show one",
     vmt_verb_machines },
   { "calibrate", "this host's processor and kernel as a machine file",
     vmt_verb_calibrate },
   { "help", "what a verb does and its options", vmt_verb_help },
};
const size_t vmt_n_verbs = sizeof vmt_verbs / sizeof vmt_verbs[0];

/* Longer names are nobody's typing mistake.  */
#define MAX_NAME_BYTES 32

const struct vmt_verb *
vmt_verb_find(const char *name)
{
   for (size_t i = 0; i < vmt_n_verbs; i++)
      if (strcmp(vmt_verbs[i].name, name) == 0)
         return &vmt_verbs[i];
   return NULL;
}

static size_t
min(size_t a, size_t b)
{
   return a < b ? a : b;
}

/* Letters to insert, drop, change or swap with their neighbour to get from one
   word to the other.  */
static size_t
edits_between(const char *from, const char *to)
{
   size_t cost[MAX_NAME_BYTES + 1][MAX_NAME_BYTES + 1];
   size_t n = strlen(from), m = strlen(to);

   for (size_t i = 0; i <= n; i++)
      cost[i][0] = i;
   for (size_t j = 0; j <= m; j++)
      cost[0][j] = j;
   for (size_t i = 1; i <= n; i++)
      for (size_t j = 1; j <= m; j++) {
         size_t change = cost[i - 1][j - 1] + (from[i - 1] != to[j - 1]);

         cost[i][j] = min(change, 1 + min(cost[i - 1][j], cost[i][j - 1]));
         if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
            cost[i][j] = min(cost[i][j], cost[i - 2][j - 2] + 1);
      }
   return cost[n][m];
}

const struct vmt_verb *
vmt_verb_nearest(const char *name)
{
   const struct vmt_verb *nearest = NULL;
   size_t n = strlen(name), least = 3;

   if (n < 2 || n > MAX_NAME_BYTES)
      return NULL;
   for (size_t i = 0; i < vmt_n_verbs; i++) {
      const char *verb = vmt_verbs[i].name;
      size_t edits = strncmp(verb, name, n) == 0 ? 1 : edits_between(name, verb);

      /* A short word is everybody's neighbour: more of it must be right.  */
      if (edits < least && edits < strlen(verb) / 2 + 1) {
         least = edits;
         nearest = &vmt_verbs[i];
      }
   }
   return nearest;
}

int
vmt_verb_bad_option(int code, char **argv)
{
   const char *given = argv[optind - 1];

   if (code == ':')
      vmt_complain("%s: %s needs a value; see 'vmtrace help %s'", argv[0], given,
                   argv[0]);
   else if (given[0] == '-' && given[1] == '-')
      vmt_complain("%s: cannot take %s; see 'vmtrace help %s'", argv[0], given,
                   argv[0]);
   else
      vmt_complain("%s: there is no option -%c; see 'vmtrace help %s'", argv[0],
                   optopt, argv[0]);
   return VMT_EXIT_TROUBLE;
}
