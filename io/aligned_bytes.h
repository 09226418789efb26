// AlignedBytes: memory for transfers past the page cache (OpenOptions::direct).
//
//   co_await file.ReadAt(0, zokio::io::AlignedBytes(64 << 10));
//
// Thread-safety: any thread.  Errors: empty when memory is exhausted.  Cost: one allocation.
#ifndef ZOKIO_IO_ALIGNED_BYTES_H_
#define ZOKIO_IO_ALIGNED_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <new>

#include "io/owned_bytes.h"

namespace zokio::io {

// What disks ask for at most.
inline constexpr size_t kDirectAlignment = 4096;

inline OwnedBytes AlignedBytes(size_t size) {
  void* memory = ::operator new(size, std::align_val_t{kDirectAlignment}, std::nothrow);
  if (memory == nullptr) return OwnedBytes();
  return OwnedBytes(
      static_cast<uint8_t*>(memory), size,
      [](void* owner) { ::operator delete(owner, std::align_val_t{kDirectAlignment}); }, memory);
}

}  // namespace zokio::io

#endif  // ZOKIO_IO_ALIGNED_BYTES_H_
