#include "mem/quota.h"

#include <pthread.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <new>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/mutex.h"
#include "mem/allocator.h"

namespace zokio {

struct MemoryQuota::Registry {
  Mutex mutex;
  MemoryQuota* first = nullptr;
};

MemoryQuota::Registry& MemoryQuota::All() {
  // Never destroyed: quotas may be static.
  alignas(Registry) static unsigned char memory[sizeof(Registry)];
  static Registry* const registry = [] {
    // Totals allocates under the lock, so a fork must take the allocator's locks after this one,
    // and those of operator new: those that were known first are taken last.
    ::zokio::Free(::zokio::Allocate(1));
    ::operator delete(::operator new(1));
    auto* made = new (memory) Registry;
    pthread_atfork([] { All().mutex.Lock(); }, [] { All().mutex.Unlock(); },
                   [] { All().mutex.Unlock(); });
    return made;
  }();
  return *registry;
}

MemoryQuota::MemoryQuota(const char* tag, size_t bytes_max, MemoryQuota* parent)
    : tag_(tag), bytes_max_(bytes_max), parent_(parent) {
  Registry& all = All();
  MutexLock lock(all.mutex);
  next_ = all.first;
  if (next_ != nullptr) next_->prev_ = this;
  all.first = this;
}

std::vector<MemoryQuota::TagTotal> MemoryQuota::Totals() {
  std::map<std::string, TagTotal> totals;
  {
    Registry& all = All();
    MutexLock lock(all.mutex);
    for (const MemoryQuota* quota = all.first; quota != nullptr; quota = quota->next_) {
      TagTotal& total = totals[quota->tag_];
      ++total.quotas;
      // An ancestor of the same tag counts it already.
      const MemoryQuota* ancestor = quota->parent_;
      while (ancestor != nullptr && std::string_view(ancestor->tag_) != quota->tag_) {
        ancestor = ancestor->parent_;
      }
      if (ancestor == nullptr) total.bytes += quota->bytes();
      total.bytes_peak = std::max(total.bytes_peak, quota->bytes_peak());
      total.refusals += quota->refusals();
    }
  }
  std::vector<TagTotal> rows;
  for (auto& [tag, total] : totals) {
    total.tag = tag;
    rows.push_back(std::move(total));
  }
  return rows;
}

MemoryQuota::~MemoryQuota() {
  {
    Registry& all = All();
    MutexLock lock(all.mutex);
    if (next_ != nullptr) next_->prev_ = prev_;
    (prev_ != nullptr ? prev_->next_ : all.first) = next_;
  }
  const size_t left = bytes();
  if (left == 0) return;
  char message[160];
  std::snprintf(message, sizeof(message), "quota \"%s\" ended with %zu bytes still charged", tag_,
                left);
  ZOKIO_CHECK(left == 0, message);
}

bool MemoryQuota::TryCharge(size_t bytes) {
  size_t held = bytes_.load(memory_order_relaxed);
  do {
    if (bytes > bytes_max_ || held > bytes_max_ - bytes) {
      refusals_.fetch_add(1, memory_order_relaxed);
      return false;
    }
  } while (!bytes_.compare_exchange_weak(held, held + bytes, memory_order_relaxed,
                                         memory_order_relaxed));
  return true;
}

void MemoryQuota::RaisePeak() {
  const size_t held = bytes_.load(memory_order_relaxed);
  size_t peak = peak_.load(memory_order_relaxed);
  while (peak < held &&
         !peak_.compare_exchange_weak(peak, held, memory_order_relaxed, memory_order_relaxed)) {
  }
}

Result<void> MemoryQuota::Charge(size_t bytes) {
  for (MemoryQuota* quota = this; quota != nullptr; quota = quota->parent_) {
    if (quota->TryCharge(bytes)) continue;
    for (MemoryQuota* charged = this; charged != quota; charged = charged->parent_) {
      charged->bytes_.fetch_sub(bytes, memory_order_relaxed);
    }
    return Error(ErrorCode::kOutOfRange, "MemoryQuota::Charge");
  }
  // Only now: what is refused further up was never held.
  for (MemoryQuota* quota = this; quota != nullptr; quota = quota->parent_) quota->RaisePeak();
  return {};
}

void MemoryQuota::Refund(size_t bytes) {
  for (MemoryQuota* quota = this; quota != nullptr; quota = quota->parent_) {
    const size_t held = quota->bytes_.fetch_sub(bytes, memory_order_relaxed);
    ZOKIO_CHECK(held >= bytes, "more was refunded to a quota than was charged");
  }
}

Result<void*> MemoryQuota::Allocate(size_t size) {
  const Result<void> charged = Charge(size);
  if (!charged.ok()) return charged.error();
  void* block = ::zokio::Allocate(size);
  if (block == nullptr) {
    Refund(size);
    return Error(ErrorCode::kOutOfMemory, "MemoryQuota::Allocate");
  }
  return block;
}

void MemoryQuota::Free(void* block, size_t size) {
  if (block == nullptr) return;
  ::zokio::Free(block, size);
  Refund(size);
}

}  // namespace zokio
