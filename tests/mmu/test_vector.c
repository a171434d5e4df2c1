#include "tests/mmu/check.h"
#include "vmtrace/mmu/containers/vector.h"

#define CHUNK (1u << VMT_VECTOR_CHUNK_SHIFT)

struct record {
   uint64_t number;
   char text[12];
};

static void
check_zero(const void *block, size_t bytes)
{
   const unsigned char *at = block;

   for (size_t i = 0; i < bytes; i++)
      CHECK_EQ(at[i], 0);
}

/* Enough chunks that the list of chunks grows twice (8, 16, 32).  */
static void
test_push(void)
{
   uint32_t n_records = 17 * CHUNK + 3;
   struct vmt_vector vector;
   struct record *first, *last = NULL;

   vmt_vector_init(&vector, "test", sizeof(struct record));
   CHECK_EQ(test_n_blocks(), 0);
   first = vmt_vector_push(&vector);
   CHECK(first != NULL);
   check_zero(first, sizeof(*first));
   for (uint32_t i = 1; i < n_records; i++) {
      last = vmt_vector_push(&vector);
      check_zero(last, sizeof(*last));
      last->number = i;
      last->text[11] = (char)i;
      CHECK_EQ(vector.n_records, i + 1);
   }
   CHECK(vmt_vector_at(&vector, 0) == first);
   CHECK(vmt_vector_at(&vector, n_records - 1) == last);
   for (uint32_t i = 0; i < n_records; i++) {
      struct record *record = vmt_vector_at(&vector, i);

      CHECK_EQ(record->number, i);
      CHECK_EQ(record->text[11], (char)i);
   }
   vmt_vector_free(&vector);
   CHECK_EQ(test_n_blocks(), 0);
   CHECK_EQ(vector.n_records, 0);
   CHECK(vmt_vector_push(&vector) != NULL);
   vmt_vector_free(&vector);
}

static void
test_odd_sizes(void)
{
   for (uint32_t bytes = 1; bytes < 40; bytes++) {
      struct vmt_vector vector;

      vmt_vector_init(&vector, "test", bytes);
      for (uint32_t i = 0; i < 2 * CHUNK; i++) {
         unsigned char *record = vmt_vector_push(&vector);

         check_zero(record, bytes);
         for (uint32_t k = 0; k < bytes; k++)
            record[k] = (unsigned char)(i + k);
      }
      for (uint32_t i = 0; i < 2 * CHUNK; i++) {
         unsigned char *record = vmt_vector_at(&vector, i);

         CHECK_EQ(record[0], (unsigned char)i);
         CHECK_EQ(record[bytes - 1], (unsigned char)(i + bytes - 1));
      }
      vmt_vector_free(&vector);
   }
}

/* What was forgotten is zeroes again, in the memory that is there.  */
static void
test_clear(void)
{
   struct vmt_vector vector;
   uint64_t n_bytes;

   vmt_vector_init(&vector, "test", 8);
   for (uint32_t i = 0; i < 2 * CHUNK; i++)
      *(uint64_t *)vmt_vector_push(&vector) = i + 1;
   n_bytes = test_n_bytes();
   vmt_vector_clear(&vector);
   CHECK_EQ(vector.n_records, 0);
   for (uint32_t i = 0; i < 2 * CHUNK; i++) {
      uint64_t *record = vmt_vector_push(&vector);

      CHECK_EQ(*record, 0);
      *record = 7;
      CHECK(vmt_vector_at(&vector, i) == record);
   }
   CHECK_EQ(test_n_bytes(), n_bytes);
   vmt_vector_free(&vector);
}

/* At each end of a chunk, each allocation of that push in turn fails.  */
static void
test_no_memory(void)
{
   struct vmt_vector vector;
   uint32_t n_failures = 0;

   vmt_vector_init(&vector, "test", 4);
   while (vector.n_records < 9 * CHUNK) {
      uint32_t number = vector.n_records, *record = NULL;

      for (uint64_t nth = 1; record == NULL; nth++) {
         test_fail_nth(nth);
         record = vmt_vector_push(&vector);
         CHECK_EQ(test_fail_came(), record == NULL);
         n_failures += record == NULL;
         CHECK_EQ(vector.n_records, record == NULL ? number : number + 1);
      }
      *record = number;
   }
   for (uint32_t i = 0; i < vector.n_records; i++)
      CHECK_EQ(*(uint32_t *)vmt_vector_at(&vector, i), i);
   /* Nine chunks; the list of chunks is made at the first and doubled at the
      ninth.  Where two allocations fail in turn, the list is kept when the
      chunk fails, so the third attempt has one allocation only.  */
   CHECK_EQ(n_failures, 9 + 2);
   vmt_vector_free(&vector);
}

int
main(void)
{
   test_begin("test_vector");
   test_push();
   test_odd_sizes();
   test_clear();
   test_no_memory();
   return test_end();
}
