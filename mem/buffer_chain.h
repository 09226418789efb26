// BufferChain: bytes in several Buffers, used as one sequence.
//
// What a stream received or will send: appending and splitting share the Buffers, no byte moves.
// Small pieces of bytes are copied into a block that the chain grows (up to Buffer::kCopyMax at a
// time), so that many short writes make few Buffers. Coalesce makes one Buffer of all.
//
// Ownership: holds Buffers. Copying shares them.
// Thread-safety: one thread at a time.
// Errors: appending bytes answers false where memory is exhausted, and leaves the chain as it was.
// Cost: appending a Buffer is amortised a move; Consume and Split cost what they pass over.
#ifndef ZOKIO_MEM_BUFFER_CHAIN_H_
#define ZOKIO_MEM_BUFFER_CHAIN_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mem/buffer.h"

namespace zokio {

class BufferChain {
 public:
  BufferChain() = default;
  explicit BufferChain(Buffer buffer) { Append(std::move(buffer)); }
  BufferChain(const BufferChain& other);
  BufferChain(BufferChain&& other) noexcept { *this = std::move(other); }
  BufferChain& operator=(const BufferChain& other) { return *this = BufferChain(other); }
  BufferChain& operator=(BufferChain&& other) noexcept;

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  // Not empty ones only.
  size_t buffer_count() const { return buffers_.size() - first_; }
  const Buffer& buffer(size_t i) const { return buffers_[first_ + i]; }

  void Append(Buffer buffer);
  void Append(const BufferChain& chain);
  void Append(BufferChain&& chain);
  // Copies.
  [[nodiscard]] bool Append(std::span<const uint8_t> bytes);
  [[nodiscard]] bool Append(std::string_view bytes) {
    return Append(std::span(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()));
  }
  void Prepend(Buffer buffer);

  // Forgets bytes at the front.  REQUIRES: count <= size().
  void Consume(size_t count);
  // Takes the first `count` bytes off.  REQUIRES: count <= size().
  BufferChain Split(size_t count);
  // Shares a part; small parts of large buffers are copied, as by Buffer::Slice.
  BufferChain Slice(size_t offset, size_t size) const;

  // All bytes in one Buffer: shared where they are already, else copied; empty where memory is
  // exhausted. The chain then holds that Buffer.
  Buffer Coalesce();

  // Copies bytes [offset, offset + out.size()).  REQUIRES: they are there.
  void CopyTo(size_t offset, std::span<uint8_t> out) const;
  std::string ToString() const;

  // For writev and sendmsg: fills up to `out.size()` entries; answers how many.
  size_t ToIovecs(std::span<iovec> out) const;

 private:
  void DropConsumed();

  std::vector<Buffer> buffers_;  // those before `first_` are empty
  size_t first_ = 0;
  size_t size_ = 0;
  size_t tail_room_ = 0;  // bytes behind the last Buffer's end that are this chain's to write
};

}  // namespace zokio

#endif  // ZOKIO_MEM_BUFFER_CHAIN_H_
