#include "vmtrace/tool/thread_records.h"

#include "vmtrace/tool/running.h"

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
}

void
thread_records_start_anew(void)
{
   VG_(memset)(written, 0, sizeof written);
}
