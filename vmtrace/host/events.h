/* Names of events, and what is known of each.

   A profile's header says which events it counts; a newer tool's may be unknown
   here, and are carried along under their names all the same.  */

#ifndef VMT_HOST_EVENTS_H
#define VMT_HOST_EVENTS_H

#include <stdbool.h>
#include <stddef.h>

#define VMT_EVENTS_MAX 128

enum vmt_event_role {
   VMT_EVENT_OTHER,             /* a count */
   VMT_EVENT_MINOR,             /* a kind of minor fault */
   VMT_EVENT_MAJOR,             /* a kind of major fault */
   VMT_EVENT_SUM,               /* Flt, MinFlt, MajFlt: sums of kinds */
   VMT_EVENT_EXECUTED,          /* Ir, Dr, Dw: of an instruction, no stack */
   VMT_EVENT_SITE,              /* Allocs, ...: of where memory was asked for */
   VMT_EVENT_SIZE               /* RssPeak: of a run, of no line */
};

struct vmt_event_about {
   const char *name;
   enum vmt_event_role role;
   const char *text;            /* half a line */
};

/* Events in the order in which reports show them.  */
struct vmt_events {
   char *names[VMT_EVENTS_MAX];
   enum vmt_event_role roles[VMT_EVENTS_MAX];
   size_t n;
};

/* What happens with a limit on memory alone, and is no kind of fault.  */
enum { VMT_N_LIMIT_EVENTS = 4 };
extern const char *const vmt_limit_events[VMT_N_LIMIT_EVENTS];

/* NULL for an event that is not known here.  */
const struct vmt_event_about *vmt_event_about(const char *name);

/* An all-zero struct holds no events.  */
void vmt_events_free(struct vmt_events *events);

/* The position of an event, or -1.  */
int vmt_events_find(const struct vmt_events *events, const char *name);

/* The same, added at the end if need be; -1 when there are VMT_EVENTS_MAX.  */
int vmt_events_add(struct vmt_events *events, const char *name);

#endif
