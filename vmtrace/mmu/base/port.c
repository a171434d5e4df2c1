#include "vmtrace/mmu/base/port.h"

#include "vmtrace/mmu/base/assert.h"

static struct vmt_port port;

void
vmt_port_set(const struct vmt_port *new_port)
{
   port = *new_port;
}

void *
vmt_alloc(const char *what, size_t bytes)
{
   return port.alloc(what, bytes);
}

void *
vmt_alloc_zeroed(const char *what, size_t bytes)
{
   void *block = vmt_alloc(what, bytes);

   if (block != NULL)
      memset(block, 0, bytes);
   return block;
}

void
vmt_free(void *block)
{
   if (block != NULL)
      port.free(block);
}

bool
vmt_look(uint64_t addr, uint32_t n_pages, uint8_t *there)
{
   return port.look != NULL && port.look(addr, n_pages, there);
}

bool
vmt_is_alive(uint32_t place)
{
   return port.is_alive == NULL || port.is_alive(place);
}

void
vmt_pause(void)
{
   if (port.pause != NULL)
      port.pause();
}

void
vmt_assert_failed(const char *file, int line, const char *condition,
                  uint64_t left, uint64_t right)
{
   port.fatal(file, line, condition, left, right);
}
