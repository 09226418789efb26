// Cases of resident memory: what is resident for a byte that is live.

#include <algorithm>
#include <cstring>

#include "base/mutex.h"
#include "mem/cases/load.h"

namespace zokio::mem_cases {
namespace {

constexpr size_t kSlots = 200'000;

// Replaces random blocks in phases of different sizes; every byte is written.
struct Churn {
  std::vector<Slot> slots{kSlots};
  Random random{42};
  uint64_t work = 0;
  double live = 0;

  void Free(Slot& slot) {
    if (slot.block == nullptr) return;
    live -= slot.size;
    work += slot.Empty();
  }
  void Phase(double low, double high) {
    const std::vector<uint32_t> sizes = LogSizes(1 << 16, low, high, random.Next());
    for (size_t step = 0; step < 600'000; ++step) {
      Slot& slot = slots[random.Below(kSlots)];
      Free(slot);
      slot.Fill(sizes[step % sizes.size()]);
      std::memset(slot.block + 1, 1, slot.size - 1);
      live += slot.size;
    }
  }
  void Grow() {
    Phase(8, 256);
    Phase(64, 4096);
    Phase(256, 16384);
  }
};

// Bytes of the pages that hold a live byte, however well all else was given back: an allocator that
// does not move blocks keeps at least these.
double PagesOf(const std::vector<Slot>& slots) {
  std::vector<uintptr_t> pages;
  for (const Slot& slot : slots) {
    if (slot.block == nullptr) continue;
    const uintptr_t begin = reinterpret_cast<uintptr_t>(slot.block);
    for (uintptr_t page = begin / 4096; page <= (begin + slot.size - 1) / 4096; ++page) {
      pages.push_back(page);
    }
  }
  std::sort(pages.begin(), pages.end());
  const auto end = std::unique(pages.begin(), pages.end());
  return static_cast<double>(end - pages.begin()) * 4096;
}

// Two seconds in which the program does nothing but what its runtime's idle workers do.
void Idle() {
  Mutex mutex;
  CondVar never;
  MutexLock lock(mutex);
  for (int i = 0; i < 20; ++i) {
    never.WaitUntil(lock, Clock::Monotonic().Now() + std::chrono::milliseconds(100));
    IdleHook();
  }
}

}  // namespace

Outcome ResidentAtPeak() {
  Churn churn;
  const double base = ResidentBytes();
  churn.Grow();
  return {(ResidentBytes() - base) / churn.live, churn.work};
}

// Small blocks replace the large ones, so that a tenth of the bytes stays; then the program idles.
Outcome ResidentAfterShrink() {
  Churn churn;
  const double base = ResidentBytes();
  churn.Grow();
  churn.Phase(16, 1024);
  Idle();
  return {(ResidentBytes() - base) / churn.live, churn.work};
}

// What ResidentAfterShrink could come down to, if nothing but live pages were resident.
Outcome PagesAfterShrink() {
  Churn churn;
  churn.Grow();
  churn.Phase(16, 1024);
  return {PagesOf(churn.slots) / churn.live, churn.work};
}

// Nine of ten blocks go, at random: every page keeps some, which only moving them would cure.
Outcome ResidentAfterThinning() {
  Churn churn;
  const double base = ResidentBytes();
  churn.Grow();
  for (Slot& slot : churn.slots) {
    if (churn.random.Below(10) != 0) churn.Free(slot);
  }
  Idle();
  return {(ResidentBytes() - base) / churn.live, churn.work};
}

}  // namespace zokio::mem_cases
