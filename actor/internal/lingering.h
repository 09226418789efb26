// Lingering: how long to look around before sleeping. Longer while that found something, shorter
// and then not at all while it did not; once in a while it tries again.
//
// Thread-safety: none. A pure function of what it was told.
#ifndef ZOKIO_ACTOR_INTERNAL_LINGERING_H_
#define ZOKIO_ACTOR_INTERNAL_LINGERING_H_

#include <algorithm>
#include <cstdint>

namespace zokio::internal {

// A pause that leaves the core to its other thread, and the bus to others.
inline void CpuRelax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

class Lingering {
 public:
  static constexpr uint32_t kLooksMax = 256;
  static constexpr uint32_t kLooksMin = 16;
  static constexpr uint32_t kRetryAfter = 64;

  // How often to look this time.
  uint32_t looks() {
    if (looks_ != 0) return looks_;
    if (++idle_ % kRetryAfter != 0) return 0;
    return kLooksMin;
  }
  // Whether that found something. Told only after looks() was not zero.
  void Learn(bool found) {
    looks_ = found ? std::min(std::max(2 * looks_, kLooksMin), kLooksMax) : looks_ / 2;
    if (looks_ < kLooksMin) looks_ = 0;
  }

 private:
  uint32_t looks_ = kLooksMin;
  uint32_t idle_ = 0;
};

}  // namespace zokio::internal

#endif  // ZOKIO_ACTOR_INTERNAL_LINGERING_H_
