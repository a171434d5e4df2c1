/* serve SOCKET: a server that forks its workers first.  It reads a table into memory, four
   workers inherit it, each answers one connection in turn: looks a part of it up, writes
   another part, and keeps some memory of its own.  Ends when it has answered 40 (ask.py
   asks).  Which worker takes which connection is settled: they pass a token on.  */

#include "moment.h"
#include "pages.h"
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

enum { N_WORKERS = 4, N_ANSWERS = 40, TABLE_PAGES = 2000, READ = 300, WRITTEN = 25, OWN = 30 };

static int
listen_at(const char *path)
{
   struct sockaddr_un address = { .sun_family = AF_UNIX };
   const int fd = socket(AF_UNIX, SOCK_STREAM, 0);

   strncpy(address.sun_path, path, sizeof address.sun_path - 1);
   unlink(path);
   if (fd < 0 || bind(fd, (void *)&address, sizeof address) != 0 || listen(fd, 64) != 0)
      give_up(path);
   return fd;
}

static void
answer(int fd, char *table, int number)
{
   char text[64];
   unsigned long sum;
   char *own = map_pages(OWN, MAP_PRIVATE);

   if (read(fd, text, sizeof text) <= 0)
      give_up("read");
   sum = read_pages(table + (size_t)number * 40 * PAGE, READ);
   write_pages(table + (size_t)(number * 31 % (TABLE_PAGES - WRITTEN)) * PAGE, WRITTEN, 2);
   write_pages(own, OWN, 3);
   snprintf(text, sizeof text, "%d %lu\n", number, sum);
   if (write(fd, text, strlen(text)) < 0)
      give_up("write");
   close(fd);
}

/* token: the read end of this worker's pipe, the write end of the next one's.  */
static void
work(int socket, char *table, const int *token, int worker)
{
   char c;

   for (int number = worker; number < N_ANSWERS; number += N_WORKERS) {
      if (read(token[0], &c, 1) != 1)
         give_up("the worker before is gone");
      answer(accept(socket, NULL, NULL), table, number);
      if (number >= N_ANSWERS - N_WORKERS)
         moment(1);
      if (write(token[1], "", 1) != 1)
         give_up("write");
   }
   if (read(token[0], &c, 1) != 1)              /* the parent's, when all have answered */
      give_up("the parent is gone");
   _exit(0);
}

int
main(int argc, char **argv)
{
   const int socket = listen_at(argc > 1 ? argv[1] : "serve.sock");
   char *table = map_pages(TABLE_PAGES, MAP_PRIVATE), c;
   int pipes[N_WORKERS + 1][2];
   pid_t workers[N_WORKERS];

   write_pages(table, TABLE_PAGES, 1);
   for (int i = 0; i <= N_WORKERS; i++) {
      if (pipe(pipes[i]) != 0)
         give_up("pipe");
   }
   for (int i = 0; i < N_WORKERS; i++) {
      workers[i] = fork();
      if (workers[i] < 0)
         give_up("fork");
      if (workers[i] == 0) {
         const int token[2] = { pipes[i][0], pipes[i + 1][1] };
         work(socket, table, token, i);
      }
   }
   for (int round = 0; round < N_ANSWERS / N_WORKERS; round++) {
      if (write(pipes[0][1], "", 1) != 1 || read(pipes[N_WORKERS][0], &c, 1) != 1)
         give_up("a worker");
   }
   moment(1);
   for (int i = 0; i < N_WORKERS; i++) {        /* one ends after the other */
      if (write(pipes[i][1], "", 1) != 1 || waitpid(workers[i], NULL, 0) != workers[i])
         give_up("waitpid");
   }
   return 0;
}
