/* A bug of ours stops the run with the two values that disagreed.  */

#ifndef VMT_MMU_BASE_ASSERT_H
#define VMT_MMU_BASE_ASSERT_H

#include "vmtrace/mmu/base/types.h"

void vmt_assert_failed(const char *file, int line, const char *condition,
                       uint64_t left, uint64_t right) __attribute__((noreturn));

#define vmt_assert(condition)                                                  \
   ((condition) ? (void)0                                                      \
                : vmt_assert_failed(__FILE__, __LINE__, #condition, 0, 0))

#define vmt_assert_cmp(left, op, right)                                        \
   (((left)op(right)) ? (void)0                                                \
                      : vmt_assert_failed(__FILE__, __LINE__,                  \
                                          #left " " #op " " #right,            \
                                          (uint64_t)(left), (uint64_t)(right)))

#endif
