// OwnedBytes: a range of memory together with the duty to give it back.
//
// What an operation owns while the kernel may touch its bytes. Type-erased to two words (who and
// how), so that leases, strings and reference-counted buffers all fit the operation's slot.
//
// Ownership: releases once, when dropped.  Thread-safety: a plain value; `release` must be
// callable on any thread.  Cost: 32 bytes; no allocation.
#ifndef ZOKIO_IO_OWNED_BYTES_H_
#define ZOKIO_IO_OWNED_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <utility>

namespace zokio::io {

class OwnedBytes {
 public:
  using ReleaseFunction = void (*)(void* owner);

  constexpr OwnedBytes() = default;
  constexpr OwnedBytes(uint8_t* data, size_t size, ReleaseFunction release, void* owner)
      : data_(data), size_(size), release_(release), owner_(owner) {}
  OwnedBytes(OwnedBytes&& other) noexcept
      : data_(other.data_),
        size_(other.size_),
        release_(std::exchange(other.release_, nullptr)),
        owner_(other.owner_) {}
  OwnedBytes& operator=(OwnedBytes&& other) noexcept {
    if (this != &other) {
      Reset();
      data_ = other.data_;
      size_ = other.size_;
      release_ = std::exchange(other.release_, nullptr);
      owner_ = other.owner_;
    }
    return *this;
  }
  ~OwnedBytes() { Reset(); }

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  // Forgets bytes at the front; the memory stays owned.
  void Advance(size_t count) {
    data_ += count;
    size_ -= count;
  }
  // Forgets bytes at the end.  REQUIRES: size <= size().
  void Truncate(size_t size) { size_ = size; }
  void Reset() {
    if (ReleaseFunction release = std::exchange(release_, nullptr)) release(owner_);
    data_ = nullptr;
    size_ = 0;
  }

 private:
  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  ReleaseFunction release_ = nullptr;
  void* owner_ = nullptr;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_OWNED_BYTES_H_
