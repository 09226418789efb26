// ThreadToken: a number that tells threads apart, cheaper than asking the system.
//
// It is the address of a thread-local byte, so it may come back after its thread ended: whoever
// stores one clears it before that thread exits.
#ifndef ZOKIO_IO_INTERNAL_THREAD_TOKEN_H_
#define ZOKIO_IO_INTERNAL_THREAD_TOKEN_H_

#include <cstdint>

#include "base/thread_local.h"

namespace zokio::io {

inline uintptr_t ThreadToken() {
  struct TokenTag;
  return reinterpret_cast<uintptr_t>(&ThreadLocal<char, TokenTag>::Get());
}

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_THREAD_TOKEN_H_
