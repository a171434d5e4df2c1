#include "vmtrace/tool/thread_records.h"

#include "vmtrace/tool/running.h"
#include "vmtrace/tool/tool.h"

static struct running_thread written[RUNNING_MAX_NUMBERS + 1];

static Bool
has_news(const struct running_thread *now, const struct running_thread *before)
{
   return now->n_instrs != before->n_instrs || now->n_shot != before->n_shot ||
          now->n_threads != before->n_threads || !VG_STREQ(now->name, before->name);
}

static void
member(struct json_out *out, const HChar *name, ULong value)
{
   json_text(out, name);
   json_number(out, (Long)value);
}

static void
write_thread(struct json_out *out, UInt number, const struct running_thread *thread)
{
   member(out, "{\"thread\":", number);
   member(out, ",\"core\":", running_core_of(number));
   member(out, ",\"threads\":", thread->n_threads);
   member(out, ",\"instrs\":", thread->n_instrs);
   member(out, ",\"shot\":", thread->n_shot);
   if (thread->name[0] != 0) {
      json_text(out, ",\"name\":");
      json_string(out, thread->name);
   }
   json_text(out, "}\n");
}

/* ---- first touch ---- */

static void
write_misplaced(struct json_out *out, const struct vmt_misplaced *sum, Bool is_first)
{
   const struct vmt_charge *charge =
      vmt_accounting_get(&tool_machine.ledger, sum->charge);

   member(out, is_first ? "[" : ",[", charge->stack);
   member(out, ",", charge->area);
   member(out, ",", charge->thread);
   member(out, ",", sum->by);
   member(out, ",", sum->n_pages);
   member(out, ",", sum->n_own);
   member(out, ",", sum->n_by);
   member(out, ",", sum->n_all);
   json_text(out, "]");
}

static void
write_first_touch(struct json_out *out)
{
   struct vmt_misplaced_sums sums;
   UInt i;

   if (!vmt_first_touch_sums(&tool_machine, &sums))
      return;
   member(out, "{\"first_touch\":{\"instrs\":", tool_machine.touches.set.window_instrs);
   member(out, ",\"pages\":", sums.n_pages);
   json_text(out, ",\"of\":[");
   for (i = 0; i < sums.sums.n_records; i++)
      write_misplaced(out, vmt_vector_at(&sums.sums, i), i == 0);
   json_text(out, "]}}\n");
   vmt_misplaced_free(&sums);
}

void
thread_records_write(struct json_out *to)
{
   UInt number;

   running_find_names();
   running_tell();
   for (number = 1; number <= running_n_numbers(); number++) {
      const struct running_thread *thread = running_get(number);

      if (!has_news(thread, &written[number]))
         continue;
      write_thread(to, number, thread);
      written[number] = *thread;
   }
   write_first_touch(to);
}

void
thread_records_start_anew(void)
{
   VG_(memset)(written, 0, sizeof written);
}
