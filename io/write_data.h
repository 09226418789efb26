// WriteData: what a write sends, and who owns it.
//
// A lease or a string is handed over. A span is borrowed: it is used only by a non-blocking call
// inside poll, and what that call leaves is copied.
//
// Ownership: holds the lease or string until the write is done or dropped.
// Thread-safety: a plain value; fixed in place once its bytes were asked for.
// Cost: no allocation; Own copies a borrowed span and moves a string to the heap.
#ifndef ZOKIO_IO_WRITE_DATA_H_
#define ZOKIO_IO_WRITE_DATA_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <variant>

#include "io/buffer_pool.h"
#include "io/lease.h"
#include "io/owned_bytes.h"

namespace zokio::io {

// Memory for an operation: a buffer of the pool, or of the heap where that is too small or empty.
// Empty: out of memory.  On the pool's thread.
OwnedBytes NewBytes(size_t size, BufferPool& pool);

class WriteData {
 public:
  explicit WriteData(Lease lease) : data_(std::move(lease)) {}
  explicit WriteData(std::string text) : data_(std::move(text)) {}
  explicit WriteData(std::span<const uint8_t> borrowed) : data_(borrowed) {}
  explicit WriteData(OwnedBytes bytes) : data_(std::move(bytes)) {}

  std::span<const uint8_t> bytes() const;

  // Whether Own copies them.
  bool borrowed() const { return data_.index() == 2; }
  // Gives the bytes from `offset` on to an operation. Empty: out of memory.
  OwnedBytes Own(size_t offset, BufferPool& pool);

 private:
  std::variant<Lease, std::string, std::span<const uint8_t>, OwnedBytes> data_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_WRITE_DATA_H_
