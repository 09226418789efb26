// Size classes of the tiered allocator: 8 bytes, multiples of 16 up to 256, eight to each doubling
// above, up to 64 KiB. Requests spread evenly waste 4 % above 256 bytes.
//
// Blocks of a class are cut from runs of pages. A run is as large as keeps its tail below 3 %,
// holds 1024 blocks at most (its bitmap) and, where it can, 8 at least.
#ifndef ZOKIO_MEM_INTERNAL_SIZE_CLASS_H_
#define ZOKIO_MEM_INTERNAL_SIZE_CLASS_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace zokio::mem_internal {

inline constexpr size_t kSmallMax = 256;
inline constexpr size_t kMediumMax = 64 << 10;
inline constexpr uint32_t kSmallClasses = 17;
inline constexpr uint32_t kClasses = kSmallClasses + 8 * 8;

// Pages of runs; a run is 2^order of them. Each has a descriptor of 64 bytes: see segment.h.
inline constexpr size_t kRunPage = 16 << 10;
inline constexpr uint32_t kRunOrderMax = 6;  // 1 MiB
inline constexpr uint32_t kRunBlocksMax = 1024;

constexpr size_t ClassSize(uint32_t size_class) {
  if (size_class == 0) return 8;
  if (size_class < kSmallClasses) return size_class * size_t{16};
  const uint32_t above = size_class - kSmallClasses;
  return (size_t{above % 8} + 9) << (above / 8 + 5);
}

struct ClassInfo {
  uint32_t size;
  uint32_t run_order;
  uint32_t blocks;        // in a run
  uint32_t magazine_max;  // pointers
  uint64_t reciprocal;    // 2^40 / size, rounded up

  // Of the block that lies `offset` bytes behind its run's begin.
  constexpr uint32_t IndexAt(size_t offset) const {
    return static_cast<uint32_t>(offset * reciprocal >> 40);
  }
};

namespace size_class_internal {

constexpr ClassInfo MakeInfo(uint32_t size_class) {
  const size_t size = ClassSize(size_class);
  uint32_t best = 0;
  size_t best_waste = SIZE_MAX;
  for (uint32_t order = 0; order <= kRunOrderMax; ++order) {
    const size_t bytes = kRunPage << order;
    const size_t blocks = bytes / size;
    if (blocks > kRunBlocksMax) break;
    if (blocks < 8 && order < kRunOrderMax) continue;
    if (order > 2 && best_waste <= 25) break;  // 64 KiB are enough where little is wasted
    const size_t waste = (bytes - blocks * size) * 1000 / bytes;
    if (waste < best_waste || waste <= 25) {
      best = order;
      best_waste = waste;
    }
  }
  const size_t blocks = (kRunPage << best) / size;
  const size_t in_cache = (size_t{128} << 10) / size;
  return {.size = static_cast<uint32_t>(size),
          .run_order = best,
          .blocks = static_cast<uint32_t>(blocks < kRunBlocksMax ? blocks : kRunBlocksMax),
          .magazine_max = static_cast<uint32_t>(in_cache < 16     ? 16
                                                : in_cache > 2048 ? 2048
                                                                  : in_cache),
          .reciprocal = ((uint64_t{1} << 40) + size - 1) / size};
}

constexpr std::array<ClassInfo, kClasses> MakeTable() {
  std::array<ClassInfo, kClasses> table{};
  for (uint32_t i = 0; i < kClasses; ++i) table[i] = MakeInfo(i);
  return table;
}

}  // namespace size_class_internal

inline constexpr std::array<ClassInfo, kClasses> kClassTable = size_class_internal::MakeTable();

// Up to 1 KiB every class ends at a multiple of 8, above at one of 128: a table of 640 bytes serves
// all, and its index needs no branch that mixed sizes would mispredict.
inline constexpr size_t kFineMax = 1024;

constexpr size_t ClassIndex(size_t size) {
  const bool fine = size <= kFineMax;
  const size_t bias = fine ? 7 : 127 + ((kFineMax / 8 - kFineMax / 128) << 7);
  return (size + bias) >> (fine ? 3 : 7);
}

namespace size_class_internal {

inline constexpr size_t kIndices = ClassIndex(kMediumMax) + 1;

constexpr std::array<uint8_t, kIndices> MakeIndex() {
  std::array<uint8_t, kIndices> index{};
  for (uint32_t size_class = kClasses; size_class-- > 0;) {
    for (size_t i = 0; i <= ClassIndex(ClassSize(size_class)); ++i) {
      index[i] = static_cast<uint8_t>(size_class);
    }
  }
  return index;
}

inline constexpr std::array<uint8_t, kIndices> kIndex = MakeIndex();

}  // namespace size_class_internal

// REQUIRES: size <= kMediumMax.
constexpr uint32_t ClassOf(size_t size) { return size_class_internal::kIndex[ClassIndex(size)]; }

}  // namespace zokio::mem_internal

#endif  // ZOKIO_MEM_INTERNAL_SIZE_CLASS_H_
