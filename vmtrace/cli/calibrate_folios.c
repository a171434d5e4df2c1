/* vmtrace calibrate --folios: the large folios of files as a folio map.  */

#include "vmtrace/cli/calibrate.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "vmtrace/cli/verbs.h"
#include "vmtrace/host/folio_scan.h"
#include "vmtrace/host/memory.h"
#include "vmtrace/mmu/machine/folio_map.h"

struct scanned_file {
   char *path;
   struct stat stat;
   struct vmt_folio_ranges folios;
};

/* ---- a file ---- */

/* One line holds the path, and blanks at its end are not kept.  */
static bool
fits_a_line(const char *path)
{
   size_t n = strlen(path);

   return strpbrk(path, "\n") == NULL && strchr(" \t\r", path[n - 1]) == NULL;
}

/* Without a new time of access, where we may.  */
static int
open_file(const char *path)
{
   int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOATIME);

   return fd < 0 && errno == EPERM ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
                                   : fd;
}

static int
scan_file(const struct vmt_folio_scan *scan, const char *name,
          struct scanned_file *file)
{
   int fd = open_file(name), status = VMT_EXIT_TROUBLE;

   file->path = realpath(name, NULL);
   if (fd < 0 || file->path == NULL || fstat(fd, &file->stat) != 0)
      vmt_complain("calibrate: cannot read %s: %s", name, strerror(errno));
   else if (!S_ISREG(file->stat.st_mode))
      vmt_complain("calibrate: %s is not a regular file", name);
   else if (!fits_a_line(file->path))
      vmt_complain("calibrate: a folio map cannot name %s", file->path);
   else if (!vmt_folio_scan_file(scan, fd, (uint64_t)file->stat.st_size,
                                 &file->folios))
      vmt_complain("calibrate: cannot read which folios %s is in: %s%s", name,
                   strerror(errno), errno == EPERM ? "; it takes root" : "");
   else
      status = VMT_EXIT_OK;
   if (fd >= 0)
      close(fd);
   return status;
}

static void
free_file(struct scanned_file *file)
{
   free(file->path);
   free(file->folios.all);
}

/* Whether the inode is one of the n files before it.  */
static bool
is_known(const struct scanned_file *files, size_t n)
{
   const struct stat *stat = &files[n].stat;

   for (size_t i = 0; i < n; i++)
      if (files[i].stat.st_dev == stat->st_dev && files[i].stat.st_ino == stat->st_ino)
         return true;
   return false;
}

/* ---- the map ---- */

static void
print_file(FILE *to, const struct scanned_file *file)
{
   const struct stat *stat = &file->stat;

   fprintf(to, "file %u:%u %" PRIu64 " %" PRIu64 " %" PRIu64 ".%09lu %s\n",
           major(stat->st_dev), minor(stat->st_dev), (uint64_t)stat->st_ino,
           (uint64_t)stat->st_size,
           stat->st_mtim.tv_sec > 0 ? (uint64_t)stat->st_mtim.tv_sec : 0,
           (unsigned long)stat->st_mtim.tv_nsec, file->path);
   for (size_t i = 0; i < file->folios.n; i++)
      fprintf(to, "%" PRIu64 " %" PRIu64 "\n", file->folios.all[i].start,
              file->folios.all[i].n_pages);
}

static int
print_map(const struct vmt_host_settings *settings, const char *path,
          const struct scanned_file *files, size_t n_files)
{
   const struct vmt_host_setting *kernel = vmt_host_settings_find(settings, "kernel");
   struct vmt_output out;
   int status = vmt_output_open(&out, path, VMT_COLOR_NEVER, false);

   if (status != VMT_EXIT_OK)
      return status;
   fprintf(out.file, "%s\n# By vmtrace calibrate, on Linux %s.\n", VMT_FOLIO_MAP_HEADER,
           kernel->value != NULL ? kernel->value : "of unknown version");
   for (size_t i = 0; i < n_files; i++)
      print_file(out.file, &files[i]);
   return vmt_output_close(&out);
}

/* The folios that are there when all files have been looked at.  */
static int
scan_files(char *const *names, size_t n_names, struct scanned_file *files,
           size_t *n_files)
{
   struct vmt_folio_scan scan;
   const char *path;
   int status = VMT_EXIT_OK;

   if (!vmt_folio_scan_open(&scan, &path)) {
      vmt_complain("calibrate: --folios needs root: cannot read %s: %s", path,
                   strerror(errno));
      return VMT_EXIT_TROUBLE;
   }
   for (size_t i = 0; i < n_names && status == VMT_EXIT_OK; i++) {
      struct scanned_file *file = &files[*n_files];

      *file = (struct scanned_file){ 0 };
      status = scan_file(&scan, names[i], file);
      if (status == VMT_EXIT_OK && !is_known(files, *n_files))
         (*n_files)++;
      else
         free_file(file);
   }
   vmt_folio_scan_close(&scan);
   return status;
}

int
vmt_calibrate_folios(const struct vmt_host_settings *settings, const char *path,
                     char *const *names, size_t n_names)
{
   struct scanned_file *files = vmt_calloc(n_names, sizeof *files);
   size_t n_files = 0;
   int status = scan_files(names, n_names, files, &n_files);

   if (status == VMT_EXIT_OK)
      status = print_map(settings, path, files, n_files);
   if (status == VMT_EXIT_OK && !vmt_host_maps_folios(settings))
      vmt_complain("calibrate: this kernel maps large folios page by page (before "
                   "Linux 6.18): its faults are those of --folios=none");
   for (size_t i = 0; i < n_files; i++)
      free_file(&files[i]);
   free(files);
   return status;
}
