// Plain types that kernels and their reference share.
#ifndef ZOKIO_SIMD_TYPES_H_
#define ZOKIO_SIMD_TYPES_H_

#include <cstddef>
#include <cstdint>

namespace zokio::simd {

// The result of DelimiterPositions().
struct DelimiterScan {
  size_t count;     // positions written
  size_t consumed;  // bytes looked at; less than data.size() only when the room was used up
};

// How FilterCompact() compares an element with its operand, unsigned.
enum class Comparison : uint8_t { kEqual, kNotEqual, kLess, kGreater };

// One completion as the kernel lays it out in an io_uring completion queue.
struct Completion {
  uint64_t user_data;
  int32_t result;  // negative: an errno
  uint32_t flags;
};
static_assert(sizeof(Completion) == 16);

// The routing header of a message, as senders write it.
struct MessageHeader {
  uint32_t destination;
  uint32_t size_bytes;
  uint64_t payload;
};
static_assert(sizeof(MessageHeader) == 16);

// Message classes by size: inline, pooled, heap.
inline constexpr uint32_t kSmallMessageBytesMax = 64;
inline constexpr uint32_t kMediumMessageBytesMax = 1024;

// Which of the two base64 alphabets of RFC 4648.
enum class Base64Alphabet : uint8_t {
  kStandard,  // + and /, padded
  kUrl,       // - and _, not padded
};

}  // namespace zokio::simd

#endif  // ZOKIO_SIMD_TYPES_H_
