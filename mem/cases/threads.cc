// Cases of several threads; values are CPU time of all of them per pair.

#include <sched.h>

#include <functional>
#include <memory>
#include <utility>

#include "base/atomic.h"
#include "base/check.h"
#include "base/thread.h"
#include "mem/cases/load.h"

namespace zokio::mem_cases {
namespace {

void Join(std::vector<Thread>& threads) { threads.clear(); }

void Run(std::vector<Thread>& threads, std::function<void()> body) {
  Result<Thread> thread = Thread::Start("case", std::move(body));
  ZOKIO_CHECK(thread.ok(), "no thread");
  threads.push_back(*std::move(thread));
}

}  // namespace

Outcome ReplaceOnThreads(double low, double high, size_t live, size_t steps, int count) {
  Atomic<uint64_t> work{0};
  std::vector<Thread> threads;
  for (int i = 0; i < count; ++i) {
    Run(threads, [&] {
      // Its own figure would count the other threads' time too.
      const Outcome outcome = Replace(low, high, live, steps);
      work.fetch_add(outcome.work, memory_order_relaxed);
    });
  }
  const double start = CpuNs();
  Join(threads);
  return {(CpuNs() - start) / (static_cast<double>(steps) * 1.25 * count), work.load()};
}

// One thread allocates, another frees, 64 pointers at a time through a bounded queue.
Outcome ProducerConsumer() {
  constexpr size_t kBatch = 64;
  constexpr size_t kDepth = 256;
  constexpr uint64_t kBatches = 150'000;
  struct Queue {
    alignas(128) Atomic<uint64_t> head{0};
    alignas(128) Atomic<uint64_t> tail{0};
    alignas(128) void* slots[kDepth][kBatch];
  };
  auto queue = std::make_unique<Queue>();
  uint64_t work = 0;
  std::vector<Thread> threads;
  const double start = CpuNs();
  Run(threads, [&] {
    for (uint64_t head = 0; head < kBatches; ++head) {
      while (head - queue->tail.load(memory_order_acquire) >= kDepth) sched_yield();
      for (void*& block : queue->slots[head % kDepth]) {
        block = New(64);
        *static_cast<volatile char*>(block) = 1;
      }
      queue->head.store(head + 1, memory_order_release);
    }
  });
  Run(threads, [&] {
    for (uint64_t tail = 0; tail < kBatches; ++tail) {
      while (queue->head.load(memory_order_acquire) == tail) sched_yield();
      for (void* block : queue->slots[tail % kDepth]) {
        work += static_cast<uint64_t>(*static_cast<char*>(block));
        Delete(block, 64);
      }
      queue->tail.store(tail + 1, memory_order_release);
    }
  });
  Join(threads);
  return {(CpuNs() - start) / static_cast<double>(kBatches * kBatch), work};
}

// A server whose threads die: each generation inherits the blocks of the last one.
Outcome Larson(int count) {
  constexpr size_t kSlots = 5000;
  constexpr size_t kSteps = 100'000;
  constexpr int kGenerations = 20;
  std::vector<std::vector<Slot>> slots(static_cast<size_t>(count), std::vector<Slot>(kSlots));
  std::vector<uint64_t> work(static_cast<size_t>(count), 0);
  const double start = CpuNs();
  for (int generation = 0; generation <= kGenerations; ++generation) {
    std::vector<Thread> threads;
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      Run(threads, [&, i, generation] {
        Random random(i * 1000 + static_cast<uint64_t>(generation) + 1);
        std::vector<Slot>& mine = slots[i];
        if (generation == 0) {
          for (Slot& slot : mine) slot.Fill(8 + random.Below(992));
          return;
        }
        uint64_t done = 0;
        for (size_t step = 0; step < kSteps; ++step) {
          Slot& slot = mine[random.Below(kSlots)];
          done += slot.Empty();
          slot.Fill(8 + random.Below(992));
        }
        work[i] += done;
      });
    }
    Join(threads);
  }
  const double end = CpuNs();
  uint64_t sum = 0;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    sum += work[i];
    for (Slot& slot : slots[i]) slot.Empty();
  }
  return {(end - start) / static_cast<double>(sum), sum};
}

}  // namespace zokio::mem_cases
