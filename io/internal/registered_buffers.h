// RegisteredBuffers: buffers of a loop that the kernel knows for good (RegisteredBytes lends them).
//
// Ownership: counted: the loop's reference, and one for each buffer that is lent; the last frees.
// Thread-safety: Take and Bind on the loop's thread; buffers come back from any.
// Memory ordering: as zokio::BufferPool, over which it is made.
// Errors: Create answers null, Take empty bytes, where there is no memory left.
// Cost: no allocation for a buffer; two atomic operations.
#ifndef ZOKIO_IO_INTERNAL_REGISTERED_BUFFERS_H_
#define ZOKIO_IO_INTERNAL_REGISTERED_BUFFERS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/atomic.h"
#include "io/owned_bytes.h"
#include "mem/buffer_pool.h"

namespace zokio::io {

class RegisteredBuffers {
 public:
  // With one reference, the caller's, which ends by Drop.
  static RegisteredBuffers* Create(size_t buffer_size, uint32_t count);
  RegisteredBuffers(const RegisteredBuffers&) = delete;
  RegisteredBuffers& operator=(const RegisteredBuffers&) = delete;

  // The thread that takes; 0: none any more.
  void Bind(uintptr_t thread_token) { home_thread_.store(thread_token, memory_order_relaxed); }
  // REQUIRES: size <= buffer_size().
  OwnedBytes Take(size_t size);
  void Drop();

  std::span<uint8_t> region() { return pool_->Region(); }
  size_t buffer_size() const { return pool_->buffer_size(); }

 private:
  struct Slot {
    RegisteredBuffers* all;
    uint32_t index;
  };

  explicit RegisteredBuffers(std::unique_ptr<zokio::BufferPool> pool) : pool_(std::move(pool)) {}
  ~RegisteredBuffers() = default;
  static void GiveBack(void* slot);

  const std::unique_ptr<zokio::BufferPool> pool_;
  std::unique_ptr<Slot[]> slots_;
  Atomic<uintptr_t> home_thread_{0};
  Atomic<int64_t> refs_{1};
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_INTERNAL_REGISTERED_BUFFERS_H_
