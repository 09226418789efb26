// Ours: operations of a loop without a network.
//
//   io_cases nop_b32|nop_b128 COUNT WORKERS REPETITIONS        through the backend's interface
//   io_cases future_b32|future_b128 COUNT WORKERS REPETITIONS  as futures of a loop
//   io_cases file_read_4k FILE BLOCKS DEPTH SECONDS            prints `value=NS work=READS`
//   io_cases floor_io FILE BLOCKS BATCH SECONDS       prints `value=READS/S work=READS mean_us=US`
//
// (See load/repeat.h.) The work of a nop is what completed; each 4 KiB block of the file begins
// with its own number, and a read of another one ends the program.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "future/context.h"
#include "future/task_scope.h"
#include "future/waker.h"
#include "io/backend/uring.h"
#include "io/backend/uring_probe.h"
#include "io/create_loop.h"
#include "io/file/file.h"
#include "io/nothing.h"
#include "runtime/runtime.h"
#include "tools/compare/load/repeat.h"

namespace {

constexpr size_t kBlock = 4096;

// The buffers of a backend that receives nothing.
class NoBuffers final : private zokio::io::BufferPool::Owner {
 public:
  zokio::io::BufferPool* pool() { return &pool_; }

 private:
  void Retain() override {}
  void Release(int64_t) override {}
  void Unpark() override {}

  zokio::io::BufferPool pool_{this, 64, 32};
};

// Batches through the interface that the loop uses: handed over as a list, fetched as a list.
uint64_t RunBackend(zokio::io::Backend& backend, uint64_t count, size_t batch) {
  std::deque<zokio::io::Operation> operations;
  std::vector<zokio::io::Request> requests;
  for (size_t i = 0; i < batch; ++i) {
    zokio::io::Operation& op = operations.emplace_back(zokio::io::OpKind::kNothing);
    requests.push_back({&op, zokio::io::kNoHandle, zokio::io::Action::kStart});
  }
  std::vector<zokio::io::Completion> completions(batch);
  uint64_t done = 0;
  while (done < count) {
    backend.Submit(requests);
    for (size_t came = 0; came < batch;) {
      const int reaped = backend.Reap(completions, /*wait=*/true, zokio::kNever);
      for (int i = 0; i < reaped; ++i) {
        const zokio::io::Completion& completion = completions[static_cast<size_t>(i)];
        done += completion.result == 0 && !completion.more ? 1 : 0;
      }
      came += static_cast<size_t>(reaped);
    }
  }
  return done;
}

// A waker of nobody: the futures are polled once their batch is through.
constexpr zokio::WakerVtable kNobody{
    [](void* data) { return zokio::Waker(&kNobody, data); },
    [](void*) {},
    [](void*) {},
    [](void*) {},
};

uint64_t RunNothing(zokio::io::Loop& loop, uint64_t count, size_t batch) {
  zokio::Waker waker(&kNobody, &loop);
  zokio::PollEnvironment environment;
  zokio::Context context(waker, environment);
  std::vector<std::optional<zokio::io::DoNothing>> futures(batch);
  uint64_t done = 0;
  while (done < count) {
    environment.budget = INT32_MAX;
    for (auto& future : futures) {
      future.emplace();
      ZOKIO_CHECK(future->poll(context).pending(), "done before it was begun");
    }
    for (size_t came = 0; came < batch;) came += static_cast<size_t>(loop.Poll());
    for (auto& future : futures) {
      ZOKIO_CHECK(future.has_value(), "begun above");
      done += future->poll(context).value().ok() ? 1 : 0;
      future.reset();
    }
  }
  return done;
}

void MeasureNothing(int argc, char** argv) {
  const auto options = zokio::compare::ParseRepeatOptions(argc, argv);
  const size_t batch = options.name.ends_with("32") ? 32 : 128;
  if (options.name.starts_with("nop_")) {
    const zokio::io::UringFeatures features = zokio::io::ProbeUring();
    NoBuffers buffers;
    auto backend = zokio::io::CreateUringBackend(features, zokio::io::LoopOptions(), {});
    ZOKIO_CHECK(backend.ok(), "no backend");
    (*backend)->Attach(buffers.pool(), /*large=*/nullptr);
    zokio::compare::Repeat(options,
                           [&](uint64_t count) { return RunBackend(**backend, count, batch); });
    (*backend)->Detach();
    return;
  }
  auto loop = zokio::io::CreateLoop(zokio::io::LoopOptions());
  ZOKIO_CHECK(loop.ok(), "no loop");
  (*loop)->Attach();
  zokio::compare::Repeat(options, [&](uint64_t count) { return RunNothing(**loop, count, batch); });
  (*loop)->Detach();
}

struct Reading {
  const char* path;
  uint32_t blocks;
  uint32_t depth;
  zokio::Instant end;
  uint64_t reads = 0;
};

zokio::Task<> ReadBlocks(const zokio::File* shared, Reading* reading, uint64_t seed) {
  auto* file = const_cast<zokio::File*>(shared);
  zokio::Random random(seed);
  std::vector<uint8_t> target(kBlock);
  while (zokio::Clock::Monotonic().Now() < reading->end) {
    for (int i = 0; i < 16; ++i) {
      const uint32_t block = random.Below(reading->blocks);
      const auto count =
          co_await file->ReadAt(uint64_t{block} * kBlock, std::span<uint8_t>(target));
      ZOKIO_CHECK(count.ok() && *count == kBlock, "a read failed");
      uint32_t number;
      std::memcpy(&number, target.data(), sizeof(number));
      ZOKIO_CHECK(number == block, "another block was read");
    }
    reading->reads += 16;
  }
}

zokio::Task<> ReadAll(Reading* reading) {
  auto file = co_await zokio::File::Open(reading->path);
  ZOKIO_CHECK(file.ok(), "the file cannot be opened");
  co_await zokio::WithScope([&](zokio::TaskScope& scope) -> zokio::Task<> {
    for (uint32_t i = 0; i < reading->depth; ++i) {
      scope.Spawn(ReadBlocks(&*file, reading, i + 1));
    }
    co_return;
  });
}

void MeasureReads(char** argv) {
  Reading reading{};
  reading.path = argv[2];
  reading.blocks = static_cast<uint32_t>(std::atoi(argv[3]));
  reading.depth = static_cast<uint32_t>(std::atoi(argv[4]));
  const std::chrono::duration<double> length(std::atof(argv[5]));
  zokio::Runtime runtime({.workers = 1});
  const zokio::Instant start = zokio::Clock::Monotonic().Now();
  reading.end = start + std::chrono::duration_cast<zokio::Duration>(length);
  runtime.BlockOn(ReadAll(&reading));
  const zokio::Duration elapsed = zokio::Clock::Monotonic().Now() - start;
  std::printf("value=%.1f work=%llu\n",
              static_cast<double>(elapsed.count()) / static_cast<double>(reading.reads),
              static_cast<unsigned long long>(reading.reads));
}

// Reads of 64 bytes from the page cache as operations of a loop, so many handed over together; the
// time of each is that of its batch, from the first hand-over to the last answer.
constexpr size_t kRecord = 64;

zokio::io::OwnedBytes NewRecord() {
  auto* memory = new uint8_t[kRecord];
  return zokio::io::OwnedBytes(
      memory, kRecord, [](void* owner) { delete[] static_cast<uint8_t*>(owner); }, memory);
}

template <typename F>
auto PollUntilReady(zokio::io::Loop& loop, F& future, zokio::Context& context) {
  while (true) {
    auto poll = future.poll(context);
    if (poll.ready()) return std::move(poll).value();
    loop.Poll();
  }
}

void MeasureBatches(char** argv) {
  const auto blocks = static_cast<uint32_t>(std::atoi(argv[3]));
  const auto batch = static_cast<size_t>(std::atoi(argv[4]));
  const std::chrono::duration<double> length(std::atof(argv[5]));
  auto loop = zokio::io::CreateLoop(zokio::io::LoopOptions());
  ZOKIO_CHECK(loop.ok(), "no loop");
  (*loop)->Attach();
  zokio::Waker waker(&kNobody, loop->get());
  zokio::PollEnvironment environment;
  environment.budget = INT32_MAX;
  zokio::Context context(waker, environment);
  auto opening = zokio::File::Open(argv[2]);
  auto file = PollUntilReady(**loop, opening, context);
  ZOKIO_CHECK(file.ok(), "the file cannot be opened");
  zokio::Random random(1);
  std::vector<zokio::io::OwnedBytes> records;
  records.reserve(batch);
  for (size_t i = 0; i < batch; ++i) records.push_back(NewRecord());
  std::vector<std::optional<zokio::ReadFileAt>> reads(batch);
  std::vector<uint32_t> wanted(batch);
  uint64_t done = 0;
  const zokio::Instant start = zokio::Clock::Monotonic().Now();
  const zokio::Instant end = start + std::chrono::duration_cast<zokio::Duration>(length);
  while (zokio::Clock::Monotonic().Now() < end) {
    environment.budget = INT32_MAX;
    for (size_t i = 0; i < batch; ++i) {
      wanted[i] = random.Below(blocks);
      auto& read =
          reads[i].emplace(file->ReadAt(uint64_t{wanted[i]} * kBlock, std::move(records[i])));
      ZOKIO_CHECK(read.poll(context).pending(), "done before it was begun");
    }
    for (size_t i = 0; i < batch; ++i) {
      auto& read = reads[i];
      ZOKIO_CHECK(read.has_value(), "begun above");
      auto record = PollUntilReady(**loop, *read, context);
      uint32_t number = 0;
      ZOKIO_CHECK(record.ok() && record->size() == kRecord, "a read failed");
      std::memcpy(&number, record->data(), sizeof(number));
      ZOKIO_CHECK(number == wanted[i], "another block was read");
      records[i] = *std::move(record);
      reads[i].reset();
    }
    done += batch;
  }
  const std::chrono::duration<double> elapsed = zokio::Clock::Monotonic().Now() - start;
  std::printf("value=%.0f work=%llu mean_us=%.2f\n", static_cast<double>(done) / elapsed.count(),
              static_cast<unsigned long long>(done),
              elapsed.count() * 1e6 * static_cast<double>(batch) / static_cast<double>(done));
  file->Close();
  (*loop)->Detach();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 6 && std::string_view(argv[1]) == "floor_io") {
    MeasureBatches(argv);
  } else if (argc == 6 && std::string_view(argv[1]) == "file_read_4k") {
    MeasureReads(argv);
  } else {
    MeasureNothing(argc, argv);
  }
}
