/* protect: mprotect.  Memory that is reserved without rights and given rights piece by
   piece, as arenas are; pages that are made read-only and writable again; a write barrier
   whose refused writes arrive as signals, and a guard page.  */

#include "pages.h"
#include <setjmp.h>
#include <signal.h>

enum { N_PAGES = 512, PIECE_PAGES = 32, N_BARRIERS = 20 };

static sigjmp_buf out;
static char *volatile refused;

static void
on_refusal(int signal, siginfo_t *about, void *context)
{
   (void)signal;
   (void)context;
   refused = about->si_addr;
   siglongjmp(out, 1);
}

static void
protect(char *start, size_t n_pages, int rights)
{
   if (mprotect(start, n_pages * PAGE, rights) != 0)
      give_up("mprotect");
}

static char *
commit_in_pieces(void)
{
   char *start = mmap(NULL, N_PAGES * PAGE, PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

   if (start == MAP_FAILED)
      give_up("mmap");
   for (size_t i = 0; i + PIECE_PAGES < N_PAGES; i += PIECE_PAGES) {
      protect(start + i * PAGE, PIECE_PAGES, PROT_READ | PROT_WRITE);
      write_pages(start + i * PAGE, PIECE_PAGES, 1);
   }
   return start;
}

/* Whether a write was refused; the page is then writable, and written.  */
static int
write_at_barrier(char *page)
{
   if (sigsetjmp(out, 1) == 0) {
      write_pages(page, 1, 2);
      return 0;
   }
   protect(page, 1, PROT_READ | PROT_WRITE);
   write_pages(page, 1, 2);
   return refused == page;
}

int
main(void)
{
   struct sigaction action = { .sa_sigaction = on_refusal, .sa_flags = SA_SIGINFO };
   char *start = commit_in_pieces();
   unsigned long sum = 0;

   sigaction(SIGSEGV, &action, NULL);
   protect(start, N_PAGES / 2, PROT_READ);
   sum += read_pages(start, N_PAGES / 2);
   for (size_t i = 0; i < N_BARRIERS; i++)
      sum += write_at_barrier(start + 10 * i * PAGE);
   protect(start, N_PAGES / 2, PROT_READ | PROT_WRITE);
   write_pages(start, N_PAGES / 2, 3);          /* owned alone: no fault */
   protect(start, N_PAGES, PROT_NONE);
   protect(start, N_PAGES, PROT_READ | PROT_WRITE);
   sum += read_pages(start, N_PAGES);
   protect(start + (N_PAGES - 1) * PAGE, 1, PROT_NONE);
   sum += write_at_barrier(start + (N_PAGES - 1) * PAGE);
   printf("%lu\n", sum);
   return 0;
}
