#include "vmtrace/tool/options.h"

#include "vmtrace/mmu/machine/cpuid.h"
#include "vmtrace/mmu/machine/machine_file.h"
#include "vmtrace/tool/folio_map.h"
#include "vmtrace/tool/heap.h"
#include "vmtrace/tool/tree.h"
#include "vmtrace_config.h"

#define KIB 1024ull

/* More than a superblock has, so that no window goes by unseen.  */
#define MIN_WINDOW_INSTRS 1000
#define MAX_WINDOW_INSTRS (1ll << 50)

struct tool_options tool_options = {
   .out_file = "vmtrace.out.%p",
   .machine = "generic",
   .folios = "none",
   .native_layout = True,
   .summary = True,
   .counts_at_start = True,
   .top = 10,
   .window_instrs = 1000000,
   .settings = {.n_cores = 1,
                .page_cache_warm = true,
                .stack_limit_bytes = 8 * KIB * KIB,
                .curve = VMT_CURVE_FAST,
                .swap_bytes = VMT_UNLIMITED,
                .policy = VMT_PAGES_LINUX,
                .policy_seed = 1},
   .swap_latency_us = 50,
};

/* A TLB that an option asks for in the machine's stead; arg: NULL if none does. */
struct tlb_option {
   const HChar *arg, *text;
};
static struct tlb_option itlb, dtlb, stlb;

static Long cores = 1;
static uint64_t fault_around_bytes;     /* 0: the machine's */
static const HChar *folios_arg;         /* the whole of --folios */
static const HChar *ram_arg, *pressure_arg;     /* --ram; an option that needs it */

static const HChar *const policies[] = {
   [VMT_PAGES_LINUX] = "linux", [VMT_PAGES_MGLRU] = "mglru", [VMT_PAGES_LRU] = "lru",
   [VMT_PAGES_CLOCK] = "clock", [VMT_PAGES_FIFO] = "fifo", [VMT_PAGES_RANDOM] = "random"};

/* As Valgrind says it.  Its own function ends the run only while it reads
   options.  */
static void
bad_option(const HChar *arg, const HChar *why)
{
   VG_(fmsg_bad_option)(arg, "%s\n", why);
   VG_(exit)(1);
}

/* ---- the machine file ---- */

static void
read_cpuid(void *context, uint32_t leaf, uint32_t subleaf,
           struct vmt_cpuid_regs *regs)
{
   __asm__ volatile("cpuid"
                    : "=a"(regs->eax), "=b"(regs->ebx), "=c"(regs->ecx),
                      "=d"(regs->edx)
                    : "a"(leaf), "c"(subleaf));
}

/* The folder of the presets: the build tree's when it says so, else the one
   that `make install` filled.  */
static const HChar *
machines_dir(void)
{
   const HChar *dir = VG_(getenv)("VMTRACE_MACHINES");

   return dir != NULL ? dir : VMTRACE_MACHINES_DIR;
}

/* The whole file, or NULL.  */
static HChar *
read_file(const HChar *path, SizeT *bytes)
{
   const SizeT max_bytes = 64 * KIB;
   SysRes opened = VG_(open)(path, VKI_O_RDONLY, 0);
   HChar *text;
   Int n;

   if (sr_isError(opened))
      return NULL;
   text = VG_(malloc)("vmtrace.machine", max_bytes);
   n = VG_(read)((Int)sr_Res(opened), text, max_bytes);
   VG_(close)((Int)sr_Res(opened));
   if (n < 0) {
      VG_(free)(text);
      return NULL;
   }
   *bytes = (SizeT)n;
   return text;
}

static void
load_machine_file(const HChar *arg, const HChar *name)
{
   struct vmt_machine_file_error error;
   HChar path[1024], why[300];
   SizeT bytes = 0;
   HChar *text = NULL;

   if (VG_(strchr)(name, '/') == NULL && VG_(strlen)(name) < 100) {
      VG_(snprintf)(path, sizeof path, "%s/%s.machine", machines_dir(), name);
      text = read_file(path, &bytes);
   }
   if (text == NULL)
      text = read_file(name, &bytes);
   if (text == NULL)
      bad_option(arg, "Neither a preset (see `vmtrace machines') nor a file "
                      "that can be read.");
   if (vmt_machine_file_parse(text, bytes, &tool_options.config, &error) !=
       VMT_OK) {
      VG_(snprintf)(why, sizeof why, "Line %u of the machine file: %s.",
                    error.line, error.message);
      bad_option(arg, why);
   }
   VG_(free)(text);
}

static void
read_machine(const HChar *arg)
{
   struct vmt_machine_config *config = &tool_options.config;
   const HChar *fault;

   vmt_machine_config_generic(config);
   if (VG_STREQ(tool_options.machine, "host")) {
      if (vmt_machine_from_cpuid(read_cpuid, NULL, config) != VMT_OK)
         bad_option(arg, "This processor does not describe its TLBs.");
   } else if (!VG_STREQ(tool_options.machine, "generic")) {
      load_machine_file(arg, tool_options.machine);
   }
   fault = vmt_machine_config_fault(config);
   if (fault != NULL)
      bad_option(arg, fault);
}

/* ---- one TLB ---- */

static void
override_tlb(const struct tlb_option *option, struct vmt_tlb_shape *shape)
{
   struct vmt_tlb_shape wanted = *shape;
   const HChar *fault;

   if (option->arg == NULL)
      return;
   if (!vmt_tlb_shape_parse(option->text, VG_(strlen)(option->text), &wanted))
      bad_option(option->arg, "<entries>,<ways> is wanted, as in 64,4; ways must divide "
                 "entries.");
   fault = vmt_tlb_shape_fault(&wanted);
   if (fault != NULL)
      bad_option(option->arg, fault);
   *shape = wanted;
}

static void
change_machine(const struct tlb_option *option, struct vmt_tlb_shape *shape)
{
   struct vmt_machine_config *config = &tool_options.config;
   const HChar *fault;

   override_tlb(option, shape);
   if (config->stlb[VMT_PAGE_4K].n_entries == 0)
      config->stlb_shared_2m = false;
   fault = vmt_machine_config_fault(config);
   if (fault != NULL)
      bad_option(option->arg, fault);
}

/* Early, so that a mistake is reported as those in Valgrind's own options are;
   what the machine has to say to it is known only when all options are read.  */
static void
check_tlb(const HChar *arg, struct tlb_option *option)
{
   struct vmt_tlb_shape shape = {.policy = VMT_TLB_LRU};

   option->arg = arg;
   override_tlb(option, &shape);
}

/* ---- the kernel's settings ---- */

static void
read_fault_around(const HChar *arg, const HChar *text)
{
   struct vmt_machine_config config;

   vmt_machine_config_generic(&config);
   if (!vmt_size_parse(text, VG_(strlen)(text), &config.fault_around_bytes) ||
       vmt_machine_config_fault(&config) != NULL)
      bad_option(arg, "A power of two from 4K to 1G is wanted.");
   fault_around_bytes = config.fault_around_bytes;
}

static void
read_folios(const HChar *arg)
{
   const HChar *path = tool_options.folios;
   HChar why[200];

   folios_arg = arg;
   if (!folio_map_read(VG_STREQ(path, "none") ? NULL : path, why, sizeof why))
      bad_option(arg, why);
}

static void
check_folios(void)
{
   if (VG_STREQ(tool_options.folios, "none"))
      return;
   if (!tool_options.settings.page_cache_warm)
      bad_option(folios_arg, "A map of what is in the page cache, and "
                             "--page-cache=cold.");
   folio_map_check_files();
}

/* ---- limited memory ---- */

/* An instruction, with what it is in and what it gathers, touches fewer pages.  */
#define MIN_RAM_BYTES (64 * VMT_PAGE_BYTES)
#define MAX_RAM_BYTES (1ull << 43)

static void
read_ram(const HChar *arg, const HChar *text)
{
   uint64_t *bytes = &tool_options.settings.ram_bytes;

   ram_arg = arg;
   if (!vmt_size_parse(text, VG_(strlen)(text), bytes) || *bytes < MIN_RAM_BYTES ||
       *bytes > MAX_RAM_BYTES || *bytes % VMT_PAGE_BYTES != 0)
      bad_option(arg, "A size from 256K to 8T is wanted, in whole pages of 4K, as "
                      "in 64M.");
}

static void
read_swap(const HChar *arg, const HChar *text)
{
   uint64_t *bytes = &tool_options.settings.swap_bytes;

   pressure_arg = arg;
   if (VG_STREQ(text, "none"))
      *bytes = 0;
   else if (!vmt_size_parse(text, VG_(strlen)(text), bytes) || *bytes == 0 ||
            *bytes > MAX_RAM_BYTES || *bytes % VMT_PAGE_BYTES != 0)
      bad_option(arg, "none is wanted, or a size from 4K to 8T in whole pages of 4K, "
                      "as in 1G.");
}

const HChar *
tool_options_policy(void)
{
   return policies[tool_options.settings.policy];
}

static void
read_policy(const HChar *arg, const HChar *text)
{
   UInt i;

   pressure_arg = arg;
   for (i = 0; i < sizeof policies / sizeof policies[0]; i++)
      if (VG_STREQ(text, policies[i])) {
         tool_options.settings.policy = (enum vmt_page_policy)i;
         return;
      }
   bad_option(arg, "linux, mglru, lru, clock, fifo or random is wanted.");
}

static void
check_pressure(void)
{
   struct vmt_settings *settings = &tool_options.settings;

   settings->swap_latency_ns = (uint64_t)tool_options.swap_latency_us * 1000;
   if (settings->ram_bytes == 0 && pressure_arg != NULL)
      bad_option(pressure_arg, "This needs a limit of memory: --ram=<size>.");
   if (settings->ram_bytes != 0 && !VG_STREQ(tool_options.folios, "none"))
      bad_option(folios_arg, "Large folios, and --ram: reclaim has pages of 4K "
                             "alone.");
}

/* ---- the command line ---- */

Bool
tool_options_parse(const HChar *arg)
{
   const HChar *text;

   if VG_STR_CLO(arg, "--vmtrace-out-file", tool_options.out_file) {}
   else if VG_STR_CLO(arg, "--fault-log", tool_options.fault_log) {}
   else if VG_STR_CLO(arg, "--machine", tool_options.machine)
      read_machine(arg);
   else if VG_STR_CLO(arg, "--itlb", itlb.text) check_tlb(arg, &itlb);
   else if VG_STR_CLO(arg, "--dtlb", dtlb.text) check_tlb(arg, &dtlb);
   else if VG_STR_CLO(arg, "--stlb", stlb.text) check_tlb(arg, &stlb);
   else if VG_BINT_CLO(arg, "--cores", cores, 1, VMT_MAX_CORES) {}
   else if VG_BINT_CLO(arg, "--top", tool_options.top, 0, 1000) {}
   else if VG_BOOL_CLO(arg, "--summary", tool_options.summary) {}
   else if VG_XACT_CLO(arg, "--layout=native", tool_options.native_layout,
                       True) {}
   else if VG_XACT_CLO(arg, "--layout=valgrind", tool_options.native_layout,
                       False) {}
   else if VG_XACT_CLO(arg, "--page-cache=warm",
                       tool_options.settings.page_cache_warm, True) {}
   else if VG_XACT_CLO(arg, "--page-cache=cold",
                       tool_options.settings.page_cache_warm, False) {}
   else if VG_XACT_CLO(arg, "--mrc=fast", tool_options.settings.curve,
                       VMT_CURVE_FAST) {}
   else if VG_XACT_CLO(arg, "--mrc=exact", tool_options.settings.curve,
                       VMT_CURVE_EXACT) {}
   else if VG_XACT_CLO(arg, "--mrc=no", tool_options.settings.curve,
                       VMT_CURVE_NO) {}
   else if VG_XACT_CLO(arg, "--ws-window=0", tool_options.window_instrs, 0) {}
   else if VG_BINT_CLO(arg, "--ws-window", tool_options.window_instrs,
                       MIN_WINDOW_INSTRS, MAX_WINDOW_INSTRS) {}
   else if VG_BOOL_CLO(arg, "--count-atstart", tool_options.counts_at_start) {}
   else if VG_BOOL_CLO(arg, "--track-heap", heap_is_tracked) {}
   else if VG_STR_CLO(arg, "--ram", text) read_ram(arg, text);
   else if VG_STR_CLO(arg, "--swap", text) read_swap(arg, text);
   else if VG_STR_CLO(arg, "--reclaim", text) read_policy(arg, text);
   else if VG_BINT_CLO(arg, "--swap-latency", tool_options.swap_latency_us, 0,
                       1000000)
      pressure_arg = arg;
   else if VG_STR_CLO(arg, "--folios", tool_options.folios)
      read_folios(arg);
   else if VG_STR_CLO(arg, "--vmtrace-tree", text) tree_read_option(arg, text);
   else if VG_STR_CLO(arg, "--fault-around", text)
      read_fault_around(arg, text);
   else
      return False;
   return True;
}

void
tool_options_usage(void)
{
   VG_(printf)(
"    --vmtrace-out-file=<file>        where the profile goes [vmtrace.out.%%p]\n"
"    --machine=<preset or file>       TLBs, walk caches, page table [generic];\n"
"                                     `vmtrace machines' lists the presets,\n"
"                                     `host' is the processor at hand\n"
"    --itlb=<entries>,<ways>          the L1 instruction TLB, 4 KiB pages\n"
"    --dtlb=<entries>,<ways>          the L1 data TLB\n"
"    --stlb=<entries>,<ways>          the L2 TLB that both share\n"
"    --cores=<n>                      simulated cores [1]\n"
"    --layout=native|valgrind         where brk and mmap place things [native]\n"
"    --fault-around=<size>            pages mapped around a file read fault [of\n"
"                                     the machine: 64K]\n"
"    --page-cache=warm|cold           whether files are in memory already [warm]\n"
"    --fault-log=<file>               every page fault, in order [none]\n"
"    --folios=none|<file>             large folios in the page cache [none]; made\n"
"                                     by `vmtrace calibrate --folios'\n"
"    --mrc=fast|exact|no              the memory-size curve [fast]: distances within\n"
"                                     64 pages, exact ones (slow), or none\n"
"    --ws-window=<instructions>       the working set's window [1000000]; 0: none\n"
"    --track-heap=yes|no              watch the program's allocator [yes]\n"
"    --count-atstart=yes|no           no: only what comes after START_COUNTING of\n"
"                                     vmtrace.h, or `counting on' by vgdb [yes]\n"
"    --ram=<size>                     memory of the simulated machine [unlimited]\n"
"    --swap=<size>|none               ... and its swap [unlimited]\n"
"    --reclaim=linux|mglru|lru|clock|fifo|random\n"
"                                     who must go when memory is short [linux]\n"
"    --swap-latency=<us>              how long a page takes from swap [50]\n"
"    --summary=yes|no                 print totals and top lines at exit [yes]\n"
"    --top=<n>                        how many lines that shows [10]\n"
   );
}

void
tool_options_debug_usage(void)
{
   VG_(printf)("    (none)\n");
}

void
tool_options_finish(void)
{
   struct vmt_machine_config *config = &tool_options.config;

   if (VG_STREQ(tool_options.machine, "generic"))
      vmt_machine_config_generic(config);
   change_machine(&itlb, &config->itlb[VMT_PAGE_4K]);
   change_machine(&dtlb, &config->dtlb[VMT_PAGE_4K]);
   change_machine(&stlb, &config->stlb[VMT_PAGE_4K]);
   if (fault_around_bytes != 0)
      config->fault_around_bytes = fault_around_bytes;
   tool_options.settings.n_cores = (uint32_t)cores;
   tool_options.settings.has_blocks = heap_is_tracked;
   tool_options.settings.window_instrs = (uint64_t)tool_options.window_instrs;
   check_folios();
   check_pressure();
}
