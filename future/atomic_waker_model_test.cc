// AtomicWaker under the model checker: no wake is lost, the waker is never touched by two threads.
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/parker.h"
#include "base/thread.h"
#include "future/atomic_waker.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

// Counts clones, so that a share lost or given up twice is seen.
struct Target {
  Parker parker;
  Atomic<int> shares{0};

  static Waker Clone(void* data) {
    static_cast<Target*>(data)->shares.fetch_add(1, memory_order_relaxed);
    return Waker(&kVtable, data);
  }
  static void WakeByRef(void* data) { static_cast<Target*>(data)->parker.Unpark(); }
  static void Wake(void* data) {
    WakeByRef(data);
    Drop(data);
  }
  static void Drop(void* data) {
    const int before = static_cast<Target*>(data)->shares.fetch_sub(1, memory_order_relaxed);
    ZOKIO_CHECK(before > 0, "a share is given up once");
  }
  static constexpr WakerVtable kVtable{&Clone, &Wake, &WakeByRef, &Drop};
};

// The consumer registers, looks, parks; each of the wakers makes its condition true and wakes.
void Body(int waking_threads) {
  Target target;
  {
    AtomicWaker cell;
    Atomic<int> ready{0};
    Thread threads[2];
    for (int i = 0; i < waking_threads; ++i) {
      threads[i] = Thread::Start("waker", [&] {
                     ready.fetch_add(1, memory_order_release);
                     cell.Wake();
                   }).value();
    }
    Waker mine = Target::Clone(&target);
    while (true) {
      cell.Register(mine);
      if (ready.load(memory_order_acquire) == waking_threads) break;
      target.parker.Park();
    }
  }
  ZOKIO_CHECK(target.shares.load(memory_order_relaxed) == 0, "every share was given up");
}

TEST(AtomicWakerModel, OneWaker) {
  const model::Report report = model::Explore({.name = "atomic waker, one"}, [] { Body(1); });
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(AtomicWakerModel, TwoWakers) {
  const model::Report report = model::Explore({.name = "atomic waker, two"}, [] { Body(2); });
  EXPECT_TRUE(report.Proven()) << report;
}

// The consumer's waker changes between two polls.
TEST(AtomicWakerModel, AnotherWakerIsRegistered) {
  const model::Report report = model::Explore({.name = "atomic waker, replaced"}, [] {
    Target first;
    Target second;
    {
      AtomicWaker cell;
      Atomic<bool> ready{false};
      Thread thread = Thread::Start("waker", [&] {
                        ready.store(true, memory_order_release);
                        cell.Wake();
                      }).value();
      {
        Waker mine = Target::Clone(&first);
        cell.Register(mine);
      }
      if (!ready.load(memory_order_acquire)) {
        Waker mine = Target::Clone(&second);
        cell.Register(mine);
        // Had the first waker been woken, this look would see it.
        if (!ready.load(memory_order_acquire)) second.parker.Park();
      }
    }
    ZOKIO_CHECK(first.shares.load(memory_order_relaxed) == 0, "first");
    ZOKIO_CHECK(second.shares.load(memory_order_relaxed) == 0, "second");
  });
  EXPECT_TRUE(report.Proven()) << report;
}

}  // namespace
}  // namespace zokio
