// The worker's ring under the model checker: each task is taken exactly once, and whoever takes it
// sees what its owner did before pushing.
#include <gtest/gtest.h>

#include "base/check.h"
#include "base/model_var.h"
#include "base/thread.h"
#include "sched/run_queue.h"
#include "tools/model/model.h"

namespace zokio {
namespace {

constexpr int kTasks = 8;
constexpr memory_order kRelaxed = memory_order_relaxed;

// The queue moves pointers and never looks behind them.
TaskHeader* TaskOf(int i) { return reinterpret_cast<TaskHeader*>(uintptr_t{64} * (i + 1)); }

struct Taken {
  ModelVar<int> payload[kTasks];  // what the owner did before the push
  Atomic<int> count[kTasks];

  void Take(TaskHeader** tasks, uint32_t n) {
    for (uint32_t i = 0; i < n; ++i) {
      const size_t task = reinterpret_cast<uintptr_t>(tasks[i]) / 64 - 1;
      ZOKIO_CHECK(task < kTasks, "a pointer that was pushed");
      ZOKIO_CHECK(payload[task].Read() == static_cast<int>(task) + 1,
                  "the owner's writes are seen");
      ZOKIO_CHECK(count[task].fetch_add(1, kRelaxed) == 0, "a task is taken once");
    }
  }
};

template <uint32_t capacity>
struct Ring {
  BasicRunQueue<capacity> queue;
  Taken taken;

  bool Push(int i) {
    taken.payload[i].Write(i + 1);
    return queue.Push(TaskOf(i));
  }
  uint32_t Claim(uint32_t max) {
    TaskHeader* out[capacity];
    const uint32_t n = queue.Claim(out, max);
    taken.Take(out, n);
    return n;
  }
  uint32_t Steal(uint32_t max) {
    TaskHeader* out[capacity];
    const uint32_t n = queue.Steal(out, max);
    taken.Take(out, n);
    return n;
  }
  // The owner, alone at last, takes the rest; then nothing may be missing.
  void ExpectAllTaken(int pushed) {
    while (Claim(capacity) != 0) {
    }
    for (int i = 0; i < pushed; ++i) {
      ZOKIO_CHECK(taken.count[i].load(kRelaxed) == 1, "no task is lost");
    }
  }
};

TEST(RunQueueModel, OneOwnerOneThief) {
  const model::Report report = model::Explore({.name = "run queue, owner and thief"}, [] {
    Ring<2> ring;
    {
      Thread thief = Thread::Start("thief", [&] {
                       ring.Steal(1);
                       ring.Steal(2);
                     }).value();
      ring.Push(0);
      ring.Push(1);
      ring.Claim(1);
    }
    ring.ExpectAllTaken(2);
  });
  EXPECT_TRUE(report.Proven()) << report;
}

// The ring laps: slots are written again while a thief may still be copying them.
TEST(RunQueueModel, SlotsAreReusedUnderAThief) {
  const model::Report report = model::Explore({.name = "run queue, reuse"}, [] {
    Ring<2> ring;
    int pushed = 2;
    {
      ring.Push(0);
      ring.Push(1);
      Thread thief = Thread::Start("thief", [&] { ring.Steal(2); }).value();
      ring.Claim(1);
      if (ring.Push(2)) pushed = 3;
      ring.Claim(2);
      if (pushed == 3 && ring.Push(3)) pushed = 4;
    }
    ring.ExpectAllTaken(pushed);
  });
  EXPECT_TRUE(report.Proven()) << report;
}

void OwnerAndTwoThieves() {
  Ring<4> ring;
  {
    Thread thieves[2];
    for (Thread& thief : thieves) {
      thief = Thread::Start("thief", [&] {
                ring.Steal(2);
                ring.Steal(1);
              }).value();
    }
    ring.Push(0);
    ring.Push(1);
    ring.Claim(1);
    ring.Push(2);
  }
  ring.ExpectAllTaken(3);
}

TEST(RunQueueModel, OneOwnerTwoThieves) {
  const model::Report report =
      model::Explore({.name = "run queue, two thieves"}, OwnerAndTwoThieves);
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(RunQueueModel, OneOwnerTwoThievesWithinTwoPreemptions) {
  const model::Report report = model::Explore({.name = "run queue, two thieves, 2 preemptions",
                                               .mode = model::Mode::kBounded,
                                               .preemptions_max = 2},
                                              OwnerAndTwoThieves);
  EXPECT_TRUE(report.Proven()) << report;
}

TEST(RunQueueModel, OneOwnerTwoThievesAtRandom) {
  const model::Report report = model::Explore({.name = "run queue, two thieves, by priorities",
                                               .mode = model::Mode::kPct,
                                               .schedules_max = 50'000},
                                              OwnerAndTwoThieves);
  EXPECT_TRUE(report.Passed()) << report;
}

}  // namespace
}  // namespace zokio
