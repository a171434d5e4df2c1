/* vmtrace curve: faults at every size of RAM.  */

#include "vmtrace/cli/curve.h"

#include <stdlib.h>
#include <string.h>

#include "vmtrace/cli/quantity.h"
#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/memory.h"

static const char help[] =
   "usage: vmtrace curve [options] FILE\n"
   "\n"
   "Draws how often the program would fault with each size of RAM, if the pages\n"
   "that were not used for longest went first, and says how much memory it needs.\n"
   "\n"
   "options:\n"
   "  --at=SIZE,...          faults at these sizes: 64M, 512K, 2G, or 50% of the\n"
   "                         peak\n"
   "  --from=SIZE            with --to: which lines begin to fault when RAM falls\n"
   "                         from this size (default: the peak)\n"
   "  --to=SIZE              ... to this one\n"
   VMT_MEMORY_HELP;

enum { OPTION_AT = VMT_OPTION_MEMORY_OWN, OPTION_FROM, OPTION_TO };

struct given {
   char *at;
   const char *from, *to;
};

static int
take_options(struct vmt_memory_view *view, struct given *given, int argc,
             char **argv)
{
   static const struct option long_options[] = {
      VMT_MEMORY_LONG_OPTIONS,
      { "at", required_argument, NULL, OPTION_AT },
      { "from", required_argument, NULL, OPTION_FROM },
      { "to", required_argument, NULL, OPTION_TO },
      { NULL, 0, NULL, 0 }
   };
   int code, status = VMT_EXIT_OK;

   while (vmt_report_next_option(status, argc, argv, VMT_COMMON_SHORT_OPTIONS,
                                 long_options, &code))
      if (code == OPTION_AT)
         given->at = optarg;
      else if (code == OPTION_FROM)
         given->from = optarg;
      else if (code == OPTION_TO)
         given->to = optarg;
      else
         status = vmt_memory_option(view, code, argv);
   if (status == VMT_EXIT_OK && given->from && !given->to) {
      vmt_complain("curve: --from=%s to which size? give --to=SIZE too",
                   given->from);
      status = VMT_EXIT_TROUBLE;
   }
   return status;
}

bool
vmt_curve_knows(const struct vmt_curve_view *view, const struct vmt_curve_size *size)
{
   return size && size->ram_pages >= vmt_curve_first_pages(view->curve);
}

static int
bad_size(const char *option, const char *text)
{
   vmt_complain("curve: --%s cannot be %s; a size is like 64M, 512K, 2G, or 50%% "
                "of the peak, and at least a page of 4K", option, text);
   return VMT_EXIT_TROUBLE;
}

int
vmt_curve_take_size(const struct vmt_curve_view *view, const char *option,
                    const char *text, struct vmt_curve_asked *asked)
{
   asked->text = text;
   if (!vmt_bytes_parse(text, view->last->ram_pages * VMT_MEMORY_PAGE_BYTES,
                        &asked->bytes)
       || asked->bytes < VMT_MEMORY_PAGE_BYTES)
      return bad_size(option, text);
   asked->size = vmt_curve_at(view->curve, asked->bytes / VMT_MEMORY_PAGE_BYTES);
   return VMT_EXIT_OK;
}

/* The list is taken apart where it is: asked->text points into it.  */
static int
take_sizes(struct vmt_curve_view *view, char *list)
{
   size_t capacity = 0;
   char *text;

   while ((text = strsep(&list, ",")) != NULL) {
      view->asked = vmt_grow(view->asked, view->n_asked, &capacity,
                             sizeof *view->asked);
      if (vmt_curve_take_size(view, "at", text, &view->asked[view->n_asked]))
         return VMT_EXIT_TROUBLE;
      view->n_asked++;
   }
   return VMT_EXIT_OK;
}

/* From the peak on, more memory makes no difference: that is no size to mark.  */
static const struct vmt_curve_size *
size_had(const struct vmt_curve_view *view, const struct vmt_limit *limit)
{
   const struct vmt_curve_size *size =
      limit->has_ram ? vmt_curve_at(view->curve, limit->ram_bytes
                                    / VMT_MEMORY_PAGE_BYTES) : NULL;

   return vmt_curve_knows(view, size) && size < view->last ? size : NULL;
}

static int
find(struct vmt_curve_view *view, const struct given *given)
{
   const struct vmt_curve *curve = &view->memory.run->pressure.curve;

   if (!curve->sizes && curve->mode[0]) {
      vmt_complain("curve: %.300s has no curve: no page was touched",
                   view->memory.run->file);
      return VMT_EXIT_TROUBLE;
   }
   if (!curve->sizes)
      return vmt_memory_missing(&view->memory, "curve", "mrc");
   view->curve = curve;
   view->last = &curve->sizes[curve->n_sizes - 1];
   view->need = vmt_curve_need(curve, VMT_CURVE_NEED_PERCENT);
   view->knee = vmt_curve_knee(curve);
   view->had = size_had(view, &view->memory.run->pressure.limit);
   if (given->at && take_sizes(view, given->at))
      return VMT_EXIT_TROUBLE;
   return given->to ? vmt_curve_find_span(view, given->from, given->to)
          : VMT_EXIT_OK;
}

/* The verb's, which begins with the view that its parts are given.  */
struct curve_verb {
   struct vmt_curve_view view;
   struct given given;
};

static int
find_curve(struct vmt_memory_view *memory)
{
   struct curve_verb *verb = (struct curve_verb *) memory;

   return find(&verb->view, &verb->given);
}

static int
print(struct vmt_memory_view *memory)
{
   const struct vmt_curve_view *view = (struct vmt_curve_view *) memory;
   const struct vmt_report_options *options = &memory->report.options;
   struct vmt_output out;

   if (vmt_report_output_open(&out, options))
      return VMT_EXIT_TROUBLE;
   if (options->json)
      vmt_curve_json(view, out.file);
   else if (options->csv)
      vmt_curve_csv(view, out.file);
   else
      vmt_curve_text(view, &out);
   return vmt_output_close(&out);
}

int
vmt_verb_curve(int argc, char **argv)
{
   struct curve_verb verb = { .view.memory = vmt_memory_view_new("curve") };
   struct vmt_memory_view *memory = &verb.view.memory;
   int status = take_options(memory, &verb.given, argc, argv);

   status = vmt_memory_verb(memory, status, argc, argv, help, find_curve, print);
   free(verb.view.asked);
   vmt_report_options_free(&memory->report.options);
   return status;
}
