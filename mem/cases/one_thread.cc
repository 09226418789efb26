// Cases of one thread.

#include <algorithm>
#include <numeric>
#include <utility>

#include "mem/cases/load.h"

namespace zokio::mem_cases {

Outcome SameSizeAtOnce(size_t size) {
  constexpr uint64_t kPairs = 20'000'000;
  uint64_t work = 0;
  const double start = CpuNs();
  for (uint64_t i = 0; i < kPairs; ++i) {
    char* block = static_cast<char*>(New(size));
    *static_cast<volatile char*>(block) = 1;
    work += static_cast<uint64_t>(*block);
    Delete(block, size);
  }
  return {(CpuNs() - start) / kPairs, work};
}

Outcome SameSizeBatch(size_t count, bool shuffled) {
  constexpr uint32_t kSize = 64;
  const size_t rounds = 10'000'000 / count;
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  Random random(7);
  for (size_t i = count; shuffled && i > 1; --i) {
    std::swap(order[i - 1], order[random.Below(static_cast<uint32_t>(i))]);
  }
  std::vector<Slot> slots(count);
  uint64_t work = 0;
  double start = 0;
  for (size_t round = 0; round < rounds + rounds / 5 + 1; ++round) {
    if (round == rounds / 5 + 1) {
      start = CpuNs();
      work = 0;
    }
    for (Slot& slot : slots) slot.Fill(kSize);
    // The free itself is measured, not a cold block: nothing is read back here.
    for (size_t i : order) Delete(slots[i].block, kSize);
    work += count;
  }
  return {(CpuNs() - start) / static_cast<double>(rounds * count), work};
}

Outcome Replace(double low, double high, size_t live, size_t steps) {
  const std::vector<uint32_t> sizes = LogSizes(1 << 16, low, high, 1);
  Random random(2);
  std::vector<Slot> slots(live);
  size_t next = 0;
  for (Slot& slot : slots) slot.Fill(sizes[next++ % sizes.size()]);
  uint64_t work = 0;
  double start = 0;
  for (size_t step = 0; step < steps + steps / 4; ++step) {
    if (step == steps / 4) {
      start = CpuNs();
      work = 0;
    }
    Slot& slot = slots[random.Below(static_cast<uint32_t>(live))];
    work += slot.Empty();
    slot.Fill(sizes[next++ % sizes.size()]);
  }
  const double end = CpuNs();
  for (Slot& slot : slots) slot.Empty();
  return {(end - start) / static_cast<double>(steps), work};
}

// What a runtime's tasks and messages look like: a hundred at a time, both ends written.
Outcome Batch1kTo5k() {
  constexpr size_t kBatch = 100;
  constexpr size_t kRounds = 50'000;
  Random random(5);
  std::vector<Slot> slots(kBatch);
  uint64_t work = 0;
  double start = 0;
  for (size_t round = 0; round < kRounds + kRounds / 4; ++round) {
    if (round == kRounds / 4) {
      start = CpuNs();
      work = 0;
    }
    for (Slot& slot : slots) {
      slot.Fill(1024 + random.Below(4097));
      slot.block[slot.size - 1] = 1;
    }
    for (Slot& slot : slots) work += slot.Empty();
  }
  return {(CpuNs() - start) / static_cast<double>(kRounds * kBatch), work};
}

}  // namespace zokio::mem_cases
