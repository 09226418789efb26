// AsymmetricFence: a store-load fence that one side gets for nothing.
//
// For the wake-up check and nothing else: the fast side publishes work and then looks whether
// somebody sleeps; the slow side announces its sleep and then looks whether there is work. Both
// must not read the old value. The fast side pays a compiler barrier, the slow side a membarrier
// system call (about a microsecond) which acts as a full fence on every running thread.
//
//   fast:  queue.store(...);   FastSide();  if (sleepers.load() != 0) Wake();
//   slow:  sleepers.store(1);  SlowSide();  if (queue empty) Sleep();
//
// It orders, it never publishes: data itself goes by release and acquire on atomics. Where the
// kernel has no MEMBARRIER_CMD_PRIVATE_EXPEDITED, and under ThreadSanitizer (which does not see
// fences), both sides are full fences. Under ZOKIO_MODEL the checker models both sides.
//
// Thread-safety: any thread.  Errors: the fallback is chosen once, by Prepare; a seccomp filter
// that forbids membarrier later fails a CHECK.
#ifndef ZOKIO_BASE_ASYMMETRIC_FENCE_H_
#define ZOKIO_BASE_ASYMMETRIC_FENCE_H_

#ifdef ZOKIO_MODEL
#include "base/model/asymmetric_fence.h"
#else
#include <atomic>
#endif

namespace zokio {

#ifdef ZOKIO_MODEL
using AsymmetricFence = model::AsymmetricFence;
#else

class AsymmetricFence {
 public:
  static void FastSide() {
    if (__builtin_expect(kernel_fences_.load(std::memory_order_relaxed), 1)) {
      std::atomic_signal_fence(std::memory_order_seq_cst);
    } else {
      FullFence();
    }
  }
  static void SlowSide();

  // Asks the kernel once; call before the first thread uses it (the scheduler does).
  static void Prepare();

 private:
  static void FullFence();

  // False until Prepare succeeded, so that an unprepared fast side is merely slow.
  static inline constinit std::atomic<bool> kernel_fences_{false};
};

#endif  // ZOKIO_MODEL

}  // namespace zokio

#endif  // ZOKIO_BASE_ASYMMETRIC_FENCE_H_
