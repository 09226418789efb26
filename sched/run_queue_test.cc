#include "sched/run_queue.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "base/atomic.h"
#include "base/thread.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ZOKIO_SANITIZED 1
#endif
#endif

namespace zokio {
namespace {

#ifdef ZOKIO_SANITIZED
constexpr uint64_t kItems = 200'000;
#else
constexpr uint64_t kItems = 5'000'000;
#endif

// The queue never looks into what it holds: numbers stand for tasks.
TaskHeader* Item(uint64_t number) { return reinterpret_cast<TaskHeader*>(number); }
uint64_t Number(TaskHeader* item) { return reinterpret_cast<uint64_t>(item); }

std::vector<uint64_t> Claim(RunQueue& queue, uint32_t max) {
  std::vector<TaskHeader*> out(max);
  out.resize(queue.Claim(out.data(), max));
  std::vector<uint64_t> numbers;
  for (TaskHeader* item : out) numbers.push_back(Number(item));
  return numbers;
}

TEST(RunQueueTest, ClaimReturnsTheOldestInOrder) {
  RunQueue queue;
  for (uint64_t i = 1; i <= 5; ++i) ASSERT_TRUE(queue.Push(Item(i)));
  EXPECT_EQ(queue.size(), 5u);
  EXPECT_EQ(Claim(queue, 2), (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(Claim(queue, 16), (std::vector<uint64_t>{3, 4, 5}));
  EXPECT_TRUE(Claim(queue, 16).empty());
  EXPECT_TRUE(queue.empty());
}

TEST(RunQueueTest, AFullQueueRefusesUntilSomethingIsTaken) {
  RunQueue queue;
  for (uint64_t i = 1; i <= RunQueue::kCapacity; ++i) ASSERT_TRUE(queue.Push(Item(i)));
  EXPECT_FALSE(queue.Push(Item(999)));
  EXPECT_EQ(Claim(queue, 1), (std::vector<uint64_t>{1}));
  EXPECT_TRUE(queue.Push(Item(999)));
  EXPECT_FALSE(queue.Push(Item(1000)));
  EXPECT_EQ(queue.size(), RunQueue::kCapacity);
}

TEST(RunQueueTest, StealTakesTheOlderHalfRoundedUp) {
  RunQueue queue;
  TaskHeader* out[RunQueue::kCapacity];
  EXPECT_EQ(queue.Steal(out, RunQueue::kCapacity), 0u);
  for (uint64_t i = 1; i <= 7; ++i) ASSERT_TRUE(queue.Push(Item(i)));
  ASSERT_EQ(queue.Steal(out, RunQueue::kCapacity), 4u);
  for (uint64_t i = 0; i < 4; ++i) EXPECT_EQ(Number(out[i]), i + 1);
  EXPECT_EQ(queue.Steal(out, 1), 1u) << "at most as many as asked for";
  EXPECT_EQ(Number(out[0]), 5u);
  EXPECT_EQ(Claim(queue, 16), (std::vector<uint64_t>{6, 7}));
}

TEST(RunQueueTest, OneItemCanBeStolen) {
  RunQueue queue;
  TaskHeader* out[1];
  ASSERT_TRUE(queue.Push(Item(3)));
  EXPECT_EQ(queue.Steal(out, 1), 1u);
  EXPECT_EQ(Number(out[0]), 3u);
  EXPECT_TRUE(queue.empty());
}

TEST(RunQueueTest, KeepsItsOrderOverManyLaps) {
  RunQueue queue;
  uint64_t pushed = 0;
  uint64_t taken = 0;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(queue.Push(Item(++pushed)));
    while (!queue.empty()) {
      for (uint64_t number : Claim(queue, 7)) ASSERT_EQ(number, ++taken);
    }
  }
  EXPECT_EQ(taken, pushed);
}

// The owner pushes and claims, thieves steal: each item comes out exactly once, and to each taker
// in the order of the pushes.
TEST(RunQueueStressTest, EveryItemIsTakenOnceWhileThievesSteal) {
  constexpr int kThieves = 3;
  RunQueue queue;
  std::vector<std::vector<uint32_t>> counts(kThieves + 1);
  for (auto& count : counts) count.assign(kItems + 1, 0);
  Atomic<bool> done{false};
  Atomic<bool> ordered{true};
  auto take = [&](std::vector<uint32_t>& count, TaskHeader** out, uint32_t n, uint64_t& last) {
    for (uint32_t i = 0; i < n; ++i) {
      uint64_t number = Number(out[i]);
      ++count[number];
      if (number <= last) ordered.store(false);
      last = number;
    }
  };
  std::vector<Thread> thieves;
  for (int t = 0; t < kThieves; ++t) {
    thieves.push_back(std::move(Thread::Start("thief", [&, t] {
                        TaskHeader* out[RunQueue::kCapacity / 2];
                        uint64_t last = 0;
                        while (true) {
                          bool ending = done.load();
                          uint32_t n = queue.Steal(out, RunQueue::kCapacity / 2);
                          take(counts[static_cast<size_t>(t)], out, n, last);
                          if (n == 0 && ending && queue.empty()) return;
                        }
                      })).value());
  }
  TaskHeader* out[16];
  uint64_t last = 0;
  for (uint64_t number = 1; number <= kItems;) {
    for (int burst = 0; burst < 50 && number <= kItems; ++burst) {
      if (!queue.Push(Item(number))) break;
      ++number;
    }
    take(counts[kThieves], out, queue.Claim(out, 16), last);
  }
  while (uint32_t n = queue.Claim(out, 16)) take(counts[kThieves], out, n, last);
  done.store(true);
  thieves.clear();
  EXPECT_TRUE(ordered.load());
  uint64_t wrong = 0;
  for (uint64_t number = 1; number <= kItems; ++number) {
    uint32_t sum = 0;
    for (auto& count : counts) sum += count[number];
    wrong += sum != 1;
  }
  EXPECT_EQ(wrong, 0u);
}

// Two takers at one full queue: neither is shut out for long, because a failed swap means that
// the other one got on.
TEST(RunQueueStressTest, TwoThievesEmptyAQueueTogether) {
  for (int round = 0; round < 2000; ++round) {
    RunQueue queue;
    for (uint64_t i = 1; i <= RunQueue::kCapacity; ++i) ASSERT_TRUE(queue.Push(Item(i)));
    Atomic<uint64_t> sum{0};
    auto steal_all = [&] {
      TaskHeader* out[RunQueue::kCapacity / 2];
      while (!queue.empty()) {
        uint32_t n = queue.Steal(out, RunQueue::kCapacity / 2);
        for (uint32_t i = 0; i < n; ++i) sum.fetch_add(Number(out[i]));
      }
    };
    if (round % 100 == 0) {
      auto other = std::move(Thread::Start("thief", steal_all)).value();
      steal_all();
    } else {
      steal_all();
    }
    ASSERT_EQ(sum.load(), uint64_t{RunQueue::kCapacity} * (RunQueue::kCapacity + 1) / 2);
  }
}

}  // namespace
}  // namespace zokio
