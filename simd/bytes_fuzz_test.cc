// Validators, decoders and scanners must agree with the reference on any bytes, on every target.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "simd/base64.h"
#include "simd/crc32c.h"
#include "simd/find.h"
#include "simd/hex.h"
#include "simd/reference.h"
#include "simd/targets.h"
#include "simd/utf8.h"
#include "simd/wire.h"

namespace zokio::simd {
namespace {

void CheckDecoders(std::string_view text) {
  std::vector<uint8_t> got(text.size()), want(text.size());
  for (const Base64Alphabet alphabet : {Base64Alphabet::kStandard, Base64Alphabet::kUrl}) {
    const auto size = Base64Decode(text, alphabet, got);
    ZOKIO_CHECK(size == reference::Base64Decode(text, alphabet, want), "base64 size");
    if (!size.has_value()) continue;
    ZOKIO_CHECK(std::equal(got.begin(), got.begin() + static_cast<ptrdiff_t>(*size), want.begin()),
                "base64 bytes");
    std::vector<char> again(Base64EncodedSize(*size, alphabet));
    Base64Encode({got.data(), *size}, alphabet, again);
    ZOKIO_CHECK(std::string_view(again.data(), again.size()) == text, "one encoding for a value");
  }
  const bool is_hex = HexDecode(text, got);
  ZOKIO_CHECK(is_hex == reference::HexDecode(text, want), "hex");
  ZOKIO_CHECK(
      !is_hex || std::equal(got.begin(), got.begin() + static_cast<ptrdiff_t>(text.size() / 2),
                            want.begin()),
      "hex bytes");
}

void CheckScanners(std::span<const uint8_t> data, const ByteSet& set, size_t room) {
  ZOKIO_CHECK(FindAnyOf(data, set) == reference::FindAnyOf(data, set), "find");
  std::vector<uint32_t> got(room), want(room);
  const DelimiterScan a = DelimiterPositions(data, set, got);
  const DelimiterScan b = reference::DelimiterPositions(data, set, want);
  ZOKIO_CHECK(a.count == b.count && a.consumed == b.consumed, "scan");
  ZOKIO_CHECK(std::equal(got.begin(), got.begin() + static_cast<ptrdiff_t>(a.count), want.begin()),
              "positions");
}

void CheckAll(std::span<const uint8_t> data, const ByteSet& set, size_t room) {
  ZOKIO_CHECK(ValidateUtf8(data) == reference::ValidateUtf8(data), "utf8");
  ZOKIO_CHECK(Crc32c(data) == reference::Crc32c(data, 0), "crc32c");
  ZOKIO_CHECK(InternetChecksum(data) == reference::InternetChecksum(data, 0), "checksum");
  CheckDecoders({reinterpret_cast<const char*>(data.data()), data.size()});
  CheckScanners(data, set, room);
}

}  // namespace
}  // namespace zokio::simd

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  // The first byte tells how many of the following are the set to look for.
  const size_t members = std::min<size_t>(data[0] % 8, size - 2);
  const zokio::simd::ByteSet set({reinterpret_cast<const char*>(data) + 2, members});
  const size_t room = data[1];
  const size_t text_size = size - 2 - members;
  // A copy of the exact size, so that AddressSanitizer sees a read past its end.
  const std::unique_ptr<uint8_t[]> text(new uint8_t[text_size]);
  if (text_size > 0) std::memcpy(text.get(), data + 2 + members, text_size);
  static const zokio::simd::TargetInfo targets = zokio::simd::Targets();
  for (const zokio::simd::Target target : targets.supported) {
    ZOKIO_CHECK(zokio::simd::ForceTarget(target), "target");
    zokio::simd::CheckAll({text.get(), text_size}, set, room);
  }
  return 0;
}
