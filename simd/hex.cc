#include "simd/hex.h"

#include "base/check.h"
#include "simd/internal/config.h"
#include "simd/reference.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/hex.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

#if ZOKIO_SIMD_HAVE_VECTORS

alignas(16) constexpr uint8_t kDigits[16] = {'0', '1', '2', '3', '4', '5', '6', '7',
                                             '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'};

HWY_INLINE void EncodeSixteen(const uint8_t* in, uint8_t* out) {
  const Bytes16 d;
  const auto digits = hn::Load(d, kDigits);
  const auto v = hn::LoadU(d, in);
  const auto high = hn::TableLookupBytes(digits, HighNibble(v));
  const auto low = hn::TableLookupBytes(digits, hn::And(v, hn::Set(d, uint8_t{0x0F})));
  hn::StoreU(hn::InterleaveLower(d, high, low), d, out);
  hn::StoreU(hn::InterleaveUpper(d, high, low), d, out + 16);
}

// The values of 16 digits; `valid` loses the lanes that hold none.
HWY_INLINE hn::Vec<Bytes16> DigitValues(const char* text, hn::Mask<Bytes16>& valid) {
  const Bytes16 d;
  const auto v = hn::LoadU(d, reinterpret_cast<const uint8_t*>(text));
  const auto digit = hn::Sub(v, hn::Set(d, uint8_t{'0'}));
  const auto letter = hn::Sub(hn::Or(v, hn::Set(d, uint8_t{0x20})), hn::Set(d, uint8_t{'a'}));
  const auto is_digit = hn::Lt(digit, hn::Set(d, uint8_t{10}));
  const auto is_letter = hn::Lt(letter, hn::Set(d, uint8_t{6}));
  valid = hn::And(valid, hn::Or(is_digit, is_letter));
  return hn::IfThenElse(is_digit, digit, hn::Add(letter, hn::Set(d, uint8_t{10})));
}

// Pairs of digits become bytes in the even places.
HWY_INLINE hn::Vec<Bytes16> JoinDigits(hn::Vec<Bytes16> digits) {
  const Bytes16 d;
  const hn::FixedTag<uint16_t, 8> d16;
  const auto pairs = hn::BitCast(d16, digits);
  return hn::BitCast(d, hn::Or(hn::ShiftLeft<4>(pairs), hn::ShiftRight<8>(pairs)));
}

HWY_INLINE bool DecodeThirtyTwo(const char* text, uint8_t* out) {
  const Bytes16 d;
  hn::Mask<Bytes16> valid = hn::Eq(hn::Zero(d), hn::Zero(d));
  const auto low = JoinDigits(DigitValues(text, valid));
  const auto high = JoinDigits(DigitValues(text + 16, valid));
  hn::StoreU(hn::ConcatEven(d, high, low), d, out);
  return hn::AllTrue(d, valid);
}

#endif  // ZOKIO_SIMD_HAVE_VECTORS

void HexEncodeKernel(const uint8_t* in, size_t n, char* out) {
  size_t i = 0;
#if ZOKIO_SIMD_HAVE_VECTORS
  uint8_t* const to = reinterpret_cast<uint8_t*>(out);
  for (; i + 16 <= n; i += 16) EncodeSixteen(in + i, to + 2 * i);
  if (i < n && n >= 16) {  // overlaps what is written already
    EncodeSixteen(in + n - 16, to + 2 * (n - 16));
    return;
  }
#endif
  reference::HexEncode({in + i, n - i}, {out + 2 * i, 2 * (n - i)});
}

bool HexDecodeKernel(const char* text, size_t n, uint8_t* out) {
  size_t i = 0;
#if ZOKIO_SIMD_HAVE_VECTORS
  if (n % 2 != 0) return false;
  bool valid = true;
  for (; i + 32 <= n; i += 32) valid &= DecodeThirtyTwo(text + i, out + i / 2);
  if (!valid) return false;
  if (i < n && n >= 32) return DecodeThirtyTwo(text + n - 32, out + (n - 32) / 2);
#endif
  return reference::HexDecode({text + i, n - i}, {out + i / 2, (n - i) / 2});
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(HexEncodeKernel);
HWY_EXPORT(HexDecodeKernel);

void HexEncode(std::span<const uint8_t> data, std::span<char> out) {
  ZOKIO_CHECK(out.size() >= 2 * data.size(), "out too small");
  ZOKIO_SIMD_DISPATCH(HexEncodeKernel)(data.data(), data.size(), out.data());
}

bool HexDecode(std::string_view text, std::span<uint8_t> out) {
  ZOKIO_CHECK(out.size() >= text.size() / 2, "out too small");
  return ZOKIO_SIMD_DISPATCH(HexDecodeKernel)(text.data(), text.size(), out.data());
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
