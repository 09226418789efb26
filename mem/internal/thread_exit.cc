#include "mem/internal/thread_exit.h"

#include <pthread.h>

#include "base/check.h"

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
