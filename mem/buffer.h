// Buffer: a shared, read-only range of bytes.
//
// Copying a Buffer shares its bytes; slicing shares them too, unless the slice is small enough to
// copy (up to 1 KiB) and would keep a block alive that is more than four times its size: a slice
// of a header must not pin a megabyte. SliceShared shares without asking.
//
// Ownership: the bytes live until the last Buffer on them is dropped, on any thread. Memory that
//   came from elsewhere (a mapped file, an I/O lease) is released by the function it came with.
// Thread-safety: a plain value; Buffers on the same bytes may be used and dropped on any threads.
// Memory ordering: what was written before a Buffer was shared is visible to whoever got it by
//   some synchronised way; see BiasedCount for the release of the bytes.
// Errors: Allocate and Copy answer an empty Buffer where memory is exhausted.
// Cost: 24 bytes. Sharing and dropping cost about 1 ns on the thread that made the buffer, a
//   compare-and-swap elsewhere. One block holds the count and the bytes.
#ifndef ZOKIO_MEM_BUFFER_H_
#define ZOKIO_MEM_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace zokio {

namespace mem_internal {
struct BufferBlock;
}

class Buffer {
 public:
  using ReleaseFunction = void (*)(void* context);

  // Copying up to this many bytes costs no more than the count of a buffer that another thread
  // made: both take 23 ns at 512 bytes in the cache, 120 to 170 ns at 512 to 1024 bytes out of it.
  // An own buffer is shared for less at any size: there a copy buys only that nothing is pinned.
  static constexpr size_t kCopyMax = 1024;

  constexpr Buffer() = default;
  Buffer(const Buffer& other);
  Buffer(Buffer&& other) noexcept
      : block_(std::exchange(other.block_, nullptr)),
        data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)) {}
  Buffer& operator=(const Buffer& other) { return *this = Buffer(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer old(std::move(*this));
    block_ = std::exchange(other.block_, nullptr);
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~Buffer() {
    if (block_ != nullptr) DropBlock();
  }

  // Uninitialised bytes, to be filled by way of mutable_data().
  static Buffer Allocate(size_t size);
  static Buffer Copy(std::span<const uint8_t> bytes);
  static Buffer Copy(std::string_view bytes) {
    return Copy({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  }
  // Bytes that live for ever: nothing is counted.
  static Buffer Static(std::string_view bytes);
  // Bytes of somebody else; `release(context)` is called once, on any thread.
  static Buffer Adopt(std::span<uint8_t> bytes, ReleaseFunction release, void* context);

  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const uint8_t> span() const { return {data_, size_}; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data_), size_}; }

  // Whether no other Buffer shares the bytes, so that they may be written. May answer false on
  // another thread than the one that made it.
  bool unique() const;
  // REQUIRES: unique(), or that no other holder reads these bytes meanwhile.
  uint8_t* mutable_data() { return data_; }

  // REQUIRES: offset + size <= size().
  Buffer Slice(size_t offset, size_t size) const;
  Buffer SliceShared(size_t offset, size_t size) const;

  // REQUIRES: count <= size().
  void RemovePrefix(size_t count);
  void RemoveSuffix(size_t count);
  // Takes back what RemoveSuffix took off.  REQUIRES: it was, and nobody else uses those bytes.
  void GrowSuffix(size_t count) { size_ += count; }

  // How many bytes this Buffer keeps alive.
  size_t bytes_pinned() const;

  // Hands the reference over to a C interface, which drops it by Unref: the `void*` is opaque.
  void* Release() {
    data_ = nullptr;
    size_ = 0;
    return std::exchange(block_, nullptr);
  }
  static void Unref(void* released);

  // Drops what other threads dropped of this thread's buffers; the scheduler's hooks call it, and
  // Allocate now and then.
  static void DrainRemote();

 private:
  Buffer(mem_internal::BufferBlock* block, uint8_t* data, size_t size)
      : block_(block), data_(data), size_(size) {}

  void DropBlock();

  mem_internal::BufferBlock* block_ = nullptr;
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
};

}  // namespace zokio

#endif  // ZOKIO_MEM_BUFFER_H_
