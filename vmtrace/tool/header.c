#include "vmtrace/tool/header.h"

#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/options.h"
#include "vmtrace/tool/startup.h"
#include "vmtrace/tool/tool.h"
#include "vmtrace_config.h"

/* m_main.c; enum FairSchedType, 0: not fair.  */
extern Int VG_(clo_fair_sched);

#define HOUR 3600u
#define DAY (24u * HOUR)

static SizeT
read_small_file(const HChar *path, HChar *text, SizeT max_bytes)
{
   SysRes opened = VG_(open)(path, VKI_O_RDONLY, 0);
   Int n;

   text[0] = 0;
   if (sr_isError(opened))
      return 0;
   n = VG_(read)((Int)sr_Res(opened), text, (Int)max_bytes - 1);
   VG_(close)((Int)sr_Res(opened));
   text[n > 0 ? n : 0] = 0;
   return n > 0 ? (SizeT)n : 0;
}

/* The n-th word after the last ')' of /proc/self/stat, where the fields follow
   that hold no names (proc(5)): start time, field 22, is the 20th.  */
static ULong
start_ticks(void)
{
   HChar text[1024], *at;
   UInt i;

   read_small_file("/proc/self/stat", text, sizeof text);
   at = VG_(strrchr)(text, ')');
   for (i = 0; at != NULL && i < 20; i++)
      at = VG_(strchr)(at + 1, ' ');
   return at == NULL ? 0 : (ULong)VG_(strtoll10)(at + 1, NULL);
}

static ULong
boot_seconds(void)
{
   static HChar text[1 << 16];
   HChar *at;

   read_small_file("/proc/stat", text, sizeof text);
   at = VG_(strstr)(text, "\nbtime ");
   return at == NULL ? 0 : (ULong)VG_(strtoll10)(at + 7, NULL);
}

/* Civil from days (H. Hinnant, "chrono-compatible low-level date
   algorithms").  */
static void
format_date(ULong seconds, UInt hundredths, HChar *text, SizeT bytes)
{
   ULong days = seconds / DAY + 719468, era = days / 146097;
   ULong day_of_era = days - era * 146097;
   ULong year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 -
                        day_of_era / 146096) / 365;
   ULong day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
   ULong shifted = (5 * day_of_year + 2) / 153;
   ULong month = shifted < 10 ? shifted + 3 : shifted - 9;
   ULong year = year_of_era + era * 400 + (month <= 2);

   VG_(snprintf)(text, bytes, "%04llu-%02llu-%02lluT%02llu:%02llu:%02llu.%02uZ",
                 year, month, day_of_year - (153 * shifted + 2) / 5 + 1,
                 seconds % DAY / HOUR, seconds % HOUR / 60, seconds % 60,
                 hundredths);
}

static void
process_date(HChar *text, SizeT bytes)
{
   ULong ticks = start_ticks();         /* hundredths of seconds since boot */

   format_date(boot_seconds() + ticks / 100, (UInt)(ticks % 100), text, bytes);
}

/* Whether the parent runs under this tool too.  */
static Bool
parent_is_traced(void)
{
   HChar link[64], parents[1024], own[1024];
   SSizeT n_parents, n_own = VG_(readlink)("/proc/self/exe", own, sizeof own);

   VG_(snprintf)(link, sizeof link, "/proc/%d/exe", VG_(getppid)());
   n_parents = VG_(readlink)(link, parents, sizeof parents);
   return n_own > 0 && n_parents == n_own &&
          VG_(memcmp)(parents, own, (SizeT)n_own) == 0;
}

/* The parent is named only where there is a file of it: two runs of one command
   differ in process id, date and host alone.  */
void
header_write_identity(struct json_out *out)
{
   HChar date[40];

   process_date(date, sizeof date);
   json_text(out, ",\"pid\":");
   json_number(out, VG_(getpid)());
   if (parent_is_traced()) {
      json_text(out, ",\"ppid\":");
      json_number(out, VG_(getppid)());
   }
   json_text(out, ",\"date\":");
   json_string(out, date);
}

/* The parent may have ended since, so its id is not compared.  */
Bool
header_is_ours(const HChar *path)
{
   HChar text[512], pid[32], date[60], start[40];
   struct vg_stat st;

   if (sr_isError(VG_(stat)(path, &st)) || !VKI_S_ISREG(st.mode))
      return False;
   read_small_file(path, text, sizeof text);
   process_date(start, sizeof start);
   VG_(snprintf)(pid, sizeof pid, "\"pid\":%d,", VG_(getpid)());
   VG_(snprintf)(date, sizeof date, "\"date\":\"%s\"", start);
   return VG_(strncmp)(text, "{\"vmtrace", 9) == 0 &&
          VG_(strstr)(text, pid) != NULL && VG_(strstr)(text, date) != NULL;
}

/* ---- members ---- */

static void
string_member(struct json_out *out, const HChar *name, const HChar *value)
{
   json_text(out, ",\"");
   json_text(out, name);
   json_text(out, "\":");
   json_string(out, value);
}

static void
number_member(struct json_out *out, const HChar *name, Long value)
{
   json_text(out, ",\"");
   json_text(out, name);
   json_text(out, "\":");
   json_number(out, value);
}

/* null: unlimited.  */
static void
bytes_member(struct json_out *out, const HChar *name, ULong bytes, Bool is_limited)
{
   if (is_limited) {
      number_member(out, name, (Long)bytes);
      return;
   }
   json_text(out, ",\"");
   json_text(out, name);
   json_text(out, "\":null");
}

void
header_write_command(struct json_out *out)
{
   Word i;

   json_text(out, ",\"command\":[");
   json_string(out, VG_(args_the_exename));
   for (i = 0; i < VG_(sizeXA)(VG_(args_for_client)); i++) {
      json_text(out, ",");
      json_string(out, *(HChar **)VG_(indexXA)(VG_(args_for_client), i));
   }
   json_text(out, "]");
}

static void
write_event_names(struct json_out *out)
{
   static const HChar *const sums[] = {"Ir", "Dr", "Dw", "Flt", "MinFlt",
                                       "MajFlt"};
   UInt i;

   json_text(out, ",\"events\":[");
   for (i = 0; i < sizeof sums / sizeof sums[0]; i++) {
      json_string(out, sums[i]);
      json_text(out, ",");
   }
   for (i = 0; i < VMT_N_EVENTS; i++) {
      json_string(out, vmt_event_names[i]);
      json_text(out, ",");
   }
   json_text(out, "\"RssPeak\"]");
}

static void
shape_member(struct json_out *out, const HChar *name,
             const struct vmt_tlb_shape *shape)
{
   static const HChar *const policies[] = {
      [VMT_TLB_LRU] = "", [VMT_TLB_PLRU] = ",plru", [VMT_TLB_FIFO] = ",fifo",
      [VMT_TLB_RANDOM] = ",random"};
   HChar text[60];

   VG_(snprintf)(text, sizeof text, "%u,%u%s", shape->n_entries,
                 shape->n_ways, policies[shape->policy]);
   string_member(out, name, text);
}

static void
write_machine(struct json_out *out)
{
   const struct vmt_machine_config *config = &tool_options.config;
   UInt level;

   json_text(out, ",\"machine\":{\"name\":");
   json_string(out, config->name);
   string_member(out, "title", config->title);
   number_member(out, "va_bits", config->va_bits);
   number_member(out, "pa_bits", config->pa_bits);
   number_member(out, "page_bytes", 1ll << config->page_shift);
   shape_member(out, "itlb", &config->itlb[VMT_PAGE_4K]);
   shape_member(out, "dtlb", &config->dtlb[VMT_PAGE_4K]);
   shape_member(out, "stlb", &config->stlb[VMT_PAGE_4K]);
   json_text(out, ",\"levels\":[");
   for (level = config->walk.n_levels; level >= 1; level--) {
      json_number(out, config->walk.index_bits[level]);
      json_text(out, level > 1 ? "," : "],\"walk_cache\":[");
   }
   for (level = config->walk.n_levels; level >= 2; level--) {
      json_number(out, config->walk.n_entries[level]);
      json_text(out, level > 2 ? "," : "");
   }
   json_text(out, "]}");
}

static void
write_settings(struct json_out *out)
{
   static const HChar *const curves[] = {[VMT_CURVE_NO] = "no",
                                         [VMT_CURVE_FAST] = "fast",
                                         [VMT_CURVE_EXACT] = "exact"};

   json_text(out, ",\"settings\":{\"machine\":");
   json_string(out, tool_options.machine);
   shape_member(out, "itlb", &tool_options.config.itlb[VMT_PAGE_4K]);
   shape_member(out, "dtlb", &tool_options.config.dtlb[VMT_PAGE_4K]);
   shape_member(out, "stlb", &tool_options.config.stlb[VMT_PAGE_4K]);
   number_member(out, "cores", tool_options.settings.n_cores);
   string_member(out, "layout",
                 tool_options.native_layout ? "native" : "valgrind");
   number_member(out, "fault-around",
                 (Long)tool_options.config.fault_around_bytes);
   string_member(out, "page-cache",
                 tool_options.settings.page_cache_warm ? "warm" : "cold");
   string_member(out, "folios", tool_options.folios);
   string_member(out, "mrc", curves[tool_options.settings.curve]);
   number_member(out, "ws-window", tool_options.window_instrs);
   string_member(out, "track-heap", heap_is_tracked ? "yes" : "no");
   string_member(out, "count-atstart", tool_options.counts_at_start ? "yes" : "no");
   bytes_member(out, "ram", tool_options.settings.ram_bytes,
                tool_options.settings.ram_bytes != 0);
   bytes_member(out, "swap", tool_options.settings.swap_bytes,
                tool_options.settings.swap_bytes != VMT_UNLIMITED);
   string_member(out, "reclaim", tool_options_policy());
   number_member(out, "swap-latency", tool_options.swap_latency_us);
   number_member(out, "num-callers", VG_(clo_backtrace_size));
   json_text(out, "}");
}

void
header_write(struct json_out *out, UInt image)
{
   HChar host[256];
   SizeT n;

   json_text(out, "{\"vmtrace\":1,\"tool\":\"" VERSION "\",\"valgrind\":\""
                  VALGRIND_VERSION "\"");
   header_write_identity(out);
   n = read_small_file("/proc/sys/kernel/hostname", host, sizeof host);
   if (n > 0 && host[n - 1] == '\n')
      host[n - 1] = 0;
   string_member(out, "host", host);
   header_write_command(out);
   string_member(out, "exe", startup_exe_path());
   string_member(out, "cwd", VG_(get_startup_wd)());
   write_event_names(out);
   write_settings(out);
   write_machine(out);
   string_member(out, "layout",
                 tool_options.native_layout ? "native" : "valgrind");
   json_text(out, VG_(clo_fair_sched) != 0 ? ",\"threads_fair\":true"
                                         : ",\"threads_fair\":false");
   number_member(out, "image", image);
   json_text(out, "}\n");
}
