// The three rings: order, bounds, ownership, and many threads at once.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

#include "actor/mpmc_ring.h"
#include "actor/mpsc_ring.h"
#include "actor/spsc_ring.h"
#include "base/atomic.h"
#include "base/thread.h"

namespace zokio {
namespace {

template <typename Ring>
class RingsTest : public ::testing::Test {};

using Owned = std::unique_ptr<int>;
using Rings = ::testing::Types<SpscRing<Owned>, MpscRing<Owned>, MpmcRing<Owned>>;
TYPED_TEST_SUITE(RingsTest, Rings);

TYPED_TEST(RingsTest, FirstInFirstOutOverManyLaps) {
  TypeParam ring(4);
  int pushed = 0;
  int popped = 0;
  for (int lap = 0; lap < 50; ++lap) {
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(ring.TryPush(std::make_unique<int>(pushed++)));
    Owned value;
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(ring.TryPop(value));
      EXPECT_EQ(*value, popped++);
    }
  }
  EXPECT_TRUE(ring.empty());
}

TYPED_TEST(RingsTest, AFullRingTakesWhatFitsAndLeavesTheRest) {
  TypeParam ring(4);
  ASSERT_TRUE(ring.TryPush(std::make_unique<int>(0)));
  int filled = 0;
  const size_t taken = ring.TryPushBatch(8, [&](size_t i) {
    ++filled;
    return std::make_unique<int>(static_cast<int>(i) + 1);
  });
  EXPECT_EQ(taken, 3u);
  EXPECT_EQ(filled, 3);
  Owned extra = std::make_unique<int>(9);
  EXPECT_FALSE(ring.TryPush(std::move(extra)));
  std::vector<int> seen;
  EXPECT_EQ(ring.Drain(8, [&](Owned&& value) { seen.push_back(*value); }), 4u);
  EXPECT_EQ(seen, (std::vector<int>{0, 1, 2, 3}));
}

TYPED_TEST(RingsTest, DrainTakesNoMoreThanAsked) {
  TypeParam ring(8);
  ring.TryPushBatch(6, [](size_t i) { return std::make_unique<int>(static_cast<int>(i)); });
  int sum = 0;
  EXPECT_EQ(ring.Drain(4, [&](Owned&& value) { sum += *value; }), 4u);
  EXPECT_EQ(sum, 0 + 1 + 2 + 3);
  EXPECT_EQ(ring.Drain(4, [&](Owned&& value) { sum += *value; }), 2u);
  EXPECT_EQ(ring.Drain(4, [&](Owned&& value) { sum += *value; }), 0u);
}

TYPED_TEST(RingsTest, WhatWasNotConsumedDiesWithTheRing) {
  auto watched = std::make_shared<int>(7);
  std::weak_ptr<int> weak = watched;
  {
    TypeParam ring(2);
    ring.TryPush(std::make_unique<int>(1));
  }
  struct Holder {
    std::shared_ptr<int> value;
  };
  {
    MpmcRing<Holder> ring(2);
    ring.TryPush(Holder{std::move(watched)});
  }
  EXPECT_TRUE(weak.expired());
}

TEST(SpscRingTest, StagedElementsAreSeenAfterPublish) {
  SpscRing<int> ring(4);
  EXPECT_TRUE(ring.Stage(1));
  EXPECT_TRUE(ring.Stage(2));
  int value = 0;
  EXPECT_FALSE(ring.TryPop(value));
  EXPECT_EQ(ring.staged(), 2u);
  ring.Publish();
  EXPECT_EQ(ring.staged(), 0u);
  EXPECT_TRUE(ring.TryPop(value));
  EXPECT_EQ(value, 1);
  ASSERT_NE(ring.Peek(0), nullptr);
  EXPECT_EQ(*ring.Peek(0), 2);
  EXPECT_EQ(ring.Peek(1), nullptr);
}

struct alignas(64) Wide {
  uint64_t producer = 0;
  uint64_t number = 0;
};

// Moves `each` elements from each producer to the consumers; order holds for each producer where
// there is one consumer, and in any case nothing is lost or seen twice.
template <typename Ring>
void Stress(int producers, int consumers, uint64_t each, size_t batch) {
  Ring ring(64);
  const uint64_t total = each * static_cast<uint64_t>(producers);
  Atomic<uint64_t> taken{0};
  Atomic<uint64_t> sum{0};
  std::vector<Thread> threads;
  for (int p = 0; p < producers; ++p) {
    threads.push_back(Thread::Start("producer", [&, p] {
                        for (uint64_t sent = 0; sent < each;) {
                          const size_t n = ring.TryPushBatch(
                              std::min<uint64_t>(batch, each - sent), [&](size_t i) {
                                return Wide{static_cast<uint64_t>(p), sent + i + 1};
                              });
                          sent += n;
                          if (n == 0) std::this_thread::yield();
                        }
                      }).value());
  }
  for (int c = 0; c < consumers; ++c) {
    threads.push_back(Thread::Start("consumer", [&] {
                        std::vector<uint64_t> last(static_cast<size_t>(producers));
                        while (taken.load(memory_order_acquire) < total) {
                          const size_t n = ring.Drain(batch, [&](Wide&& value) {
                            // Each consumer sees rising numbers of each producer.
                            EXPECT_LT(last[value.producer], value.number);
                            last[value.producer] = value.number;
                            sum.fetch_add(value.number, memory_order_relaxed);
                          });
                          taken.fetch_add(n, memory_order_acq_rel);
                          if (n == 0) std::this_thread::yield();
                        }
                      }).value());
  }
  for (Thread& thread : threads) thread.Join();
  EXPECT_EQ(taken.load(memory_order_acquire), total);
  EXPECT_EQ(sum.load(memory_order_acquire),
            static_cast<uint64_t>(producers) * each * (each + 1) / 2);
}

TEST(RingStress, OneToOne) {
  Stress<SpscRing<Wide>>(1, 1, 20'000, 1);
  Stress<SpscRing<Wide>>(1, 1, 20'000, 16);
}
TEST(RingStress, ManyToOne) {
  Stress<MpscRing<Wide>>(3, 1, 8'000, 1);
  Stress<MpscRing<Wide>>(3, 1, 8'000, 16);
}
TEST(RingStress, ManyToMany) {
  Stress<MpmcRing<Wide>>(2, 2, 8'000, 1);
  Stress<MpmcRing<Wide>>(2, 2, 8'000, 16);
}

}  // namespace
}  // namespace zokio
