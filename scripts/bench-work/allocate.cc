// allocate WAY N: N times a block of 100 bytes that is freed at once, by malloc and free
// or new and delete; or one of up to 1000 bytes in the place of one of 10,000 (mixed).

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

static void *(*volatile do_malloc)(std::size_t) = std::malloc;
static void (*volatile do_free)(void *) = std::free;

struct Block {
   char bytes[100];
};

static void
mixed(unsigned long n)
{
   static void *blocks[10000];
   unsigned long state = 1;             // xorshift64: the same in each run

   while (n-- > 0) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      do_free(blocks[state % 10000]);
      blocks[state % 10000] = do_malloc(1 + (state >> 32) % 1000);
   }
}

int
main(int argc, char **argv)
{
   unsigned long n = argc == 3 ? std::strtoul(argv[2], nullptr, 10) : 0, i;
   const char *way = argc == 3 ? argv[1] : "";

   if (std::strcmp(way, "malloc") == 0) {
      for (i = 0; i < n; i++)
         do_free(do_malloc(sizeof(Block)));
   } else if (std::strcmp(way, "new") == 0) {
      for (i = 0; i < n; i++) {
         Block *volatile block = new Block;

         delete block;
      }
   } else if (std::strcmp(way, "mixed") == 0) {
      mixed(n);
   } else {
      std::fprintf(stderr, "usage: allocate malloc|new|mixed N\n");
      return 2;
   }
   return 0;
}
