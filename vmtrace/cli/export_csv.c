#include "vmtrace/cli/export.h"

#include <inttypes.h>
#include <stdlib.h>

#include "vmtrace/host/escape.h"

static void
write_row(const struct vmt_export *export, FILE *file,
          const struct vmt_ledger *ledger, uint32_t row)
{
   const struct vmt_blame *blame = &export->input.blame;
   uint32_t subject = ledger->rows[row].subject;

   vmt_escape_csv(file, blame->places[subject].file);
   fprintf(file, ",%" PRIu32 ",", blame->places[subject].line);
   vmt_escape_csv(file, blame->places[subject].function);
   putc(',', file);
   vmt_escape_csv(file, vmt_blame_object_path(blame, subject));
   for (size_t i = 0; i < export->events.n; i++)
      fprintf(file, ",%" PRId64,
              vmt_ledger_value(ledger, row, export->events.events[i]));
   fputs("\r\n", file);
}

void
vmt_export_csv(const struct vmt_export *export, FILE *file)
{
   const struct vmt_profile *profile = &export->input.profile;
   struct vmt_ledger ledger;
   uint32_t *order;

   vmt_ledger_init(&ledger, VMT_BY_LINE, profile, &export->input.blame);
   order = vmt_ledger_order(&ledger, export->sort);
   fputs("file,line,function,object", file);
   for (size_t i = 0; i < export->events.n; i++)
      fprintf(file, ",%s", profile->events.names[export->events.events[i]]);
   fputs("\r\n", file);
   for (size_t i = 0; i < ledger.n_rows; i++)
      write_row(export, file, &ledger, order[i]);
   free(order);
   vmt_ledger_free(&ledger);
}
