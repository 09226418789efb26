// TcmallocStrategy: gperftools' tcmalloc, called by name.
//
// A program that links this target has tcmalloc for its malloc, too. Not for sanitizer builds,
// which replace malloc themselves.
//
// Thread-safety: any thread.
// Errors: nullptr where memory is exhausted.
#ifndef ZOKIO_MEM_TCMALLOC_STRATEGY_H_
#define ZOKIO_MEM_TCMALLOC_STRATEGY_H_

#include <gperftools/tcmalloc.h>

#include <cstddef>

namespace zokio {

struct TcmallocStrategy {
  static void* Allocate(size_t size) { return tc_malloc(size); }
  static void Free(void* block, size_t size) { tc_free_sized(block, size); }
};

}  // namespace zokio

#endif  // ZOKIO_MEM_TCMALLOC_STRATEGY_H_
