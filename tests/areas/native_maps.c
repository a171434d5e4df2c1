#include "tests/areas/native_maps.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vmtrace/mmu/mechanisms/areas.h"

/* Documentation/filesystems/proc.rst of Linux 6.18; those that merging ignores
   (sd) or that follow from others (mr, mw, me, ms) are not here.  */
static const struct {
   char name[3];
   uint32_t flag;
} vm_flags[] = {
   {"rd", VMT_AREA_READ},       {"wr", VMT_AREA_WRITE},
   {"ex", VMT_AREA_EXEC},       {"sh", VMT_AREA_SHARED},
   {"gd", VMT_AREA_GROWSDOWN},  {"nr", VMT_AREA_NORESERVE},
   {"lo", VMT_AREA_LOCKED},     {"ac", VMT_AREA_ACCOUNT},
   {"hg", VMT_AREA_HUGEPAGE},   {"nh", VMT_AREA_NOHUGEPAGE},
   {"sr", VMT_AREA_SEQ_READ},   {"rr", VMT_AREA_RAND_READ},
   {"dc", VMT_AREA_DONTFORK},   {"wf", VMT_AREA_WIPEONFORK},
   {"dd", VMT_AREA_DONTDUMP},   {"mg", VMT_AREA_MERGEABLE},
};

static char text[1 << 20];
static bool have_flags;

bool
native_vmas_have_flags(void)
{
   return have_flags;
}

static void
read_text(void)
{
   int fd = open("/proc/self/smaps", O_RDONLY);
   size_t n_bytes = 0;
   ssize_t n;

   if (fd < 0)
      fd = open("/proc/self/maps", O_RDONLY);
   while (fd >= 0
          && (n = read(fd, text + n_bytes, sizeof(text) - 1 - n_bytes)) > 0)
      n_bytes += (size_t)n;
   if (fd < 0 || n < 0 || n_bytes == sizeof(text) - 1) {
      fputs("native_maps: cannot read /proc/self/smaps\n", stderr);
      _exit(99);
   }
   close(fd);
   text[n_bytes] = '\0';
}

static uint32_t
flags_of(const char *names)
{
   uint32_t flags = 0;

   for (; *names == ' ' && names[1] != '\0' && names[1] != '\n'; names += 3) {
      for (size_t i = 0; i < sizeof(vm_flags) / sizeof(vm_flags[0]); i++) {
         if (strncmp(names + 1, vm_flags[i].name, 2) == 0)
            flags |= vm_flags[i].flag;
      }
   }
   return flags;
}

/* Takes the line of a VMA: start-end perms offset device inode.  */
static bool
parse_vma(const char *line, struct native_vma *vma)
{
   unsigned long start, end, offset_bytes, inode;
   char perms[5];

   if (sscanf(line, "%lx-%lx %4s %lx %*x:%*x %lu", &start, &end, perms,
              &offset_bytes, &inode) != 5)
      return false;
   vma->start = start;
   vma->end = end;
   vma->offset_bytes = offset_bytes;
   vma->inode = inode;
   vma->flags = (perms[0] == 'r' ? VMT_AREA_READ : 0)
                | (perms[1] == 'w' ? VMT_AREA_WRITE : 0)
                | (perms[2] == 'x' ? VMT_AREA_EXEC : 0)
                | (perms[3] == 's' ? VMT_AREA_SHARED : 0);
   return true;
}

size_t
native_vmas_read(uint64_t start, uint64_t end, struct native_vma *vmas,
                 size_t max)
{
   struct native_vma vma = {0};
   size_t n_vmas = 0;
   bool wanted = false;

   read_text();
   for (char *line = text, *line_end; (line_end = strchr(line, '\n')) != NULL;
        line = line_end + 1) {
      if (strncmp(line, "VmFlags:", 8) == 0) {
         have_flags = true;
         if (wanted)
            vmas[n_vmas - 1].flags = flags_of(line + 8);
      } else if (parse_vma(line, &vma)) {
         wanted = vma.start < end && start < vma.end;
         if (wanted && n_vmas == max) {
            fputs("native_maps: too many VMAs\n", stderr);
            _exit(99);
         }
         if (wanted)
            vmas[n_vmas++] = vma;
      }
   }
   return n_vmas;
}
