#include "vmtrace/mmu/machine/events.h"

const char *const vmt_event_names[VMT_N_EVENTS] = {
#define VMT_EVENT_NAME(name) [VMT_EV_##name] = #name,
   VMT_FAULT_KINDS(VMT_EVENT_NAME)
   VMT_OTHER_EVENTS(VMT_EVENT_NAME)
#undef VMT_EVENT_NAME
};
