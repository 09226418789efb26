#include "mem/heap_profile.h"

#include <execinfo.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <utility>

#include "base/thread_local.h"
#include "mem/allocator.h"

namespace zokio {
namespace {

constexpr size_t kStacksReported = 10;

// Whether this thread is in a profile's own work, which may come back by operator new and delete:
// with the lock held, and with blocks that are no samples.
struct InsideTag;
using MyInside = ThreadLocal<bool, InsideTag>;

class Inside {
 public:
  Inside() : outer_(MyInside::GetInline()) { MyInside::GetInline() = true; }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { MyInside::GetInline() = outer_; }

 private:
  const bool outer_;
};

std::string Mappings() {
  std::string text;
  std::FILE* file = std::fopen("/proc/self/maps", "re");
  if (file == nullptr) return text;
  char part[4096];
  for (size_t got; (got = std::fread(part, 1, sizeof(part), file)) > 0;) text.append(part, got);
  std::fclose(file);
  return text;
}

std::string StackText(const std::vector<void*>& stack) {
  std::string text;
  char address[32];
  for (void* frame : stack) {
    std::snprintf(address, sizeof(address), " %p", frame);
    text += address;
  }
  return text;
}

}  // namespace

HeapProfile::HeapProfile(HeapProfileOptions options)
    : interval_bytes_(std::max(options.interval_bytes, size_t{1})), random_(options.seed) {
  next_sample_.store(NextDistance(), memory_order_relaxed);
}

// Exponential, so that each byte has the same chance whatever was sampled before.
uint64_t HeapProfile::NextDistance() {
  if (interval_bytes_ == 1) return 0;
  const double uniform = (static_cast<double>(random_.Next() >> 11) + 1) * 0x1p-53;
  return static_cast<uint64_t>(-std::log(uniform) * static_cast<double>(interval_bytes_));
}

inline void* HeapProfile::Count(void* block, size_t size) {
  if (block == nullptr) return nullptr;
  const uint64_t bytes = std::max(size, size_t{1});
  const uint64_t end = allocated_.fetch_add(bytes, memory_order_relaxed) + bytes;
  if (end > next_sample_.load(memory_order_relaxed)) [[unlikely]] {
    Record(block, size, end);
  }
  return block;
}

inline void HeapProfile::Uncount(void* block) {
  if (filter_[FilterIndex(block)].load(memory_order_relaxed) != 0) [[unlikely]] {
    Forget(block);
  }
}

void* HeapProfile::Allocate(size_t size) { return Count(::zokio::Allocate(size), size); }

void* HeapProfile::AllocateAligned(size_t size, size_t alignment) {
  return Count(::zokio::AllocateAligned(size, alignment), size);
}

void HeapProfile::Free(void* block, size_t size) {
  Uncount(block);
  ::zokio::Free(block, size);
}

void HeapProfile::Free(void* block) {
  Uncount(block);
  ::zokio::Free(block);
}

void HeapProfile::FreeAligned(void* block, size_t size, size_t alignment) {
  Uncount(block);
  ::zokio::FreeAligned(block, size, alignment);
}

// Whether the block whose bytes end there is the sample. One point makes one sample, however many
// threads have passed it: whoever is first moves it on, and the others are behind it again.
bool HeapProfile::Claim(uint64_t end) {
  MutexLock lock(mutex_);
  if (interval_bytes_ == 1) return true;
  if (end <= next_sample_.load(memory_order_relaxed)) return false;
  next_sample_.store(end + NextDistance(), memory_order_relaxed);
  return true;
}

[[gnu::noinline]] void HeapProfile::Record(void* block, size_t size, uint64_t end) {
  if (MyInside::GetInline()) return;
  const Inside inside;
  if (!Claim(end)) return;
  void* frames[kFrames];
  const int count = backtrace(frames, kFrames);
  MutexLock lock(mutex_);
  // The innermost two frames are this function and Allocate.
  const int skipped = std::min(count, 2);
  samples_[block] = {size, std::vector<void*>(frames + skipped, frames + count)};
  filter_[FilterIndex(block)].fetch_add(1, memory_order_relaxed);
}

[[gnu::noinline]] void HeapProfile::Forget(void* block) {
  if (MyInside::GetInline()) return;
  const Inside inside;
  MutexLock lock(mutex_);
  if (samples_.erase(block) == 0) return;  // only its hash is a sample's
  filter_[FilterIndex(block)].fetch_sub(1, memory_order_relaxed);
}

size_t HeapProfile::samples_live() const {
  MutexLock lock(mutex_);
  return samples_.size();
}

std::string HeapProfile::Dump() const {
  const Inside inside;
  std::map<std::vector<void*>, Site> sites;
  Site total;
  {
    MutexLock lock(mutex_);
    for (const auto& [block, sample] : samples_) {
      for (Site* site : {&sites[sample.stack], &total}) {
        ++site->objects;
        site->bytes += sample.size;
      }
    }
  }
  char line[128];
  const auto counts = [&line](const Site& site) {
    const auto objects = static_cast<unsigned long long>(site.objects);
    const auto bytes = static_cast<unsigned long long>(site.bytes);
    std::snprintf(line, sizeof(line), "%llu: %llu [%llu: %llu] @", objects, bytes, objects, bytes);
    return line;
  };
  // heap_v2: pprof scales the samples up by the interval itself.
  std::string text = std::string("heap profile: ") + counts(total) + " heap_v2/" +
                     std::to_string(interval_bytes_) + "\n";
  for (const auto& [stack, site] : sites) text += counts(site) + StackText(stack) + "\n";
  return text + "\nMAPPED_LIBRARIES:\n" + Mappings();
}

size_t HeapProfile::ReportLeaks() const {
  const Inside inside;
  MutexLock lock(mutex_);
  if (samples_.empty()) return 0;
  std::map<std::vector<void*>, Site> sites;
  double bytes = 0;
  for (const auto& [block, sample] : samples_) {
    Site& site = sites[sample.stack];
    ++site.objects;
    site.bytes += sample.size;
    // A block of this size was sampled with this probability, so it stands for its inverse.
    const double share = static_cast<double>(sample.size) / static_cast<double>(interval_bytes_);
    const double chance = interval_bytes_ == 1 ? 1 : 1 - std::exp(-share);
    bytes += static_cast<double>(sample.size) / std::max(chance, 1e-9);
  }
  std::fprintf(stderr, "HeapProfile: %zu sample%s stand%s for some %.0f bytes not freed\n",
               samples_.size(), samples_.size() == 1 ? "" : "s", samples_.size() == 1 ? "s" : "",
               bytes);
  std::vector<std::pair<std::vector<void*>, Site>> largest(sites.begin(), sites.end());
  std::sort(largest.begin(), largest.end(),
            [](const auto& a, const auto& b) { return a.second.bytes > b.second.bytes; });
  largest.resize(std::min(largest.size(), kStacksReported));
  for (const auto& [stack, site] : largest) {
    std::fprintf(stderr, "  %llu of %llu bytes @%s\n",
                 static_cast<unsigned long long>(site.objects),
                 static_cast<unsigned long long>(site.bytes), StackText(stack).c_str());
  }
  return samples_.size();
}

}  // namespace zokio
