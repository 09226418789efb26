// The tokeniser must agree with the reference on any bytes, on every target, at any limit.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "base/check.h"
#include "simd/targets.h"
#include "simd/testing/http_compare.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  const size_t headers_max = data[0] % (zokio::simd::testing::kCompareHeadersMax + 1);
  zokio::simd::HttpLimits limits;
  if (data[1] % 2 == 0) limits.head_bytes_max = data[1] * size_t{4};
  // A copy of the exact size, so that AddressSanitizer sees a read past its end.
  const size_t text_size = size - 2;
  const std::unique_ptr<uint8_t[]> text(new uint8_t[text_size]);
  if (text_size > 0) std::memcpy(text.get(), data + 2, text_size);
  static const zokio::simd::TargetInfo targets = zokio::simd::Targets();
  for (const zokio::simd::Target target : targets.supported) {
    ZOKIO_CHECK(zokio::simd::ForceTarget(target), "target");
    const std::string request =
        zokio::simd::testing::CompareRequest({text.get(), text_size}, limits, headers_max);
    ZOKIO_CHECK(request.empty(), request.c_str());
    const std::string response =
        zokio::simd::testing::CompareResponse({text.get(), text_size}, limits, headers_max);
    ZOKIO_CHECK(response.empty(), response.c_str());
  }
  return 0;
}
