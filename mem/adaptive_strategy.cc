#include "mem/adaptive_strategy.h"

#include <algorithm>
#include <cstring>

#include "mem/internal/fast_path.h"

namespace zokio {

[[gnu::noinline]] void* AdaptiveStrategy::AllocateTiered(size_t size, AdaptiveStrategy&) {
  return mem_internal::AllocateFast(size);
}

[[gnu::noinline]] void* AdaptiveStrategy::AllocateWatching(size_t size, AdaptiveStrategy& self) {
  self.samples_[self.samples_count_++] = size;
  if (self.samples_count_ == kSamples) self.Decide();
  return ::zokio::Allocate(size);
}

void AdaptiveStrategy::Reconsider() {
  EndFront();
  tiers_ = &AllocateWatching;
  samples_count_ = 0;
}

void AdaptiveStrategy::Decide() {
  std::sort(samples_, samples_ + kSamples);
  frequent_count_ = 0;
  for (uint32_t i = 0, begin = 0; i < kSamples; ++i) {
    if (samples_[i] != samples_[begin]) begin = i;
    if (i - begin + 1 <= frequent_count_) continue;
    frequent_count_ = i - begin + 1;
    frequent_size_ = samples_[i];
  }
  // A branch that often goes the other way costs more than the front spares: three quarters.
  const bool earns = frequent_count_ >= kEarns && frequent_size_ <= kFrontMax;
  if (earns) BeginFront(frequent_size_);
  ++decisions_;
  tiers_ = &AllocateTiered;
}

void AdaptiveStrategy::BeginFront(size_t size) {
  void* array = ::zokio::Allocate(kBlocks * sizeof(void*));
  if (array == nullptr) return;  // the tiers do as well
  base_ = top_ = static_cast<void**>(array);
  limit_ = base_ + std::min<size_t>(kBlocks, kFrontBytes / std::max(size, size_t{1}));
  front_size_ = size;
}

void AdaptiveStrategy::EndFront() {
  if (base_ == nullptr) return;
  Empty(static_cast<size_t>(top_ - base_));
  ::zokio::Free(base_, kBlocks * sizeof(void*));
  base_ = top_ = limit_ = nullptr;
  front_size_ = SIZE_MAX;
}

[[gnu::noinline, gnu::cold]] void AdaptiveStrategy::FreeToFull(void* block, size_t size) {
  Empty(static_cast<size_t>(limit_ - base_) / 2);
  mem_internal::Poison(block, size);
  *top_++ = block;
}

// The `count` blocks freed longest ago go to the tiers.
void AdaptiveStrategy::Empty(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    mem_internal::Unpoison(base_[i], front_size_);
    ::zokio::Free(base_[i], front_size_);
  }
  const size_t kept = static_cast<size_t>(top_ - base_) - count;
  std::memmove(base_, base_ + count, kept * sizeof(void*));
  top_ = base_ + kept;
}

std::string AdaptiveStrategy::Report() const {
  if (samples_count_ < kSamples) {
    return "tiers: watching, " + std::to_string(samples_count_) + " of " +
           std::to_string(kSamples) + " requests; decided " + std::to_string(decisions_) +
           " times before\n";
  }
  const std::string choice = front_size_ == SIZE_MAX ? std::string("tiers")
                                                     : "front for " + std::to_string(front_size_) +
                                                           " bytes, tiers for the rest";
  return choice + ": " + std::to_string(frequent_count_) + " of " + std::to_string(kSamples) +
         " requests were for " + std::to_string(frequent_size_) + " bytes, " +
         std::to_string(kEarns) + " earn a front up to " + std::to_string(kFrontMax) +
         " bytes; decision " + std::to_string(decisions_) + "\n";
}

}  // namespace zokio
