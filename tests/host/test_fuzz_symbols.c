/* test_fuzz_symbols FILE SEED ROUNDS [FIRST]: runs the fuzz target over
   mutations of an ELF file: some bytes changed, most of them within sections of
   debug information, or the end cut off.  Each round depends on the seed and its
   number alone; the number is printed when a round ends the program.  */

#include <elf.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/host/fuzz_symbols.h"

enum { MAX_SECTIONS = 64, SECONDS_PER_ROUND = 20 };

struct part {
   size_t start;
   size_t size;
};

static unsigned long long seed;
static unsigned long round_number;

static uint64_t
random_next(uint64_t *state) {
   uint64_t z = *state += 0x9e3779b97f4a7c15;
   z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
   z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
   return z ^ (z >> 31);
}

static void
on_signal(int number) {
   char text[128];
   int size = snprintf(text, sizeof text,
                       "test_fuzz_symbols: signal %d in round %lu of seed "
                       "%llu\n",
                       number, round_number, seed);
   if (write(STDERR_FILENO, text, (size_t)size) < 0)
      _exit(3);
   signal(number, SIG_DFL);
   raise(number);
}

static uint8_t *
read_file(const char *path, size_t *size) {
   FILE *file = fopen(path, "rb");
   if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
      perror(path);
      exit(2);
   }
   *size = (size_t)ftell(file);
   rewind(file);
   uint8_t *bytes = malloc(*size);
   if (bytes == NULL || fread(bytes, 1, *size, file) != *size) {
      perror(path);
      exit(2);
   }
   fclose(file);
   return bytes;
}

/* The sections with debug information, the section table and the head.  */
static size_t
find_parts(const uint8_t *bytes, size_t size, struct part *parts) {
   const Elf64_Ehdr *head = (const Elf64_Ehdr *)bytes;
   const Elf64_Shdr *sections = (const Elf64_Shdr *)(bytes + head->e_shoff);
   const char *names =
      (const char *)bytes + sections[head->e_shstrndx].sh_offset;
   size_t n = 0;
   parts[n++] = (struct part){ 0, sizeof *head };
   parts[n++] = (struct part){ head->e_shoff, size - head->e_shoff };
   for (size_t i = 1; i < head->e_shnum && n < MAX_SECTIONS; i++) {
      const char *name = names + sections[i].sh_name;
      if (strncmp(name, ".debug_", 7) == 0 || strcmp(name, ".symtab") == 0 ||
          strcmp(name, ".strtab") == 0)
         parts[n++] = (struct part){ sections[i].sh_offset,
                                     sections[i].sh_size };
   }
   return n;
}

static size_t
mutate(uint8_t *bytes, size_t size, const struct part *parts, size_t n_parts,
       uint64_t *state) {
   static const uint8_t telling[] = { 0, 1, 0x7f, 0x80, 0xff };
   if (random_next(state) % 16 == 0)
      return random_next(state) % size;
   size_t n = 1 + random_next(state) % 8;
   for (size_t i = 0; i < n; i++) {
      const struct part *part = &parts[random_next(state) % n_parts];
      if (part->size == 0)
         continue;
      uint8_t *byte = &bytes[part->start + random_next(state) % part->size];
      uint64_t how = random_next(state);
      if (how % 2 == 0)
         *byte ^= (uint8_t)(1u << (how >> 8) % 8);
      else
         *byte = telling[(how >> 8) % sizeof telling];
   }
   return size;
}

int
main(int argc, char **argv) {
   if (argc < 4) {
      fputs("usage: test_fuzz_symbols FILE SEED ROUNDS [FIRST]\n", stderr);
      return 2;
   }
   size_t size;
   uint8_t *original = read_file(argv[1], &size);
   uint8_t *bytes = malloc(size);
   struct part parts[MAX_SECTIONS];
   size_t n_parts = find_parts(original, size, parts);
   seed = strtoull(argv[2], NULL, 0);
   round_number = argc > 4 ? strtoul(argv[4], NULL, 0) : 0;
   unsigned long end = round_number + strtoul(argv[3], NULL, 0);
   signal(SIGSEGV, on_signal);
   signal(SIGBUS, on_signal);
   signal(SIGABRT, on_signal);
   signal(SIGFPE, on_signal);
   signal(SIGALRM, on_signal);
   printf("%s: seed %llu\n", argv[1], seed);
   LLVMFuzzerTestOneInput(original, size);
   for (; round_number < end; round_number++) {
      uint64_t state = seed ^ (round_number * 0x2545f4914f6cdd1d);
      memcpy(bytes, original, size);
      alarm(SECONDS_PER_ROUND);
      LLVMFuzzerTestOneInput(bytes,
                             mutate(bytes, size, parts, n_parts, &state));
   }
   free(bytes);
   free(original);
   return 0;
}
