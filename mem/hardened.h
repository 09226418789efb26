// HardenedHeap: an allocator that catches misuse, for tests and for code that is not trusted.
//
// Found, and reported by a CHECK that says what happened to which block: a double free, a free of
// what was never allocated, a free with the wrong size, writes just before and just behind a block
// (canaries, checked at the free), writes after the free (the block is filled and waits in a
// quarantine before it serves again). With `guard_pages` each block ends at a page that faults when
// touched, and all of a freed block's pages do, so reads and writes alike are caught where they
// happen.
//
// It serves as a strategy (mem/strategy.h), behind a class's own operator new, or for a whole
// program (mem/replace_new_delete_modes.h).
//
// Ownership: blocks left at the end are reported by count and bytes, and freed.
// Thread-safety: any thread; one lock.
// Errors: nullptr where memory is exhausted; misuse fails a CHECK, outside the lock: a handler of
//   the abort may use the heap.
// Cost: 64 bytes a block, a table look-up and a fill; with guard pages two pages and five system
// calls, and two of the mappings of which a process may have 65 530 (vm.max_map_count).
#ifndef ZOKIO_MEM_HARDENED_H_
#define ZOKIO_MEM_HARDENED_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <unordered_map>
#include <utility>

#include "base/mutex.h"
#include "mem/memory_resource.h"

namespace zokio {

struct HardenedOptions {
  size_t quarantine_bytes = 4 << 20;
  bool guard_pages = false;
};

class HardenedHeap {
 public:
  explicit HardenedHeap(HardenedOptions options = {}) : options_(options) {}
  HardenedHeap(const HardenedHeap&) = delete;
  HardenedHeap& operator=(const HardenedHeap&) = delete;
  // Checks what is in quarantine, reports what still lives on standard error.
  ~HardenedHeap();

  // Aligned to 16 bytes.
  void* Allocate(size_t size) { return AllocateAligned(size, 16); }
  // REQUIRES: `alignment` is a power of two.
  void* AllocateAligned(size_t size, size_t alignment);
  void Free(void* block, size_t size) { FreeBlock(block, &size); }
  // Where the size is not known, it cannot be wrong.
  void Free(void* block) { FreeBlock(block, nullptr); }

  // Checks the canaries of all live blocks and the fill of all in quarantine.
  void Verify();

  size_t live_blocks() const;

  // Around a fork, so that the child finds the lock free.
  void LockForFork() { mutex_.Lock(); }
  void UnlockAfterFork() { mutex_.Unlock(); }

 private:
  struct Record {
    char* base;    // what the allocator or the kernel gave
    size_t total;  // of it
    size_t size;
    bool live;
    bool fenced;  // freed, and its pages fault
  };

  // What was found, where anything was.
  struct Misuse {
    const char* what = nullptr;
    const void* block = nullptr;
    size_t size = 0;
  };

  // Not by operator new, which this heap may be behind.
  template <typename Key, typename Value>
  using Table = std::unordered_map<Key, Value, std::hash<Key>, std::equal_to<Key>,
                                   TieredAllocator<std::pair<const Key, Value>>>;

  Record MakeRecord(size_t size, size_t alignment, char** block) const;
  void FreeBlock(void* block, const size_t* size);
  size_t MarginBehind(const char* block, const Record& record) const;
  static void Report(const Misuse& misuse);
  Misuse FreeLocked(void* block, const size_t* size);
  Misuse CheckCanaries(const char* block, const Record& record) const;
  static Misuse CheckFreed(const char* block, const Record& record);
  Misuse ReleaseOldest();
  void Release(const Record& record) const;

  const HardenedOptions options_;
  mutable Mutex mutex_;
  Table<void*, Record> records_;
  std::deque<void*, TieredAllocator<void*>> quarantine_;
  size_t quarantined_bytes_ = 0;
};

}  // namespace zokio

#endif  // ZOKIO_MEM_HARDENED_H_
