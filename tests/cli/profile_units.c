/* The small parts under the profile reader: escapes, ids, names of events.  */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/blame.h"
#include "vmtrace/host/escape.h"
#include "vmtrace/host/events.h"
#include "vmtrace/host/keymap.h"
#include "vmtrace/host/profile_text.h"
#include "vmtrace/host/strings.h"
#include "vmtrace/mmu/machine/events.h"

static int n_checks, n_wrong;

static void
check_text(const char *what, const char *expected, char *got)
{
   n_checks++;
   if (!got || strcmp(expected, got) != 0) {
      n_wrong++;
      printf("%s\n  expected: %s\n  got:      %s\n", what, expected,
             got ? got : "NULL");
   }
   free(got);
}

static void
check_number(const char *what, long long expected, long long got)
{
   n_checks++;
   if (expected != got) {
      n_wrong++;
      printf("%s\n  expected: %lld\n  got:      %lld\n", what, expected, got);
   }
}

/* What a function prints for a text.  */
static char *
printed(void (*print)(FILE *file, const char *text), const char *text)
{
   char *bytes = NULL;
   size_t n;
   FILE *file = open_memstream(&bytes, &n);

   print(file, text);
   fclose(file);
   return bytes;
}

static void
check_escapes(void)
{
   check_text("plain", "a b\xe2\x98\x83", vmt_escape_line("a b\xe2\x98\x83"));
   check_text("controls", "\\n\\t\\x1b\\x7f", vmt_escape_line("\n\t\x1b\x7f"));
   check_text("no UTF-8", "\\xff\\xc0\\x80", vmt_escape_line("\xff\xc0\x80"));
   check_text("a surrogate", "\\xed\\xa0\\x80", vmt_escape_line("\xed\xa0\x80"));
   check_text("beyond Unicode", "\\xf4\\x90\\x80\\x80",
              vmt_escape_line("\xf4\x90\x80\x80"));
   check_text("a C1 control", "\\xc2\\x9b", vmt_escape_line("\xc2\x9b"));
   check_text("a torn character", "\\xe2\\x98", vmt_escape_line("\xe2\x98"));
   check_text("as long as it may be", "abcdef", vmt_escape_short("abcdef", 6));
   check_text("too long", "abc...", vmt_escape_short("abcdefg", 6));
   check_text("JSON", "\"\\\"\\\\\\u000a\\udcff\xc3\xa9\"",
              printed(vmt_escape_json, "\"\\\n\xff\xc3\xa9"));
   check_text("JSON, nothing", "\"\"", printed(vmt_escape_json, NULL));
   check_text("CSV, plain", "a'b", printed(vmt_escape_csv, "a'b"));
   check_text("CSV, quoted", "\"a\"\"b,\nc\"", printed(vmt_escape_csv, "a\"b,\nc"));
   check_text("CSV, bytes", "a\\xff\\x1b", printed(vmt_escape_csv, "a\xff\x1b"));
}

static char *
parsed(const char *line)
{
   json_error_t error;
   json_t *value = vmt_profile_parse(line, strlen(line), &error);
   char *text = vmt_profile_text(json_array_get(value, 0));

   json_decref(value);
   return text;
}

static void
check_strings(void)
{
   check_text("bytes", "\x80x\xff", parsed("[\"\\udc80x\\udcFF\"]"));
   check_text("a pair", "\xf0\x9f\x98\x80", parsed("[\"\\ud83d\\ude00\"]"));
   check_text("a pair that looks like a byte", "\xf0\x90\x82\x80",
              parsed("[\"\\ud800\\udc80\"]"));
   check_text("an escaped backslash", "\\udc80", parsed("[\"\\\\udc80\"]"));
   check_number("a NUL", 0, parsed("[\"\\u0000\"]") != NULL);
   check_number("half a pair", 0, parsed("[\"\\ud83d\"]") != NULL);
   check_number("half a pair, below the bytes", 0, parsed("[\"\\udc7f\"]") != NULL);
   check_number("not a string", 0, parsed("[1]") != NULL);
}

/* Numbers that fall on the same slots of small tables, and many.  */
static void
check_keymap(void)
{
   enum { N = 20000 };
   struct vmt_keymap map = { 0 };
   bool added;

   check_number("an empty map", VMT_KEYMAP_NONE, vmt_keymap_find(&map, 0, 0));
   for (uint32_t i = 0; i < N; i++) {
      check_number("a new one", i,
                   vmt_keymap_intern(&map, (uint64_t) i << 40, i % 3, i, &added));
      check_number("is added", true, added);
   }
   for (uint32_t i = 0; i < N; i++) {
      check_number("found", i, vmt_keymap_find(&map, (uint64_t) i << 40, i % 3));
      check_number("not found", VMT_KEYMAP_NONE,
                   vmt_keymap_find(&map, (uint64_t) i << 40, i % 3 + 1));
      check_number("an old one", i,
                   vmt_keymap_intern(&map, (uint64_t) i << 40, i % 3, 7, &added));
      check_number("is not added", false, added);
   }
   vmt_keymap_free(&map);
}

/* What the machine counts is known here, and major faults as such.  */
static void
check_events(void)
{
   static const char *const names[] = {
#define NAME(name) #name,
      VMT_FAULT_KINDS(NAME)
      VMT_OTHER_EVENTS(NAME)
#undef NAME
   };
   struct vmt_events events = { .n = 0 };

   for (int event = 0; event < VMT_N_EVENTS; event++) {
      const struct vmt_event_about *about = vmt_event_about(names[event]);
      enum vmt_event_role role =
         event >= VMT_N_FAULT_KINDS ? VMT_EVENT_OTHER
         : vmt_event_is_major((enum vmt_event) event) ? VMT_EVENT_MAJOR
         : VMT_EVENT_MINOR;

      check_number(names[event], role, about ? (int) about->role : -1);
      check_number(names[event], event, vmt_events_add(&events, names[event]));
   }
   check_number("found again", 3, vmt_events_add(&events, names[3]));
   check_number("unknown", -1, vmt_events_find(&events, "Wibble"));
   for (size_t i = events.n; i < VMT_EVENTS_MAX; i++) {
      char name[16];

      snprintf(name, sizeof name, "E%zu", i);
      check_number(name, (long long) i, vmt_events_add(&events, name));
   }
   check_number("one too many", -1, vmt_events_add(&events, "Wibble"));
   vmt_events_free(&events);
}

static void
check_paths(void)
{
   static const struct { const char *comp_dir, *dir, *path; } cases[] = {
      { "/b", "sub", "/b/sub/x.c" },
      { "/b", "/other/", "/other/x.c" },
      { "/b", "", "/b/x.c" },
      { "./malloc", "./malloc", "malloc/x.c" },
      { "./malloc", "./malloc/sub", "malloc/sub/x.c" },
      { "./malloc", "../sysdeps", "sysdeps/x.c" },
      { "./malloc", "./mallocator", "malloc/mallocator/x.c" },
      { "malloc", "malloc", "malloc/malloc/x.c" },
   };
   struct vmt_strings *strings = vmt_strings_new();

   for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
      const char *path = vmt_strings_path(strings, cases[i].comp_dir, cases[i].dir,
                                          "x.c");

      check_text(cases[i].path, cases[i].path, strdup(path));
   }
   vmt_strings_free(strings);
}

static void
check_headers(void)
{
   static const char *const headers[] = {
      "/usr/include/stdio.h", "/usr/include/c++/12/vector",
      "/usr/lib/gcc/x86_64-linux-gnu/12/include/xmmintrin.h",
      "/usr/bin/../lib/gcc/x86_64-linux-gnu/12/../../../../include/c++/12/vector",
      "/usr/local/include/c++/13.2.0/vector", "//usr/./include/x.h"
   };
   static const char *const others[] = {
      "", "x.h", "include/x.h", "/home/u/include/x.h", "/usr/includes/x.h",
      "/usr/include/../src/x.c", "/usr/local/include/x.h", "/usr/lib/x.c", "/..", "."
   };

   for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
      check_number(headers[i], true, vmt_blame_system_header(headers[i]));
   for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
      check_number(others[i], false, vmt_blame_system_header(others[i]));
}

int
main(void)
{
   check_paths();
   check_headers();
   check_escapes();
   check_strings();
   check_keymap();
   check_events();
   printf("%d checks, %d wrong\n", n_checks, n_wrong);
   return n_wrong != 0;
}
