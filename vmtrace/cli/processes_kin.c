#include "vmtrace/cli/processes_kin.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/host/escape.h"
#include "vmtrace/host/memory.h"
#include "vmtrace/host/profile_text.h"
#include "vmtrace/host/strings.h"

void
vmt_process_list_add(struct vmt_process_list *list, uint32_t process)
{
   list->list = vmt_grow(list->list, list->n, &list->capacity, sizeof *list->list);
   list->list[list->n++] = process;
}

void
vmt_process_list_free(struct vmt_process_list *list)
{
   free(list->list);
}

static int
compare_numbers(const void *a, const void *b)
{
   uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

   return x < y ? -1 : x > y;
}

void
vmt_process_list_sort(struct vmt_process_list *list)
{
   size_t n = 0;

   if (list->n)
      qsort(list->list, list->n, sizeof *list->list, compare_numbers);
   for (size_t i = 0; i < list->n; i++)
      if (i == 0 || list->list[i] != list->list[i - 1])
         list->list[n++] = list->list[i];
   list->n = n;
}

/* ---- who is whose ---- */

/* Those that come later are put before their siblings.  */
static void
link_children(struct vmt_process_kin *kin)
{
   const struct vmt_processes *processes = &kin->profile->processes;

   kin->first_child = vmt_calloc(processes->n, sizeof *kin->first_child);
   kin->next_sibling = vmt_calloc(processes->n, sizeof *kin->next_sibling);
   kin->first_root = VMT_NO_PROCESS;
   for (uint32_t i = 0; i < processes->n; i++)
      kin->first_child[i] = VMT_NO_PROCESS;
   for (uint32_t i = (uint32_t) processes->n; i-- > 0;) {
      uint32_t parent = processes->list[i].parent;
      uint32_t *first = parent == VMT_NO_PROCESS ? &kin->first_root
                        : &kin->first_child[parent];

      kin->next_sibling[i] = *first;
      *first = i;
   }
}

/* ---- who is alike ---- */

static const char *
program_name(struct vmt_strings *strings, const struct vmt_profile *profile,
             uint32_t process)
{
   json_t *command = json_object_get(vmt_process_last(profile, process)->header,
                                     "command");
   char *word = vmt_profile_text(json_array_get(command, 0));
   const char *slash = word ? strrchr(word, '/') : NULL;
   const char *name = vmt_strings_keep(strings, slash && slash[1] ? slash + 1
                                       : word ? word : "?");

   free(word);
   return name;
}

/* Children have higher positions than their parents: from the last one on, they have
   their kind before it is asked for.  */
static void
find_kinds(struct vmt_process_kin *kin)
{
   size_t n = kin->profile->processes.n;
   uint32_t *children = vmt_calloc(n, sizeof *children);
   struct vmt_strings *strings = vmt_strings_new();
   struct vmt_keymap map = { 0 };
   bool added;

   kin->kind = vmt_calloc(n, sizeof *kin->kind);
   for (uint32_t i = (uint32_t) n; i-- > 0;) {
      size_t n_children = 0;
      uint32_t kind = vmt_keymap_intern(&map, (uintptr_t) program_name(strings,
                                                                       kin->profile, i),
                                        UINT64_MAX, (uint32_t) map.n_used, &added);

      for (uint32_t child = kin->first_child[i]; child != VMT_NO_PROCESS;
           child = kin->next_sibling[child])
         children[n_children++] = kin->kind[child];
      qsort(children, n_children, sizeof *children, compare_numbers);
      for (size_t k = 0; k < n_children; k++)
         kind = vmt_keymap_intern(&map, kind, children[k], (uint32_t) map.n_used, &added);
      kin->kind[i] = kind;
   }
   vmt_keymap_free(&map);
   vmt_strings_free(strings);
   free(children);
}

struct vmt_process_kin
vmt_process_kin_find(const struct vmt_profile *profile)
{
   struct vmt_process_kin kin = { .profile = profile };

   link_children(&kin);
   find_kinds(&kin);
   return kin;
}

void
vmt_process_kin_free(struct vmt_process_kin *kin)
{
   free(kin->kind);
   free(kin->first_child);
   free(kin->next_sibling);
}

/* ---- what they are called ---- */

static json_t *
command_of(const struct vmt_profile *profile, uint32_t process)
{
   return json_object_get(vmt_process_last(profile, process)->header, "command");
}

/* How many words of the first one's command all the others have too.  */
static size_t
common_words(const struct vmt_profile *profile, const struct vmt_process_list *list)
{
   json_t *first = command_of(profile, list->list[0]);
   size_t n = json_array_size(first);

   for (size_t i = 1; i < list->n; i++) {
      json_t *other = command_of(profile, list->list[i]);
      size_t same = 0;

      while (same < n && json_equal(json_array_get(first, same),
                                    json_array_get(other, same)))
         same++;
      n = same == n && json_array_size(other) > n ? n : same;
   }
   return n;
}

static bool
all_equal(const struct vmt_profile *profile, const struct vmt_process_list *list)
{
   for (size_t i = 1; i < list->n; i++)
      if (!json_equal(command_of(profile, list->list[0]),
                      command_of(profile, list->list[i])))
         return false;
   return true;
}

/* The program's name is theirs in common, whatever its folder.  */
char *
vmt_process_list_command(const struct vmt_profile *profile,
                         const struct vmt_process_list *list, size_t n_columns)
{
   json_t *command = command_of(profile, list->list[0]), *header;
   struct vmt_profile_run common = { 0 };
   size_t n = common_words(profile, list);
   char *text, *cut;

   if (all_equal(profile, list))
      return vmt_process_command(profile, list->list[0], n_columns);
   header = json_object();
   json_object_set_new(header, "command", json_array());
   for (size_t i = 0; i < (n ? n : 1); i++)
      json_array_append(json_object_get(header, "command"), json_array_get(command, i));
   common.header = header;
   text = vmt_run_command(&common, n_columns);
   cut = vmt_format("%s ...", text);
   free(text);
   json_decref(header);
   return cut;
}
