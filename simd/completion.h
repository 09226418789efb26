// Looking through a batch of I/O completions: which failed, which carry a flag.
//
// Classifying one completion in scalar code costs a fraction of what touching its operation does,
// so this pays only where the caller skips the successful ones; see simd/README.md.
//
// Thread-safety: pure function.
#ifndef ZOKIO_SIMD_COMPLETION_H_
#define ZOKIO_SIMD_COMPLETION_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "simd/types.h"

namespace zokio::simd {

// For each completion one bit in `failed` (a negative result) and one in `flagged` (any of `flags`
// is set); bits past the last completion are zero. Returns how many failed.
// REQUIRES: both bitmaps hold (completions.size() + 63) / 64 words.
size_t CompletionScan(std::span<const Completion> completions, uint32_t flags,
                      std::span<uint64_t> failed, std::span<uint64_t> flagged);

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_COMPLETION_H_
