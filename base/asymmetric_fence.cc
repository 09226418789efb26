#include "base/asymmetric_fence.h"

#ifndef ZOKIO_MODEL

#if defined(__linux__)
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/check.h"
#endif

#if defined(__SANITIZE_THREAD__)
#define ZOKIO_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define ZOKIO_TSAN 1
#endif
#endif

namespace zokio {

void AsymmetricFence::FullFence() {
#ifdef ZOKIO_TSAN
  // A read-modify-write on one shared word, because ThreadSanitizer ignores fences.
  static std::atomic<int> word{0};
  word.fetch_add(1, std::memory_order_seq_cst);
#else
  std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
}

void AsymmetricFence::SlowSide() {
#if defined(__linux__)
  if (kernel_fences_.load(std::memory_order_relaxed)) {
    // The fast sides rely on it: with a fence of this thread alone a wake-up would be lost.
    while (syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0) {
      ZOKIO_CHECK(errno == ENOMEM, "membarrier was taken away after the scheduler began");
    }
    return;
  }
#endif
  FullFence();
}

void AsymmetricFence::Prepare() {
#if defined(__linux__) && !defined(ZOKIO_TSAN)
  if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0) {
    kernel_fences_.store(true, std::memory_order_relaxed);
  }
#endif
}

}  // namespace zokio

#endif  // ZOKIO_MODEL
