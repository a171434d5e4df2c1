#include "vmtrace/tool/monitor.h"

#include "vmtrace/tool/charge.h"
#include "vmtrace/tool/counting.h"
#include "vmtrace/tool/mark_records.h"
#include "vmtrace/tool/monitor_views.h"
#include "vmtrace/tool/options.h"
#include "vmtrace/tool/phases.h"
#include "vmtrace/tool/profile.h"
#include "vmtrace/tool/requests.h"
#include "vmtrace/tool/summary.h"
#include "vmtrace/tool/tool.h"

static void
print_help(void)
{
   VG_(gdb_printf)(
"\n"
"vmtrace monitor commands:\n"
"  summary\n"
"        totals so far, and the lines that fault and miss most\n"
"  snapshot [<file>]\n"
"        notes totals and resident memory in the profile; with <file>, writes\n"
"        all that the profile would be if the program ended now to <file>, for\n"
"        vmtrace report and the others\n"
"  working_set\n"
"        pages touched in the newest windows, and in the one that had most\n"
"  areas\n"
"        what is mapped, resident and swapped, by file or kind\n"
"  curve\n"
"        faults so far with less memory\n"
"  phase begin|end <name>\n"
"        a phase begins, or ends, as by VMTRACE_PHASE_BEGIN of vmtrace.h\n"
"  counting [on|off]\n"
"        whether what happens is counted; goes on, or not, from here on\n"
"  reset\n"
"        forgets what was counted so far\n"
"\n");
}

/* The rest of the line, without blanks around it.  */
static HChar *
rest_of(HChar **state)
{
   HChar *rest = VG_(strtok_r)(NULL, "", state), *end;

   while (rest != NULL && *rest == ' ')
      rest++;
   if (rest == NULL || *rest == 0)
      return NULL;
   end = rest + VG_(strlen)(rest);
   while (end > rest && end[-1] == ' ')
      *--end = 0;
   return rest;
}

static void
no_profile(void)
{
   VG_(gdb_printf)("there is no profile to write to (--vmtrace-out-file)\n");
}

/* From the folder in which the program was started; to be freed.  */
static HChar *
full_path(const HChar *file)
{
   const HChar *folder = VG_(get_startup_wd)();
   SizeT bytes = VG_(strlen)(folder) + VG_(strlen)(file) + 2;
   HChar *path = VG_(malloc)("vmtrace.monitor", bytes);

   VG_(snprintf)(path, bytes, "%s%s%s", *file == '/' ? "" : folder,
                 *file == '/' ? "" : "/", file);
   return path;
}

static void
copy_profile(const HChar *file)
{
   HChar *path = full_path(file), why[200];

   if (profile_copy_to(path, why, sizeof why))
      VG_(gdb_printf)("wrote %s; to see it: vmtrace report %s\n", path, path);
   else
      VG_(gdb_printf)("cannot write %s: %s\n", path, why);
   VG_(free)(path);
}

static void
command_snapshot(const HChar *file)
{
   static UInt n_noted;
   HChar name[32];

   charge_settle();
   if (profile_path() == NULL)
      no_profile();
   else if (file == NULL) {
      VG_(snprintf)(name, sizeof name, "vgdb %u", ++n_noted);
      mark_records_snapshot(name);
      profile_flush();
      VG_(gdb_printf)("noted snapshot '%s' in %s\n", name, profile_path());
   } else
      copy_profile(file);
}

static void
command_phase(HChar **state)
{
   HChar *what = VG_(strtok_r)(NULL, " ", state), *name = NULL;
   Int which = what == NULL ? -1
                            : VG_(keyword_id)("begin end", what, kwd_report_all);

   if (what != NULL && which < 0)
      return;
   name = what == NULL ? NULL : rest_of(state);
   if (name == NULL) {
      VG_(gdb_printf)("usage: phase begin|end <name>\n");
      return;
   }
   if (VG_(strlen)(name) > REQUESTS_NAME_BYTES) {
      VG_(gdb_printf)("the name of a phase has at most %d bytes\n", REQUESTS_NAME_BYTES);
      return;
   }
   if (which == 0)
      phases_begin(name);
   else if (!phases_end(name)) {
      VG_(gdb_printf)("phase '%s' is not open\n", name);
      return;
   }
   VG_(gdb_printf)("phase '%s' %s\n", name, which == 0 ? "begins" : "ends");
}

static void
command_counting(HChar **state)
{
   HChar *what = VG_(strtok_r)(NULL, " ", state);
   Int which = what == NULL ? -1 : VG_(keyword_id)("on off", what, kwd_report_all);

   if (what != NULL && which < 0)
      return;
   if (what != NULL)
      counting_set(which == 0);
   VG_(gdb_printf)("counting is %s\n", counting_is_on ? "on" : "off");
}

static void
command_summary(void)
{
   charge_settle();
   counting_settle();
   summary_print((UInt)tool_options.top);
}

Bool
monitor_command(const HChar *text)
{
   HChar line[VG_(strlen)(text) + 1], *state, *word;

   VG_(strcpy)(line, text);
   word = VG_(strtok_r)(line, " ", &state);
   if (word == NULL)
      return False;
   switch (VG_(keyword_id)("help summary snapshot working_set areas curve phase "
                           "counting reset", word, kwd_report_duplicated_matches)) {
   case -2: return True;
   case 0: print_help(); return True;
   case 1: command_summary(); return True;
   case 2: command_snapshot(rest_of(&state)); return True;
   case 3: monitor_show_working_set(); return True;
   case 4: monitor_show_areas(); return True;
   case 5: monitor_show_curve(); return True;
   case 6: command_phase(&state); return True;
   case 7: command_counting(&state); return True;
   case 8:
      counting_restart();
      VG_(gdb_printf)("what was counted so far is forgotten\n");
      return True;
   default: return False;
   }
}
