#include "tests/areas/testing.h"

#include "vmtrace/mmu/base/port.h"

int64_t allocations_left = -1;
int64_t n_blocks_held;
void (*testing_explain)(void);

static void *
test_alloc(const char *what, size_t bytes)
{
   void *block;

   if (allocations_left == 0)
      return NULL;
   if (allocations_left > 0)
      allocations_left--;
   block = malloc(bytes);
   if (block != NULL)
      n_blocks_held++;
   return block;
}

static void
test_free(void *block)
{
   n_blocks_held--;
   free(block);
}

static void __attribute__((noreturn))
give_up(void)
{
   if (testing_explain != NULL)
      testing_explain();
   fflush(NULL);
   abort();
}

static void __attribute__((noreturn))
test_fatal(const char *file, int line, const char *condition, uint64_t left,
           uint64_t right)
{
   fprintf(stderr, "%s:%d: assert: %s (%#lx, %#lx)\n", file, line, condition,
           (unsigned long)left, (unsigned long)right);
   give_up();
}

void
check_failed(const char *file, int line, const char *what)
{
   fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
   give_up();
}

void
testing_set_port(void)
{
   static const struct vmt_port port = {
      .alloc = test_alloc, .free = test_free, .fatal = test_fatal};

   vmt_port_set(&port);
}
