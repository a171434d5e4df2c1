#include "vmtrace/tool/fault_log.h"

#include "vmtrace/tool/header.h"
#include "vmtrace/tool/json_out.h"
#include "vmtrace/tool/layout.h"
#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/options.h"
#include "vmtrace/tool/out_file.h"
#include "vmtrace/tool/tool.h"

Bool fault_log_is_open;

static struct json_out out = {.fd = -1};
static struct out_file file = {.json = &out,
                               .option = "--fault-log",
                               .what = "fault log"};
static ULong n_populated;

static void
flush(void)
{
   fault_log_is_open = out_file_flush(&file);
}

static void
open_anew(Bool is_forked)
{
   if (tool_options.fault_log == NULL)
      return;
   out_file_open(&file, tool_options.fault_log, is_forked);
   n_populated = 0;
   json_text(&out, "{\"vmtrace_faults\":1");
   header_write_identity(&out);
   header_write_command(&out);
   json_text(&out, tool_options.native_layout ? ",\"layout\":\"native\"}\n"
                                              : ",\"layout\":\"valgrind\"}\n");
   flush();
}

void
fault_log_open(void)
{
   open_anew(False);
}

void
fault_log_before_fork(void)
{
   if (fault_log_is_open)
      flush();
}

void
fault_log_reopen_in_child(void)
{
   open_anew(True);
}

/* ---- a fault ---- */

static void
member(const HChar *name, Long value)
{
   json_text(&out, name);
   json_number(&out, value);
}

static void
write_cause(enum charge_cause cause, UInt syscall)
{
   static const HChar *const names[] = {
      [CHARGE_PROGRAM] = "user",   [CHARGE_SYSCALL] = "syscall",
      [CHARGE_SIGNAL] = "signal",  [CHARGE_EXECVE] = "execve",
      [CHARGE_START] = "start",    [CHARGE_POPULATE] = "populate"};

   json_text(&out, ",\"by\":");
   json_string(&out, names[cause]);
   if (cause == CHARGE_SYSCALL)
      member(",\"syscall\":", syscall);
}

static const HChar *
access_name(enum vmt_access_kind kind)
{
   switch (kind) {
   case VMT_READ: return ",\"access\":\"r\"";
   case VMT_FETCH: return ",\"access\":\"x\"";
   default: return ",\"access\":\"w\"";
   }
}

/* The number of a page is that in its file; of memory without a file, the one its
   address has.  */
static ULong
page_number(const struct vmt_area *area, Addr page)
{
   if (area == NULL || area->object == 0 ||
       objects_get((UInt)area->object)->ino == 0)
      return layout_native_address(page) >> VMT_PAGE_SHIFT;
   return area->page_offset + ((page - area->start) >> VMT_PAGE_SHIFT);
}

static void
write_area(const struct vmt_area *area, Addr page)
{
   static const HChar *const backings[] = {[VMT_BACKING_ANON] = "\"anon\"",
                                           [VMT_BACKING_FILE] = "\"file\"",
                                           [VMT_BACKING_SHMEM] = "\"shmem\""};

   json_text(&out, ",\"area\":");
   if (area == NULL)
      json_text(&out, "null");
   else
      json_string(&out, objects_get_label(area->label)->name);
   member(",\"page\":", (Long)page_number(area, page));
   json_text(&out, ",\"backing\":");
   json_text(&out, area == NULL ? "null" : backings[area->backing]);
   json_text(&out, area != NULL && (area->flags & VMT_AREA_SHARED) != 0
                      ? ",\"shared\":true" : ",\"shared\":false");
}

void
fault_log_write(const struct vmt_outcome *outcome, Addr addr,
                enum vmt_access_kind kind, enum charge_cause cause, Addr pc,
                UInt syscall)
{
   Addr page = vmt_page_floor(addr);

   json_text(&out, "{\"kind\":");
   json_string(&out, vmt_event_names[outcome->event]);
   member(",\"addr\":", (Long)layout_native_address(page));
   member(",\"ip\":", (Long)layout_native_address(pc));
   write_cause(cause, syscall);
   json_text(&out, access_name(kind));
   write_area(vmt_areas_find(&tool_machine.areas, addr), page);
   json_text(&out, outcome->excluded ? ",\"excluded\":true}\n" : "}\n");
   n_populated += cause == CHARGE_POPULATE && !outcome->excluded;
   if (out.error != 0)
      flush();
}

/* ---- the end ---- */

static void
write_end(void)
{
   const struct vmt_accounting *ledger = &tool_machine.ledger;

   member("{\"end\":true,\"faults\":",
          (Long)(vmt_accounting_faults(ledger->totals, false) +
                 vmt_accounting_faults(ledger->totals, true)));
   member(",\"populated\":", (Long)n_populated);
   member(",\"rss_peak_bytes\":",
          (Long)(ledger->n_peak_pages * TOOL_PAGE_BYTES));
   json_text(&out, "}\n");
   flush();
}

void
fault_log_before_exec(void)
{
   if (!fault_log_is_open)
      return;
   out_file_mark(&file);
   write_end();
}

void
fault_log_after_failed_exec(void)
{
   if (fault_log_is_open)
      out_file_take_back(&file);
}

void
fault_log_close(void)
{
   if (fault_log_is_open)
      write_end();
}
