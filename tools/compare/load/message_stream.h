// The messages of one connection: what to send, and whether what came back is the same.
//
// Message k of connection c is 8 bytes that name (c, k), then a filler known to both sides. A
// server that swaps connections, repeats, drops or changes bytes is found at the first of them.
#ifndef ZOKIO_TOOLS_COMPARE_LOAD_MESSAGE_STREAM_H_
#define ZOKIO_TOOLS_COMPARE_LOAD_MESSAGE_STREAM_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace zokio::compare {

// What a message of `size` bytes holds behind its stamp.
inline std::vector<std::byte> MakeFiller(size_t size) {
  std::vector<std::byte> filler(size);
  for (size_t i = 0; i < size; ++i) filler[i] = static_cast<std::byte>(i * 131 + 7);
  return filler;
}

class MessageStream {
 public:
  static constexpr size_t kStampBytes = sizeof(uint64_t);

  // `filler` is one message long, at least kStampBytes, and outlives this object.
  MessageStream(uint32_t connection, std::span<const std::byte> filler)
      : connection_(connection), filler_(filler) {}

  // Writes the stamp of the next message to send; the filler behind it is there already.
  void StampNext(std::byte* message) {
    const uint64_t stamp = StampOf(sent_++);
    std::memcpy(message, &stamp, kStampBytes);
  }

  // Compares bytes that came back. False at the first that is not what was sent.
  bool Verify(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      if (received_ == sent_) return false;  // more than we sent
      const size_t length = std::min(bytes.size(), filler_.size() - offset_);
      if (!VerifyPart(bytes.first(length))) return false;
      bytes = bytes.subspan(length);
      offset_ += length;
      if (offset_ == filler_.size()) {
        offset_ = 0;
        ++received_;
      }
    }
    return true;
  }

  uint64_t sent() const { return sent_; }
  // Messages that came back whole.
  uint64_t received() const { return received_; }

 private:
  uint64_t StampOf(uint64_t message) const { return uint64_t{connection_} << 40 ^ message; }

  // Bytes of message `received_` from `offset_` on, not past its end.
  bool VerifyPart(std::span<const std::byte> bytes) const {
    size_t stamped = 0;
    if (offset_ < kStampBytes) {
      const uint64_t stamp = StampOf(received_);
      stamped = std::min(kStampBytes - offset_, bytes.size());
      const auto* expected = reinterpret_cast<const std::byte*>(&stamp) + offset_;
      if (std::memcmp(bytes.data(), expected, stamped) != 0) return false;
    }
    return std::memcmp(bytes.data() + stamped, filler_.data() + offset_ + stamped,
                       bytes.size() - stamped) == 0;
  }

  uint32_t connection_;
  std::span<const std::byte> filler_;
  uint64_t sent_ = 0;
  uint64_t received_ = 0;
  size_t offset_ = 0;  // within message received_
};

}  // namespace zokio::compare

#endif  // ZOKIO_TOOLS_COMPARE_LOAD_MESSAGE_STREAM_H_
