// Random: a small, fast, seeded generator for scheduling choices (not for secrets).
//
// xoshiro-like quality is not needed to pick a victim; this is splitmix64, one multiply chain of
// 64 bits of state, every seed good. The same seed gives the same sequence on every platform, which
// is what seeded scheduling needs.
//
// Thread-safety: one thread.  Cost: about 1 ns a draw.
// Source: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", 2014.
#ifndef ZOKIO_BASE_RANDOM_H_
#define ZOKIO_BASE_RANDOM_H_

#include <cstdint>

namespace zokio {

class Random {
 public:
  explicit constexpr Random(uint64_t seed) : state_(seed) {}

  constexpr uint64_t Next() {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // Uniform in [0, bound) up to a bias of bound / 2^32.  REQUIRES: bound > 0.
  constexpr uint32_t Below(uint32_t bound) {
    return static_cast<uint32_t>((uint64_t{static_cast<uint32_t>(Next())} * bound) >> 32);
  }

 private:
  uint64_t state_;
};

}  // namespace zokio

#endif  // ZOKIO_BASE_RANDOM_H_
