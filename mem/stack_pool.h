// StackPool: guarded stacks for fibers, a million of them where the kernel allows.
//
// One reserved mapping holds all stacks side by side, each with a guard below it that turns an
// overflow into a SIGSEGV (`mem/stack_overflow.h` names the fiber). Guards are page-table markers
// where the kernel has them, and mprotect otherwise, capped by the number of mappings a process
// may have. A stack grows by itself: pages are committed when touched. Stacks are reused last in,
// first out and never unmapped; Trim gives back pages below the depth that is usual here.
//
// Ownership: a stack is its taker's until put back. The pool must outlive its stacks and caches.
// Thread-safety: StackPool any thread; StackCache one thread. A stack may be put where it was not
//   taken.
// Fork: a child goes on with what no other thread had taken: pools are held still over fork().
// Errors: Get answers a stack without bytes where `stacks_max` or the kernel's limit is reached.
// Cost: StackCache::Get and Put about 1 ns each, 64 stacks exchanged with the pool under its lock
//   at a time; a fresh stack costs its guard (0.3 us) and a page fault; 4 KiB of RSS at least.
#ifndef ZOKIO_MEM_STACK_POOL_H_
#define ZOKIO_MEM_STACK_POOL_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/atomic.h"
#include "base/mutex.h"
#include "base/result.h"
#include "mem/internal/sanitizer.h"

namespace zokio {

struct StackPoolOptions {
  size_t stack_size = 64 << 10;  // usable bytes, rounded up to pages
  size_t guard_size =
      4 << 10;  // frames larger than this can jump over it: -fstack-clash-protection
  uint32_t stacks_max = 1 << 16;
  bool marker_guards = true;  // false: mprotect even where markers would work
};

struct StackPoolStats {
  uint32_t made = 0;        // stacks that exist
  uint32_t pooled = 0;      // of these, in the pool (those in caches count as out)
  uint32_t stacks_max = 0;  // may be less than asked for: see `marker_guards`
  bool marker_guards = false;
  size_t depth_max = 0;    // the deepest use seen by Trim, in bytes
  size_t depth_usual = 0;  // what Trim keeps
  size_t bytes_trimmed = 0;
};

// [begin, begin + size): stacks grow down from end().
struct StackSpan {
  char* begin = nullptr;
  size_t size = 0;

  char* end() const { return begin + size; }
  explicit operator bool() const { return begin != nullptr; }
};

class StackPool {
 public:
  static Result<std::unique_ptr<StackPool>> Create(StackPoolOptions options = {});
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;
  // REQUIRES: all stacks were put back.
  ~StackPool();

  StackSpan Get();
  void Put(StackSpan stack);

  // For StackCache: up to `count` stacks by their begin; answers how many.
  size_t GetBatch(char** stacks, size_t count);
  void PutBatch(char* const* stacks, size_t count);

  // For an idle moment: learns how deep the pooled stacks were used, and gives back their pages
  // below the usual depth (with `all`: all pages). Answers how many bytes went back.
  size_t Trim(bool all = false);

  // What an overflow of this stack is reported as: a string, or nullptr. Putting the stack back
  // does not end it: the string lives until the next name, or for ever.
  void SetName(StackSpan stack, const char* name);

  size_t stack_size() const { return stack_size_; }
  StackPoolStats Stats() const;

  // What lies at `address`, for a signal handler; false outside every pool's guards.
  struct Overflow {
    const char* name;
    uint32_t stack;
    size_t stack_size;
  };
  static bool FindOverflow(const void* address, Overflow* overflow);

 private:
  struct Fork;
  StackPool(const StackPoolOptions& options, char* mapping, char** free_stacks,
            Atomic<const char*>* names);

  // REQUIRES: the lock is held.
  bool Carve();

  uint32_t IndexOf(const char* stack) const {
    return static_cast<uint32_t>(static_cast<size_t>(stack - mapping_) / stride_);
  }
  size_t DepthUsed(const char* stack) const;
  size_t mapping_size() const { return stride_ * stacks_max_; }

  const size_t stack_size_;
  const size_t guard_size_;
  const size_t stride_;
  const uint32_t stacks_max_;
  const bool marker_guards_;
  char* const mapping_;
  Atomic<const char*>* const names_;  // one for each stack

  mutable Mutex mutex_;
  char** const free_;  // LIFO, room for all
  uint32_t free_count_ = 0;
  uint32_t trimmed_ = 0;  // free_[0, trimmed_) were not taken since the last Trim
  uint32_t made_ = 0;
  uint32_t made_max_;  // falls when the kernel refuses a guard
  size_t depth_max_ = 0;
  size_t depth_usual_ = 0;
  size_t bytes_trimmed_ = 0;
};

// A thread's own stacks in front of a pool.
class StackCache {
 public:
  explicit StackCache(StackPool& pool) : pool_(pool), size_(pool.stack_size()) {}
  StackCache(const StackCache&) = delete;
  StackCache& operator=(const StackCache&) = delete;
  ~StackCache() { Flush(); }

  StackSpan Get() {
    if (count_ == 0 && !Refill()) [[unlikely]]
      return {};
    char* begin = stacks_[--count_];
    mem_internal::Unpoison(begin, size_);
    mem_internal::RegisterRoots(begin, size_);
    return {begin, size_};
  }
  void Put(StackSpan stack) {
    mem_internal::UnregisterRoots(stack.begin, size_);
    mem_internal::Poison(stack.begin, size_);
    if (count_ == kCapacity) [[unlikely]]
      Spill();
    stacks_[count_++] = stack.begin;
  }
  // Gives all to the pool: before the thread idles, and at its end.
  void Flush();

 private:
  static constexpr size_t kCapacity = 128;

  bool Refill();
  void Spill();

  StackPool& pool_;
  const size_t size_;
  size_t count_ = 0;
  char* stacks_[kCapacity];
};

}  // namespace zokio

#endif  // ZOKIO_MEM_STACK_POOL_H_
