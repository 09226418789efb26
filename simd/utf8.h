// UTF-8 validation (Unicode 15, table 3-7: no overlong forms, surrogates or values past U+10FFFF).
//
// Thread-safety: pure function.
// Cost: one indirect call; text is checked 64 bytes at a time, ASCII 256; figures in
// simd/README.md. Source: Keiser, Lemire, "Validating UTF-8 in less than one instruction per byte"
// (2021).
#ifndef ZOKIO_SIMD_UTF8_H_
#define ZOKIO_SIMD_UTF8_H_

#include <cstdint>
#include <span>

namespace zokio::simd {

// Whether `text` is well-formed UTF-8 throughout; a sequence cut off by the end is not.
bool ValidateUtf8(std::span<const uint8_t> text);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_UTF8_H_
