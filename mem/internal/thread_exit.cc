#include "mem/internal/thread_exit.h"

#include "base/check.h"

#if defined(__wasm__) && !defined(_REENTRANT)

namespace zokio::mem_internal {

// The only thread is the main one, whose call is not made.
ThreadExit::ThreadExit(void (*)(void*)) : key_(0) {}

void ThreadExit::Arm(void*) const { ZOKIO_DCHECK(key_ == 0, "no thread but the main one"); }

}  // namespace zokio::mem_internal

#else

#include <pthread.h>

namespace zokio::mem_internal {

ThreadExit::ThreadExit(void (*call)(void*)) {
  pthread_key_t key;
  ZOKIO_CHECK(pthread_key_create(&key, call) == 0, "no thread-exit hook left");
  key_ = key;
}

void ThreadExit::Arm(void* argument) const {
  ZOKIO_CHECK(pthread_setspecific(key_, argument) == 0, "thread-exit hook not set");
}

}  // namespace zokio::mem_internal

#endif
