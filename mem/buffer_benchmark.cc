// A part of a buffer copied or shared: from which size on is sharing cheaper? Either way the part
// is read once, as whoever asked for it will.

#include "mem/buffer.h"

#include <benchmark/benchmark.h>

#include <map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "base/thread.h"

namespace zokio {
namespace {

constexpr size_t kBufferSize = 32 << 10;

enum class Made { kHere, kElsewhere };

// `count` of them: few stay in the cache with their counts, many do not.
std::vector<Buffer> MakeBuffers(size_t count, Made where) {
  std::vector<Buffer> buffers;
  const auto make = [&] {
    for (size_t i = 0; i < count; ++i) {
      buffers.push_back(Buffer::Allocate(kBufferSize));
      for (size_t at = 0; at < kBufferSize; at += 64) buffers[i].mutable_data()[at] = 1;
    }
  };
  if (where == Made::kHere) {
    make();
  } else {
    Result<Thread> thread = Thread::Start("maker", make);
    ZOKIO_CHECK(thread.ok(), "no thread");
    thread->Join();
  }
  return buffers;
}

uint64_t Read(const Buffer& part) {
  uint64_t sum = 0;
  for (size_t at = 0; at < part.size(); at += 64) sum += part.data()[at];
  return sum;
}

// Made once: most of a short run would be the kernel's pages.
const std::vector<Buffer>& BuffersOf(size_t count, Made where) {
  static std::map<std::pair<size_t, Made>, std::vector<Buffer>> made;
  std::vector<Buffer>& buffers = made[{count, where}];
  if (buffers.empty()) buffers = MakeBuffers(count, where);
  return buffers;
}

template <bool share>
void BM_Part(benchmark::State& state) {
  const auto size = static_cast<size_t>(state.range(0));
  const auto count = static_cast<uint32_t>(state.range(1));
  const auto where = state.range(2) == 0 ? Made::kHere : Made::kElsewhere;
  const std::vector<Buffer>& buffers = BuffersOf(count, where);
  Random random(1);
  uint64_t sum = 0;
  for (auto _ : state) {
    const Buffer& buffer = buffers[random.Below(count)];
    const size_t offset = random.Below(kBufferSize - 4096) & ~size_t{63};
    const Buffer part = share ? buffer.SliceShared(offset, size)
                              : Buffer::Copy(buffer.span().subspan(offset, size));
    sum += Read(part);
  }
  if (sum != static_cast<uint64_t>(state.iterations()) * (size / 64))
    state.SkipWithError("bytes were lost");
  state.SetItemsProcessed(state.iterations());
}

void Sizes(benchmark::internal::Benchmark* benchmark) {
  for (const int64_t where : {0, 1}) {
    for (const int64_t count : {8, 2048}) {
      for (const int64_t size : {256, 512, 1024, 2048, 4096}) {
        benchmark->Args({size, count, where});
      }
    }
  }
  benchmark->ArgNames({"bytes", "buffers", "elsewhere"});
}
BENCHMARK(BM_Part<false>)->Name("copy")->Apply(&Sizes);
BENCHMARK(BM_Part<true>)->Name("share")->Apply(&Sizes);

}  // namespace
}  // namespace zokio
