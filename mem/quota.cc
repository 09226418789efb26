#include "mem/quota.h"

#include <cstdio>

#include "base/check.h"
#include "mem/allocator.h"

namespace zokio {

MemoryQuota::~MemoryQuota() {
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
