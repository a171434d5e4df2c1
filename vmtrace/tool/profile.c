#include "vmtrace/tool/profile.h"

#include "vmtrace/tool/checkpoint.h"
#include "vmtrace/tool/counting.h"
#include "vmtrace/tool/definitions.h"
#include "vmtrace/tool/header.h"
#include "vmtrace/tool/heap_records.h"
#include "vmtrace/tool/json_out.h"
#include "vmtrace/tool/mark_records.h"
#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/options.h"
#include "vmtrace/tool/out_file.h"
#include "vmtrace/tool/pressure_records.h"
#include "vmtrace/tool/segments.h"
#include "vmtrace/tool/signals.h"
#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/thread_records.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace/tool/touch_records.h"
#include "vmtrace/tool/tree_records.h"

static struct json_out out = {.fd = -1};
static struct out_file file = {.json = &out,
                               .option = "--vmtrace-out-file",
                               .what = "profile"};
static Bool exit_known, exit_is_final;
static Int exit_status, noted_signal;

/* How much of each growing table is in the file.  */
static struct {
   UInt blocks;
   ULong totals[VMT_N_EVENTS], n_changes;       /* the ledger's, of charges */
   Bool depth_noted;
} written;

/* ---- opening ---- */

static void
open_anew(Bool is_forked)
{
   UInt image = out_file_open(&file, tool_options.out_file, is_forked);

   VG_(memset)(&written, 0, sizeof written);
   definitions_start_anew(&out);
   header_write(&out, image);
   mark_records_start(&out);
   out_file_flush(&file);
}

void
profile_open(void)
{
   open_anew(False);
}

void
profile_reopen_in_child(void)
{
   exit_known = False;
   pressure_records_start_anew();
   heap_records_start_anew();
   thread_records_start_anew();
   touch_records_start_anew();
   open_anew(True);
}

static void
member(const HChar *name, Long value)
{
   json_text(&out, name);
   json_number(&out, value);
}

/* ---- charges ---- */

static Bool any_event;

static void
event(const HChar *name, Long n)
{
   json_text(&out, any_event ? ",\"" : "\"");
   json_text(&out, name);
   member("\":", n);
   any_event = True;
}

static Bool
charge_has_news(const struct vmt_charge *charge)
{
   const struct vmt_accounting *ledger = &tool_machine.ledger;
   UInt index;

   for (index = charge->counters; index != 0;) {
      const struct vmt_counter *counter =
         vmt_vector_at(&ledger->counters, index);

      if (counter->count != counter->reported)
         return True;
      index = counter->next;
   }
   return False;
}

static Long
resident_news(UInt id, const struct vmt_charge *charge)
{
   const struct vmt_accounting *ledger = &tool_machine.ledger;
   const struct vmt_residency *residency;

   if (charge->residency == 0)
      return 0;
   residency = vmt_vector_at(&ledger->residencies, charge->residency);
   return vmt_accounting_peak_pages(ledger, id) - residency->reported;
}

static void
write_charge(UInt id)
{
   const struct vmt_accounting *ledger = &tool_machine.ledger;
   struct vmt_charge *charge = vmt_accounting_get(ledger, id);
   Long n_resident = resident_news(id, charge);
   UInt index;

   if (n_resident == 0 && !charge_has_news(charge))
      return;
   if (charge->site != VMT_NO_SITE)
      heap_records_define_site(charge->site);
   member("{\"charge\":[", charge->stack);
   member(",", charge->area);
   member(",", charge->thread);
   json_text(&out, "]");
   if (charge->site != VMT_NO_SITE)
      member(",\"site\":", charge->site);
   json_text(&out, ",\"events\":{");
   any_event = False;
   for (index = charge->counters; index != 0;) {
      struct vmt_counter *counter = vmt_vector_at(&ledger->counters, index);

      if (counter->count != counter->reported)
         event(vmt_event_names[counter->event],
               (Long)(counter->count - counter->reported));
      counter->reported = counter->count;
      index = counter->next;
   }
   if (n_resident != 0) {
      struct vmt_residency *residency =
         vmt_vector_at(&ledger->residencies, charge->residency);

      event("RssPages", n_resident);
      residency->reported += n_resident;
   }
   json_text(&out, "}}\n");
}

/* A look at all of them is saved where none can have grown.  */
static void
write_charges(void)
{
   const struct vmt_accounting *ledger = &tool_machine.ledger;
   UInt id;

   if (written.n_changes == ledger->n_changes &&
       VG_(memcmp)(written.totals, ledger->totals, sizeof written.totals) == 0)
      return;
   written.n_changes = ledger->n_changes;
   VG_(memcpy)(written.totals, ledger->totals, sizeof written.totals);
   for (id = 1; id < tool_machine.ledger.charges.n_records; id++)
      write_charge(id);
}

static void
write_excluded(void)
{
   const uint64_t *now = tool_machine.ledger.excluded;
   uint64_t *reported = tool_machine.ledger.excluded_reported;
   UInt i;

   if (VG_(memcmp)(now, reported, sizeof tool_machine.ledger.excluded) == 0)
      return;
   json_text(&out, "{\"excluded\":{");
   any_event = False;
   for (i = 0; i < VMT_N_EVENTS; i++)
      if (now[i] != reported[i])
         event(vmt_event_names[i], (Long)(now[i] - reported[i]));
   json_text(&out, "}}\n");
   VG_(memcpy)(reported, now, sizeof tool_machine.ledger.excluded);
}

/* ---- code ---- */

#define MAX_INSNS 1024

/* The end of the straight run that starts at `start`.  */
static UInt
end_of_run(const struct segment_insn *insns, UInt start, UInt n)
{
   UInt i = start + 1;

   while (i < n && insns[i].pc == insns[i - 1].pc + insns[i - 1].len)
      i++;
   return i;
}

enum column { COLUMN_LEN, COLUMN_IR, COLUMN_DR, COLUMN_DW };

static Long
cell(const struct segment_insn *insn, enum column column)
{
   switch (column) {
   case COLUMN_LEN: return insn->len;
   case COLUMN_IR: return insn->counted;
   case COLUMN_DR: return insn->n_reads;
   default: return insn->n_writes;
   }
}

/* An array of one number for each instruction, left out if all are `usual`. */
static void
write_column(const HChar *name, const struct segment_insn *insns, UInt n,
             enum column column, Long usual)
{
   Bool all_usual = True;
   UInt i;

   for (i = 0; i < n; i++)
      all_usual &= cell(&insns[i], column) == usual;
   if (all_usual)
      return;
   json_text(&out, name);
   for (i = 0; i < n; i++)
      member(i == 0 ? "[" : ",", cell(&insns[i], column));
   json_text(&out, "]");
}

static void
define_block(UInt id, const struct segment_insn *insns, UInt n)
{
   Addr offset;
   UInt object = objects_locate(insns[0].pc, &offset);

   definitions_object(object);
   member("{\"block\":", id);
   member(",\"object\":", object);
   member(",\"offset\":", (Long)offset);
   write_column(",\"lens\":", insns, n, COLUMN_LEN, -1);
   write_column(",\"ir\":", insns, n, COLUMN_IR, 1);
   write_column(",\"dr\":", insns, n, COLUMN_DR, 0);
   write_column(",\"dw\":", insns, n, COLUMN_DW, 0);
   json_text(&out, "}\n");
}

static void
define_segment(UInt id)
{
   struct segment_insn insns[MAX_INSNS];
   UInt n = segments_insns(id, insns, MAX_INSNS), start = 0;

   segments_set_block(id, written.blocks + 1);
   while (start < n) {
      UInt end = end_of_run(insns, start, n);

      define_block(++written.blocks, insns + start, end - start);
      start = end;
   }
}

static void
write_executions(UInt id, ULong count)
{
   struct segment_insn insns[MAX_INSNS];
   UInt n = segments_insns(id, insns, MAX_INSNS), start = 0;
   UInt block = segments_block(id);

   while (start < n) {
      member(any_event ? ",[" : "[", block++);
      member(",", (Long)count);
      json_text(&out, "]");
      any_event = True;
      start = end_of_run(insns, start, n);
   }
}

static void
write_code(void)
{
   const UInt per_record = 1000;
   UInt id, first;

   for (first = 0; first < segments_n(); first += per_record) {
      UInt end = first + per_record < segments_n() ? first + per_record
                                                   : segments_n();

      for (id = first; id < end; id++)
         if (segments_block(id) == 0 && segments_has_news(id))
            define_segment(id);
      any_event = False;
      for (id = first; id < end; id++) {
         ULong count = segments_report(id);

         if (count != 0 && !any_event)
            json_text(&out, "{\"exec\":[");
         if (count != 0)
            write_executions(id, count);
      }
      if (any_event)
         json_text(&out, "]}\n");
   }
}

static void
write_odd_accesses(void)
{
   struct segment_odd odd;
   UInt i;

   for (i = 0; segments_report_odd(i, &odd); i++) {
      Addr offset;
      UInt object;

      if (odd.n_instrs == 0 && odd.n_reads == 0 && odd.n_writes == 0)
         continue;
      object = objects_locate(odd.pc, &offset);
      definitions_object(object);
      member("{\"access\":[", object);
      member(",", (Long)offset);
      member("],\"ir\":", odd.n_instrs);
      member(",\"dr\":", odd.n_reads);
      member(",\"dw\":", odd.n_writes);
      json_text(&out, "}\n");
   }
}

/* ---- checkpoints and the end ---- */

void
profile_note(const HChar *text)
{
   json_text(&out, "{\"note\":");
   json_string(&out, text);
   json_text(&out, "}\n");
}

static void
note_depth(void)
{
   HChar text[160];
   Bool was_cut;
   UInt depth = stacks_depth(&was_cut);

   if (!was_cut || written.depth_noted)
      return;
   written.depth_noted = True;
   VG_(snprintf)(text, sizeof text,
                 "there are very many call stacks: new ones were cut to %u "
                 "frames to bound memory", depth);
   profile_note(text);
}

struct json_out *
profile_out(void)
{
   return &out;
}

struct json_out *
profile_additions(void)
{
   counting_settle();
   heap_records_start(&out);
   definitions_write();
   write_charges();
   write_excluded();
   write_code();
   write_odd_accesses();
   pressure_records_write(&out);
   tree_records_write_copies(&out);
   return &out;
}

static void
write_news(void)
{
   profile_additions();
   touch_records_write_distances(&out);
   touch_records_write(&out);
   heap_records_write();
   thread_records_write(&out);
   mark_records_phases(&out);
   tree_records_write(&out);
   note_depth();
}

void
profile_checkpoint(void)
{
   if (out.fd < 0)
      return;
   write_news();
   member("{\"checkpoint\":{\"Ir\":", (Long)checkpoint_instrs());
   member(",\"RssPages\":", (Long)tool_machine.ledger.n_resident_pages);
   json_text(&out, "}}\n");
   out_file_flush(&file);
}

void
profile_write_totals(void)
{
   const struct vmt_accounting *ledger = &tool_machine.ledger;
   uint64_t n_major = vmt_accounting_faults(ledger->totals, true);
   uint64_t n_minor = vmt_accounting_faults(ledger->totals, false);
   struct segment_totals code;
   UInt i;

   segments_totals(&code);
   any_event = False;
   event("Ir", (Long)code.n_instrs);
   event("Dr", (Long)code.n_reads);
   event("Dw", (Long)code.n_writes);
   event("Flt", (Long)(n_minor + n_major));
   event("MinFlt", (Long)n_minor);
   event("MajFlt", (Long)n_major);
   for (i = 0; i < VMT_EV_RssPages; i++)
      event(vmt_event_names[i], (Long)ledger->totals[i]);
   event("RssPages", (Long)ledger->n_peak_pages);
}

static void
finish_end(void)
{
   json_text(&out, ",\"totals\":{");
   profile_write_totals();
   member("},\"RssPeak\":",
          (Long)(tool_machine.ledger.n_peak_pages * TOOL_PAGE_BYTES));
   json_text(&out, "}}\n");
   out_file_flush(&file);
}

void
profile_flush(void)
{
   out_file_flush(&file);
}

/* The file has the end for as long as it is copied.  */
Bool
profile_copy_to(const HChar *path, HChar *why, UInt why_bytes)
{
   Bool ok;

   write_news();
   out_file_mark(&file);
   pressure_records_write_last(&out);
   tree_records_write_last(&out);
   json_text(&out, "{\"end\":{\"snapshot\":true");
   finish_end();
   ok = out_file_copy(&file, path, why, why_bytes);
   out_file_take_back(&file);
   return ok;
}

void
profile_note_exit(Int status, Bool whole_program)
{
   exit_known = True;
   exit_is_final = whole_program;
   exit_status = status & 0xff;
}

void
profile_note_life(void)
{
   exit_known = exit_known && exit_is_final;
}

void
profile_before_exec(const HChar *new_image)
{
   if (out.fd < 0)
      return;
   write_news();
   pressure_records_write_last(&out);
   out_file_mark(&file);
   tree_records_write_last(&out);
   json_text(&out, "{\"end\":{\"exec\":");
   json_string(&out, VG_(am_is_valid_for_client)((Addr)new_image, 1,
                                                 VKI_PROT_READ)
                        ? new_image
                        : "?");
   finish_end();
}

void
profile_after_failed_exec(void)
{
   out_file_take_back(&file);
}

void
profile_close(void)
{
   if (out.fd < 0)
      return;
   noted_signal = exit_known ? 0 : signals_fatal();
   write_news();
   pressure_records_write_last(&out);
   tree_records_write_last(&out);
   out_file_mark(&file);
   json_text(&out, "{\"end\":{");
   if (exit_known)
      member("\"exit\":", exit_status);
   else
      member("\"signal\":", noted_signal);
   finish_end();
}

void
profile_correct_signal(Int signal)
{
   if (out.fd < 0 || signal == noted_signal)
      return;
   out_file_take_back(&file);
   member("{\"end\":{\"signal\":", signal);
   finish_end();
}

const HChar *
profile_path(void)
{
   return file.complained ? NULL : file.path;
}
