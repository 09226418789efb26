#include "mem/stack_pool.h"

#include <pthread.h>
#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "mem/internal/guard_pages.h"
#include "mem/internal/system_pages.h"

namespace zokio {
namespace {

using mem_internal::kPageSize;
using mem_internal::RoundUp;

constexpr uint32_t kCarveBatch = 64;
constexpr size_t kDepthSampleMax = 4096;  // stacks whose depth one Trim looks at

// Pools by address, for the signal handler: it may take no lock. They change under this one.
constexpr size_t kPoolsMax = 64;
constinit Atomic<StackPool*> pools[kPoolsMax] = {};
constinit Mutex pools_mutex;

bool RegisterPool(StackPool* pool) {
  MutexLock lock(pools_mutex);
  for (Atomic<StackPool*>& slot : pools) {
    StackPool* none = nullptr;
    if (slot.compare_exchange_strong(none, pool, memory_order_release, memory_order_relaxed)) {
      return true;
    }
  }
  return false;
}

void UnregisterPool(StackPool* pool) {
  MutexLock lock(pools_mutex);
  for (Atomic<StackPool*>& slot : pools) {
    if (slot.load(memory_order_relaxed) == pool) slot.store(nullptr, memory_order_release);
  }
}

}  // namespace

// Between `BeforeFork` and `AfterFork`, which the kernel's fork() comes between, no other thread
// is inside a pool: its lock would be held in the child for ever.
struct StackPool::Fork {
  static void Watch() {
    static const int watching = pthread_atfork(&BeforeFork, &AfterFork, &AfterFork);
    (void)watching;  // without memory for it a child may wait for ever, as before
  }
  static void BeforeFork() {
    pools_mutex.Lock();
    for (Atomic<StackPool*>& slot : pools) {
      if (StackPool* pool = slot.load(memory_order_relaxed)) pool->mutex_.Lock();
    }
  }
  static void AfterFork() {
    for (Atomic<StackPool*>& slot : pools) {
      if (StackPool* pool = slot.load(memory_order_relaxed)) pool->mutex_.Unlock();
    }
    pools_mutex.Unlock();
  }
};

Result<std::unique_ptr<StackPool>> StackPool::Create(StackPoolOptions options) {
  if (options.stack_size < kPageSize || options.guard_size == 0 || options.stacks_max == 0) {
    return Error(ErrorCode::kInvalidArgument, "StackPool::Create");
  }
  options.stack_size = RoundUp(options.stack_size, kPageSize);
  options.guard_size = RoundUp(options.guard_size, kPageSize);
  options.marker_guards = options.marker_guards && mem_internal::HasMarkerGuards();
  if (!options.marker_guards) {
    options.stacks_max = std::min(options.stacks_max, mem_internal::ProtectedGuardsMax());
  }
  const size_t stride = options.stack_size + options.guard_size;
  if (stride > SIZE_MAX / 2 / options.stacks_max) {
    return Error(ErrorCode::kOutOfRange, "StackPool::Create");
  }
  const size_t mapping_size = stride * options.stacks_max;
  const size_t table_size = options.stacks_max * sizeof(void*);
  void* mapping = mem_internal::MapPages(mapping_size);
  void* free_stacks = mem_internal::MapPages(table_size);
  void* names = mem_internal::MapPages(table_size);
  if (mapping == nullptr || free_stacks == nullptr || names == nullptr) {
    if (mapping != nullptr) mem_internal::UnmapPages(mapping, mapping_size);
    if (free_stacks != nullptr) mem_internal::UnmapPages(free_stacks, table_size);
    if (names != nullptr) mem_internal::UnmapPages(names, table_size);
    return Error(ErrorCode::kOutOfMemory, "StackPool::Create");
  }
  // A huge page would commit 2 MiB where a fiber uses 4 KiB.
  (void)madvise(mapping, mapping_size, MADV_NOHUGEPAGE);
  return std::unique_ptr<StackPool>(new StackPool(options, static_cast<char*>(mapping),
                                                  static_cast<char**>(free_stacks),
                                                  static_cast<Atomic<const char*>*>(names)));
}

StackPool::StackPool(const StackPoolOptions& options, char* mapping, char** free_stacks,
                     Atomic<const char*>* names)
    : stack_size_(options.stack_size),
      guard_size_(options.guard_size),
      stride_(options.stack_size + options.guard_size),
      stacks_max_(options.stacks_max),
      marker_guards_(options.marker_guards),
      mapping_(mapping),
      names_(names),
      free_(free_stacks),
      made_max_(options.stacks_max) {
  // Beyond the table's end pools still work; only their overflows go unnamed, and a child of fork()
  // cannot rely on them.
  Fork::Watch();
  (void)RegisterPool(this);
}

StackPool::~StackPool() {
  ZOKIO_CHECK(free_count_ == made_, "a StackPool died before all its stacks were put back");
  UnregisterPool(this);
  for (uint32_t i = 0; i < made_; ++i) mem_internal::Unpoison(free_[i], stack_size_);
  mem_internal::UnmapPages(mapping_, mapping_size());
  mem_internal::UnmapPages(free_, stacks_max_ * sizeof(void*));
  mem_internal::UnmapPages(names_, stacks_max_ * sizeof(void*));
}

// More stacks, each with its guard, on the free list.
bool StackPool::Carve() {
  const uint32_t wanted = std::min(kCarveBatch, made_max_ - made_);
  if (wanted == 0) return false;
  char* const begin = mapping_ + stride_ * made_;
  const size_t guarded =
      marker_guards_ ? mem_internal::InstallMarkerGuards(begin, stride_, guard_size_, wanted)
                     : mem_internal::InstallProtectedGuards(begin, stride_, guard_size_, wanted);
  if (guarded < wanted) made_max_ = made_ + static_cast<uint32_t>(guarded);
  for (size_t i = guarded; i-- > 0;) {  // low addresses are taken first
    char* stack = begin + i * stride_ + guard_size_;
    mem_internal::Poison(stack, stack_size_);
    free_[free_count_++] = stack;
  }
  made_ += static_cast<uint32_t>(guarded);
  return guarded > 0;
}

size_t StackPool::GetBatch(char** stacks, size_t count) {
  MutexLock lock(mutex_);
  size_t got = 0;
  while (got < count && (free_count_ > 0 || Carve())) stacks[got++] = free_[--free_count_];
  trimmed_ = std::min(trimmed_, free_count_);
  return got;
}

void StackPool::PutBatch(char* const* stacks, size_t count) {
  MutexLock lock(mutex_);
  const bool fits = free_count_ + count <= made_;
  if (fits) {
    std::memcpy(free_ + free_count_, stacks, count * sizeof(char*));
    free_count_ += static_cast<uint32_t>(count);
  }
  lock.Unlock();
  ZOKIO_CHECK(fits, "a stack was put back twice");
}

StackSpan StackPool::Get() {
  char* stack = nullptr;
  if (GetBatch(&stack, 1) == 0) return {};
  mem_internal::Unpoison(stack, stack_size_);
  mem_internal::RegisterRoots(stack, stack_size_);
  return {stack, stack_size_};
}

void StackPool::Put(StackSpan stack) {
  mem_internal::UnregisterRoots(stack.begin, stack_size_);
  mem_internal::Poison(stack.begin, stack_size_);
  PutBatch(&stack.begin, 1);
}

// From its end to the lowest page that is committed.
size_t StackPool::DepthUsed(const char* stack) const {
  unsigned char resident[512];
  for (size_t offset = 0; offset < stack_size_; offset += sizeof(resident) * kPageSize) {
    const size_t bytes = std::min(stack_size_ - offset, sizeof(resident) * kPageSize);
    if (mincore(const_cast<char*>(stack) + offset, bytes, resident) != 0) return stack_size_;
    for (size_t page = 0; page < bytes / kPageSize; ++page) {
      if ((resident[page] & 1) != 0) return stack_size_ - offset - page * kPageSize;
    }
  }
  return 0;
}

size_t StackPool::Trim(bool all) {
  MutexLock lock(mutex_);
  std::vector<size_t> depths;
  for (uint32_t i = trimmed_; i < free_count_ && depths.size() < kDepthSampleMax; ++i) {
    const size_t depth = DepthUsed(free_[i]);
    if (depth > 0) depths.push_back(depth);
  }
  if (!depths.empty()) {
    // Nine of ten stacks keep what they used; the tenth would hold its pages for nothing.
    const auto usual = depths.begin() + static_cast<ptrdiff_t>(depths.size() * 9 / 10);
    std::nth_element(depths.begin(), usual, depths.end());
    depth_usual_ = *usual;
    depth_max_ = std::max(depth_max_, *std::max_element(depths.begin(), depths.end()));
  }
  const size_t keep = all ? 0 : depth_usual_;
  size_t released = 0;
  for (uint32_t i = all ? 0 : trimmed_; i < free_count_; ++i) {
    const size_t depth = DepthUsed(free_[i]);
    if (depth <= keep) continue;
    mem_internal::ReleaseNow(free_[i], stack_size_ - keep);
    released += depth - keep;
  }
  trimmed_ = free_count_;
  bytes_trimmed_ += released;
  return released;
}

void StackPool::SetName(StackSpan stack, const char* name) {
  names_[IndexOf(stack.begin)].store(name, memory_order_release);
}

StackPoolStats StackPool::Stats() const {
  MutexLock lock(mutex_);
  return {.made = made_,
          .pooled = free_count_,
          .stacks_max = made_max_,
          .marker_guards = marker_guards_,
          .depth_max = depth_max_,
          .depth_usual = depth_usual_,
          .bytes_trimmed = bytes_trimmed_};
}

bool StackPool::FindOverflow(const void* address, Overflow* overflow) {
  for (const Atomic<StackPool*>& slot : pools) {
    const StackPool* pool = slot.load(memory_order_acquire);
    if (pool == nullptr) continue;
    const uintptr_t begin = reinterpret_cast<uintptr_t>(pool->mapping_);
    const uintptr_t offset = reinterpret_cast<uintptr_t>(address) - begin;
    if (offset >= pool->mapping_size() || offset % pool->stride_ >= pool->guard_size_) continue;
    overflow->stack = static_cast<uint32_t>(offset / pool->stride_);
    overflow->stack_size = pool->stack_size_;
    overflow->name = pool->names_[overflow->stack].load(memory_order_acquire);
    return true;
  }
  return false;
}

bool StackCache::Refill() {
  count_ = pool_.GetBatch(stacks_, kCapacity / 2);
  // The pool hands out its best first; this cache pops from the end.
  std::reverse(stacks_, stacks_ + count_);
  return count_ > 0;
}

void StackCache::Spill() {
  // The older half; what was used last stays.
  pool_.PutBatch(stacks_, kCapacity / 2);
  count_ -= kCapacity / 2;
  std::memmove(stacks_, stacks_ + kCapacity / 2, count_ * sizeof(char*));
}

void StackCache::Flush() {
  if (count_ > 0) pool_.PutBatch(stacks_, count_);
  count_ = 0;
}

}  // namespace zokio
