// BufferPool: the buffers of one loop, into which the kernel receives.
//
// Buffers are named by small numbers, as the kernel's provided-buffer ring wants them. They are
// made in chunks when needed and handed out last-in first-out, so that as few as the load needs
// are in circulation and stay in the cache. The stride is a cache line more than the size: buffers
// a power of two apart would all fall into the same sets of the first-level cache.
//
// A loop has two: small buffers, which nearly all streams receive into, and large ones for those
// whose messages need many small ones. Their numbers differ by kLargeIds, so that a number alone
// says whose it is.
//
// Ownership: part of its Loop; outstanding buffers keep that Loop's memory alive (see Owner).
// Thread-safety: Return from any thread; the rest on the loop's thread.
// Memory ordering: what the holder did with a buffer before Return happens before its next use
//   (RemoteStack).
// Errors: Take answers null when `buffers_max` are out or memory is exhausted.
// Cost: Take and Return on the loop's thread are a handful of instructions; elsewhere Return is
//   three atomic operations, plus a wake-up when the loop waits for buffers.
#ifndef ZOKIO_IO_BUFFER_POOL_H_
#define ZOKIO_IO_BUFFER_POOL_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/atomic.h"
#include "base/check.h"
#include "io/internal/remote_stack.h"

namespace zokio::io {

class BufferPool;

// The head of one buffer, kept apart from its bytes.
struct BufferBlock {  // not initialised: the heads of buffers not yet made stay untouched
  BufferBlock* link;
  BufferPool* pool;
  uint8_t* data;
  uint32_t length;  // bytes received
  uint32_t offset;  // of these, already consumed
  uint16_t id;
  uint16_t next;  // in a stream's queue of received buffers
};

// Numbers from here on are those of large buffers.
inline constexpr uint16_t kLargeIds = 0x8000;

// What a queued buffer stands for: a page, or for large ones some, at the least, or tiny messages
// that nobody reads would take all buffers of the loop.
inline uint32_t HeldBy(const BufferBlock& block) {
  const uint32_t least = block.id >= kLargeIds ? 16384 : 4096;
  return block.length < least ? least : block.length;
}

class BufferPool {
 public:
  // What a pool asks of the loop it is part of.
  class Owner {
   public:
    // Keeps the owner's memory while a return from another thread is on its way.
    virtual void Retain() = 0;
    virtual void Release(int64_t count) = 0;
    virtual void Unpark() = 0;

   protected:
    ~Owner() = default;
  };

  // `buffers_max` is rounded up to a power of two, at most 32768. The first number is `first_id`,
  // 0 or kLargeIds.
  BufferPool(Owner* owner, uint32_t buffer_size, uint32_t buffers_max, uint16_t first_id = 0);
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  uint32_t buffer_size() const { return buffer_size_; }
  uint32_t capacity() const { return capacity_; }
  uint32_t made() const { return made_; }
  // Buffers that Take can give without making new ones.
  uint32_t free_count() const { return static_cast<uint32_t>(free_.size()); }
  bool CanTake() const { return !free_.empty() || made_ < capacity_; }

  BufferBlock* Take();
  void Put(BufferBlock* block) { free_.push_back(block->id); }
  BufferBlock* block(uint16_t id) { return &blocks_[id & (kLargeIds - 1)]; }

  // A buffer of no pool, for those who hold one of a pool and must not wait for another: given back
  // as any.  Null: out of memory. Any thread.
  static BufferBlock* NewUnpooled(uint32_t size);

  // Gives a buffer back, from any thread.
  static void Return(BufferBlock* block);

  // Takes in what other threads returned; true when there was something.
  bool DrainRemote();

  // Whether the loop waits for buffers: a return from elsewhere then wakes it.
  void SetStarved(bool starved) { starved_.store(starved, memory_order_seq_cst); }

  void BindToThread(uintptr_t token) { home_thread_.store(token, memory_order_relaxed); }
  // The loop is going. Returns how many buffers are still out; each is one Release of the owner,
  // but for those that the kernel held and will not give back.
  int64_t Close();

 private:
  bool Grow();
  void ReturnRemote(BufferBlock* block);

  static constexpr uint32_t kChunkBuffers = 32;
  static constexpr uint32_t kChunkLargeBuffers = 8;

  Owner* const owner_;
  const uint32_t buffer_size_;
  const uint16_t first_id_;
  const uint32_t capacity_;
  uint32_t made_ = 0;
  std::vector<uint16_t> free_;
  std::unique_ptr<BufferBlock[]> blocks_;
  std::vector<std::unique_ptr<uint8_t[]>> chunks_;
  Atomic<uintptr_t> home_thread_{0};
  Atomic<bool> starved_{false};
  RemoteStack<BufferBlock> remote_;
};

}  // namespace zokio::io

#endif  // ZOKIO_IO_BUFFER_POOL_H_
