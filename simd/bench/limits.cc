// The bare load loop of bench/peers.h. Not compiled for the native CPU: compilers then split
// 64-byte vectors in two on some.
#include <cstring>

#include "simd/bench/peers.h"

namespace zokio::simd::bench {
namespace {

template <size_t kBytes>
inline __attribute__((always_inline)) uint64_t LoadWith(std::span<const uint8_t> data) {
  typedef uint64_t Vector __attribute__((vector_size(kBytes)));
  Vector s0 = {}, s1 = {}, s2 = {}, s3 = {};
  const uint8_t* const p = data.data();
  for (size_t i = 0; i + 4 * kBytes <= data.size(); i += 4 * kBytes) {
    Vector a, b, c, d;
    std::memcpy(&a, p + i, kBytes);
    std::memcpy(&b, p + i + kBytes, kBytes);
    std::memcpy(&c, p + i + 2 * kBytes, kBytes);
    std::memcpy(&d, p + i + 3 * kBytes, kBytes);
    s0 |= a;
    s1 |= b;
    s2 |= c;
    s3 |= d;
  }
  s0 |= s1 | s2 | s3;
  uint64_t lanes[kBytes / 8];
  std::memcpy(lanes, &s0, kBytes);
  uint64_t all = 0;
  for (const uint64_t lane : lanes) all |= lane;
  return all;
}

#if defined(__x86_64__)
__attribute__((target("avx512f"))) uint64_t Load64(std::span<const uint8_t> data) {
  return LoadWith<64>(data);
}
__attribute__((target("avx2"))) uint64_t Load32(std::span<const uint8_t> data) {
  return LoadWith<32>(data);
}
#endif

}  // namespace

uint64_t LoadLoop(std::span<const uint8_t> data) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return Load64(data);
  if (__builtin_cpu_supports("avx2")) return Load32(data);
#endif
  return LoadWith<16>(data);
}

}  // namespace zokio::simd::bench
