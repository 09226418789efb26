// What huge pages cost and bring: the first touch of memory that grows, and random use of much.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <vector>

#include "base/random.h"
#include "mem/allocator.h"

namespace zokio {
namespace {

constexpr size_t kBlock = 1000;
constexpr uint32_t kBlocks = 100'000;

double ResidentBytes() {
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  long total = 0;
  long resident = 0;
  if (file == nullptr || std::fscanf(file, "%ld %ld", &total, &resident) != 2) resident = 0;
  if (file != nullptr) std::fclose(file);
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

std::vector<char*> Fill() {
  std::vector<char*> blocks(kBlocks);
  for (char*& block : blocks) {
    block = static_cast<char*>(Allocate(kBlock));
    std::memset(block, 1, kBlock);
  }
  return blocks;
}

void Empty(const std::vector<char*>& blocks) {
  for (char* block : blocks) Free(block, kBlock);
  DecayMemory();
}

// Until 100 MB live, from nothing.
void BM_Grow(benchmark::State& state) {
  UseHugePages(state.range(0) != 0);
  double resident = 0;
  for (auto _ : state) {
    const double before = ResidentBytes();
    const std::vector<char*> blocks = Fill();
    resident = ResidentBytes() - before;
    state.PauseTiming();
    Empty(blocks);
    state.ResumeTiming();
  }
  state.counters["resident_per_live"] = resident / (static_cast<double>(kBlock) * kBlocks);
  state.SetItemsProcessed(state.iterations() * kBlocks);
  UseHugePages(true);
}
BENCHMARK(BM_Grow)->ArgName("huge")->Arg(0)->Arg(1)->Unit(benchmark::kMillisecond);

// A block of 100 MB is replaced at random and written.
void BM_Replace(benchmark::State& state) {
  UseHugePages(state.range(0) != 0);
  std::vector<char*> blocks = Fill();
  Random random(1);
  uint64_t lost = 0;
  for (auto _ : state) {
    char*& block = blocks[random.Below(kBlocks)];
    if (*block != 1) ++lost;
    Free(block, kBlock);
    block = static_cast<char*>(Allocate(kBlock));
    *block = 1;
  }
  if (lost != 0) state.SkipWithError("a block lost its bytes");
  state.SetItemsProcessed(state.iterations());
  Empty(blocks);
  UseHugePages(true);
}
BENCHMARK(BM_Replace)->ArgName("huge")->Arg(0)->Arg(1);

}  // namespace
}  // namespace zokio
