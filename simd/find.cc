#include "simd/find.h"

#include <bit>

#include "base/check.h"
#include "simd/internal/config.h"
#include "simd/reference.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/find.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"
#include "simd/internal/decode-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

#if ZOKIO_SIMD_HAVE_VECTORS

// Predicates for block-inl.h.

struct IsByte {
  explicit IsByte(uint8_t b) : byte(b) {}
  template <class D, class V>
  HWY_INLINE hn::Mask<D> operator()(D d, V v) const {
    return hn::Eq(v, hn::Set(d, byte));
  }
  uint8_t byte;
};

struct IsUniqueMember {
  explicit IsUniqueMember(const ByteSet& set) : table(set.unique()) {}
  template <class D, class V>
  HWY_INLINE hn::Mask<D> operator()(D d, V v) const {
    return hn::Eq(v, hn::TableLookupBytesOr0(hn::LoadDup128(d, table), LowNibbleIndex(v)));
  }
  const uint8_t* table;
};

alignas(16) constexpr uint8_t kBitOfNibble[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                                  0, 0, 0, 0, 0,  0,  0,  0};
alignas(16) constexpr uint8_t kBitOfHighNibble[16] = {0, 0, 0, 0, 0,  0,  0,  0,
                                                      1, 2, 4, 8, 16, 32, 64, 128};

struct IsAsciiMember {
  explicit IsAsciiMember(const ByteSet& set) : rows(set.low_rows()) {}
  template <class D, class V>
  HWY_INLINE hn::Mask<D> operator()(D d, V v) const {
    const auto row = hn::TableLookupBytesOr0(hn::LoadDup128(d, rows), LowNibbleIndex(v));
    const auto bit = hn::TableLookupBytes(hn::LoadDup128(d, kBitOfNibble), HighNibble(v));
    return hn::Ne(hn::And(row, bit), hn::Zero(d));
  }
  const uint8_t* rows;
};

struct IsMember {
  explicit IsMember(const ByteSet& s) : set(&s) {}
  template <class D, class V>
  HWY_INLINE hn::Mask<D> operator()(D d, V v) const {
    const auto low = hn::And(v, hn::Set(d, uint8_t{0x0F}));
    const auto high = HighNibble(v);
    const auto row = hn::TableLookupBytes(hn::LoadDup128(d, set->low_rows()), low);
    const auto high_row = hn::TableLookupBytes(hn::LoadDup128(d, set->high_rows()), low);
    const auto bit = hn::TableLookupBytes(hn::LoadDup128(d, kBitOfNibble), high);
    const auto high_bit = hn::TableLookupBytes(hn::LoadDup128(d, kBitOfHighNibble), high);
    const auto hit = hn::Or(hn::And(row, bit), hn::And(high_row, high_bit));
    return hn::Ne(hit, hn::Zero(d));
  }
  const ByteSet* set;
};

template <class Pred>
HWY_INLINE size_t FindFirst(const uint8_t* p, size_t n, const Pred& pred) {
  const Bytes d;
  constexpr size_t kLanes = hn::MaxLanes(d);
  size_t i = 0;
  // The first block alone: many searches end there.
  if (n >= 64) {
    const uint64_t bits = BlockMask(p, pred);
    if (bits != 0) return static_cast<size_t>(std::countr_zero(bits));
    i = 64;
  }
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    const auto m0 = pred(d, hn::LoadU(d, p + i));
    const auto m1 = pred(d, hn::LoadU(d, p + i + kLanes));
    const auto m2 = pred(d, hn::LoadU(d, p + i + 2 * kLanes));
    const auto m3 = pred(d, hn::LoadU(d, p + i + 3 * kLanes));
    if (HWY_LIKELY(hn::AllFalse(d, hn::Or(hn::Or(m0, m1), hn::Or(m2, m3))))) continue;
    const uint64_t b0 = MaskBits(d, m0);
    if (b0 != 0) return i + static_cast<size_t>(std::countr_zero(b0));
    const uint64_t b1 = MaskBits(d, m1);
    if (b1 != 0) return i + kLanes + static_cast<size_t>(std::countr_zero(b1));
    const uint64_t b2 = MaskBits(d, m2);
    if (b2 != 0) return i + 2 * kLanes + static_cast<size_t>(std::countr_zero(b2));
    return i + 3 * kLanes + static_cast<size_t>(std::countr_zero(MaskBits(d, m3)));
  }
  for (; i + 64 <= n; i += 64) {
    const uint64_t bits = BlockMask(p + i, pred);
    if (bits != 0) return i + static_cast<size_t>(std::countr_zero(bits));
  }
  const uint64_t bits = TailMask(p + i, n - i, pred);
  return bits != 0 ? i + static_cast<size_t>(std::countr_zero(bits)) : n;
}

template <class Pred>
HWY_INLINE void Bitmap(const uint8_t* p, size_t n, const Pred& pred, uint64_t* bitmap) {
  size_t i = 0;
  for (; i + 256 <= n; i += 256) {
    bitmap[i / 64] = BlockMask(p + i, pred);
    bitmap[i / 64 + 1] = BlockMask(p + i + 64, pred);
    bitmap[i / 64 + 2] = BlockMask(p + i + 128, pred);
    bitmap[i / 64 + 3] = BlockMask(p + i + 192, pred);
  }
  for (; i + 64 <= n; i += 64) bitmap[i / 64] = BlockMask(p + i, pred);
  if (i < n) bitmap[i / 64] = TailMask(p + i, n - i, pred);
}

// The slow end of Positions(): never writes past the room there is.
HWY_INLINE bool DecodeBounded(uint64_t bits, size_t base, std::span<uint32_t> positions,
                              DelimiterScan& scan) {
  while (bits != 0) {
    if (scan.count == positions.size()) return false;
    const size_t at = base + static_cast<size_t>(std::countr_zero(bits));
    positions[scan.count++] = static_cast<uint32_t>(at);
    scan.consumed = at + 1;
    bits &= bits - 1;
  }
  return true;
}

template <class Pred>
HWY_INLINE DelimiterScan Positions(const uint8_t* p, size_t n, const Pred& pred,
                                   std::span<uint32_t> positions) {
  size_t i = 0;
  size_t count = 0;
  uint32_t* const out = positions.data();
  for (; i + 64 <= n && positions.size() - count >= kDecodeRoom; i += 64) {
    count += DecodeWord(BlockMask(p + i, pred), static_cast<uint32_t>(i), out + count);
  }
  DelimiterScan scan = {count, i};
  for (; i < n; i += 64) {
    const uint64_t bits = n - i >= 64 ? BlockMask(p + i, pred) : TailMask(p + i, n - i, pred);
    if (!DecodeBounded(bits, i, positions, scan)) return scan;
  }
  scan.consumed = n;
  return scan;
}

#endif  // ZOKIO_SIMD_HAVE_VECTORS

size_t FindByteKernel(const uint8_t* p, size_t n, uint8_t byte) {
#if ZOKIO_SIMD_HAVE_VECTORS
  return FindFirst(p, n, IsByte(byte));
#else
  return reference::FindByte({p, n}, byte);
#endif
}

size_t FindAnyOfKernel(const uint8_t* p, size_t n, const ByteSet& set) {
#if ZOKIO_SIMD_HAVE_VECTORS
  if (set.kind() == ByteSet::Kind::kUnique) return FindFirst(p, n, IsUniqueMember(set));
  if (set.kind() == ByteSet::Kind::kAscii) return FindFirst(p, n, IsAsciiMember(set));
  return FindFirst(p, n, IsMember(set));
#else
  return reference::FindAnyOf({p, n}, set);
#endif
}

void BitmapKernel(const uint8_t* p, size_t n, const ByteSet& set, uint64_t* bitmap) {
#if ZOKIO_SIMD_HAVE_VECTORS
  if (set.kind() == ByteSet::Kind::kUnique) return Bitmap(p, n, IsUniqueMember(set), bitmap);
  if (set.kind() == ByteSet::Kind::kAscii) return Bitmap(p, n, IsAsciiMember(set), bitmap);
  return Bitmap(p, n, IsMember(set), bitmap);
#else
  return reference::DelimiterBitmap({p, n}, set, {bitmap, (n + 63) / 64});
#endif
}

DelimiterScan PositionsKernel(const uint8_t* p, size_t n, const ByteSet& set,
                              std::span<uint32_t> positions) {
#if ZOKIO_SIMD_HAVE_VECTORS
  if (set.kind() == ByteSet::Kind::kUnique) return Positions(p, n, IsUniqueMember(set), positions);
  if (set.kind() == ByteSet::Kind::kAscii) return Positions(p, n, IsAsciiMember(set), positions);
  return Positions(p, n, IsMember(set), positions);
#else
  return reference::DelimiterPositions({p, n}, set, positions);
#endif
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(FindByteKernel);
HWY_EXPORT(FindAnyOfKernel);
HWY_EXPORT(BitmapKernel);
HWY_EXPORT(PositionsKernel);

size_t FindByte(std::span<const uint8_t> data, uint8_t byte) {
  return ZOKIO_SIMD_DISPATCH(FindByteKernel)(data.data(), data.size(), byte);
}

size_t FindAnyOf(std::span<const uint8_t> data, const ByteSet& set) {
  return ZOKIO_SIMD_DISPATCH(FindAnyOfKernel)(data.data(), data.size(), set);
}

void DelimiterBitmap(std::span<const uint8_t> data, const ByteSet& set,
                     std::span<uint64_t> bitmap) {
  ZOKIO_CHECK(bitmap.size() >= (data.size() + 63) / 64, "bitmap too small");
  ZOKIO_SIMD_DISPATCH(BitmapKernel)(data.data(), data.size(), set, bitmap.data());
}

DelimiterScan DelimiterPositions(std::span<const uint8_t> data, const ByteSet& set,
                                 std::span<uint32_t> positions) {
  ZOKIO_CHECK(data.size() <= UINT32_MAX, "positions are 32 bits");
  return ZOKIO_SIMD_DISPATCH(PositionsKernel)(data.data(), data.size(), set, positions);
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
