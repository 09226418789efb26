// AlignedBytes: memory for transfers past the page cache (OpenOptions::direct).
//
//   auto memory = zokio::io::AlignedBytes(64 << 10);
//   if (memory.ok()) co_await file.ReadAt(0, *std::move(memory));
//
// Thread-safety: any thread.  Errors: kOutOfMemory.  Cost: one allocation.
#ifndef ZOKIO_IO_ALIGNED_BYTES_H_
#define ZOKIO_IO_ALIGNED_BYTES_H_

#include <cstddef>
#include <cstdint>
#include <new>

#include "base/result.h"
#include "io/owned_bytes.h"

namespace zokio::io {

// What disks ask for at most.
inline constexpr size_t kDirectAlignment = 4096;

inline Result<OwnedBytes> AlignedBytes(size_t size) {
  void* memory = ::operator new(size, std::align_val_t{kDirectAlignment}, std::nothrow);
  if (memory == nullptr) return Error(ErrorCode::kOutOfMemory, "aligned memory");
  return OwnedBytes(
      static_cast<uint8_t*>(memory), size,
      [](void* owner) { ::operator delete(owner, std::align_val_t{kDirectAlignment}); }, memory);
}

}  // namespace zokio::io

#endif  // ZOKIO_IO_ALIGNED_BYTES_H_
