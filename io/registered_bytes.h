// RegisteredBytes: memory that the kernel knows for good, for transfers of files.
//
// A transfer past the page cache (OpenOptions::direct) pins its memory for as long as it lasts;
// what is registered once is pinned already. Whatever lies in such memory is transferred by fixed
// reads and writes where the loop's backend has them, as any memory elsewhere. It is aligned for
// direct transfers.
//
//   options.io.registered_buffers = 64;  // of each loop; none by default
//
//   auto memory = zokio::io::RegisteredBytes(64 << 10);
//   if (memory.ok()) co_await file.ReadAt(0, *std::move(memory));
//
// Ownership: the holder's; it may outlive its loop.
// Thread-safety: taken on a loop's thread, used and dropped on any.
// Errors: kWrongThread, kOutOfRange (more than LoopOptions::registered_buffer_size), kOutOfMemory
//   (all are lent out, or the loop has none).
// Cost: no allocation; two atomic operations.
#ifndef ZOKIO_IO_REGISTERED_BYTES_H_
#define ZOKIO_IO_REGISTERED_BYTES_H_

#include <cstddef>

#include "base/result.h"
#include "io/internal/registered_buffers.h"
#include "io/loop.h"
#include "io/owned_bytes.h"

namespace zokio::io {

inline Result<OwnedBytes> RegisteredBytes(size_t size) {
  Loop* loop = Loop::Current();
  if (loop == nullptr) return Error(ErrorCode::kWrongThread, "registered memory");
  RegisteredBuffers* buffers = loop->registered();
  if (buffers == nullptr) return Error(ErrorCode::kOutOfMemory, "registered memory");
  if (size > buffers->buffer_size()) return Error(ErrorCode::kOutOfRange, "registered memory");
  OwnedBytes bytes = buffers->Take(size);
  if (bytes.data() == nullptr) return Error(ErrorCode::kOutOfMemory, "registered memory");
  return bytes;
}

}  // namespace zokio::io

#endif  // ZOKIO_IO_REGISTERED_BYTES_H_
