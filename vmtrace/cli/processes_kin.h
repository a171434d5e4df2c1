/* Processes that are alike: of one program, with children that are alike.  A shell
   that starts the same command two hundred times has two hundred such children, which
   a reader wants to see as one.

   Alike are processes whose last image has one name (of the program, without its
   folders and arguments) and whose children are alike, as many of each.  */

#ifndef VMT_CLI_PROCESSES_KIN_H
#define VMT_CLI_PROCESSES_KIN_H

#include "vmtrace/cli/processes.h"

/* So many that are alike are shown as one.  */
#define VMT_PROCESSES_FOLD_LEAST 4

struct vmt_process_kin {
   const struct vmt_profile *profile;
   uint32_t *kind;              /* of each process: equal for those that are alike */
   uint32_t *first_child;       /* of each process, VMT_NO_PROCESS: none */
   uint32_t *next_sibling;
   uint32_t first_root;
};

struct vmt_process_kin vmt_process_kin_find(const struct vmt_profile *profile);
void vmt_process_kin_free(struct vmt_process_kin *kin);

/* Some processes, in order.  */
struct vmt_process_list {
   uint32_t *list;
   size_t n, capacity;
};

void vmt_process_list_add(struct vmt_process_list *list, uint32_t process);
void vmt_process_list_free(struct vmt_process_list *list);

/* Each once, in their order.  */
void vmt_process_list_sort(struct vmt_process_list *list);

/* The words that the commands of processes begin with, and "..." for what differs;
   to be freed.  */
char *vmt_process_list_command(const struct vmt_profile *profile,
                               const struct vmt_process_list *list, size_t n_columns);

#endif
