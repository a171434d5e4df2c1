#define _GNU_SOURCE
#include "tests/machine/tree.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/mmu/check.h"
#include "vmtrace/mmu/mechanisms/common_private.h"

#define START ((vmt_addr)1 << 30)
#define RW (VMT_AREA_READ | VMT_AREA_WRITE)

static const struct vmt_common_limits limits = {TREE_DRIVER_PLACE, 64, 16};

struct tree_shared *tree_shared;

static pid_t driver;

static struct {
   pid_t pid;                           /* 0: there is none */
   int driver, process;                 /* the two ends of its line */
   uint32_t place, id;
} processes[TREE_PROCESSES];

static bool
is_alive(uint32_t place)
{
   return tree_shared->alive[place];
}

/* ---- in a process ---- */

static struct vmt_machine machine;
static uint64_t tick;

static void
map_areas(void)
{
   const struct vmt_area areas[] = {
      { .start = TREE_ANON, .end = TREE_FILE, .flags = RW,
        .backing = VMT_BACKING_ANON },
      { .start = TREE_FILE, .end = TREE_AGAIN, .flags = RW,
        .backing = VMT_BACKING_FILE, .object = 1, .page_offset = TREE_SHARED_FILE },
      { .start = TREE_AGAIN, .end = TREE_MEMORY, .flags = RW,
        .backing = VMT_BACKING_FILE, .object = 1, .page_offset = TREE_SHARED_FILE },
      { .start = TREE_MEMORY, .end = TREE_SHARED_FILE, .flags = RW | VMT_AREA_SHARED,
        .backing = VMT_BACKING_SHMEM, .object = 2, .page_offset = TREE_MEMORY },
      { .start = TREE_SHARED_FILE, .end = TREE_PAGES, .flags = RW | VMT_AREA_SHARED,
        .backing = VMT_BACKING_FILE, .object = 1, .page_offset = TREE_SHARED_FILE },
   };
   uint32_t n;

   for (int i = 0; i < 5; i++) {
      struct vmt_area area = areas[i];

      area.start = START + (area.start << VMT_PAGE_SHIFT);
      area.end = START + (area.end << VMT_PAGE_SHIFT);
      CHECK_EQ(vmt_machine_map(&machine, &area, &n), VMT_OK);
   }
}

static void
start_image(uint32_t place)
{
   const struct vmt_settings settings = {.n_cores = 1, .page_cache_warm = true,
                                         .stack_limit_bytes = 8 << 20};
   struct vmt_machine_config config;

   vmt_machine_config_generic(&config);
   config.fault_around_bytes = VMT_PAGE_BYTES;
   CHECK_EQ(vmt_machine_init(&machine, &config, &settings), VMT_OK);
   for (uint32_t object = 1; object <= 2; object++) {
      CHECK_EQ(vmt_machine_object(&machine, ~0ull, object != 2), object);
      vmt_machine_set_object_identity(&machine, object, 1, object);
   }
   map_areas();
   CHECK_EQ(vmt_machine_join(&machine, &tree_shared->common, place), VMT_OK);
}

static void
touch(const struct tree_op *op, struct tree_answer *answer)
{
   struct vmt_outcome outcome;

   machine.filter.clock = ++tick + 1;
   if (!vmt_machine_access(&machine, START + op->page * VMT_PAGE_BYTES,
                           op->kind == TREE_WRITE ? VMT_WRITE : VMT_READ, tick, &outcome))
      return;
   answer->event = outcome.event;
   answer->copied_from = outcome.copied_from;
   CHECK_EQ(vmt_machine_charge(&machine, &outcome,
                               vmt_accounting_charge(&machine.ledger, 1, 1, 1, 0)),
            VMT_OK);
}

static bool
is_shown_below(vmt_vpn vpn, uint64_t frame)
{
   vmt_vpn other = START >> VMT_PAGE_SHIFT;
   const struct vmt_pte *pte;

   for (; (pte = vmt_pagetable_next(&machine.pages, &other, vpn)) != NULL; other++)
      if ((pte->bits & VMT_PTE_FRAME) >> VMT_PTE_FRAME_SHIFT == frame)
         return true;
   return false;
}

/* What it has and what it shows is the same.  */
static uint32_t
n_wrong(void)
{
   const struct vmt_common *common = machine.sharing.common;
   uint32_t n_shown = 0, n_held = 0, n = 0;
   vmt_vpn vpn = 0;
   const struct vmt_pte *pte;

   for (; (pte = vmt_pagetable_next(&machine.pages, &vpn, machine.pages.n_pages)) != NULL;
        vpn++) {
      uint64_t frame = (pte->bits & VMT_PTE_FRAME) >> VMT_PTE_FRAME_SHIFT;

      n_shown += frame != 0 && !is_shown_below(vpn, frame);
      n += frame != 0 && !vmt_common_has(common, machine.sharing.place, frame);
   }
   for (uint64_t frame = VMT_FRAME_BLOCK;
        frame < (common->n_blocks + 1) * (uint64_t)VMT_FRAME_BLOCK; frame++)
      n_held += vmt_common_has(common, machine.sharing.place, frame);
   return n + (n_shown != n_held);
}

static void serve(int which) __attribute__((noreturn));

static void
fork_off(int which, int child, uint32_t place, struct tree_answer *answer)
{
   (void)which;
   vmt_machine_before_fork(&machine, place);
   answer->child = fork();
   CHECK(answer->child >= 0);
   if (answer->child != 0)
      return;
   CHECK_EQ(vmt_machine_become_child(&machine, place), VMT_OK);
   CHECK_EQ(send(processes[child].process, answer, sizeof *answer, 0), sizeof *answer);
   serve(child);
}

static void
take(int which, const struct tree_op *op, struct tree_answer *answer)
{
   vmt_addr start = START + op->page * VMT_PAGE_BYTES;
   uint32_t n;

   switch (op->kind) {
   case TREE_READ:
   case TREE_WRITE:
      touch(op, answer);
      break;
   case TREE_ZAP:
      CHECK_EQ(vmt_machine_advise(&machine, start, start + op->n * VMT_PAGE_BYTES,
                                  VMT_ADVICE_ZAP, &n), VMT_OK);
      break;
   case TREE_UNMAP:
      CHECK_EQ(vmt_machine_unmap(&machine, start, start + op->n * VMT_PAGE_BYTES, &n),
               VMT_OK);
      break;
   case TREE_FORK:
      fork_off(which, (int)op->n, op->place, answer);
      break;
   case TREE_EXEC:
      vmt_machine_leave(&machine);
      vmt_machine_free(&machine);
      start_image(op->place);
      break;
   case TREE_EXIT:
      vmt_machine_leave(&machine);
      break;
   case TREE_MEASURE:
      vmt_machine_measure(&machine, &answer->resident);
      answer->n_tree_pages = vmt_common_n_pages(&tree_shared->common);
      answer->n_peak_pages = tree_shared->common.n_peak_pages;
      answer->n_wrong = n_wrong();
      break;
   case TREE_STOP:
      raise(SIGSTOP);
      break;
   }
}

static void
serve(int which)
{
   struct tree_op op;

   while (!tree_shared->is_over && kill(driver, 0) == 0) {
      struct tree_answer answer = {.event = VMT_NO_EVENT};

      if (recv(processes[which].process, &op, sizeof op, 0) != sizeof op)
         continue;
      take(which, &op, &answer);
      if (op.kind != TREE_STOP)
         CHECK_EQ(send(processes[which].process, &answer, sizeof answer, 0),
                  sizeof answer);
      if (op.kind == TREE_EXIT)
         break;
   }
   _exit(0);
}

/* ---- the driver ---- */

static void
open_lines(void)
{
   const struct timeval patience = {.tv_usec = 100000};

   for (int i = 0; i < TREE_PROCESSES; i++) {
      int ends[2];

      CHECK_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
      CHECK_EQ(setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience),
               0);
      processes[i].driver = ends[0];
      processes[i].process = ends[1];
      processes[i].pid = 0;
   }
}

void
tree_start(void)
{
   size_t bytes = sizeof *tree_shared + vmt_common_bytes(&limits);

   driver = getpid();
   CHECK_EQ(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
   test_is_alive = is_alive;
   tree_shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                      -1, 0);
   CHECK(tree_shared != MAP_FAILED);
   vmt_common_init(&tree_shared->common, &limits, 1);
   tree_shared->alive[TREE_DRIVER_PLACE] = true;
   open_lines();
   processes[0].place = tree_enter(0, 0);
   processes[0].id = 1;
   processes[0].pid = fork();
   CHECK(processes[0].pid >= 0);
   if (processes[0].pid == 0) {
      signal(SIGCHLD, SIG_IGN);
      start_image(processes[0].place);
      serve(0);
   }
}

/* Its death is seen by all at once.  */
static void
bury(int which)
{
   struct pollfd death = {
      .fd = (int)syscall(SYS_pidfd_open, processes[which].pid, 0), .events = POLLIN};

   if (death.fd >= 0) {
      CHECK_EQ(poll(&death, 1, -1), 1);
      close(death.fd);
   }
   tree_shared->alive[processes[which].place] = false;
   processes[which].pid = 0;
}

/* What it had not read, or nobody had asked for, is not for the next one.  */
static void
empty(int line)
{
   struct tree_answer any;

   while (recv(line, &any, sizeof any, MSG_DONTWAIT) > 0)
      ;
}

void
tree_kill(int which)
{
   kill(processes[which].pid, SIGKILL);
   bury(which);
   empty(processes[which].driver);
   empty(processes[which].process);
}

pid_t
tree_pid(int which)
{
   return processes[which].pid;
}

void
tree_end(void)
{
   for (int i = 0; i < TREE_PROCESSES; i++) {
      if (processes[i].pid != 0)
         tree_kill(i);
      close(processes[i].driver);
      close(processes[i].process);
   }
   tree_shared->is_over = true;
   while (waitpid(-1, NULL, WNOHANG) > 0)
      ;
   munmap(tree_shared, sizeof *tree_shared + vmt_common_bytes(&limits));
   test_is_alive = NULL;
}

uint32_t
tree_enter(uint32_t parent_id, uint32_t id)
{
   struct vmt_common *common = &tree_shared->common;
   uint32_t place = 1;

   vmt_common_lock(common, TREE_DRIVER_PLACE);
   vmt_common_bury(common);
   while (vmt_common_process(common, place)->state != VMT_PLACE_FREE)
      place++;
   CHECK(place < TREE_DRIVER_PLACE);
   tree_shared->alive[place] = true;
   vmt_common_enter(common, place, id, parent_id, 0);
   vmt_common_unlock(common);
   return place;
}

void
tree_tell(int which, const struct tree_op *op)
{
   CHECK_EQ(send(processes[which].driver, op, sizeof *op, 0), sizeof *op);
}

static void
note(int which, const struct tree_op *op, int child, const struct tree_answer *answer)
{
   if (op->kind == TREE_FORK) {
      struct tree_answer ready;

      CHECK_EQ(recv(processes[child].driver, &ready, sizeof ready, 0), sizeof ready);
      processes[child].pid = answer->child;
      processes[child].place = op->place;
      processes[child].id =
         vmt_common_process(&tree_shared->common, op->place)->id;
   }
   if (op->kind == TREE_EXEC) {
      tree_shared->alive[processes[which].place] = false;
      processes[which].place = op->place;
   }
   if (op->kind == TREE_EXIT)
      bury(which);
}

void
tree_do(int which, const struct tree_op *op, int child, struct tree_answer *answer)
{
   struct tree_op told = *op;

   if (op->kind == TREE_FORK) {
      told.place = tree_enter(processes[which].id, 0);
      told.n = (uint32_t)child;
   }
   if (op->kind == TREE_EXEC)
      told.place = tree_enter(vmt_common_process(&tree_shared->common,
                                                 processes[which].place)->parent,
                              processes[which].id);
   tree_tell(which, &told);
   CHECK_EQ(recv(processes[which].driver, answer, sizeof *answer, 0), sizeof *answer);
   note(which, &told, child, answer);
}

bool
tree_has_answer(int which)
{
   struct pollfd line = {.fd = processes[which].driver, .events = POLLIN};

   return poll(&line, 1, 0) == 1;
}

static bool
is_known(pid_t pid)
{
   for (int i = 0; i < TREE_PROCESSES; i++)
      if (processes[i].pid == pid)
         return true;
   return false;
}

void
tree_forget_child(uint32_t place)
{
   char path[64];
   FILE *children;
   int pid;

   snprintf(path, sizeof path, "/proc/self/task/%d/children", driver);
   children = fopen(path, "r");
   CHECK(children != NULL);
   while (fscanf(children, "%d", &pid) == 1)
      if (!is_known(pid)) {
         kill(pid, SIGKILL);
         waitpid(pid, NULL, 0);
      }
   fclose(children);
   tree_shared->alive[place] = false;
}

/* ---- sums ---- */

static uint64_t
n_again_of(const struct vmt_common *common, uint64_t frame)
{
   uint32_t n = 0;

   for (uint32_t place = 1; place < common->after_places; place++)
      n += vmt_common_has(common, place, frame);
   CHECK_EQ(vmt_common_n_owners(common, frame), n);
   return n > 1 ? n - 1 : 0;
}

/* Each block is found where it is looked for: an object's by its number, a private one with
   room among those with room.  */
static void
check_block(struct vmt_common *common, uint32_t number)
{
   const struct vmt_frame_block *block = vmt_common_block(common, number);
   uint32_t with_room = common->with_room;

   if (!vmt_common_is_private(block)) {
      CHECK_EQ(vmt_common_frame_of(common, block->object,
                                   block->number * VMT_FRAME_BLOCK),
               number * (uint64_t)VMT_FRAME_BLOCK);
      return;
   }
   for (uint32_t i = 0; i < VMT_FRAME_BLOCK; i++)
      CHECK_EQ(block->present >> i & 1, block->n_owners[i] > 0);
   if (block->present == ~(uint64_t)0)
      return;
   while (with_room != 0 && with_room != number)
      with_room = vmt_common_block(common, with_room)->next;
   CHECK_EQ(with_room, number);
}

void
tree_check_sums(void)
{
   struct vmt_common *common = &tree_shared->common;
   uint64_t n_again = 0, n_resident = 0, n_tables = 0;
   uint32_t n_alive = 0;

   vmt_common_lock(common, TREE_DRIVER_PLACE);
   vmt_common_bury(common);
   for (uint64_t frame = VMT_FRAME_BLOCK;
        frame < (common->n_blocks + 1) * (uint64_t)VMT_FRAME_BLOCK; frame++)
      n_again += n_again_of(common, frame);
   for (uint32_t place = 1; place < common->after_places; place++) {
      const struct vmt_process *process = vmt_common_process(common, place);

      n_alive += process->state == VMT_PLACE_USED;
      n_resident += process->n_resident_pages;
      n_tables += process->n_table_pages;
   }
   for (uint32_t number = 1; number <= common->n_blocks; number++)
      check_block(common, number);
   CHECK_EQ(common->n_again, n_again);
   CHECK_EQ(common->n_resident_pages, n_resident);
   CHECK_EQ(common->n_table_pages, n_tables);
   CHECK_EQ(common->n_alive, n_alive);
   vmt_common_unlock(common);
}
