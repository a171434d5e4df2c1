// What a C++ program asks for, as the compiler makes it of its expressions; counted by
// hand in check-heap-calls.
//
// usage: heap_cxx MODE

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <new>
#include <string>
#include <vector>

// Keeps pairs of new and delete from being left out.
template <typename T>
static T *
kept(T *block)
{
   __asm__ volatile("" : "+r"(block) : : "memory");
   return block;
}

struct Small {
   char bytes[81];
};
struct Counted {                // an array of them has a word for how many
   char bytes[8];
   ~Counted() { __asm__ volatile(""); }
};
struct alignas(64) Aligned {
   char bytes[64];
};
struct Own {                    // what it has of its own is no allocator
   char bytes[83];
   static void *operator new(std::size_t bytes) { return std::malloc(bytes + 1); }
   static void operator delete(void *block) { std::free(block); }
};
struct Thrower {
   char bytes[85];
   __attribute__((noinline)) Thrower() { throw 1; }
};

static void
expressions()
{
   delete kept(new Small);                              // 81
   delete[] kept(new char[82]);
   delete kept(new Own);                                // 84
   delete[] kept(new Counted[10]);                      // 8 + 10 * 8
   delete kept(new Aligned);                            // 64
   delete[] kept(new Aligned[2]);                       // 128
   delete kept(new (std::nothrow) Small);               // 81
   operator delete(kept(operator new(86, std::align_val_t(32))), std::align_val_t(32));
   operator delete(kept(operator new(87, std::align_val_t(32), std::nothrow)), 87,
                   std::align_val_t(32));
   operator delete[](kept(operator new[](88, std::nothrow)), std::nothrow);
   operator delete(kept(operator new(0)));
   delete kept(static_cast<Small *>(nullptr));
   char place[100];
   kept(new (place) Small);                             // nothing
}

static void
containers()
{
   std::vector<char> chars(91);
   std::string text(91, 'x');                           // 92 with its end
   std::map<int, int> numbers{{1, 2}, {3, 4}};          // 2 nodes of 40
   auto shared = std::make_shared<Small>();             // 16 + 81, rounded up to 8

   chars.reserve(93);
}

static std::size_t
too_much()
{
   volatile std::size_t bytes = PTRDIFF_MAX;

   return bytes;
}

static void *spare;

static void
give_up_spare()
{
   std::free(spare);
   spare = nullptr;
   std::set_new_handler(nullptr);
}

// An exception is a block of the runtime's: 128 bytes before the object.
static void
exceptions()
{
   try {
      kept(new char[too_much()]);
   } catch (const std::bad_alloc &) {                   // 128 + 8
   }
   delete[] kept(new char[101]);
   try {
      kept(new Thrower);                                // 85
   } catch (int) {                                      // 128 + 4
   }
   spare = std::malloc(102);
   std::set_new_handler(give_up_spare);
   try {
      kept(new char[too_much()]);
   } catch (const std::bad_alloc &) {                   // 128 + 8
   }
   delete[] kept(new char[103]);
}

// That of the C++ library throws to itself; others do not.
static void
no_exceptions()
{
   if (kept(new (std::nothrow) char[too_much()]) != nullptr)
      std::abort();                                     // 128 + 8 within
   delete[] kept(new (std::nothrow) char[104]);
}

int
main(int argc, char **argv)
{
   const char *mode = argc == 2 ? argv[1] : "";

   if (std::strcmp(mode, "expressions") == 0)
      expressions();
   else if (std::strcmp(mode, "containers") == 0)
      containers();
   else if (std::strcmp(mode, "exceptions") == 0)
      exceptions();
   else if (std::strcmp(mode, "no-exceptions") == 0)
      no_exceptions();
   return 0;
}
