#include "simd/wire.h"

#include <algorithm>
#include <bit>

#include "base/check.h"
#include "simd/internal/config.h"
#include "simd/reference.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/wire.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

HWY_INLINE uint16_t Swap(uint16_t x) { return __builtin_bswap16(x); }
HWY_INLINE uint32_t Swap(uint32_t x) { return __builtin_bswap32(x); }
HWY_INLINE uint64_t Swap(uint64_t x) { return __builtin_bswap64(x); }

#if ZOKIO_SIMD_HAVE_VECTORS

// Byte i of each lane comes from byte i ^ (size - 1).
template <class T>
struct alignas(16) SwapOrder {
  constexpr SwapOrder() {
    for (uint8_t i = 0; i < 16; ++i) bytes[i] = static_cast<uint8_t>(i ^ (sizeof(T) - 1));
  }
  uint8_t bytes[16] = {};
};

template <class T, class D>
HWY_INLINE size_t SwapVectors(D d, const uint8_t* in, size_t at, size_t n, uint8_t* out) {
  static constexpr SwapOrder<T> kOrder;
  const auto order = hn::LoadDup128(d, kOrder.bytes);
  constexpr size_t kLanes = hn::MaxLanes(d);
  for (; at + kLanes <= n; at += kLanes) {
    hn::StoreU(hn::TableLookupBytes(hn::LoadU(d, in + at), order), d, out + at);
  }
  return at;
}

#endif

template <class T>
HWY_INLINE void SwapAll(const T* in, size_t n, T* out) {
  size_t i = 0;
#if ZOKIO_SIMD_HAVE_VECTORS
  const uint8_t* const from = reinterpret_cast<const uint8_t*>(in);
  uint8_t* const to = reinterpret_cast<uint8_t*>(out);
  const size_t size = n * sizeof(T);
  size_t at = SwapVectors<T>(Bytes(), from, 0, size, to);
#if ZOKIO_SIMD_AVX512
  if (at < size) {
    const __mmask64 valid = (uint64_t{1} << (size - at)) - 1;
    static constexpr SwapOrder<T> kOrder;
    const __m512i last = _mm512_maskz_loadu_epi8(valid, from + at);
    const __m512i order = hn::LoadDup128(Bytes(), kOrder.bytes).raw;
    _mm512_mask_storeu_epi8(to + at, valid, _mm512_shuffle_epi8(last, order));
    return;
  }
#else
  at = SwapVectors<T>(Bytes16(), from, at, size, to);
#endif
  i = at / sizeof(T);
#endif
  for (; i < n; ++i) out[i] = Swap(in[i]);
}

void Swap16Kernel(const uint16_t* in, size_t n, uint16_t* out) { SwapAll(in, n, out); }
void Swap32Kernel(const uint32_t* in, size_t n, uint32_t* out) { SwapAll(in, n, out); }
void Swap64Kernel(const uint64_t* in, size_t n, uint64_t* out) { SwapAll(in, n, out); }

// The sum of native 16-bit words, folded to 16 bits only by the caller.
uint64_t ChecksumKernel(const uint8_t* p, size_t n) {
  uint64_t sum = 0;
#if ZOKIO_SIMD_HAVE_VECTORS
  const hn::ScalableTag<uint32_t> d;
  constexpr size_t kVector = hn::MaxLanes(d) * 4;
  // A 32-bit lane takes two words from each vector, and so 2^15 vectors without overflow.
  constexpr size_t kVectorsMax = size_t{1} << 15;
  const auto low_half = hn::Set(d, 0xFFFFu);
  while (n >= kVector) {
    auto even = hn::Zero(d);
    auto odd = hn::Zero(d);
    const size_t vectors = std::min(n / kVector, kVectorsMax);
    for (size_t i = 0; i < vectors; ++i, p += kVector) {
      const auto v = hn::BitCast(d, hn::LoadU(Bytes(), p));
      even = hn::Add(even, hn::And(v, low_half));
      odd = hn::Add(odd, hn::ShiftRight<16>(v));
    }
    n -= vectors * kVector;
    alignas(64) uint32_t lanes[2 * hn::MaxLanes(d)];
    hn::Store(even, d, lanes);
    hn::Store(odd, d, lanes + hn::MaxLanes(d));
    for (const uint32_t lane : lanes) sum += lane;
  }
#endif
  // Ones' complement addition does not care how wide the words are: carries are added back.
  for (; n >= 4; p += 4, n -= 4) sum += LoadRaw<uint32_t>(p);
  if (n >= 2) {
    sum += LoadRaw<uint16_t>(p);
    p += 2;
    n -= 2;
  }
  return n > 0 ? sum + *p : sum;
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

static_assert(std::endian::native == std::endian::little, "the kernels assume it");

// Up to here a plain loop is as fast, and what it stores can be read at once.
constexpr size_t kPlainSwapsMax = 16;
constexpr size_t kPlainChecksumMax = 24;

HWY_EXPORT(Swap16Kernel);
HWY_EXPORT(Swap32Kernel);
HWY_EXPORT(Swap64Kernel);
HWY_EXPORT(ChecksumKernel);

void ByteSwap(std::span<const uint16_t> in, std::span<uint16_t> out) {
  ZOKIO_CHECK(out.size() >= in.size(), "out too small");
  if (in.size() <= kPlainSwapsMax) return reference::ByteSwap(in, out);
  ZOKIO_SIMD_DISPATCH(Swap16Kernel)(in.data(), in.size(), out.data());
}

void ByteSwap(std::span<const uint32_t> in, std::span<uint32_t> out) {
  ZOKIO_CHECK(out.size() >= in.size(), "out too small");
  if (in.size() <= kPlainSwapsMax) return reference::ByteSwap(in, out);
  ZOKIO_SIMD_DISPATCH(Swap32Kernel)(in.data(), in.size(), out.data());
}

void ByteSwap(std::span<const uint64_t> in, std::span<uint64_t> out) {
  ZOKIO_CHECK(out.size() >= in.size(), "out too small");
  if (in.size() <= kPlainSwapsMax) return reference::ByteSwap(in, out);
  ZOKIO_SIMD_DISPATCH(Swap64Kernel)(in.data(), in.size(), out.data());
}

uint16_t InternetChecksum(std::span<const uint8_t> data, uint16_t initial) {
  if (data.size() <= kPlainChecksumMax) return reference::InternetChecksum(data, initial);
  uint64_t sum = ZOKIO_SIMD_DISPATCH(ChecksumKernel)(data.data(), data.size());
  sum += __builtin_bswap16(initial);
  while (sum > 0xFFFF) sum = (sum & 0xFFFF) + (sum >> 16);
  return __builtin_bswap16(static_cast<uint16_t>(sum));
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
