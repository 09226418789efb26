#include "mem/hardened.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/check.h"
#include "mem/allocator.h"
#include "mem/internal/system_pages.h"

namespace zokio {
namespace {

using mem_internal::kPageSize;

constexpr size_t kMargin = 16;  // before and behind a block
constexpr unsigned char kCanary = 0xCA;
constexpr unsigned char kFresh = 0xA1;  // what a new block holds: not zero, so that who relies on
constexpr unsigned char kFreed = 0xDE;  // it finds out

bool AllAre(const char* bytes, size_t size, unsigned char value) {
  for (size_t i = 0; i < size; ++i) {
    if (static_cast<unsigned char>(bytes[i]) != value) return false;
  }
  return true;
}

}  // namespace

// Without the lock: what handles the abort may allocate.
void HardenedHeap::Report(const Misuse& misuse) {
  if (misuse.what == nullptr) [[likely]]
    return;
  char message[160];
  std::snprintf(message, sizeof(message), "%s: block %p of %zu bytes", misuse.what, misuse.block,
                misuse.size);
  ZOKIO_CHECK(false, message);
}

HardenedHeap::Record HardenedHeap::MakeRecord(size_t size, size_t alignment, char** block) const {
  Record record = {.base = nullptr, .total = 0, .size = size, .live = true, .fenced = false};
  if (size > SIZE_MAX / 4 || alignment > SIZE_MAX / 4) return record;
  alignment = std::max(alignment, kMargin);
  const size_t slack = alignment - kMargin;
  if (!options_.guard_pages) {
    record.total = size + 2 * kMargin + slack;
    record.base = static_cast<char*>(::zokio::Allocate(record.total));
    const uintptr_t after_margin = reinterpret_cast<uintptr_t>(record.base) + kMargin;
    *block = reinterpret_cast<char*>(mem_internal::RoundUp(after_margin, alignment));
    return record;
  }
  // The block's end, rounded to its alignment, meets the page that faults.
  const size_t padded = mem_internal::RoundUp(size, kMargin);
  const size_t usable = mem_internal::RoundUp(padded + kMargin + slack, kPageSize);
  record.total = usable + kPageSize;
  record.base = static_cast<char*>(mem_internal::MapPages(record.total));
  if (record.base == nullptr) return record;
  if (mprotect(record.base + usable, kPageSize, PROT_NONE) != 0) {
    mem_internal::UnmapPages(record.base, record.total);
    record.base = nullptr;
    return record;
  }
  const uintptr_t last = reinterpret_cast<uintptr_t>(record.base) + usable - padded;
  *block = reinterpret_cast<char*>(last & ~(alignment - 1));
  return record;
}

void* HardenedHeap::AllocateAligned(size_t size, size_t alignment) {
  char* block = nullptr;
  const Record record = MakeRecord(size, alignment, &block);
  if (record.base == nullptr) return nullptr;
  std::memset(block - kMargin, kCanary, kMargin);
  std::memset(block, kFresh, size);
  std::memset(block + size, kCanary, MarginBehind(block, record));
  MutexLock lock(mutex_);
  records_[block] = record;
  return block;
}

// Up to the end, or to the page that faults.
size_t HardenedHeap::MarginBehind(const char* block, const Record& record) const {
  const char* end = record.base + record.total - (options_.guard_pages ? kPageSize : 0);
  return static_cast<size_t>(end - block) - record.size;
}

HardenedHeap::Misuse HardenedHeap::CheckCanaries(const char* block, const Record& record) const {
  if (!AllAre(block - kMargin, kMargin, kCanary)) return {"a write before", block, record.size};
  if (!AllAre(block + record.size, MarginBehind(block, record), kCanary)) {
    return {"a write behind", block, record.size};
  }
  return {};
}

HardenedHeap::Misuse HardenedHeap::CheckFreed(const char* block, const Record& record) {
  // Fenced: a touch would have faulted.
  if (record.fenced || AllAre(block, record.size, kFreed)) return {};
  return {"a write after the free of", block, record.size};
}

void HardenedHeap::FreeBlock(void* block, const size_t* size) {
  if (block == nullptr) return;
  MutexLock lock(mutex_);
  const Misuse misuse = FreeLocked(block, size);
  lock.Unlock();
  Report(misuse);
}

// REQUIRES: the lock.
HardenedHeap::Misuse HardenedHeap::FreeLocked(void* block, const size_t* size) {
  const auto found = records_.find(block);
  if (found == records_.end()) {
    return {"a free of what was never allocated", block, size != nullptr ? *size : 0};
  }
  Record& record = found->second;
  if (!record.live) return {"a double free", block, record.size};
  if (size != nullptr && record.size != *size) {
    return {"a free with the wrong size", block, record.size};
  }
  Misuse misuse = CheckCanaries(static_cast<char*>(block), record);
  if (misuse.what != nullptr) return misuse;
  record.live = false;
  if (options_.guard_pages) {
    mem_internal::ReleaseNow(record.base, record.total);
    record.fenced = mprotect(record.base, record.total, PROT_NONE) == 0;
  }
  if (!record.fenced) std::memset(block, kFreed, record.size);
  quarantine_.push_back(block);
  quarantined_bytes_ += record.total;
  while (quarantined_bytes_ > options_.quarantine_bytes && misuse.what == nullptr) {
    misuse = ReleaseOldest();
  }
  return misuse;
}

// REQUIRES: the lock.
HardenedHeap::Misuse HardenedHeap::ReleaseOldest() {
  void* block = quarantine_.front();
  const auto found = records_.find(block);
  const Misuse misuse = CheckFreed(static_cast<char*>(block), found->second);
  if (misuse.what != nullptr) return misuse;
  quarantine_.pop_front();
  quarantined_bytes_ -= found->second.total;
  Release(found->second);
  records_.erase(found);
  return {};
}

void HardenedHeap::Release(const Record& record) const {
  if (options_.guard_pages) {
    mem_internal::UnmapPages(record.base, record.total);
  } else {
    ::zokio::Free(record.base, record.total);
  }
}

void HardenedHeap::Verify() {
  Misuse misuse;
  MutexLock lock(mutex_);
  for (const auto& [block, record] : records_) {
    const char* bytes = static_cast<const char*>(block);
    misuse = record.live ? CheckCanaries(bytes, record) : CheckFreed(bytes, record);
    if (misuse.what != nullptr) break;
  }
  lock.Unlock();
  Report(misuse);
}

size_t HardenedHeap::live_blocks() const {
  MutexLock lock(mutex_);
  return records_.size() - quarantine_.size();
}

HardenedHeap::~HardenedHeap() {
  while (!quarantine_.empty()) Report(ReleaseOldest());
  if (records_.empty()) return;
  size_t bytes = 0;
  for (const auto& [block, record] : records_) {
    Report(CheckCanaries(static_cast<const char*>(block), record));
    bytes += record.size;
    Release(record);
  }
  std::fprintf(stderr, "HardenedHeap: %zu block%s of %zu bytes still live at its end\n",
               records_.size(), records_.size() == 1 ? "" : "s", bytes);
}

}  // namespace zokio
