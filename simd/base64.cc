#include "simd/base64.h"

#include <algorithm>

#include "base/check.h"
#include "simd/internal/base64_tables.h"
#include "simd/internal/config.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "simd/base64.cc"
#include "hwy/foreach_target.h"
//
#include "hwy/highway.h"
#include "simd/internal/block-inl.h"

HWY_BEFORE_NAMESPACE();
namespace zokio::simd::HWY_NAMESPACE {
namespace {

using Tables = internal::Base64Tables;

// Places reached by the vector loops; plain code does the rest.
struct Progress {
  size_t in = 0;
  size_t out = 0;
  bool valid = true;
};

#if ZOKIO_SIMD_HAVE_VECTORS

using Words16 = hn::FixedTag<uint32_t, 4>;

// In each 32-bit lane: four 6-bit values, the first in the lowest byte, to the digits.
HWY_INLINE hn::Vec<Bytes16> ToDigits(hn::Vec<Bytes16> values, const Tables& tables) {
  const Bytes16 d;
  const auto set = [&](unsigned byte) HWY_ATTR { return hn::Set(d, static_cast<uint8_t>(byte)); };
  // What to add to a value depends on the range that it lies in.
  auto offset = set('A');
  offset = hn::IfThenElse(hn::Gt(values, set(25)), set('a' - 26), offset);
  offset = hn::IfThenElse(hn::Gt(values, set(51)), set(256 + '0' - 52), offset);
  offset = hn::IfThenElse(hn::Eq(values, set(62)), set(256u + tables.digits[62] - 62), offset);
  offset = hn::IfThenElse(hn::Eq(values, set(63)), set(256u + tables.digits[63] - 63), offset);
  return hn::Add(values, offset);
}

// Twelve bytes at `in`, of which sixteen are read.
HWY_INLINE void EncodeTwelve(const uint8_t* in, const Tables& tables, uint8_t* out) {
  alignas(16) static constexpr uint8_t kBigEndian[16] = {2, 1, 0, 0x80, 5,  4,  3, 0x80,
                                                         8, 7, 6, 0x80, 11, 10, 9, 0x80};
  const Bytes16 d;
  const Words16 d32;
  const auto bytes = hn::TableLookupBytesOr0(hn::LoadU(d, in), hn::Load(d, kBigEndian));
  const auto x = hn::BitCast(d32, bytes);  // 24 bits in each lane
  const auto a = hn::ShiftRight<18>(x);
  const auto b = hn::And(hn::ShiftRight<4>(x), hn::Set(d32, 0x3F00u));
  const auto c = hn::And(hn::ShiftLeft<10>(x), hn::Set(d32, 0x3F0000u));
  const auto e = hn::And(hn::ShiftLeft<24>(x), hn::Set(d32, 0x3F000000u));
  const auto values = hn::BitCast(d, hn::Or(hn::Or(a, b), hn::Or(c, e)));
  hn::StoreU(ToDigits(values, tables), d, out);
}

// Sixteen digits at `text` to twelve bytes; sixteen are written.
HWY_INLINE bool DecodeSixteen(const uint8_t* text, const Tables& tables, uint8_t* out) {
  alignas(16) static constexpr uint8_t kBigEndian[16] = {2, 1,  0,  6,  5,    4,    10,   9,
                                                         8, 14, 13, 12, 0x80, 0x80, 0x80, 0x80};
  const Bytes16 d;
  const Words16 d32;
  const auto set = [&](unsigned byte) HWY_ATTR { return hn::Set(d, static_cast<uint8_t>(byte)); };
  const auto v = hn::LoadU(d, text);
  const auto upper = hn::Sub(v, set('A'));
  const auto lower = hn::Sub(v, set('a'));
  const auto digit = hn::Sub(v, set('0'));
  const auto is_upper = hn::Lt(upper, set(26));
  const auto is_lower = hn::Lt(lower, set(26));
  const auto is_digit = hn::Lt(digit, set(10));
  const auto is_62 = hn::Eq(v, set(tables.digits[62]));
  const auto is_63 = hn::Eq(v, set(tables.digits[63]));
  auto values = hn::IfThenElseZero(is_upper, upper);
  values = hn::IfThenElse(is_lower, hn::Add(lower, set(26)), values);
  values = hn::IfThenElse(is_digit, hn::Add(digit, set(52)), values);
  values = hn::IfThenElse(is_62, set(62), values);
  values = hn::IfThenElse(is_63, set(63), values);
  const auto x = hn::BitCast(d32, values);
  const auto a = hn::ShiftLeft<18>(hn::And(x, hn::Set(d32, 0x3Fu)));
  const auto b = hn::ShiftLeft<4>(hn::And(x, hn::Set(d32, 0x3F00u)));
  const auto c = hn::And(hn::ShiftRight<10>(x), hn::Set(d32, 0xFC0u));
  const auto joined = hn::Or(hn::Or(a, b), hn::Or(c, hn::ShiftRight<24>(x)));
  hn::StoreU(hn::TableLookupBytesOr0(hn::BitCast(d, joined), hn::Load(d, kBigEndian)), d, out);
  return hn::AllTrue(d, hn::Or(hn::Or(is_upper, is_lower), hn::Or(is_digit, hn::Or(is_62, is_63))));
}

#endif  // ZOKIO_SIMD_HAVE_VECTORS

#if ZOKIO_SIMD_AVX512_DL

// Byte orders of the 64-byte steps. Encoding wants the bytes 1 0 2 1 of each group of three, from
// which four shifts cut the digits; decoding packs the three bytes of each 32-bit lane.
struct alignas(64) WideOrders {
  constexpr WideOrders() {
    for (uint8_t group = 0; group < 16; ++group) {
      const uint8_t from[4] = {1, 0, 2, 1};
      for (uint8_t i = 0; i < 4; ++i) {
        spread[4 * group + i] = static_cast<uint8_t>(3 * group + from[i]);
      }
      for (uint8_t i = 0; i < 3; ++i) {
        pack[3 * group + i] = static_cast<uint8_t>(4 * group + 2 - i);
      }
    }
  }
  uint8_t spread[64] = {};
  uint8_t pack[64] = {};
};
constexpr WideOrders kWideOrders;

HWY_INLINE void EncodeWide(const uint8_t* in, size_t n, const Tables& tables, uint8_t* out,
                           Progress& at) {
  const __m512i spread = _mm512_load_si512(kWideOrders.spread);
  const __m512i digits = _mm512_load_si512(tables.digits);
  const __m512i shifts = _mm512_set1_epi64(0x3036242A1016040A);
  for (; n - at.in >= 48; at.in += 48, at.out += 64) {
    const __m512i data = _mm512_maskz_loadu_epi8((uint64_t{1} << 48) - 1, in + at.in);
    const __m512i values =
        _mm512_multishift_epi64_epi8(shifts, _mm512_permutexvar_epi8(spread, data));
    // The look-up uses the low six bits of each index and ignores the rest.
    _mm512_storeu_si512(out + at.out, _mm512_permutexvar_epi8(values, digits));
  }
}

HWY_INLINE void DecodeWide(const uint8_t* text, size_t n, const Tables& tables, uint8_t* out,
                           Progress& at) {
  const __m512i pack = _mm512_load_si512(kWideOrders.pack);
  const __m512i values_low = _mm512_load_si512(tables.values);
  const __m512i values_high = _mm512_load_si512(tables.values + 64);
  __m512i errors = _mm512_setzero_si512();
  for (; n - at.in >= 64; at.in += 64, at.out += 48) {
    const __m512i digits = _mm512_loadu_si512(text + at.in);
    const __m512i values = _mm512_permutex2var_epi8(values_low, digits, values_high);
    // The top bit of a digit is beyond the table, so it counts as an error itself.
    errors = _mm512_ternarylogic_epi64(errors, digits, values, 0xFE);
    const __m512i pairs = _mm512_maddubs_epi16(values, _mm512_set1_epi32(0x01400140));
    const __m512i groups = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000));
    _mm512_mask_storeu_epi8(out + at.out, (uint64_t{1} << 48) - 1,
                            _mm512_permutexvar_epi8(pack, groups));
  }
  at.valid = _mm512_movepi8_mask(errors) == 0;
}

#endif  // ZOKIO_SIMD_AVX512_DL

size_t EncodeKernel(const uint8_t* in, size_t n, const Tables& tables, uint8_t* out) {
  Progress at;
#if ZOKIO_SIMD_AVX512_DL
  EncodeWide(in, n, tables, out, at);
#endif
#if ZOKIO_SIMD_HAVE_VECTORS
  for (; n - at.in >= 16; at.in += 12, at.out += 16) {
    EncodeTwelve(in + at.in, tables, out + at.out);
  }
#endif
  for (; n - at.in >= 3; at.in += 3, at.out += 4) {
    const uint32_t group =
        uint32_t{in[at.in]} << 16 | uint32_t{in[at.in + 1]} << 8 | uint32_t{in[at.in + 2]};
    out[at.out] = tables.digits[group >> 18];
    out[at.out + 1] = tables.digits[(group >> 12) & 63];
    out[at.out + 2] = tables.digits[(group >> 6) & 63];
    out[at.out + 3] = tables.digits[group & 63];
  }
  const size_t rest = n - at.in;
  if (rest > 0) {
    const uint32_t group =
        uint32_t{in[at.in]} << 16 | (rest > 1 ? uint32_t{in[at.in + 1]} << 8 : 0);
    out[at.out++] = tables.digits[group >> 18];
    out[at.out++] = tables.digits[(group >> 12) & 63];
    if (rest > 1) out[at.out++] = tables.digits[(group >> 6) & 63];
  }
  return at.out;
}

// `text` is without padding. Returns false when it is not base64.
bool DecodeKernel(const uint8_t* text, size_t n, const Tables& tables, uint8_t* out,
                  size_t& written) {
  Progress at;
#if ZOKIO_SIMD_AVX512_DL
  DecodeWide(text, n, tables, out, at);
#endif
#if ZOKIO_SIMD_HAVE_VECTORS
  // Four bytes past the twelve are written: eight more characters make room for them.
  for (; at.valid && n - at.in >= 24; at.in += 16, at.out += 12) {
    at.valid = DecodeSixteen(text + at.in, tables, out + at.out);
  }
#endif
  if (!at.valid) return false;
  uint32_t seen = 0;
  for (; n - at.in >= 4; at.in += 4, at.out += 3) {
    uint32_t group = 0;
    for (size_t i = 0; i < 4; ++i) {
      const uint8_t value = tables.values[text[at.in + i]];
      seen |= value;
      group = group << 6 | (value & 63);
    }
    out[at.out] = static_cast<uint8_t>(group >> 16);
    out[at.out + 1] = static_cast<uint8_t>(group >> 8);
    out[at.out + 2] = static_cast<uint8_t>(group);
  }
  const size_t rest = n - at.in;
  if (rest == 1) return false;
  if (rest > 0) {
    uint32_t group = 0;
    for (size_t i = 0; i < 3; ++i) {
      const uint8_t value = i < rest ? tables.values[text[at.in + i]] : 0;
      seen |= value;
      group = group << 6 | (value & 63);
    }
    // Of 18 bits the first 8 or 16 are data.
    if ((group & (rest == 2 ? 0x3FFu : 0x3u)) != 0) return false;
    out[at.out++] = static_cast<uint8_t>(group >> 10);
    if (rest == 3) out[at.out++] = static_cast<uint8_t>(group >> 2);
  }
  written = at.out;
  return (seen & 0x80) == 0;
}

}  // namespace
}  // namespace zokio::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace zokio::simd {

HWY_EXPORT(EncodeKernel);
HWY_EXPORT(DecodeKernel);

size_t Base64Encode(std::span<const uint8_t> data, Base64Alphabet alphabet, std::span<char> out) {
  const size_t size = Base64EncodedSize(data.size(), alphabet);
  ZOKIO_CHECK(out.size() >= size, "out too small");
  const size_t digits = ZOKIO_SIMD_DISPATCH(EncodeKernel)(data.data(), data.size(),
                                                          internal::Base64TablesOf(alphabet),
                                                          reinterpret_cast<uint8_t*>(out.data()));
  std::fill(out.data() + digits, out.data() + size, '=');
  return size;
}

std::optional<size_t> Base64Decode(std::string_view text, Base64Alphabet alphabet,
                                   std::span<uint8_t> out) {
  ZOKIO_CHECK(out.size() >= Base64DecodedSizeMax(text.size()), "out too small");
  if (alphabet == Base64Alphabet::kStandard) {
    if (text.size() % 4 != 0) return std::nullopt;
    if (text.ends_with("==")) {
      text.remove_suffix(2);
    } else if (text.ends_with('=')) {
      text.remove_suffix(1);
    }
  }
  size_t written = 0;
  const bool valid =
      ZOKIO_SIMD_DISPATCH(DecodeKernel)(reinterpret_cast<const uint8_t*>(text.data()), text.size(),
                                        internal::Base64TablesOf(alphabet), out.data(), written);
  return valid ? std::optional(written) : std::nullopt;
}

}  // namespace zokio::simd
#endif  // HWY_ONCE
