#include "vmtrace/cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "vmtrace/cli/verbs.h"

void
vmt_complain(const char *format, ...)
{
   char line[4096];
   va_list args;

   va_start(args, format);
   vsnprintf(line, sizeof line, format, args);
   va_end(args);
   for (char *c = line; *c != '\0'; c++)
      if ((unsigned char)*c < 0x20 || *c == 0x7f)
         *c = '?';
   fprintf(stderr, "vmtrace: %s\n", line);
}

bool
vmt_color_mode_parse(const char *text, enum vmt_color_mode *mode)
{
   static const char *const names[] = { "auto", "always", "never" };

   for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
      if (strcmp(text, names[i]) == 0) {
         *mode = (enum vmt_color_mode)i;
         return true;
      }
   return false;
}

static bool
wants_color(enum vmt_color_mode mode, bool terminal)
{
   const char *no_color = getenv("NO_COLOR");
   const char *term = getenv("TERM");

   if (mode != VMT_COLOR_AUTO)
      return mode == VMT_COLOR_ALWAYS;
   return terminal && (no_color == NULL || no_color[0] == '\0') &&
          term != NULL && strcmp(term, "dumb") != 0;
}

/* Whether the first word of a shell command can be executed.  Only a plain word
   is looked up; the rest is left to the shell.  */
static bool
command_exists(const char *command)
{
   const char *path = getenv("PATH");
   size_t word = strcspn(command, " \t");
   char candidate[4096];

   if (command[strcspn(command, "|&;<>()$`\\\"'*?[#~=%")] != '\0')
      return true;
   if (memchr(command, '/', word) != NULL) {
      snprintf(candidate, sizeof candidate, "%.*s", (int)word, command);
      return access(candidate, X_OK) == 0;
   }
   while (path != NULL && *path != '\0') {
      size_t dir = strcspn(path, ":");

      snprintf(candidate, sizeof candidate, "%.*s/%.*s", (int)dir, path,
               (int)word, command);
      if (access(candidate, X_OK) == 0)
         return true;
      path += dir + (path[dir] == ':');
   }
   return false;
}

/* The pager to run, or NULL for none.  */
static const char *
pager_command(void)
{
   const char *command = getenv("VMTRACE_PAGER");

   if (command == NULL)
      command = getenv("PAGER");
   if (command == NULL)
      command = "less";
   command += strspn(command, " \t");
   if (command[0] == '\0' || strcmp(command, "cat") == 0 ||
       !command_exists(command))
      return NULL;
   return command;
}

/* Starts the pager with its input from a pipe whose other end is *fd.  Its pid,
   or 0 when it could not be started; *fd is then unchanged.  */
static pid_t
pager_start(const char *command, int *fd)
{
   int ends[2];
   pid_t pid;

   if (pipe2(ends, O_CLOEXEC) != 0)
      return 0;
   fflush(NULL);
   pid = fork();
   if (pid == 0) {
      signal(SIGPIPE, SIG_DFL);
      dup2(ends[0], STDIN_FILENO);
      /* Quit when it fits a screen, keep colours, leave the text there.  */
      setenv("LESS", "FRX", 0);
      execl("/bin/sh", "sh", "-c", command, (char *)NULL);
      _exit(VMT_EXIT_NOT_FOUND);
   }
   close(ends[0]);
   if (pid < 0) {
      close(ends[1]);
      return 0;
   }
   *fd = ends[1];
   return pid;
}

/* The stream's way out.  stdio forgets why a write failed unless it was the
   last one, so the reason is kept here.  */
static ssize_t
write_out(void *cookie, const char *bytes, size_t size)
{
   struct vmt_output *out = cookie;
   size_t done = 0;

   while (done < size) {
      ssize_t n = write(out->fd, bytes + done, size - done);

      if (n < 0 && errno == EINTR)
         continue;
      if (n < 0) {
         if (out->error == 0)
            out->error = errno;
         return 0;
      }
      done += (size_t)n;
   }
   return (ssize_t)size;
}

int
vmt_output_open(struct vmt_output *out, const char *path,
                enum vmt_color_mode color, bool page)
{
   static const cookie_io_functions_t functions = { .write = write_out };
   const char *command;
   bool terminal = false;

   *out = (struct vmt_output){ .fd = STDOUT_FILENO };
   signal(SIGPIPE, SIG_IGN);
   if (path != NULL && strcmp(path, "-") != 0) {
      out->path = path;
      out->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
      if (out->fd < 0) {
         vmt_complain("cannot write %s: %s", path, strerror(errno));
         return VMT_EXIT_TROUBLE;
      }
   } else
      terminal = isatty(STDOUT_FILENO);
   out->color = wants_color(color, terminal);
   if (page && terminal && (command = pager_command()) != NULL) {
      out->pager = pager_start(command, &out->fd);
      /* Ctrl-C is for the pager while it has the terminal.  */
      if (out->pager != 0)
         signal(SIGINT, SIG_IGN);
   }
   out->file = fopencookie(out, "w", functions);
   if (out->file == NULL) {
      vmt_complain("out of memory");
      return VMT_EXIT_TROUBLE;
   }
   return VMT_EXIT_OK;
}

size_t
vmt_output_columns(const struct vmt_output *out)
{
   struct winsize size;

   if (out->path == NULL && isatty(STDOUT_FILENO)
       && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
      return size.ws_col;
   return 80;
}

int
vmt_output_close(struct vmt_output *out)
{
   fclose(out->file);
   out->file = NULL;
   if ((out->path != NULL || out->pager != 0) && close(out->fd) != 0 &&
       out->error == 0)
      out->error = errno;
   if (out->pager != 0) {
      while (waitpid(out->pager, NULL, 0) < 0 && errno == EINTR)
         ;
      signal(SIGINT, SIG_DFL);
      return VMT_EXIT_OK;
   }
   if (out->error == 0)
      return VMT_EXIT_OK;
   if (out->error != EPIPE)
      vmt_complain("cannot write %s: %s",
                   out->path != NULL ? out->path : "the output",
                   strerror(out->error));
   return VMT_EXIT_TROUBLE;
}

const char *
vmt_output_paint(const struct vmt_output *out, enum vmt_paint paint)
{
   static const char *const codes[] = {
      [VMT_PAINT_PLAIN] = "\033[0m", [VMT_PAINT_BOLD] = "\033[1m",
      [VMT_PAINT_DIM] = "\033[2m", [VMT_PAINT_HOT] = "\033[1;31m",
      [VMT_PAINT_WARM] = "\033[33m", [VMT_PAINT_GOOD] = "\033[32m",
   };

   return out->color ? codes[paint] : "";
}

int
vmt_output_text(const char *text)
{
   struct vmt_output out;
   int status = vmt_output_open(&out, NULL, VMT_COLOR_NEVER, false);

   if (status != VMT_EXIT_OK)
      return status;
   fputs(text, out.file);
   return vmt_output_close(&out);
}
