// The rings under the model checker: each element arrives once, in order, with what its producer
// wrote; slots are reused (more elements than slots) without a race.
#include <gtest/gtest.h>

#include "actor/mpmc_ring.h"
#include "actor/mpsc_ring.h"
#include "actor/spsc_ring.h"
#include "base/atomic.h"
#include "base/check.h"
#include "base/thread.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

// Takes what is there, at most `max`; `sum` gets the values.
template <typename Ring>
void Take(Ring& ring, size_t max, Atomic<int>& sum) {
  ring.Drain(max, [&](int&& value) { sum.fetch_add(value, memory_order_relaxed); });
}

TEST(RingsModel, SpscLapsWithoutLossOrRace) {
  const model::Report report = model::Explore({.name = "spsc ring, laps"}, [] {
    SpscRing<int> ring(2);
    int next = 1;
    int expected = 1;
    {
      Thread producer = Thread::Start("producer", [&] {
                          for (int i = 0; i < 3; ++i) {
                            if (ring.TryPush(next)) ++next;
                          }
                        }).value();
      for (int i = 0; i < 2; ++i) {
        ring.Drain(2, [&](int&& value) { ZOKIO_CHECK(value == expected++, "in order"); });
      }
    }
    ring.Drain(2, [&](int&& value) { ZOKIO_CHECK(value == expected++, "in order"); });
    ZOKIO_CHECK(expected == next, "all that was taken in came out");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(RingsModel, SpscBatchIsSeenAsAWhole) {
  const model::Report report = model::Explore({.name = "spsc ring, batch"}, [] {
    SpscRing<int> ring(2);
    Thread producer = Thread::Start("producer", [&] {
                        ring.Stage(1);
                        ring.Stage(2);
                        ring.Publish();
                      }).value();
    size_t n = 0;
    int sum = 0;
    n = ring.Drain(2, [&](int&& value) { sum += value; });
    ZOKIO_CHECK(n == 0 || (n == 2 && sum == 3), "both or none");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

template <typename Ring>
void TwoProducers(int laps) {
  Ring ring(2);
  Atomic<int> sum{0};
  Atomic<int> sent{0};
  {
    Thread threads[2];
    for (int p = 0; p < 2; ++p) {
      threads[p] = Thread::Start("producer", [&, p] {
                     for (int i = 0; i < laps; ++i) {
                       const int value = p == 0 ? 1 : 10;
                       if (ring.TryPush(value)) sent.fetch_add(value, memory_order_relaxed);
                     }
                   }).value();
    }
    Take(ring, 2, sum);
    Take(ring, 2, sum);
  }
  Take(ring, 2, sum);
  ZOKIO_CHECK(sum.load(memory_order_relaxed) == sent.load(memory_order_relaxed), "no loss");
}

TEST(RingsModel, MpscTwoProducers) {
  const model::Report report =
      model::Explore({.name = "mpsc ring, two producers"}, [] { TwoProducers<MpscRing<int>>(1); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(RingsModel, MpscTwoProducersLapWithinTwoPreemptions) {
  const model::Report report = model::Explore(
      {.name = "mpsc ring, two producers lap", .mode = model::Mode::kBounded, .preemptions_max = 2},
      [] { TwoProducers<MpscRing<int>>(2); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(RingsModel, MpmcTwoProducersWithinTwoPreemptions) {
  const model::Report report = model::Explore(
      {.name = "mpmc ring, two producers", .mode = model::Mode::kBounded, .preemptions_max = 2},
      [] { TwoProducers<MpmcRing<int>>(1); });
  EXPECT_TRUE(report.Proven()) << report;
}

// Three elements through two slots: the third is written where one was taken.
void TwoConsumers() {
  MpmcRing<int> ring(2);
  Atomic<int> sum{0};
  int sent = 0;
  {
    Thread one = Thread::Start("one", [&] { Take(ring, 1, sum); }).value();
    Thread two = Thread::Start("two", [&] { Take(ring, 2, sum); }).value();
    for (int value : {1, 10, 100}) {
      if (ring.TryPush(value)) sent += value;
    }
  }
  Take(ring, 2, sum);
  ZOKIO_CHECK(sum.load(memory_order_relaxed) == sent, "each element is taken once");
}

TEST(RingsModel, MpmcTwoConsumersTakeEachElementOnce) {
  const model::Report report = model::Explore(
      {.name = "mpmc ring, two consumers", .mode = model::Mode::kBounded, .preemptions_max = 2},
      TwoConsumers);
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
