// Lease: bytes in a buffer that belongs to a loop's pool, lent to whoever holds the lease.
//
// Reading gives leases instead of copying into the caller's memory: the kernel wrote the bytes
// where they are. An empty lease means end of file.
//
// Ownership: the holder may read and change the bytes. Dropping the lease gives the buffer back
//   to its pool by itself, on any thread; the pool lives until its last lease is back, also when
//   its loop and its runtime are gone. Movable, not copyable.
// Thread-safety: a plain value; two threads may hold leases of one pool.
// Cost: 24 bytes; returning on the pool's thread costs no atomic operation, elsewhere three.
#ifndef ZOKIO_IO_LEASE_H_
#define ZOKIO_IO_LEASE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "io/buffer_pool.h"

namespace zokio {

class Lease {
 public:
  // Empty: no buffer, no bytes.
  constexpr Lease() = default;
  // Adopts `block`; the bytes are those from its offset on.
  explicit Lease(io::BufferBlock* block)
      : data_(block->data + block->offset), size_(block->length - block->offset), block_(block) {}

  Lease(Lease&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)),
        size_(std::exchange(other.size_, 0)),
        block_(std::exchange(other.block_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept {
    if (this != &other) {
      Lease old = std::move(*this);
      data_ = std::exchange(other.data_, nullptr);
      size_ = std::exchange(other.size_, 0);
      block_ = std::exchange(other.block_, nullptr);
    }
    return *this;
  }
  ~Lease() {
    if (block_ != nullptr) io::BufferPool::Return(block_);
  }

  uint8_t* data() { return data_; }
  const uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<uint8_t> span() { return {data_, size_}; }
  std::span<const uint8_t> span() const { return {data_, size_}; }
  std::string_view view() const { return {reinterpret_cast<const char*>(data_), size_}; }

  // Drops bytes at the front, or all but the first `size`.  REQUIRES: count, size <= size().
  void RemovePrefix(size_t count) {
    ZOKIO_CHECK(count <= size_, "RemovePrefix beyond the lease");
    data_ += count;
    size_ -= static_cast<uint32_t>(count);
  }
  void Truncate(size_t size) {
    ZOKIO_CHECK(size <= size_, "Truncate beyond the lease");
    size_ = static_cast<uint32_t>(size);
  }

  // For those who hand it to the kernel: the holder must call BufferPool::Return itself.
  io::BufferBlock* Release() {
    data_ = nullptr;
    size_ = 0;
    return std::exchange(block_, nullptr);
  }

 private:
  uint8_t* data_ = nullptr;
  uint32_t size_ = 0;
  io::BufferBlock* block_ = nullptr;
};

}  // namespace zokio

#endif  // ZOKIO_IO_LEASE_H_
