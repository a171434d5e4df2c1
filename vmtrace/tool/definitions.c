#include "vmtrace/tool/definitions.h"

#include "vmtrace/tool/objects.h"
#include "vmtrace/tool/stacks.h"
#include "vmtrace/tool/tool.h"

static struct json_out *out;
static UInt n_labels, n_charges;        /* whose are written */

static void
member(const HChar *name, Long value)
{
   json_text(out, name);
   json_number(out, value);
}

void
definitions_object(UInt id)
{
   const struct tool_object *object = objects_get(id);

   if (id == 0 || objects_defined(id))
      return;
   member("{\"object\":", id);
   json_text(out, ",\"path\":");
   json_string(out, object->path);
   json_text(out, ",\"build_id\":");
   if (object->build_id != NULL)
      json_string(out, object->build_id);
   else
      json_text(out, "null");
   json_text(out, "}\n");
}

static void
write_labels(void)
{
   while (n_labels < objects_n_labels()) {
      const struct tool_label *label = objects_get_label(++n_labels);

      member("{\"area\":", n_labels);
      json_text(out, ",\"name\":");
      json_string(out, label->name);
      json_text(out, ",\"kind\":");
      json_string(out, label->kind);
      json_text(out, "}\n");
   }
}

static void
define_frame(UInt id)
{
   const struct stack_frame *frame = stacks_frame(id);

   if (!stacks_frame_is_news(id))
      return;
   definitions_object(frame->object);
   member("{\"frame\":", id);
   member(",\"object\":", frame->object);
   member(",\"offset\":", (Long)frame->offset);
   json_text(out, "}\n");
}

/* Callers first.  */
void
definitions_stack(UInt id)
{
   const struct stack_node *node;

   if (id == STACK_NONE || !stacks_node_is_news(id))
      return;
   node = stacks_node(id);
   definitions_stack(node->parent);
   define_frame(node->frame);
   member("{\"stack\":", id);
   member(",\"frame\":", node->frame);
   member(",\"parent\":", node->parent);
   json_text(out, node->cut ? ",\"cut\":true}\n" : "}\n");
}

/* Many stacks are only passed through: most calls of the allocator, for one.  */
static void
write_stacks(void)
{
   const struct vmt_accounting *ledger = &tool_machine.ledger;

   while (n_charges + 1 < ledger->charges.n_records)
      definitions_stack(vmt_accounting_get(ledger, ++n_charges)->stack);
}

void
definitions_write(void)
{
   write_labels();
   write_stacks();
}

void
definitions_start_anew(struct json_out *to)
{
   out = to;
   n_labels = n_charges = 0;
   stacks_are_news();
}
