// BufferPool: I/O buffers of one size in one mapping, fit to be registered with io_uring.
//
// All buffers lie side by side in whole pages, so one iovec each (Iovecs), or one for all,
// registers them for good; the index names a buffer in fixed reads and writes. Reuse is last in,
// first out. A buffer put back on another thread returns by a list. (What a loop receives into is
// another thing: io/buffer_pool.h, made in chunks as traffic asks, lent to the kernel by the ring.)
//
// Ownership: a buffer is its taker's until put back; the pool must outlive them, and the kernel's
//   registration too.
// Thread-safety: one thread; PutRemote from any.
// Memory ordering: what was done to a buffer before PutRemote happens before its next Take.
// Errors: Take answers kNone where all are out.
// Cost: about 1 ns; a compare-and-swap for PutRemote. Pages are committed when touched.
#ifndef ZOKIO_MEM_BUFFER_POOL_H_
#define ZOKIO_MEM_BUFFER_POOL_H_

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/atomic.h"
#include "base/result.h"

namespace zokio {

class BufferPool {
 public:
  static constexpr uint32_t kNone = UINT32_MAX;

  // `buffer_size` is rounded up to a multiple of 512 (direct I/O), `count` buffers at most 2^30.
  static Result<std::unique_ptr<BufferPool>> Create(size_t buffer_size, uint32_t count);
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  // REQUIRES: all buffers were put back.
  ~BufferPool();

  // The number of a buffer, or kNone.
  uint32_t Take();
  void Put(uint32_t buffer);
  // From any thread; the buffer serves again when Take finds nothing else.
  void PutRemote(uint32_t buffer);

  std::span<uint8_t> Bytes(uint32_t buffer) {
    return {bytes_ + size_t{buffer} * buffer_size_, buffer_size_};
  }
  // One for each buffer, in order, for io_uring_register_buffers.
  std::vector<iovec> Iovecs();
  // All of them as one range.
  std::span<uint8_t> Region() { return {bytes_, size_t{count_} * buffer_size_}; }

  uint32_t count() const { return count_; }
  size_t buffer_size() const { return buffer_size_; }
  // Without those that others put back and that were not collected yet.
  uint32_t available() const { return free_count_; }

 private:
  BufferPool(uint8_t* bytes, size_t buffer_size, uint32_t count);
  void Collect();

  uint8_t* const bytes_;
  const size_t buffer_size_;
  const uint32_t count_;
  uint32_t free_count_;
  std::vector<uint32_t> free_;
  std::vector<uint32_t> next_remote_;  // of each buffer, while it is on the list
  alignas(64) Atomic<uint32_t> remote_{kNone};
};

}  // namespace zokio

#endif  // ZOKIO_MEM_BUFFER_POOL_H_
