#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "behave.h"

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static long shared_count, turn;
static __thread long own = 5;

static void *
count(void *arg)
{
   for (int i = 0; i < 1000; i++) {
      pthread_mutex_lock(&mutex);
      shared_count++;
      pthread_mutex_unlock(&mutex);
      own++;
   }
   if ((uintptr_t)arg % 2)
      pthread_exit((void *)(uintptr_t)own);
   return (void *)(uintptr_t)own;
}

static void *
take_turns(void *arg)
{
   long me = (long)(uintptr_t)arg;

   pthread_mutex_lock(&mutex);
   for (int i = 0; i < 50; i++) {
      while (turn % 2 != me)
         pthread_cond_wait(&condition, &mutex);
      turn++;
      pthread_cond_broadcast(&condition);
   }
   pthread_mutex_unlock(&mutex);
   return NULL;
}

static void *
fork_here(void *arg)
{
   int status = -1;
   pid_t pid = fork();

   (void)arg;
   if (pid == 0)
      _exit(21);
   waitpid(pid, &status, 0);
   return (void *)(uintptr_t)WEXITSTATUS(status);
}

void
case_threads(void)
{
   pthread_t threads[20];
   void *result;
   long total = 0;

   for (uintptr_t i = 0; i < 20; i++)
      pthread_create(&threads[i], NULL, count, (void *)i);
   for (int i = 0; i < 20; i++) {
      pthread_join(threads[i], &result);
      total += (long)(uintptr_t)result;
   }
   say("counted", shared_count);
   say("in each thread's own memory", total);
   for (uintptr_t i = 0; i < 2; i++)
      pthread_create(&threads[i], NULL, take_turns, (void *)i);
   for (int i = 0; i < 2; i++)
      pthread_join(threads[i], NULL);
   say("turns", turn);
   pthread_create(&threads[0], NULL, fork_here, NULL);
   pthread_join(threads[0], &result);
   say("forked in a thread", (long)(uintptr_t)result);
}

static void *
work(void *arg)
{
   long n = (long)(uintptr_t)arg, sum = 0;
   char *p = mmap(NULL, 64 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

   for (long i = 0; i < 20000; i++) {
      p[i * 13 % (64 * 4096)]++;
      sum += i * n;
   }
   return (void *)(uintptr_t)sum;
}

/* Threads that wait for nothing, one after the other.  */
void
case_workers(void)
{
   pthread_t thread;
   void *result;

   for (uintptr_t i = 0; i < 5; i++) {
      pthread_create(&thread, NULL, work, (void *)i);
      pthread_join(thread, &result);
      say("work", (long)(uintptr_t)result);
   }
}

static int
status_of(pid_t pid)
{
   int status = -1;

   if (pid == -1 || waitpid(pid, &status, 0) != pid)
      return -1;
   return status;
}

static int
in_clone(void *arg)
{
   ((volatile char *)arg)[0] = 33;
   return 12;
}

static void
clones(void)
{
   char *stack = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
   char *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

   say("clone", status_of(clone(in_clone, stack + 65536, SIGCHLD, word)));
   say("what it wrote", word[0]);
}

extern char **environ;

static void
spawns(const char *self)
{
   char *seven[] = {(char *)self, "end", "exit", "7", NULL};
   char *killed[] = {(char *)self, "end", "signal", "9", NULL};
   pid_t pid = -1;
   int error;

   error = posix_spawn(&pid, self, NULL, NULL, seven, environ);
   say("posix_spawn", error);
   say("   its status", status_of(pid));
   error = posix_spawn(&pid, self, NULL, NULL, killed, environ);
   say("posix_spawn", error);
   say("   its status", status_of(pid));
   pid = vfork();
   if (pid == 0) {
      execv(self, seven);
      _exit(1);
   }
   say("vfork and execv", status_of(pid));
   pid = vfork();
   if (pid == 0) {
      execv("/there/is/no/such/program", seven);
      _exit(44);
   }
   say("vfork and execv of nothing", status_of(pid));
}

void
case_processes(void)
{
   char self[4096];
   ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
   FILE *pipe;
   int ends[2];
   char c = 0;
   pid_t pid;

   self[n > 0 ? n : 0] = '\0';
   check("/proc/self/exe", strcmp(strrchr(self, '/') + 1, "behave-libc") == 0);
   clones();
   spawns(self);
   say("system", system("exit 3"));
   pipe = popen("echo hello", "r");
   say("popen", getc(pipe));
   say("   its status", pclose(pipe));
   check("a pipe", __extension__ pipe2(ends, O_CLOEXEC) == 0);
   pid = fork();
   if (pid == 0) {
      ssize_t written = write(ends[1], "x", 1);

      _exit(written == 1 ? 0 : 1);
   }
   n = read(ends[0], &c, 1);
   say("through it", n * 1000 + c);
   say("fork", status_of(pid));
   pid = fork();
   if (pid == 0)
      abort();
   say("abort in a child", status_of(pid) & 0x7f);
   check("nobody left", wait(NULL) == -1 && errno == ECHILD);
}

/* A child becomes another program, which looks at what it was given.  */
void
case_renamed(void)
{
   char self[4096];
   ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
   char *const names[] = {"another name", "own-name", NULL};
   char *const variables[] = {"A=1", "B=2", NULL};

   pid_t pid;

   self[n > 0 ? n : 0] = '\0';
   pid = fork();
   if (pid == 0) {
      execve("/there/is/no/such/program", names, variables);
      execve(self, names, variables);
      _exit(1);
   }
   say("its status", status_of(pid));
}

void
case_own_name(void)
{
   extern char **environ;

   printf("name: %s\n", behave_argv[0]);
   for (int i = 0; environ[i] != NULL; i++)
      printf("variable: %s\n", environ[i]);
}

void
case_arguments(void)
{
   for (int i = 1; i < behave_argc; i++) {
      size_t length = strlen(behave_argv[i]);

      printf("%d: %zu bytes, the last %d\n", i, length,
             length > 0 ? behave_argv[i][length - 1] : 0);
   }
   fflush(stdout);
   check("the environment", getenv("LC_ALL") != NULL && strcmp(getenv("LC_ALL"), "C") == 0);
   check("the first free descriptor is 3", open("/dev/null", O_RDONLY) == 3);
}
