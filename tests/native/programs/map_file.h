/* A whole file as a mapping.  */

#include "pages.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

struct mapped_file {
   char *start;
   size_t n_bytes;
   size_t n_pages;
};

static inline struct mapped_file
map_file(const char *path, int rights, int flags)
{
   struct mapped_file file;
   struct stat status;
   int fd = open(path, rights & PROT_WRITE && flags & MAP_SHARED ? O_RDWR : O_RDONLY);

   if (fd < 0 || fstat(fd, &status) != 0)
      give_up(path);
   file.n_bytes = status.st_size;
   file.n_pages = (file.n_bytes + PAGE - 1) / PAGE;
   file.start = mmap(NULL, file.n_bytes, rights, flags, fd, 0);
   if (file.start == MAP_FAILED)
      give_up("mmap");
   close(fd);
   return file;
}
